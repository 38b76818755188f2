"""A place that died is carried on: what somebody changed since, in what it still takes away, is not lost (I10)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import DrError, ForeignFound
from sim.drifted import foreign_file
from sim.foreign_changes import RESTORE, ROOT, extend, kept_snapshots, lived_in, placed, points, west
from sim.world import POLICY, World, plan_and_stage

LATE = b"<somebody else's>"
ACTS: dict[str, Callable[[World], Any]] = {
    "a file that goes grew": lambda w: extend(w, "goes/z", LATE),
    "a file in a directory that goes": lambda w: foreign_file(w, f"{ROOT}/goes/new ü%", LATE),
    "a file that is replaced grew": lambda w: extend(w, "h#", LATE),
    "a file that goes was written over": lambda w: foreign_file(w, f"{ROOT}/goes/z", LATE),
}


def died_in_place(policy: str) -> Iterator[World]:
    """Worlds whose place died, one before each of its effects."""
    ready = lived_in(policy)
    ready.host.name = "r2"
    stages = ready.stages("r2")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    for at in range(1, 80):
        world = ready.clone()
        world.host.name = "r2"
        try:
            world.stages("r2", faults=Faults(at, die=True)).place()
        except Died:
            world.host.dead.add("r2")
            yield world
        else:
            return


def has_late(world: World) -> bool:
    """Whether somebody's bytes are anywhere still, in the live tree or in a snapshot."""
    top = world.clusters["west"].root
    trees = [top, *(shot.tree for node in top.walk() for shot in node.snapshots or ())]
    return any(LATE in node.content for tree in trees for node in tree.walk() if not node.is_dir)


@pytest.mark.parametrize("policy", ["", "mode: full\n", RESTORE], ids=["refuse", "full", "restore"])
@pytest.mark.parametrize("what", ACTS)
def test_what_somebody_changes_after_a_place_died_is_refused_or_kept_and_never_lost(what: str, policy: str) -> None:
    refused = met = 0
    for at, world in enumerate(died_in_place(POLICY + policy), 1):
        try:
            ACTS[what](world)
        except DrError:
            continue  # parked already
        met += 1
        try:
            world.backup("r3")
        except ForeignFound:
            refused += 1
        assert has_late(world), at
    assert met >= 6
    assert refused >= 6 if policy != RESTORE else not refused


@pytest.mark.parametrize("policy", [POLICY, POLICY + "mode: full\n"], ids=["incremental", "full"])
def test_nothing_of_a_place_that_died_is_taken_for_somebody_elses(policy: str) -> None:
    for at, world in enumerate(died_in_place(policy), 1):
        world.backup("r3")
        assert kept_snapshots(world) == [], at
        assert world.tree("west", ROOT) == world.tree("east", ROOT), at


@pytest.mark.parametrize("taken", [1, 2])
def test_what_is_found_is_kept_although_somebody_took_the_name_of_the_snapshot_beforehand(taken: int) -> None:
    world = lived_in(POLICY + RESTORE)
    stages = placed(world)
    [point] = world.context().ledger.read().unfinished()
    for number in range(taken):
        west(world).create_snapshot(ROOT, f"dr-billing-kept-{point.point}.0" + (f".{number + 1}" if number else ""))
    foreign_file(world, f"{ROOT}/for eign", b"FOREIGN")
    stages.verify()
    stages.seal()
    [kept] = points(world)["kept"]
    snapshot = f"{ROOT}/.snapshot/{kept_snapshots(world)[-1]}"
    assert bytes(world.clusters["west"].find(f"{snapshot}/for eign").content) == b"FOREIGN"
    assert kept_snapshots(world)[-1] in str(kept)
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
