"""Unfinished work that comes to lie in an unchanged root while a run is at work is in no point (I2)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.services.backup.stages import BackupStages
from sim.asked import Asked
from sim.world import ROOT, World, fill, plan_and_stage


def sleeper_wakes(world: World) -> None:
    """A worker of an older claim makes its work area where nobody has one now."""
    west = world.clusters["west"]
    west.make_directory(f"{ROOT}/.hadoop-dr/billing-1-1/stage/ü %", 0o700, parents=True)


def settled() -> World:
    world = World()
    fill(world)
    world.backup("first")
    world.backup("second")
    return world


def areas(world: World) -> list[str]:
    """Snapshots of points on the secondary, and the live tree, that hold a work area."""
    west = MemoryNameNode(world.clusters["west"])
    points = [p for p in world.context().ledger.read().points.values() if p.sealed.snapshots]
    tops = [ROOT, *(f"{ROOT}/.snapshot/{p.sealed.snapshots[ROOT].name}" for p in points)]
    return [top for top in tops if any(entry.name == ".hadoop-dr" for entry in west.list(top))]


@pytest.mark.parametrize("processes", [1, 2])
def test_work_that_a_sleeper_left_in_an_unchanged_root_is_in_no_point(processes: int) -> None:
    world = settled()
    world.host.name = "run"
    stages = world.stages("run")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    sleeper_wakes(world)
    if processes == 2:
        stages = BackupStages(world.context(), "run", one_process=True)
    stages.place()
    stages.verify()
    assert stages.seal()["state"] == "sealed"
    assert not areas(world)


def test_whoever_saw_that_no_run_left_anything_looks_for_no_work_area_in_an_unchanged_root() -> None:
    assert Asked(settled(), "unchanged").of("status", "place") == 0


def test_a_run_that_goes_on_from_another_one_looks_for_its_work_areas() -> None:
    world = settled()
    world.host.name = "dies"
    stages = world.stages("dies")
    stages.preflight()
    stages.moment()
    world.host.dead.add("dies")
    assert Asked(world, "goes on").of("status", "preflight") > 0
