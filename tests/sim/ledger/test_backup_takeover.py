"""Who works on a service: standstill, death, ``busy``, waiting and a person's order (I3, S2.9), on the memory twin."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.domain.errors import Busy, Superseded
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.stages import BackupStages
from sim.takeover import STANDSTILL_S, takes_s
from sim.world import ROOT, World, fill, plan_and_stage


def filled() -> World:
    world = World()
    fill(world)
    return world


def begun(world: World, *stages: str) -> BackupStages:
    """The first run, in a process of its own, after so many of its stages."""
    world.host.name = "first"
    run = world.stages("first")
    for stage in stages:
        getattr(run, stage)()
    return run


def while_waiting(world: World, work: Callable[[int], None]) -> None:
    """Calls ``work`` with a count after every wait of somebody."""
    asleep, count = world.clock.sleep_until, 0

    def woken(monotonic_s: float) -> None:
        nonlocal count
        asleep(monotonic_s)
        count += 1
        world.clock.sleep_until = asleep  # type: ignore[method-assign]  # what the other does waits undisturbed
        try:
            work(count)
        finally:
            world.clock.sleep_until = woken  # type: ignore[method-assign]

    world.clock.sleep_until = woken  # type: ignore[method-assign]


def owners_pulse(world: World) -> Callable[[], None]:
    context = world.context()
    return context.claims.heartbeat_for(context.claims.owned("first")[1]).beat


def test_a_run_that_stands_still_is_taken_over_after_the_preset_time_and_its_point_is_carried_to_the_seal() -> None:
    world = filled()
    begun(world, "preflight", "moment", "plan")
    [first] = world.context().ledger.read().points
    assert takes_s(world, lambda: world.backup("second")) >= STANDSTILL_S
    sealed = world.context().ledger.read().sealed()
    assert sealed[0].point == first
    assert len(sealed) == 2
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_run_whose_process_is_dead_is_taken_over_at_once() -> None:
    world = filled()
    begun(world, "preflight", "moment", "plan")
    world.host.dead.add("first")
    assert takes_s(world, lambda: world.backup("second")) < STANDSTILL_S
    assert len(world.context().ledger.read().sealed()) == 2


def test_the_next_try_of_a_task_that_died_after_its_claim_goes_on_at_once() -> None:
    world = filled()
    world.backup("before")
    begun_as_a_task(world)
    world.host.dead.add("first try")
    assert takes_s(world, lambda: next_try(world)) < STANDSTILL_S


def test_the_next_try_waits_for_one_that_lives_whoever_made_the_last_point_is_dead() -> None:
    world = filled()
    world.backup("before")
    world.host.dead.add("before")
    begun_as_a_task(world)
    assert takes_s(world, lambda: next_try(world)) >= STANDSTILL_S


def begun_as_a_task(world: World) -> None:
    """A run of which each stage is a process of its own: its claim names none."""
    world.host.name = "first try"
    BackupStages(world.context(), "first").preflight()


def next_try(world: World) -> None:
    world.host.name = "second try"
    BackupStages(world.context(), "first", 2).preflight()


def test_a_run_that_ended_before_its_moment_leaves_nothing_to_be_seen() -> None:
    world = filled()
    begun(world, "preflight")
    world.backup("second")
    points = world.context().ledger.read().points.values()
    assert {point.state for point in points if point.run == "first"} == {PointState.VOID}
    assert [point.run for point in points if point.state is PointState.SEALED] == ["second"]


def test_a_busy_service_refuses_with_code_1_the_name_of_the_run_and_no_effect() -> None:
    world = filled()
    run = begun(world, "preflight", "moment")
    head = world.context().ledger.read(), world.context().ledger.chain.head_n
    heartbeat = owners_pulse(world)
    while_waiting(world, lambda _: heartbeat())
    with pytest.raises(Busy, match="busy: first") as busy:
        world.backup("second")
    assert busy.value.exit_code == 1
    assert (world.context().ledger.read(), world.context().ledger.chain.head_n) == head
    run.plan()


def test_who_waits_begins_when_the_other_has_sealed() -> None:
    world = filled()
    run, heartbeat = begun(world, "preflight", "moment"), owners_pulse(world)
    ends_at = 20

    def works(count: int) -> None:
        if count < ends_at:
            heartbeat()
        if count == ends_at:
            plan_and_stage(run)
            for stage in (run.place, run.verify, run.seal):
                stage()

    while_waiting(world, works)
    assert world.backup("second", wait=True)["state"] == "sealed"
    assert [point.run for point in world.context().ledger.read().sealed()] == ["first", "second"]


def test_an_order_takes_a_service_over_at_once_and_the_other_stops_without_an_effect() -> None:
    world = filled()
    run, heartbeat = begun(world, "preflight", "moment", "plan"), owners_pulse(world)
    while_waiting(world, lambda _: heartbeat())
    assert takes_s(world, lambda: world.backup("second", takeover=True)) < STANDSTILL_S
    before = world.tree("west", ROOT), world.context().ledger.read()
    for stage in (lambda: run.stage(0), run.place, run.verify):
        with pytest.raises(Superseded):
            stage()
    assert (world.tree("west", ROOT), world.context().ledger.read()) == before
