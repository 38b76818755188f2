"""What the log of a task ends with when it fails, once and again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowTaskTimeout

from hadoop_dr.domain.errors import Unreachable
from hadoop_dr_airflow.factory import build_arbitrations, build_backups
from hadoop_dr_airflow.last_word import say_why


def said(caplog: pytest.LogCaptureFixture, error: BaseException | None) -> list[str]:
    context: Any = {"exception": error, "ti": SimpleNamespace(dag_id="backup__billing", task_id="stage")}
    say_why(context)
    return [record.getMessage() for record in caplog.records]


def test_an_error_of_ours_is_said_in_one_line_with_its_mend(caplog: pytest.LogCaptureFixture) -> None:
    error = Unreachable("west", "no answer:\nline two\x1b[31m", "Start it")
    assert said(caplog, error)[0].startswith("error: west: no answer: line two")
    assert "\n" not in said(caplog, error)[0]


def test_an_error_that_nobody_foresaw_is_a_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    [line] = said(caplog, ValueError("x\ny"))
    assert line == (
        "error: task backup__billing stage: ended by ValueError: x y. "
        "This is a fault of hadoop-dr: report it with the traceback above"
    )


def test_what_airflow_itself_ends_is_no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    [line] = said(caplog, AirflowTaskTimeout("too long"))
    assert line == "error: task backup__billing stage: ended by AirflowTaskTimeout: too long"
    caplog.clear()
    assert said(caplog, None) == []


def test_every_task_of_every_dag_has_it_for_each_failing_try(home: Any) -> None:
    home.policy("billing")
    for dag in (*build_backups().values(), *build_arbitrations().values()):
        for task in dag.tasks:
            callbacks = (task.on_failure_callback, task.on_retry_callback)
            assert [list(one) if isinstance(one, list | tuple) else [one] for one in callbacks] == [[say_why]] * 2, task
