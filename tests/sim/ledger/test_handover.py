"""Between two tasks of a run nothing of ours works: who ends says what is awaited, and others wait for it (I3).

Time is virtual here; a task waits a minute for a worker, which is twice what a standstill is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.domain.errors import Busy, Failed, NotReady
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.ledger.heartbeat import shown_heartbeat
from sim.slow_life import lived_in
from sim.slow_world import SERVICE, SlowWorld

WORKER_S = 60.0
"""Seconds that a task waits for a worker: twice what a standstill is."""
TASKS = ("preflight", "moment", "plan", "stage", "place", "verify", "seal")


def task(world: SlowWorld, name: str, try_no: int = 1) -> Any:
    """One task of the run ``ours``: a process of its own, that knows the run by its id alone."""
    world.host.name = f"process of {name} {try_no}"
    stages = BackupStages(world.context(), "ours", try_no)
    return stages.stage(0) if name == "stage" else getattr(stages, name)()


def shown(world: SlowWorld) -> Any:
    context = world.context()
    claim = context.ledger.read().claim
    assert claim is not None
    return shown_heartbeat(context.destination.namenode, SERVICE, claim.n)


def test_tasks_that_wait_a_minute_for_a_worker_are_waited_for() -> None:
    world = lived_in()
    for name in TASKS:
        task(world, name)
        if name != "seal":
            assert shown(world).awaits == TASKS[TASKS.index(name) + 1]
            assert shown(world).quiet_s == 600.0
        world.passes(f"waiting after {name}", WORKER_S)
    assert world.watcher.would == []
    assert [point.run for point in world.context().ledger.read().sealed()] == ["first", "ours"]


def test_a_task_that_never_comes_is_taken_over_after_the_time_that_was_handed_over() -> None:
    world = lived_in()
    task(world, "preflight")
    task(world, "moment")
    world.host.name = "another"
    began_s = world.clock.monotonic_s()
    assert world.backup("another")["state"] == "sealed"
    assert 600.0 <= world.clock.monotonic_s() - began_s < 700.0
    assert [point.run for point in world.context().ledger.read().sealed()] == ["first", "ours", "another"]


def test_the_first_heartbeat_of_a_later_task_takes_the_place_of_what_was_handed_over() -> None:
    """A task that begins and then stands still is taken over as soon as any other."""
    world = lived_in()
    task(world, "preflight")
    task(world, "moment")
    world.host.name = "process of plan"
    stages = BackupStages(world.context(), "ours")
    world.answer_s, killed = 7.0, RuntimeError("killed")

    def kill(*_: Any, **__: Any) -> None:
        raise killed

    world.clusters["west"].make_file = kill  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        stages.plan()
    assert shown(world).awaits == ""
    world.passes("nothing comes any more", 31.0)
    assert world.watcher.would


def test_of_tasks_side_by_side_the_one_that_works_is_seen_whichever_ended_last() -> None:
    world = lived_in()
    for name in TASKS[:3]:
        task(world, name)
    at_work = world.context()
    writer = at_work.claims.heartbeat_for(at_work.claims.owned("ours")[1])
    task(world, "stage")
    assert shown(world).awaits == "place"
    writer.beat()
    assert shown(world).awaits == ""
    for second in range(120):
        world.passes(f"second {second}", 1.0)
        writer.beat()
    writer.hand_over("place", 600.0)
    world.passes("waiting for place", WORKER_S)
    assert world.watcher.would == []
    assert [task(world, name) for name in TASKS[4:]][-1]["state"] == "sealed"


def test_a_later_try_of_a_task_is_waited_for_when_the_failure_passes_by_itself() -> None:
    world = lived_in()
    for name in TASKS[:2]:
        task(world, name)
    west = world.clusters["west"]
    real = west.make_file

    def safe_mode(*_: Any, **__: Any) -> Any:
        raise NotReady("west", "is in safe mode")

    west.make_file = safe_mode  # type: ignore[method-assign]
    with pytest.raises(NotReady):
        task(world, "plan")
    west.make_file = real  # type: ignore[method-assign]
    assert shown(world).awaits == "another try of plan"
    world.passes("waiting for another try", WORKER_S)
    task(world, "plan", 2)
    assert world.watcher.would == []


def test_a_run_that_fell_is_waited_for_no_longer_than_any_that_stands_still() -> None:
    """Its last task asks the ledger, and takes back what an earlier one had handed over."""
    world = lived_in()
    for name in TASKS[:2]:
        task(world, name)
    with pytest.raises(Failed, match="run ours sealed no point"):
        task(world, "sealed")
    world.host.name, began_s = "another", world.clock.monotonic_s()
    assert world.backup("another")["state"] == "sealed"
    assert world.clock.monotonic_s() - began_s < 100.0


def test_the_last_task_of_another_run_takes_nothing_back() -> None:
    world = lived_in()
    task(world, "preflight")
    with pytest.raises(Failed):
        BackupStages(world.context(), "fallen long ago").sealed()
    assert shown(world).awaits == "moment"


def test_a_superseded_try_that_wakes_takes_nothing_back_of_what_its_successor_handed_over() -> None:
    world = lived_in()
    world.host.name = "sleeper"
    asleep = world.context()
    world.stages("sleeper").preflight()
    writer = asleep.claims.heartbeat_for(asleep.claims.owned("sleeper")[1])
    world.host.name = "ours"
    BackupStages(world.context(), "ours").preflight(takeover=True)
    writer.beat()
    assert shown(world).awaits == "moment"
    world.passes("waiting for moment", WORKER_S)
    assert world.watcher.would == []


def test_a_death_of_the_one_process_that_does_everything_is_noticed_at_once_whatever_it_announced() -> None:
    world = lived_in()
    world.host.name = "ours"
    context = world.context()
    world.stages("ours").preflight()
    writer = context.claims.heartbeat_for(context.claims.owned("ours")[1])
    with writer.quiet("the checksum of a large file", 900.0):
        assert shown(world).quiet_s == pytest.approx(900.0, abs=1)
        real = world.clock.sleep_until
        world.clock.sleep_until = _beats(world, writer)  # type: ignore[method-assign]
        with pytest.raises(Busy, match="busy: ours"):
            world.backup("another")
        world.clock.sleep_until = real  # type: ignore[method-assign]
        world.host.dead.add("ours")
        began_s = world.clock.monotonic_s()
        assert world.backup("another")["state"] == "sealed"
    assert world.clock.monotonic_s() - began_s < 30.0


def _beats(world: SlowWorld, writer: Any) -> Callable[[float], None]:
    asleep = world.clock.sleep_until

    def woken(monotonic_s: float) -> None:
        asleep(monotonic_s + 1.0)
        writer.beat()

    return woken


def test_who_waits_for_a_handover_is_told_so() -> None:
    world, said = lived_in(), list[str]()
    task(world, "preflight")

    class Told:
        def stage(self, name: str, total: int | None = None) -> None:
            said.append(name)

        def advance(self, done: int = 1) -> None:
            pass

    world.host.name = "another"
    BackupStages(world.context(), "another", one_process=True, observer=Told()).preflight()
    assert "waiting for run ours, which awaits moment for up to 600 s" in said
