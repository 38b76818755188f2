"""What a user has where work areas have their place is refused by name: it would be in no point (S2.1, I9)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from sim.world import World, protecting

ROOT = "/data/a b+%"
HERE = f"{ROOT}/.hadoop-dr"


def write(cluster: MemoryCluster, path: str) -> None:
    cluster.make_directory(path.rpartition("/")[0], 0o755, parents=True)
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), b"precious")


def below(cluster: MemoryCluster) -> str:
    write(cluster, f"{HERE}/mine ü/x")
    return f"{HERE}/mine ü"


def in_its_place(cluster: MemoryCluster) -> str:
    write(cluster, HERE)
    return HERE


def moved_there(cluster: MemoryCluster) -> str:
    write(cluster, "/elsewhere/x-1-01/y")
    cluster.make_directory(HERE, 0o755, parents=True)
    cluster.rename("/elsewhere/x-1-01", f"{HERE}/x-1-01")  # like a work area's name, and none
    return f"{HERE}/x-1-01"


HOW = pytest.mark.parametrize("puts", [below, in_its_place, moved_there])


@HOW
@pytest.mark.parametrize("points", [0, 1])
def test_what_a_user_has_in_the_place_of_work_areas_is_refused_until_it_is_moved(
    puts: Callable[[MemoryCluster], str], points: int
) -> None:
    world = World(policy=protecting(f"hdfs: {ROOT}"))
    east = world.clusters["east"]
    write(east, f"{ROOT}/part 0")
    for number in range(points):
        world.backup(f"first {number}")
    theirs = puts(east)
    for number in range(2):
        with pytest.raises(Refused, match=r"in no point\. Move it elsewhere") as told:
            world.backup(f"refused {number}")
        assert told.value.subject.endswith(theirs.removeprefix(ROOT))
    east.rename(theirs, f"{ROOT}/kept")
    world.backup("moved")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_what_a_work_area_of_ours_left_on_the_new_primary_is_no_data_of_anybody() -> None:
    world = World(policy=protecting(f"hdfs: {ROOT}"))
    write(world.clusters["east"], f"{ROOT}/part 0")
    world.clusters["east"].make_directory(f"{HERE}/billing-1-5/stage", 0o700, parents=True)
    world.backup("first")
    world.clusters["east"].make_directory(f"{HERE}/billing-1-7/stage", 0o700, parents=True)
    assert world.backup("second")["state"] == "sealed"
    assert ".hadoop-dr" not in {entry.name for entry in MemoryNameNode(world.clusters["west"]).list(ROOT)}
