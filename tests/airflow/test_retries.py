"""Which failures are tried again: those typed retryable, and those of Airflow itself."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from airflow.sdk import RetryAction

from hadoop_dr.domain import errors
from hadoop_dr_airflow.retries import retry_settings


def every_error(root: type[errors.DrError] = errors.DrError) -> Iterator[type[errors.DrError]]:
    yield root
    for kind in root.__subclasses__():
        yield from every_error(kind)


def action(error: BaseException, *, anew: bool = False) -> RetryAction:
    return retry_settings(anew=anew)["retry_policy"].evaluate(error, 1, 3).action


@pytest.mark.parametrize("kind", list(every_error()))
def test_an_error_is_tried_again_exactly_if_it_is_typed_so(kind: type[errors.DrError]) -> None:
    assert (action(kind("a b", "ü")) is RetryAction.RETRY) is kind.retryable


@pytest.mark.parametrize("error", [ValueError("f+"), OSError("no space"), ConnectionError("reset"), KeyError("g=1")])
def test_an_error_nobody_typed_fails_at_once(error: Exception) -> None:
    assert action(error) is RetryAction.FAIL


def test_airflow_being_away_while_a_result_is_handed_over_is_no_failure_of_the_stage() -> None:
    assert action(httpx.ConnectError("refused")) is RetryAction.RETRY


@pytest.mark.parametrize("kind", list(every_error()))
def test_an_arbiter_decides_anew_after_every_failure_of_ours(kind: type[errors.DrError]) -> None:
    assert action(kind("a", "b"), anew=True) is RetryAction.RETRY


@pytest.mark.parametrize("error", [errors.AccessDenied("a", "b"), ImportError("a defect"), RuntimeError("a trigger")])
def test_an_arbiter_that_keeps_failing_slows_down(error: Exception) -> None:
    decision = retry_settings(anew=True)["retry_policy"].evaluate(error, 1, 3)
    assert decision.action is RetryAction.RETRY
    assert decision.retry_delay.total_seconds() >= 30


def test_a_death_without_an_exception_leaves_the_plain_retries() -> None:
    assert retry_settings()["retries"] == 3
    assert action(SystemExit(1)) is RetryAction.DEFAULT
