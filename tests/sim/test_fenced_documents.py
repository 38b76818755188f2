"""Who sleeps before a write and wakes after others took the work over replaces no document that counts (I3, I6)."""

from __future__ import annotations

from contextlib import suppress

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.errors import DrError
from sim.world import ROOT, World
from sim.written_files import put


def changed() -> World:
    """A sealed point, and since then a file made anew, one grown, one moved and one new."""
    world = World()
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/d/e ü", 0o755, parents=True)
    for number in range(3):
        put(east, f"{ROOT}/d/p {number}%", b"old %d" % number)
    put(east, f"{ROOT}/d/e ü/q#", b"q" * 3000)
    world.backup("first")
    put(east, f"{ROOT}/d/p 1%", b"new")
    put(east, f"{ROOT}/new=", b"new")
    east.rename(f"{ROOT}/d/e ü", f"{ROOT}/e 2+")
    east.extend(east.find(f"{ROOT}/e 2+/q#"), b"more" * 500)
    return world


CHANGED = changed()


def planned() -> tuple[World, int]:
    world = CHANGED.clone()
    stages = world.stages("run")
    stages.preflight()
    stages.moment()
    return world, int(stages.plan()["shards"])


def stage_effects() -> int:
    (world, _), faults = planned(), Faults()
    world.stages("run", faults=faults).stage(0)
    return faults.count


@pytest.mark.parametrize("goes_on", ["staged", "placed"])
def test_a_try_of_stage_that_wakes_after_a_later_one_staged_or_placed_changes_nothing_that_counts(goes_on: str) -> None:
    for at in range(1, stage_effects() + 1):
        world, shards = planned()

        def meanwhile(world: World = world, shards: int = shards) -> None:
            for shard in range(shards):
                world.stages("run", 2).stage(shard)
            if goes_on == "placed":
                world.stages("run").place()

        with suppress(DrError):
            world.stages("run", 1, Faults(at=at, first=meanwhile)).stage(0)
        if goes_on == "staged":
            world.stages("run").place()
        assert world.stages("run").verify()["word"] == "match", at
        assert world.stages("run").seal()["state"] == "sealed", at
        assert world.tree("west", ROOT) == world.tree("east", ROOT), at
