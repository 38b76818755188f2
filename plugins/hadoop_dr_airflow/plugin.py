"""The one plugin of this distribution; everything the UI and the scheduler load by class path is listed here."""

from __future__ import annotations

from hadoop_dr_airflow.compat import AirflowPlugin
from hadoop_dr_airflow.timetables import MomentTimetable


class HadoopDrPlugin(AirflowPlugin):
    """Registers what is not found by import path alone."""

    name = "hadoop_dr"
    timetables = [MomentTimetable]  # noqa: RUF012 - the base class declares it for instances
