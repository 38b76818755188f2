"""A prune that dies, loses an answer or has company: no point is listed without its snapshots (I7, I8)."""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.points.baseline import recorded_snapshots
from hadoop_dr.services.points.damage import mark_damaged
from hadoop_dr.services.points.void import Void
from sim.half_done import OTHER, back_at_the_sealed_point, half_done
from sim.prune_to_come import grown, unpruned
from sim.pruned import backup
from sim.undone import LATE, preflight
from sim.world import ROOT, World
from support.thinned import thinned

FAULTS: dict[str, Any] = {
    "death before": {"die": True},
    "death after": {"die": True, "after": True},
    "lost answer, not done": {"lose": True},
    "lost answer, done": {"lose": True, "after": True},
}


def sealed(world: World) -> list[Point]:
    return world.context().ledger.read().sealed()


def nothing_listed_is_missing(world: World) -> None:
    """Every point that the ledger lists on a site has its snapshots there, and its documents somewhere."""
    context = world.context()
    for point in sealed(world):
        for site, side in context.sides.items():
            for root, kept in (recorded_snapshots(point, site) or {}).items():
                there = {snapshot.name for snapshot in side.namenode.snapshots(root)}
                assert kept.name in there, (point.run, site, root)
        if len(point.gone) < 2:
            assert context.destination.files.names(context.directory(point.point))


def nothing_gone_is_left(world: World) -> None:
    """What the ledger says is gone lies nowhere any more, neither snapshots nor documents."""
    context = world.context()
    for site, side in context.sides.items():
        listed = {(root, kept.name) for p in sealed(world)
                  for root, kept in (recorded_snapshots(p, site) or {}).items()}  # fmt: skip
        assert {(root, snapshot.name) for root in side.namenode.snapshottable()
                for snapshot in side.namenode.snapshots(root)} == listed  # fmt: skip
        assert side.files.names(context.directory("").rstrip("/")) == [
            p.point for p in sealed(world) if len(p.gone) < 2
        ]


def prune(world: World, faults: Faults | None = None, run: str = "by hand") -> dict[str, Any]:
    return Prune(world.context(faults)).run(run)


@cache
def effects(*, tables: bool = False) -> int:
    counted = Faults()
    prune(grown(tables=tables), counted)
    return counted.count


@pytest.mark.parametrize("tables", [False, True], ids=["one root", "roots and tables"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_prune_that_ends_at_any_effect_lists_nothing_that_is_missing_and_the_next_one_sweeps(
    fault: str, tables: bool
) -> None:
    for at in thinned(range(1, effects(tables=tables) + 1), 3 if tables else 1):
        world = grown(tables=tables)
        try:
            prune(world, Faults(at=at, **FAULTS[fault]))
        except Died:
            nothing_listed_is_missing(world)
        nothing_listed_is_missing(world)
        prune(world, run="next")
        nothing_listed_is_missing(world)
        nothing_gone_is_left(world)
        assert [p.run for p in sealed(world) if not p.gone] == ["r3"]
    if tables:
        newest = sealed(world)[-1]
        assert world.backup("next")["baseline"] == newest.point
        for root in (ROOT, OTHER, "/wh/stays ü", "/wh/r3 ü"):
            assert world.tree("west", root) == world.tree("east", root)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_prune_that_ended_anywhere_marks_no_later_point(fault: str) -> None:
    """The sample of every later run finds what it looks for."""
    for at in range(1, effects() + 1, 3):
        world = grown()
        with suppress(Died):
            prune(world, Faults(at=at, **FAULTS[fault]))
        for run in range(2):
            assert backup(world, f"later {run}")["warnings"] == []
        assert [p.damaged for p in sealed(world) if p.damaged] == []
        assert {p.sealed.verified.word for p in sealed(world)} == {"match"}


def test_a_run_that_appends_at_any_effect_of_a_prune_does_not_end_it() -> None:
    for at in range(1, effects() + 1, 2):
        world = grown()
        found = prune(world, Faults(at=at, first=lambda world=world: backup(world, "beside")))  # type: ignore[misc]
        assert found["warnings"] == []
        nothing_listed_is_missing(world)
        prune(world, run="after")
        nothing_gone_is_left(world)
        assert backup(world, "next")["baseline"] == sealed(world)[-2].point


def test_what_became_the_newest_sound_point_while_a_prune_works_is_not_pruned() -> None:
    """Decided on an older head it would go: its successor is found damaged at any step of the prune."""
    for at in range(1, effects() + 1):
        world = grown()
        *_, before, newest = sealed(world)

        def mark(world: World = world, newest: Point = newest) -> None:
            mark_damaged(world.context(), "verify", newest, [Finding(ROOT, "a b", "could not be read back")])

        gone: list[str] = []

        def marked(world: World = world, gone: list[str] = gone, before: str = before.point) -> None:
            mark(world)
            gone.extend(world.context().ledger.read().points[before].gone)

        prune(world, Faults(at=at, first=marked))
        assert world.context().ledger.read().points[before.point].gone == tuple(gone), at
        nothing_listed_is_missing(world)


@pytest.mark.parametrize("looks", range(1, 9))
def test_an_undo_that_is_carried_out_while_a_prune_looks_around_keeps_what_it_makes(
    monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    world, asked, real = half_done(LATE), list[str](), MemoryNameNode.snapshottable

    def snapshottable(self: MemoryNameNode) -> Any:
        asked.append(self.site)
        if len(asked) == looks:
            preflight(world, "undoes")
        return real(self)

    monkeypatch.setattr(MemoryNameNode, "snapshottable", snapshottable)
    Prune(world.context()).run("by hand")
    monkeypatch.undo()
    if len(asked) < looks:
        preflight(world, "undoes")
    back_at_the_sealed_point(world)
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    assert world.backup("next")["baseline"] == newest.point


def test_a_void_point_is_cleared_away_also_while_somebody_appends() -> None:
    for at in range(1, 9):
        world = grown()
        stages = world.stages("given up")
        stages.preflight()
        stages.moment()
        context = world.context(Faults(at=at, first=lambda world=world: prune(world)))  # type: ignore[misc]
        _, claim = context.claims.owned("given up")
        Void(context).void(claim, claim.point, "not wanted")
        assert world.context().ledger.read().points[claim.point].gone == ("east", "west")


def test_a_point_that_is_pruned_while_it_is_sampled_is_not_found_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    world, pruned, real = grown(), list[Any](), MemoryMover.digest
    doomed = [point.sealed.snapshots[ROOT].name for point in sealed(world)[:-1]]

    def digest(self: MemoryMover, reads: Any) -> Any:
        reads = list(reads)
        if not pruned and any(name in read.path for read in reads for name in doomed):
            pruned.append(prune(world))
        return real(self, reads)

    monkeypatch.setattr(MemoryMover, "digest", digest)
    runs = 0
    while not pruned:
        assert unpruned(world, f"next {runs}")["warnings"] == []
        runs += 1
    assert [p.damaged for p in sealed(world) if p.damaged] == []
    assert sealed(world)[-1].sealed.verified.word == "match"
    nothing_listed_is_missing(world)
