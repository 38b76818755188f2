"""Directories that no policy protects any more: their snapshots go with their last point, then they are free (I8)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Failed
from hadoop_dr.services.backup.prune import Prune
from sim.world import POLICY, ROOT, World, fill

OLD = "/data/old ü%20"
BOTH = POLICY.replace(f"  - hdfs: {ROOT}\n", f"  - hdfs: {ROOT}\n  - hdfs: {OLD}\n").replace('"5"', '"2"')
ONE = POLICY.replace('"5"', '"2"')


def namenode(world: World, site: str) -> MemoryNameNode:
    return MemoryNameNode(world.clusters[site])


def retiring() -> World:
    """A point with two roots, then one with one: the other root is retired, and a point still names it."""
    world = World(BOTH)
    fill(world)
    east = world.clusters["east"]
    east.make_directory(f"{OLD}/d", 0o755, parents=True)
    east.extend(east.make_file(f"{OLD}/d/a b", replication=1, block_size=1024, overwrite=False), b"old")
    world.backup("both")
    world.policy = ONE
    world.backup("one")
    return world


def free(document: dict[str, Any]) -> list[str]:
    said = " is no longer a root"
    return [warning.partition(said)[0] for warning in document["warnings"] if said in warning]


def test_a_retired_root_is_made_free_on_both_sites_once_no_point_names_it_and_its_data_stays() -> None:
    world = retiring()
    for site in ("east", "west"):
        assert OLD in namenode(world, site).snapshottable()
        assert len(namenode(world, site).snapshots(OLD)) == 1
    assert free(world.backup("another")) == [f"east:{OLD}", f"west:{OLD}"]
    for site in ("east", "west"):
        assert namenode(world, site).snapshottable() == [ROOT]
        assert world.clusters[site].find(f"{OLD}/d/a b").content == b"old"
    assert free(world.backup("once more")) == []


def test_snapshots_that_are_not_ours_and_what_is_kept_for_a_person_hold_a_retired_root() -> None:
    world = retiring()
    namenode(world, "east").create_snapshot(OLD, "theirs")
    namenode(world, "west").create_snapshot(OLD, "dr-billing-kept-1-2")
    assert free(world.backup("another")) == []
    assert [shot.name for shot in namenode(world, "east").snapshots(OLD)] == ["theirs"]
    assert [shot.name for shot in namenode(world, "west").snapshots(OLD)] == ["dr-billing-kept-1-2"]
    namenode(world, "east").delete_snapshot(OLD, "theirs")
    assert free(world.backup("later")) == [f"east:{OLD}"]


def test_leftovers_of_pruned_points_go_with_the_root() -> None:
    """A candidate that a slow worker took of a point that is pruned by now is accounted for by its name."""
    world = retiring()
    [shot] = namenode(world, "west").snapshots(OLD)
    namenode(world, "west").create_snapshot(OLD, f"{shot.name}-r7")
    assert free(world.backup("another")) == [f"east:{OLD}", f"west:{OLD}"]


def refuses(self: MemoryNameNode, path: str) -> None:
    raise Failed(path, "not now")


def test_nothing_is_retired_while_a_run_works_and_a_root_that_comes_back_is_one_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A controller with another policy file must not take a root away from the run that is about to use it."""
    world = retiring()
    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "disallow_snapshot", refuses)
        world.backup("another")
    world.policy = BOTH
    world.host.name = "works"
    world.stages("works").preflight()
    world.policy = ONE
    Prune(world.context()).run("meanwhile")
    assert all(OLD in namenode(world, site).snapshottable() for site in ("east", "west"))
    world.host.dead.add("works")
    world.policy = BOTH
    document = world.backup("both again")
    assert set(document["snapshots"]["west"]) == {ROOT, OLD}
    assert world.clusters["west"].find(f"{OLD}/d/a b").content == b"old"


def test_a_namenode_that_refuses_is_said_and_asked_again_by_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    world = retiring()
    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "disallow_snapshot", refuses)
        document = world.backup("another")
    assert any("still snapshottable on west" in warning and "not now" in warning for warning in document["warnings"])
    assert free(world.backup("later")) == [f"east:{OLD}", f"west:{OLD}"]
