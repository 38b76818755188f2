"""A failover says in what the tree that goes live is not that of the point it names (I10, S2.22)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from sim.failing_over import begun, fail_over, failover, put
from sim.world import ROOT, World


def told(world: World) -> list[str]:
    """What a look says of the trees."""
    return [one["detail"] for one in failover(world).look()["checks"] if one["name"] == "tree"]


def test_what_somebody_changed_on_the_secondary_is_named_before_and_behind_a_failover() -> None:
    world, first = begun()
    put(world, "west", "for eign %", b"FOREIGN")
    MemoryNameNode(world.clusters["west"]).delete(f"{ROOT}/h#")
    with pytest.raises(Refused, match="drift: "):
        world.backup("refused")
    world.lose("east")
    said = f"billing: the tree of west is not that of point {first['point']}: {ROOT}/for eign % was created and 1 more"
    assert told(world) == [said]
    done = fail_over(world)
    assert said in done["warnings"]
    assert (done["points"], done["closed"]) == ({"billing": first["point"]}, {})


def test_a_tree_whose_snapshot_is_gone_is_told_not_to_be_comparable() -> None:
    world, first = begun()
    west = MemoryNameNode(world.clusters["west"])
    for snapshot in west.snapshots(ROOT):
        west.delete_snapshot(ROOT, snapshot.name)
    west.delete(f"{ROOT}/ü dir", recursive=True)
    world.lose("east")
    said = f"billing: the tree of west cannot be compared with point {first['point']}: {ROOT}: "
    assert [line.startswith(said) for line in told(world)] == [True]
    assert len([line for line in fail_over(world)["warnings"] if line.startswith(said)]) == 1


def test_another_snapshot_under_the_name_of_the_points_own_does_not_vouch_for_the_tree() -> None:
    world, first = begun()
    put(world, "west", "for eign %", b"FOREIGN")
    west = MemoryNameNode(world.clusters["west"])
    [taken] = west.snapshots(ROOT)
    west.delete_snapshot(ROOT, taken.name)
    west.create_snapshot(ROOT, taken.name)
    world.lose("east")
    said = f"billing: the tree of west cannot be compared with point {first['point']}: {ROOT}: "
    assert [line.startswith(said) and "is another snapshot" in line for line in told(world)] == [True]


def test_a_tree_that_is_that_of_its_point_is_told_of_in_no_word() -> None:
    world, _ = begun()
    world.lose("east")
    assert told(world) == []
    assert [line for line in fail_over(world)["warnings"] if "tree" in line] == []
