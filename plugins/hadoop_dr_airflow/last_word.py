"""The last line of a failed task's log: what failed and what helps, below whatever traceback Airflow has printed."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.last_words import ended_by

if TYPE_CHECKING:
    from airflow.sdk import Context

_LOG = logging.getLogger("airflow.task.hadoop_dr")


def say_why(context: Context) -> None:
    """Says in one line why this try failed; Airflow calls it after it has told the error in its own way."""
    error = context.get("exception")
    if isinstance(error, DrError):
        _LOG.error("error: %s", " ".join(str(error).split()))
    elif isinstance(error, BaseException):
        # The runner itself ends a task so (a time limit, a kill); that is no fault of ours.
        ours = isinstance(error, Exception) and not type(error).__module__.startswith("airflow")
        remedy = ". This is a fault of hadoop-dr: report it with the traceback above" if ours else ""
        _LOG.error("error: %s: %s%s", _task(context), ended_by(error), remedy)


def _task(context: Context) -> str:
    task: Any = context.get("ti")
    return f"task {task.dag_id} {task.task_id}" if task is not None else "the task"
