"""Names that only the secondary refuses: each run says which, and none is in the way of the next (fault 33)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.domain.errors import Failed
from sim.world import ROOT, World, fill

LONG = "ü" * 60


def a_file(east: MemoryCluster) -> str:
    east.extend(east.make_file(f"{ROOT}/{LONG}", replication=1, block_size=1024, overwrite=False), b"x")
    return LONG


def a_directory(east: MemoryCluster) -> str:
    east.make_directory(f"{ROOT}/d/{LONG}", 0o755, parents=True)
    return f"d/{LONG}"


def a_file_in_a_new_directory(east: MemoryCluster) -> str:
    east.make_directory(f"{ROOT}/d", 0o755, parents=True)
    east.extend(east.make_file(f"{ROOT}/d/{LONG}", replication=1, block_size=1024, overwrite=False), b"x")
    return f"d/{LONG}"


def a_new_name(east: MemoryCluster) -> str:
    """It is found when it is placed: by then something else has been parked, and the tree has to be undone."""
    east.delete(f"{ROOT}/h#", recursive=False)
    east.rename(f"{ROOT}/a b", f"{ROOT}/{LONG}")
    return LONG


@pytest.mark.parametrize("make", [a_file, a_directory, a_file_in_a_new_directory, a_new_name])
def test_a_name_that_only_the_secondary_finds_too_long_is_named_by_every_run_until_it_is_gone(
    monkeypatch: pytest.MonkeyPatch, make: Callable[[MemoryCluster], str]
) -> None:
    world = World()
    fill(world)
    first = world.backup("first")
    sealed = world.tree("west", f"{ROOT}/.snapshot/{first['snapshots']['west'][ROOT]}")
    path = make(world.clusters["east"])
    monkeypatch.setattr("hadoop_dr.adapters.memory.hdfs.cluster._LONGEST_NAME_BYTES", 100)
    for run in ("second", "third", "fourth"):
        with pytest.raises(Failed, match=f"{LONG}.*longer than 100 bytes"):
            world.backup(run)
    world.clusters["east"].rename(f"{ROOT}/{path}", f"{ROOT}/short")
    document = world.backup("last")
    assert document["baseline"] == first["point"]
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert world.tree("west", f"{ROOT}/.snapshot/{first['snapshots']['west'][ROOT]}") == sealed
    assert ".hadoop-dr" not in world.clusters["west"].find(ROOT).children
