"""A refilled file that the primary moves out of a directory it then deletes (I9, I10).

A snapshot diff tells such a move as a deletion and a creation, so only inode ids show which file it was.
"""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.config.quantities import DAY_MS
from sim.foreign_changes import RESTORE, SIZES, kept_snapshots, points
from sim.refilled import TOUCHED, refill
from sim.world import POLICY, ROOT, World, fill

GONE, FLED = f"{ROOT}/ü dir", f"{ROOT}/fled +%20"
WHAT = ("a file", "its directory")


def sealed(policy: str) -> World:
    """Two points, so that what the second one is compared with is a point as well."""
    world = World(policy=policy)
    fill(world)
    world.backup("r1")
    world.backup("r2")
    return world


def sealed_with(world: World, what: str) -> str:
    """Puts what is to be moved out into place, audited; returns the file that is refilled."""
    if what == "a file":
        return TOUCHED
    east = MemoryNameNode(world.clusters["east"])
    east.make_directory(f"{ROOT}/outer =", 0o755)
    east.rename(GONE, f"{ROOT}/outer =/ü dir")
    a_day_later(world)
    world.backup("audited")
    return f"{ROOT}/outer =/ü dir/e%20"


def move_out(world: World, path: str, what: str) -> None:
    """Moves the file, or its directory, out of one that is then deleted."""
    east, moved = MemoryNameNode(world.clusters["east"]), path if what == "a file" else path.rpartition("/")[0]
    east.rename(moved, FLED)
    east.delete(moved.rpartition("/")[0], recursive=True)


def a_day_later(world: World) -> None:
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("runs", [0, 2])
def test_a_refill_on_the_primary_of_what_it_moves_out_of_a_deleted_directory_is_found(
    what: str, size: str, runs: int
) -> None:
    """By the run that moves it, or by the first audit after that."""
    world = sealed(POLICY + SIZES[size])
    path = sealed_with(world, what)
    refill(world, "east", path, keep=0)
    move_out(world, path, what)
    for number in range(runs):
        world.backup(f"between {number}")
    a_day_later(world)
    world.backup("found")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize(("size", "runs"), [("small", 0), ("large", 0), ("large", 2)])
def test_a_refill_on_the_secondary_of_what_is_moved_out_of_a_deleted_directory_is_kept_and_undone(
    what: str, size: str, runs: int
) -> None:
    world = sealed(POLICY + RESTORE + SIZES[size])
    path = sealed_with(world, what)
    refill(world, "west", path, keep=0)
    move_out(world, path, what)
    for number in range(runs):
        world.backup(f"between {number}")
    a_day_later(world)
    world.backup("found")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert kept_snapshots(world)
    assert any("was replaced: other bytes" in line for one in points(world)["kept"] for line in one["found"])
