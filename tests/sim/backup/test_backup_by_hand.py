"""Runs of many processes, as Airflow makes them, that a person cancels, and tasks that a person clears (fault 70)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.domain.errors import Superseded
from hadoop_dr.services.backup.stages import BackupStages
from sim.by_hand import STAGES, task
from sim.half_done import made
from sim.world import ROOT, World, fill

WORKING = STAGES[1:-1]


def seen(world: World) -> tuple[Any, ...]:
    """What a task without a claim must leave as it is."""
    shots = [shot for side in world.context().sides.values() for shot in side.namenode.snapshots(ROOT)]
    return world.tree("west", ROOT), world.context().ledger.read(), [shot.name for shot in shots]


@pytest.mark.parametrize("last", STAGES[:-1])
def test_a_run_cancelled_after_any_stage_is_followed_by_a_sealed_point_and_its_cleared_tasks_do_nothing(
    last: str,
) -> None:
    world = made()
    for stage in STAGES[: STAGES.index(last) + 1]:
        task(world, "cancelled", stage)
    document = world.backup("next")
    assert document["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    before = seen(world)
    for stage in WORKING:
        with pytest.raises(Superseded, match="run cancelled does not own this service"):
            task(world, "cancelled", stage, 2)
    assert seen(world) == before


def test_a_cancelled_run_that_is_cleared_as_a_whole_seals_what_it_began() -> None:
    world = made()
    for stage in STAGES[:4]:
        task(world, "manual__1", stage)
    [point] = world.context().ledger.read().unfinished()
    for stage in STAGES:
        task(world, "manual__1", stage, 2)
    sealed = world.context().ledger.read().sealed()
    assert sealed[1].point == point.point
    assert {one.run for one in sealed[1:]} == {"manual__1"}
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_run_that_is_named_again_after_it_sealed_says_its_point_and_makes_no_other() -> None:
    world = World()
    fill(world)
    first = world.backup("named")
    assert world.backup("named", begun=True)["point"] == first["point"]
    assert len(world.context().ledger.read().sealed()) == 1
    assert world.backup("another", begun=True)["point"] > first["point"]


def test_a_sealed_run_whose_tasks_are_cleared_says_its_point_again_and_works_on_nothing() -> None:
    world = made()
    for stage in STAGES:
        task(world, "manual__1", stage)
    point, before = BackupStages(world.context(), "manual__1").sealed()["point"], seen(world)
    for stage in WORKING:
        with pytest.raises(Superseded):
            task(world, "manual__1", stage, 2)
    assert task(world, "manual__1", "seal", 2)["point"] == point
    assert seen(world) == before
