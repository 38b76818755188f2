"""Deaths and lost answers at any effect of a run with directories and tables (I2, I6, I11).

Every change is an effect here: of either NameNode, of either metastore, of a document, of a byte that moves.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError
from hadoop_dr.services.backup.stages import BackupStages
from sim.chronicle import Chronicle, ChronicledWorld
from sim.half_done import made
from sim.in_step import in_step, sealed
from support.thinned import thinned


@cache
def effects() -> tuple[int, frozenset[int]]:
    """How many effects an undisturbed run has, and which of them change the secondary's catalog."""
    world, faults, catalog_at = made(), Faults(), set[int]()
    west = world.metastores["west"]
    for name in ("create", "alter", "drop"):
        real = getattr(west, name)
        setattr(west, name, lambda rows, real=real: (catalog_at.add(faults.count), real(rows)))
    world.backup("counted", faults)
    in_step(world)
    return faults.count, frozenset(catalog_at)


def cases(step: int) -> list[tuple[int, bool]]:
    """Some effects of everything, and each one that changes the secondary's catalog."""
    count, catalog_at = effects()
    every = thinned(product(range(1, count + 1), (False, True)), step)
    return sorted({*every, *product(catalog_at, (False, True))})


@pytest.mark.parametrize(("at", "after"), cases(8))
def test_a_run_with_tables_that_dies_at_any_effect_shows_nothing_partial_and_the_next_one_has_it_all(
    at: int, after: bool
) -> None:
    world = made()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True, after=after))
    assert [point.run for point in sealed(world)] in (["first"], ["first", "dies"])
    Chronicle(world).step("died", quiet=len(sealed(world)) == 2)
    world.host.dead.add("dies")
    assert world.backup("next")["state"] == "sealed"
    assert [point.run for point in sealed(world)] in (["first", "dies", "next"], ["first", "next"])
    in_step(world)


@pytest.mark.parametrize(("at", "after"), cases(15))
def test_a_run_with_tables_that_loses_an_answer_anywhere_has_it_all_or_stops_and_the_next_one_has(
    at: int, after: bool
) -> None:
    world = made()
    try:
        world.backup("loses", Faults(at=at, lose=True, after=after))
    except DrError:
        assert len(sealed(world)) == 1 or sealed(world)[-1].run == "loses"
        world.backup("next")
    in_step(world)


STAGES = ("preflight", "moment", "plan", "stage", "place", "verify", "seal", "prune")


@pytest.mark.parametrize("twice", STAGES)
def test_a_stage_of_a_run_with_tables_that_is_carried_out_twice_changes_nothing_the_second_time(twice: str) -> None:
    world = made()
    for name in STAGES:
        carry_out(world, name, 1)
        if name == twice:
            before = seen(world)
            carry_out(world, name, 2)
            assert seen(world) == before
    assert [point.run for point in sealed(world)] == ["first", "again"]
    in_step(world)


def carry_out(world: ChronicledWorld, name: str, try_no: int) -> None:
    stages = BackupStages(world.context(), "again", try_no)
    if name != "stage":
        getattr(stages, name)()
        return
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)


def seen(world: ChronicledWorld) -> tuple[Any, ...]:
    """What a reader of either site finds, and what the ledger says of the points."""
    newest = sealed(world)[-1]
    trees = {path: world.tree("west", path) for root, kept in newest.sealed.snapshots.items()
             for path in (root, f"{root}/.snapshot/{kept.name}")}  # fmt: skip
    shots = {(site, root): [shot.name for shot in MemoryNameNode(cluster).snapshots(root)]
             for site, cluster in world.clusters.items() for root in newest.sealed.snapshots}  # fmt: skip
    points = {point.point: point.state for point in world.context().ledger.read().points.values()}
    return trees, world.catalog("west"), shots, points
