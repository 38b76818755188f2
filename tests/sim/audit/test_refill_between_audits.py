"""Refills in a large root, of files that earlier runs of that day touched without writing a byte of them (I9, I10)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.config.quantities import DAY_MS
from sim.foreign_changes import RESTORE, SIZES, kept_snapshots, points
from sim.refilled import TOUCHED, refill
from sim.world import POLICY, ROOT, World, fill

MOVED = f"{ROOT}/other =%"


def other_mode(world: World) -> None:
    MemoryNameNode(world.clusters["east"]).set_permission(TOUCHED, 0o600)


def other_time(world: World) -> None:
    MemoryNameNode(world.clusters["east"]).set_times(TOUCHED, 1_500_000_000_000)


def moved_and_back(world: World) -> None:
    east = MemoryNameNode(world.clusters["east"])
    east.rename(TOUCHED, MOVED)
    world.backup("moved")
    east.rename(MOVED, TOUCHED)


TOUCHES = {"mode": other_mode, "time": other_time, "moved and back": moved_and_back}


def sealed(policy: str) -> World:
    world = World(policy=policy)
    fill(world)
    world.backup("r1")
    world.backup("r2")
    return world


def audited_a_day_later(world: World) -> None:
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    world.backup("audited")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def kept_and_named(world: World) -> bool:
    named = [line for one in points(world)["kept"] for line in one["found"]]
    return bool(kept_snapshots(world)) and any("was replaced: other bytes" in line for line in named)


@pytest.mark.parametrize("site", ["east", "west"])
@pytest.mark.parametrize("touch", TOUCHES)
@pytest.mark.parametrize("before", [True, False])
def test_a_refill_of_a_file_of_which_an_earlier_run_set_attributes_alone_is_found_by_the_daily_audit(
    touch: str, site: str, before: bool
) -> None:
    world = sealed(POLICY + RESTORE + SIZES["large"])
    if before:
        refill(world, site)
    TOUCHES[touch](world)
    world.backup("touched")
    if not before:
        refill(world, site)
    world.backup("after it")
    audited_a_day_later(world)
    assert kept_and_named(world) is (site == "west")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("later", [0, 2])
def test_a_refill_of_a_copy_that_an_undo_brought_back_is_found_and_kept(size: str, later: int) -> None:
    world = sealed(POLICY + RESTORE + SIZES[size])
    MemoryNameNode(world.clusters["west"]).delete(TOUCHED)
    world.backup("brought back")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    already = kept_snapshots(world)
    refill(world, "west")
    for number in range(later):
        world.backup(f"later {number}")
    audited_a_day_later(world)
    assert kept_and_named(world)
    assert len(kept_snapshots(world)) > len(already)
