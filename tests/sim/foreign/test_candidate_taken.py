"""Candidate names that the owner of a root took on the secondary beforehand: nothing is taken for done (I2)."""

from __future__ import annotations

import contextlib

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.state.service_state import PointState
from sim.foreign_changes import RESTORE, lived_in, west
from sim.world import POLICY, ROOT, TABLES, TableWorld, World, plan_and_stage


def died_staged(world: World) -> str:
    """A run that died right behind the entry that says that everything is staged; gives its point."""
    world.host.name = "dies"
    stages = world.stages("dies")
    stages.preflight()
    point = str(stages.moment()["point"])
    plan_and_stage(stages)
    for at in range(1, 100):
        with contextlib.suppress(Died):
            world.stages("dies", faults=Faults(at=at, die=True)).place()
        if world.context().ledger.read().points[point].state is PointState.STAGED:
            break
    world.host.dead.add("dies")
    return point


def same_on_both_sites(world: World, point: str) -> None:
    """What a sealed point holds on the secondary is what it holds on the primary."""
    sealed = world.context().ledger.read().points[point]
    assert sealed.state is PointState.SEALED
    for root in sealed.taken.roots:
        east, west_ = (f"{root}/.snapshot/{sealed.snapshots_on(site)[root].name}" for site in ("east", "west"))
        assert world.tree("west", west_) == world.tree("east", east)


@pytest.mark.parametrize("rule", ["", RESTORE], ids=["refuse", "restore"])
@pytest.mark.parametrize("many", [1, 3])
def test_candidates_that_somebody_took_before_place_ended_are_not_ours(many: int, rule: str) -> None:
    world = lived_in(POLICY + rule)
    point = died_staged(world)
    for number in range(many):
        west(world).create_snapshot(ROOT, snapshot_name("billing", 1, point, number))
    document = world.backup("next")
    assert document["verified"] == "match"
    same_on_both_sites(world, point)
    same_on_both_sites(world, document["point"])


def test_a_catalog_is_applied_although_somebody_took_the_candidates_beforehand() -> None:
    world = TableWorld(TABLES)
    world.create("t 1")
    world.backup("first")
    world.create("t 2")
    point = died_staged(world)
    namenode = MemoryNameNode(world.clusters["west"])
    for root in world.context().ledger.read().points[point].taken.roots:
        if root in namenode.snapshottable():
            namenode.create_snapshot(root, snapshot_name("billing", 1, point))
    assert world.backup("next")["verified"] == "match"
    same_on_both_sites(world, point)
    assert sorted(world.metastores["west"].table_names("bill")) == ["t 1", "t 2"]


def test_our_own_candidates_are_taken_up_again_and_place_is_not_repeated() -> None:
    world = lived_in()
    world.host.name = "dies"
    stages = world.stages("dies")
    stages.preflight()
    point = str(stages.moment()["point"])
    plan_and_stage(stages)
    stages.place()
    stages.verify()
    world.host.dead.add("dies")
    world.backup("next")
    names = [shot.name for shot in west(world).snapshots(ROOT) if point in shot.name]
    assert names == [snapshot_name("billing", 1, point)]
    same_on_both_sites(world, point)
