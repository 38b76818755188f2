"""The waiting part of the arbitration: a watch is a hint, a fresh look decides, and nothing is missed (fault 53)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from hadoop_dr.domain.errors import NotReady, Refused
from hadoop_dr_airflow.operators import AnnounceAccess, ArbitrateAccess
from hadoop_dr_airflow.sensors import IdentitySensor
from hadoop_dr_airflow.triggers import IdentityTrigger


@dataclass
class Arbiter:
    """Stands where the arbiter stands; each look takes the next answer, the last one stays."""

    answers: list[bool]
    alarm: str = ""
    wake_at_once: bool = False
    looks: int = 0
    closed: int = 0
    arbitrated: int = 0
    opened_by: list[str] = field(default_factory=list)
    users: list[Any] = field(default_factory=list)

    @contextmanager
    def open(self, pair: str, by: str, home: Any = None, users: Any = None) -> Iterator[Arbiter]:
        self.opened_by.append(by)
        self.users.append(users)
        yield self
        self.closed += 1

    def watch(self, wake: Callable[[], None]) -> None:
        if self.wake_at_once:
            wake()

    def look(self) -> dict[str, Any]:
        self.looks += 1
        due = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return {"pair": "east-west", "due": due, "access": "west", "alarm": self.alarm}

    def arbitrate(self) -> dict[str, Any]:
        self.arbitrated += 1
        return {"pair": "east-west", "outcome": "switch", "access": "west", "copies": {}}


@pytest.fixture
def arbiter(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Arbiter]:
    def make(*answers: bool, **more: Any) -> Arbiter:
        made = Arbiter(list(answers), **more)
        module = types.ModuleType("hadoop_dr.bootstrap.arbitration")
        module.open_arbiter = made.open  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "hadoop_dr.bootstrap", types.ModuleType("hadoop_dr.bootstrap"))
        monkeypatch.setitem(sys.modules, "hadoop_dr.bootstrap.arbitration", module)
        return made

    return make


def fire(trigger: IdentityTrigger, within_s: float = 10.0) -> dict[str, Any]:
    async def first() -> dict[str, Any]:
        async for event in trigger.run():
            return event.payload
        raise AssertionError("the trigger ended without firing")

    return asyncio.run(asyncio.wait_for(first(), within_s))


def test_what_is_due_when_it_starts_fires_at_once_without_any_event(arbiter: Any) -> None:
    made = arbiter(True)
    assert fire(IdentityTrigger("east-west"))["due"]
    assert (made.looks, made.closed) == (1, 1)


def test_one_trigger_on_two_triggerers_fires_on_each_and_leaves_nothing_open(arbiter: Any) -> None:
    made = arbiter(False, False, False, False, True)
    name, arguments = IdentityTrigger("east-west", poll_s=0.01).serialize()
    assert name.endswith(".IdentityTrigger")

    async def one() -> dict[str, Any]:
        payloads = [event.payload async for event in IdentityTrigger(**arguments).run()]
        assert len(payloads) == 1
        return payloads.pop()

    async def both() -> list[dict[str, Any]]:
        return await asyncio.wait_for(asyncio.gather(one(), one()), 10)

    assert [told["due"] for told in asyncio.run(both())] == [True, True]
    assert (len(made.opened_by), made.closed, made.arbitrated) == (2, 2, 0)


def test_a_missed_event_costs_the_bound_and_nothing_else(arbiter: Any) -> None:
    made = arbiter(False, False, True)
    assert fire(IdentityTrigger("east-west", poll_s=0.05))["due"]
    assert made.looks == 3


def test_an_event_shortens_the_wait_and_has_no_authority(arbiter: Any) -> None:
    made = arbiter(False, False, False, True, wake_at_once=True)
    assert fire(IdentityTrigger("east-west", poll_s=3600))["due"]
    assert made.looks == 4


def test_a_quiet_pair_turns_the_run_over_in_the_end(arbiter: Any) -> None:
    arbiter(False)
    assert not fire(IdentityTrigger("east-west", poll_s=0.01, turn_over_s=0.1))["due"]


def test_the_trigger_comes_back_from_its_serialised_form_in_a_bare_interpreter() -> None:
    path, arguments = IdentityTrigger("east-west", 7.0, 70.0).serialize()
    code = (
        "import importlib, sys\n"
        f"module, _, name = {path!r}.rpartition('.')\n"
        f"trigger = getattr(importlib.import_module(module), name)(**{arguments!r})\n"
        f"assert trigger.serialize() == ({path!r}, {arguments!r})\n"
        "assert 'kazoo' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_the_sensor_holds_no_worker_while_it_waits() -> None:
    with pytest.raises(TaskDeferred) as deferred:
        IdentitySensor(task_id="watch_identity", pair="east-west", look_every_s=7).execute({})
    assert deferred.value.trigger.serialize()[1] == {"pair": "east-west", "poll_s": 7, "turn_over_s": 3600.0}
    assert deferred.value.method_name == "woken"


def context() -> dict[str, Any]:
    return {"dag_run": types.SimpleNamespace(run_id="scheduled a b+ü")}


def test_deciding_and_publishing_are_one_task(arbiter: Any) -> None:
    made = arbiter(False)
    assert ArbitrateAccess(task_id="arbitrate", pair="east-west").execute(context())["outcome"] == "switch"
    assert made.arbitrated == 1
    assert made.opened_by == ["airflow scheduled a b+ü"]


def test_the_user_of_a_connection_reads_the_ledger_for_arbitration_and_announcement(
    arbiter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = arbiter(False)
    monkeypatch.setenv("AIRFLOW_CONN_HADOOP_WEST", "hadoop-cluster://drrobot%40WEST@")
    for task in (ArbitrateAccess, AnnounceAccess):
        task(task_id="t", pair="east-west").execute(context())
    assert made.users == [{"west": "drrobot"}] * 2


def test_a_copy_that_stays_behind_is_a_reason_to_try_again(arbiter: Any) -> None:
    arbiter(True)
    with pytest.raises(NotReady, match="not up to date"):
        ArbitrateAccess(task_id="arbitrate", pair="east-west").execute(context())


def test_two_primaries_turn_the_announcement_red(arbiter: Any) -> None:
    arbiter(False, alarm="east and west are both primary")
    with pytest.raises(Refused, match="both primary"):
        AnnounceAccess(task_id="announce", pair="east-west").execute(context())


def test_without_an_alarm_the_announcement_says_where_access_is(arbiter: Any) -> None:
    arbiter(False)
    assert AnnounceAccess(task_id="announce", pair="east-west").execute(context())["access"] == "west"
