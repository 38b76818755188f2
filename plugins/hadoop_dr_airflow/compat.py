"""Public Airflow names that ``airflow.sdk`` does not carry: the one place to change when a minor version moves them."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowNotFoundException, AirflowSkipException
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction, Timetable
from airflow.triggers.base import BaseTrigger, TriggerEvent

__all__ = [
    "AirflowNotFoundException",
    "AirflowPlugin",
    "AirflowSkipException",
    "BaseTrigger",
    "DagRunInfo",
    "DataInterval",
    "TimeRestriction",
    "Timetable",
    "TriggerEvent",
    "conf",
]
