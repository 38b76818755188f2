"""An undo that died or lost an answer is finished by the next run, however often that happens (I2, I6, I10)."""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from itertools import count
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Unknown
from hadoop_dr.domain.state.service_state import PointState, ServiceState
from hadoop_dr.ports.mover import Did, Outcome
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.points.void import Void
from hadoop_dr.services.report import explanation
from sim.chronicle import ChronicledWorld
from sim.half_done import OTHER, back_at_the_sealed_point, effects_of_place, half_done
from sim.in_step import equal, in_step
from sim.undone import LATE, effects_until_undone, preflight
from sim.world import POLICY, ROOT, World, fill
from support.thinned import THOROUGH

HALF = effects_of_place() // 2
FAULTS: dict[str, Any] = {
    "death": {"die": True, "after": True},
    "lost answer, not done": {"lose": True},
    "lost answer, done": {"lose": True, "after": True},
}


def read(world: World) -> ServiceState:
    return world.context().ledger.read()


def undone_at(make: Callable[[], World]) -> int:
    """Which effect of the run that undoes something records that it is undone."""

    def recorded(at: int) -> bool:
        world = make()
        preflight(world, "stops", Faults(at=at, die=True, after=True))
        return any(entry.kind == "undone" for entry in world.context().ledger.chain.entries())

    counted = Faults()
    preflight(make(), "counted", counted)
    return bisect_left(range(counted.count), True, key=recorded)


def goes_on(world: ChronicledWorld) -> None:
    """A run of now seals, and both sites are equal."""
    world.backup("seals")
    in_step(world)


