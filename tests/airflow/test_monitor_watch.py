"""The waiting and the acting part of the monitor in Airflow: the event has no authority, the task decides afresh."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from hadoop_dr.bootstrap.watching import monitor as wired
from hadoop_dr.domain.errors import BadInput, NotReady, Refused
from hadoop_dr_airflow.factory import build_monitor
from hadoop_dr_airflow.hooks import alarm_notifiers
from hadoop_dr_airflow.operators import ActOnHealth, ShowAlarms
from hadoop_dr_airflow.sensors import HealthSensor
from hadoop_dr_airflow.triggers import MonitorTrigger

ALARM = {"what": "site failed", "subject": "east", "text": "first alarm: east ü", "told": True}
FAILED = {"east": "2 of 5 nodes answer"}


@dataclass
class Watcher:
    """Stands where the monitor stands; each look takes the next answer."""

    answers: list[bool]
    told: bool = True
    every_s: float = 0.01
    opened: list[dict[str, Any]] = field(default_factory=list)
    closed: int = 0

    @contextmanager
    def open(self, pair: str, by: str, run_id: str, **more: Any) -> Iterator[Watcher]:
        self.opened.append({"pair": pair, "by": by, "run_id": run_id, **more})
        yield self
        self.closed += 1

    def due(self) -> dict[str, Any]:
        due = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return {"due": due, "failures": FAILED if due else {}}

    def watch(self, *, once: bool, tell: Any) -> dict[str, Any]:
        assert once
        return {"pair": "east-west", "ok": False, "alarms": [{**ALARM, "told": self.told}]}


@pytest.fixture
def watcher(monkeypatch: pytest.MonkeyPatch, home: Any) -> Any:
    def make(*answers: bool, **more: Any) -> Watcher:
        made = Watcher(list(answers), **more)
        monkeypatch.setattr(wired, "open_monitor", made.open)
        return made

    return make


def fire(trigger: MonitorTrigger) -> dict[str, Any]:
    async def first() -> dict[str, Any]:
        async for event in trigger.run():
            return event.payload
        raise AssertionError("the trigger ended without firing")

    return asyncio.run(asyncio.wait_for(first(), 30))


def context(pulled: Any = None) -> Any:
    pulls: Sequence[Any] = [pulled]
    return {"ti": types.SimpleNamespace(xcom_pull=lambda task_ids: pulls[0]),
            "dag_run": types.SimpleNamespace(run_id="scheduled ü")}  # fmt: skip


def test_it_fires_when_something_is_due_and_says_what_was_seen_to_fail(watcher: Any) -> None:
    made = watcher(False, False, True)
    assert fire(MonitorTrigger("east-west")) == {"pair": "east-west", "due": True, "failures": FAILED}
    assert (made.opened[0]["notifiers"], made.closed) == ((), 1)


def test_a_quiet_pair_turns_the_run_of_the_monitor_over_in_the_end(watcher: Any) -> None:
    watcher(False)
    assert not fire(MonitorTrigger("east-west", turn_over_s=0.1))["due"]


def test_the_health_sensor_holds_no_worker_while_it_waits() -> None:
    with pytest.raises(TaskDeferred) as deferred:
        HealthSensor(task_id="watch", pair="east-west").execute({})
    assert deferred.value.trigger.serialize() == (
        "hadoop_dr_airflow.triggers.MonitorTrigger", {"pair": "east-west", "turn_over_s": 3600.0}
    )  # fmt: skip


def test_the_task_acts_on_what_was_seen_and_tells_whom_the_connection_names(
    watcher: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HADOOP_DR_ALARMS", '{"conn_type": "http", "password": "https://h/s3cret"}')
    made = watcher(True)
    task = ActOnHealth(task_id="act", pair="east-west", watched="watch")
    assert task.execute(context({"failures": FAILED}))["alarms"] == [ALARM]
    opened = made.opened[0]
    assert (opened["failed"], opened["run_id"], [one.name for one in opened["notifiers"]]) == (
        FAILED, "scheduled ü", ["webhook"]
    )  # fmt: skip


def test_somebody_who_could_not_be_told_is_a_reason_to_try_again(watcher: Any) -> None:
    watcher(True, told=False)
    with pytest.raises(NotReady, match="not everybody was told"):
        ActOnHealth(task_id="act", pair="east-west", watched="watch").execute(context())


def test_an_alarm_that_stands_turns_the_run_red() -> None:
    show = ShowAlarms(task_id="alarm", pair="east-west", acted="act")
    with pytest.raises(Refused, match="first alarm: east ü"):
        show.execute(context({"alarms": [ALARM]}))
    show.execute(context({"alarms": []}))


def test_a_webhook_that_is_no_address_is_refused_without_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_HADOOP_DR_ALARMS", '{"conn_type": "http", "password": "s3cret"}')
    with pytest.raises(BadInput) as wrong:
        alarm_notifiers()
    assert "s3cret" not in str(wrong.value)


def test_the_tasks_stand_in_order_and_a_person_turns_the_monitor_on() -> None:
    dag = build_monitor("east-west")
    assert [task.task_id for task in dag.topological_sort()] == ["watch", "act", "alarm"]
    assert dag.is_paused_upon_creation
