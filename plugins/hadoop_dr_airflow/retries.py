"""Which failures of a task are tried again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from hadoop_dr.domain.errors import AlreadyExists, NotReady, Superseded, Unreachable
from hadoop_dr_airflow.last_word import say_why

_SOON, _LATER = timedelta(seconds=5), timedelta(seconds=30)
# Airflow's own API server was away while a result was handed over; the effect is done, and doing it again is safe.
_AIRFLOW_AWAY: list[type[BaseException] | str] = ["httpx.TransportError", "airflow.sdk.exceptions.AirflowRuntimeError"]
_OTHERS_FAIL = RetryRule(exception=Exception, action=RetryAction.FAIL, reason="not a temporary failure")


def _retry(*errors: type[BaseException] | str, after: timedelta, reason: str) -> RetryRule:
    return RetryRule(exception=list(errors), action=RetryAction.RETRY, retry_delay=after, reason=reason)


def retry_settings(*, anew: bool = False) -> dict[str, Any]:
    """Returns the task arguments that say when to try again, and that the log ends with why it failed.

    Errors typed retryable are tried again, all others fail at once. A task that dies without an exception (its process
    or its machine is gone) consults no rule and uses the plain retries.

    Args:
        anew: The task reads and decides anew each time and never builds on an earlier try, so every failure is worth
            another one. What cannot be cured so is slowed down by it: runs that follow each other without a pause
            would else fail many times a minute.
    """
    rules = [
        _retry(Unreachable, NotReady, after=_SOON, reason="temporary failure"),
        _retry(*_AIRFLOW_AWAY, after=_SOON, reason="Airflow was away"),
    ]
    if anew:
        rules.append(_retry(Superseded, AlreadyExists, after=_SOON, reason="superseded; decides anew"))
    rules.append(_retry(Exception, after=_LATER, reason="decides anew") if anew else _OTHERS_FAIL)
    policy = ExceptionRetryPolicy(rules=rules)
    said = {"on_failure_callback": say_why, "on_retry_callback": say_why}
    return {"retries": 3, "retry_delay": timedelta(seconds=10), "retry_policy": policy, **said}
