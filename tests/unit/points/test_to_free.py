"""What the primary can do without while the secondary is away: what is recorded, and never what is held (I7, I8)."""

from __future__ import annotations

from hadoop_dr.domain.ledger.bodies.ends import PointPinned, PointsPruned
from hadoop_dr.domain.ledger.bodies.foreign import UndoDone
from hadoop_dr.domain.ledger.bodies.runs import PointVoided
from hadoop_dr.domain.points.to_free import to_free
from hadoop_dr.domain.state.service_fold import reduce_service
from support.entries import claimed, entries, record, sealed, taken

GONE, OLD, VOID, NEW, OPEN = (f"2026112{n}T020000.000Z" for n in range(5))
ROOTS = ("/data/a b+%", "/data/ü=#")


def test_older_points_go_oldest_first_and_the_newest_and_what_a_run_works_on_stay() -> None:
    state = reduce_service(entries(
        claimed(GONE), taken(GONE, ROOTS), sealed(GONE), claimed(OLD), taken(OLD, ROOTS), sealed(OLD),
        PointsPruned((("east", GONE),)), claimed(VOID), taken(VOID, ROOTS), PointVoided(8, VOID, "why ü"),
        claimed(NEW), taken(NEW, ROOTS), sealed(NEW), claimed(OPEN), taken(OPEN, ROOTS),
    ))  # fmt: skip
    found = to_free(state, "east", newest=False)
    assert list(found.snapshots) == [OLD, VOID]
    assert [(one.site, one.root) for one in found.snapshots[OLD]] == [("east", root) for root in sorted(ROOTS)]
    assert found.stays == {
        NEW: "the next backup copies only what changed since it", OPEN: "its run may still be finished"}  # fmt: skip
    every = to_free(state, "east", newest=True)
    assert (list(every.snapshots), every.stays) == ([OLD, VOID, NEW, OPEN], {})


def test_a_pinned_point_stays_in_any_case_and_one_that_was_never_taken_has_nothing() -> None:
    state = reduce_service(entries(
        claimed(OLD), taken(OLD, ROOTS), sealed(OLD), PointPinned(OLD, "ü", "a drill"), claimed(NEW)))  # fmt: skip
    for newest in (False, True):
        assert to_free(state, "east", newest=newest).stays == {OLD: "it is pinned"}
    assert to_free(reduce_service(entries(claimed(NEW))), "east", newest=True).snapshots == {}
    open_alone = to_free(reduce_service(entries(claimed(OPEN), taken(OPEN, ROOTS))), "east", newest=False)
    assert open_alone.stays == {OPEN: "its run may still be finished"}, "where nothing is sealed yet, too"


def test_what_an_undo_left_on_a_site_goes_with_the_snapshot_that_was_sealed_there() -> None:
    """Once the roles were exchanged an undo may come back to a point that was taken on the site it undoes."""
    undone = UndoDone(4, "", OLD, "east", "why", "kept", (), {ROOTS[0]: record("after an undo ü")})
    state = reduce_service(entries(claimed(OLD), taken(OLD, ROOTS), sealed(OLD), undone))
    names = [(one.root, one.name) for one in to_free(state, "east", newest=True).snapshots[OLD]]
    assert names == [(ROOTS[0], "after an undo ü"), (ROOTS[0], "s"), (ROOTS[1], "s")]


def test_a_point_that_was_copied_to_the_site_lives_there_and_stays_in_any_case() -> None:
    kept = dict.fromkeys(ROOTS, "sealed")
    every = [entry for one in (OLD, NEW) for entry in (claimed(one), taken(one, ROOTS), sealed(one, kept))]
    state = reduce_service(entries(*every))
    lives = dict.fromkeys((OLD, NEW), "it was copied to west and lives there")
    for newest in (False, True):
        found = to_free(state, "west", newest=newest)
        assert (found.snapshots, found.stays) == ({}, lives)