def cases(died_at: int, turn: int) -> list[tuple[int, str]]:
    """Every fourth effect with one of the faults in turn; in long runs every one with each of them."""
    effects = range(1, effects_until_undone(died_at) + 1)
    if THOROUGH:
        return [(at, fault) for at in effects for fault in FAULTS]
    return [(at, list(FAULTS)[at // 4 % len(FAULTS)]) for at in effects[turn::4]]


@pytest.mark.parametrize(("died_at", "turn"), [(HALF, 0), (LATE, 1)], ids=["tree half changed", "catalog half changed"])
def test_an_undo_that_ended_at_any_effect_is_finished_by_the_next_run(died_at: int, turn: int) -> None:
    """A death or a lost answer, before or after the effect: the trees and the catalog are back, nothing is stuck."""
    wrong = []
    for at, fault in cases(died_at, turn):
        world = half_done(died_at)
        if not preflight(world, "first", Faults(at=at, **FAULTS[fault])) and not preflight(world, "second"):
            wrong.append((at, fault))
            continue
        back_at_the_sealed_point(world)
    assert wrong == []


def test_an_undo_that_dies_in_every_run_a_little_later_is_finished_in_the_end() -> None:
    world, runs = half_done(LATE), 0
    while not preflight(world, f"run {runs}", Faults(at=3 + 7 * runs, die=True, after=bool(runs % 2))):
        runs += 1
    assert runs > 10
    back_at_the_sealed_point(world)
    goes_on(world)


@pytest.mark.parametrize("seed", range(8))
def test_an_undo_that_dies_and_loses_answers_anywhere_several_times_is_finished_in_the_end(seed: int) -> None:
    tokens = random.Random(seed)
    world = half_done(tokens.randrange(HALF // 2, LATE))
    most = effects_until_undone(LATE)
    for run in range(4):
        preflight(world, f"run {run}", Faults(at=tokens.randrange(1, most), **FAULTS[tokens.choice(list(FAULTS))]))
    assert preflight(world, "last")
    back_at_the_sealed_point(world)
    goes_on(world)


def parked(world: ChronicledWorld) -> dict[str, int]:
    """What the dead place had parked: paths in the work area of the first root, and inode ids."""
    west, found = MemoryNameNode(world.clusters["west"]), dict[str, int]()
    for area in west.list(f"{ROOT}/.hadoop-dr"):
        names = [entry.name for entry in west.list(f"{ROOT}/.hadoop-dr/{area.name}")]
        park = f"{ROOT}/.hadoop-dr/{area.name}/park"
        found |= {f"{park}/{entry.name}": entry.inode for entry in (west.list(park) if "park" in names else ())}
    return found


def test_items_that_two_clusters_number_alike_are_not_taken_for_each_other() -> None:
    """What a place parked bears the primary's numbers, what an undo parks the secondary's: here they are the same."""
    world = half_done(next(at for at in range(1, LATE) if len(parked(half_done(at))) > 1))
    west, ((first, one), (second, other), *_) = MemoryNameNode(world.clusters["west"]), parked(world).items()
    park = first.rpartition("/")[0]
    west.rename(first, f"{park}/{other}")
    west.rename(second, f"{park}/{one}")
    assert preflight(world, "next")
    back_at_the_sealed_point(world)


def kept(world: ChronicledWorld, root: str = ROOT) -> list[str]:
    return [s.name for s in MemoryNameNode(world.clusters["west"]).snapshots(root) if "-kept-" in s.name]


@pytest.mark.parametrize("at", range(20, effects_until_undone(LATE), 11))
def test_what_somebody_else_changes_while_an_undo_is_pending_is_kept(at: int) -> None:
    world = half_done(LATE)
    preflight(world, "stops", Faults(at=at, die=True))
    west, theirs = world.clusters["west"], f"{ROOT}/theirs ü%"
    west.extend(west.make_file(theirs, replication=1, block_size=1024, overwrite=False), b"theirs")
    if read(world).undo is None and not any(p.state is PointState.STAGED for p in read(world).unfinished()):
        assert not preflight(world, "refused")
        return
    assert preflight(world, "next")
    back_at_the_sealed_point(world)
    [undone] = [entry.body for entry in world.context().ledger.chain.entries() if entry.kind == "undone"]
    assert f"{theirs} was created" in undone.found
    assert west.find(f"{ROOT}/.snapshot/{undone.kept}/theirs ü%").content == b"theirs"


def test_an_undo_that_cannot_go_on_keeps_one_snapshot_however_often_it_is_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = half_done(LATE)
    with monkeypatch.context() as broken:
        broken.setattr(MemoryMover, "copy", lambda self, copies: [Outcome(c.key, Did.FAILED, "full") for c in copies])
        for run in range(3):
            assert not preflight(world, f"run {run}")
    assert len(kept(world)) == 1
    assert preflight(world, "mended")
    back_at_the_sealed_point(world)


def test_an_undo_whose_sealed_snapshot_is_gone_is_given_up_and_all_is_compared() -> None:
    world = half_done(LATE)
    preflight(world, "stops", Faults(at=undone_at(lambda: half_done(LATE)), die=True))
    assert read(world).undo is not None
    newest = read(world).newest_sealed()
    assert newest is not None
    name = newest.sealed.snapshots[OTHER].name
    MemoryNameNode(world.clusters["west"]).delete_snapshot(OTHER, name)
    world.backup("seals")
    equal(world)
    [undone] = [entry.body for entry in world.context().ledger.chain.entries() if entry.kind == "undone"]
    assert list(undone.left) == [OTHER]


def half_undone() -> tuple[ChronicledWorld, MemoryNameNode]:
    """An undo was announced and not finished, and has a work area in the second root."""
    for at in range(10, effects_until_undone(LATE), 5):
        world = half_done(LATE)
        preflight(world, "stops", Faults(at=at, die=True))
        west, root = MemoryNameNode(world.clusters["west"]), world.clusters["west"].find(OTHER)
        if read(world).undo is not None and ".hadoop-dr" in root.children:
            break
    return world, west


@pytest.mark.parametrize("removed", [False, True])
def test_an_undo_is_finished_also_where_somebody_took_a_root_away_or_what_makes_snapshots_of_it(removed: bool) -> None:
    world, west = half_undone()
    for shot in west.snapshots(OTHER):
        west.delete_snapshot(OTHER, shot.name)
    west.disallow_snapshot(OTHER)
    if removed:
        west.delete(OTHER, recursive=True)
    assert preflight(world, "next")
    assert read(world).undo is None
    world.host.dead.add("next")
    world.backup("seals")
    equal(world)


def test_a_root_that_an_undo_cannot_bring_back_any_more_is_taken_from_whoever_sleeps_there() -> None:
    world, west = half_undone()
    asleep = [entry.name for entry in west.list(f"{OTHER}/.hadoop-dr")]
    newest = read(world).newest_sealed()
    assert newest is not None
    west.delete_snapshot(OTHER, newest.sealed.snapshots[OTHER].name)
    assert preflight(world, "next")
    claim = read(world).claim
    assert claim is not None
    assert asleep != [entry.name for entry in west.list(f"{OTHER}/.hadoop-dr")] == [f"billing-1-{claim.n}"]


def vandalised() -> World:
    world = World(POLICY + "drift: restore\n")
    fill(world)
    world.backup("first")
    west = world.clusters["west"]
    west.rename(f"{ROOT}/ü dir", f"{ROOT}/stolen")
    west.delete(f"{ROOT}/h#", recursive=False)
    return world


def give_back(world: World, run: str) -> None:
    """The claim of a run that is over, as if it had ended with an error."""
    context = world.context()
    _, claim = context.claims.owned(run)
    Void(context).void(claim, claim.point, "failed")


@pytest.mark.parametrize("before_the_end", [1, 4, 8])
def test_an_undo_of_foreign_changes_is_finished_also_when_the_policy_refuses_them_by_then(before_the_end: int) -> None:
    world = vandalised()
    preflight(world, "stops", Faults(at=undone_at(vandalised) - before_the_end, die=True))
    assert read(world).undo is not None
    give_back(world, "stops")
    world.policy = POLICY
    world.backup("next")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


@cache
def left_and_recorded_at() -> tuple[World, int]:
    """An undo that was left unfinished, and the effect of the next run that records it as done."""
    world = vandalised()
    preflight(world, "stops", Faults(at=undone_at(vandalised) - 2, die=True))
    for at in count(1):
        dies = world.clone()
        preflight(dies, "dies", Faults(at=at, die=True, after=True))
        if any(entry.kind == "undone" for entry in dies.context().ledger.chain.entries()):
            return world, at
    raise AssertionError("unreachable")


@pytest.mark.parametrize("later", [1, 5])
def test_what_somebody_changes_between_two_undos_of_one_run_is_kept_and_undone_as_well(later: int) -> None:
    """The run finishes what another one left, then undoes what it finds itself."""
    left, recorded = left_and_recorded_at()
    world = left.clone()
    west, theirs = world.clusters["west"], f"{ROOT}/theirs ü%"

    def somebody() -> None:
        west.extend(west.make_file(theirs, replication=1, block_size=1024, overwrite=False), b"theirs")
        west.delete(f"{ROOT}/h#", recursive=False)  # once more: the first of the two undos brought it back

    assert preflight(world, "next", Faults(at=recorded + later, first=somebody))
    assert "theirs ü%" not in west.find(ROOT).children
    one, two = (entry.body for entry in world.context().ledger.chain.entries() if entry.kind == "undone")
    assert one.kept != two.kept
    assert one.point == two.point == ""
    assert set(two.found) == {f"{theirs} was created", f"{ROOT}/h# was deleted"}
    newest = read(world).newest_sealed()
    assert newest is not None
    sealed = newest.sealed.snapshots[ROOT].name
    assert world.tree("west", ROOT) == world.tree("west", f"{ROOT}/.snapshot/{sealed}")
    assert west.find(f"{ROOT}/.snapshot/{two.kept}/theirs ü%").content == b"theirs"
    assert newest.live_on("west")[ROOT].name == two.base[ROOT].name
    assert world.backup("seals")["baseline"] == newest.point
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


@pytest.mark.parametrize("before_the_end", range(1, 9))
def test_a_prune_in_the_middle_of_an_undo_leaves_it_what_it_made(before_the_end: int) -> None:
    world, pruned = half_done(LATE), list[Any]()
    at = undone_at(lambda: half_done(LATE)) - before_the_end
    prune = Faults(at=at, first=lambda: pruned.append(Prune(world.context()).run("by hand")))
    assert preflight(world, "undoes", prune)
    assert len(pruned) == 1
    newest = read(world).newest_sealed()
    assert newest is not None
    assert world.backup("next")["baseline"] == newest.point


def test_a_pending_undo_is_told_before_and_after() -> None:
    def looked() -> list[str]:
        found = RunChecks(world.context()).look()
        return [result.detail for result in found if result.name == "recovery"]

    for at in range(undone_at(lambda: half_done(LATE)) // 2, LATE * 9):  # not every lost answer ends a run
        world = half_done(LATE)
        with suppress(Unknown):
            world.backup("loses", Faults(at=at, lose=True))
            continue
        break
    [pending] = looked()
    assert "an undo was interrupted" in pending
    goes_on(world)
    assert looked() == []
    told = [entry["text"] for entry in explanation("billing", world.context().ledger.chain.entries(), None)["entries"]]
    assert [text for text in told if "are being undone" in text and "kept in snapshots dr-billing-kept-" in text]
    assert [text for text in told if text.startswith("back at point ")]
