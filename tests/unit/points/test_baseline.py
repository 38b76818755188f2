"""What an increment builds on, whatever somebody did to the snapshots of the newest point (I7, I10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hadoop_dr.domain.direction import Direction, SnapshotRef
from hadoop_dr.domain.points.baseline import Baseline, RootProblems
from hadoop_dr.domain.points.baseline import choose_baseline as chosen
from hadoop_dr.domain.state.service_state import Point, PointState
from hadoop_dr.domain.tree.inventory import Held
from support.cost import calls
from support.entries import record, sealed, taken

A, B = "/a b+%", "/ü#"
EASTWARD, WESTWARD = Direction("west", "east", "east"), Direction("east", "west", "west")
NAME = "20261120T020000.000Z"
TAKEN = taken(NAME, {A: "east a", B: "east b"})
SEALED = sealed(NAME, {A: "west a", B: "west b"}, live={A: Held(7, 9)})
NEWEST = Point(NAME, 0, PointState.SEALED, "run", 1, 1, TAKEN, sealed=SEALED)


def choose_baseline(newest: Point | None, problems: Sequence[RootProblems]) -> Baseline:
    return chosen(newest, problems, WESTWARD)


def root(
    name: str, origin: str | None = None, destination: str | None = None, base: str | None = None
) -> RootProblems:
    return RootProblems(name, origin, destination, base)


def test_without_a_sealed_point_there_is_nothing_to_build_on() -> None:
    assert choose_baseline(None, ()) == Baseline(None, direction=WESTWARD)
    nothing = Baseline(None)
    assert (nothing.origin_snapshot(A), nothing.destination_snapshot(A), nothing.held(A)) == (None,) * 3


def test_a_point_that_is_whole_serves_in_each_of_its_roots() -> None:
    found = choose_baseline(NEWEST, [root(A), root(B)])
    assert (found.point, found.newest, found.lost, found.with_base) == (NEWEST, NEWEST, (), {A, B})
    assert [found.origin_snapshot(one) for one in (A, B, "/new")] == ["east a", "east b", None]
    assert [found.destination_snapshot(one) for one in (A, B, "/new")] == ["west a", "west b", None]
    assert [found.held(one) for one in (A, B)] == [Held(7, 9), None]


@pytest.mark.parametrize(
    ("problems", "with_base"),
    [
        (root(A, origin="east is gone"), {A, B}),
        (root(A, destination="west is gone", base="west is gone"), {B}),
        (root(A, destination="west is gone"), {A, B}),
        (root(A, base="what an undo left is gone"), {B}),
    ],
    ids=["east", "west", "west, but not what an undo left", "what an undo left"],
)
def test_roots_that_lost_a_snapshot_are_compared_and_only_a_loss_on_the_destination_keeps_drift_from_being_told(
    problems: RootProblems, with_base: set[str]
) -> None:
    found = choose_baseline(NEWEST, [problems, root(B)])
    assert (found.point, found.with_base, found.compared) == (NEWEST, with_base, {A})
    assert (found.origin_snapshot(A), found.destination_snapshot(A)) == (None, None)
    assert (found.origin_snapshot(B), found.destination_snapshot(B)) == ("east b", "west b")
    assert found.lost == (f"point {NEWEST.point}: {problems.any}; {A} is compared whole",)


def test_a_point_that_lost_a_snapshot_in_every_root_makes_a_full_run_and_drift_is_told_all_the_same() -> None:
    found = choose_baseline(NEWEST, [root(A, origin="gone"), root(B, origin="gone")])
    assert (found.point, found.newest, found.with_base, len(found.lost)) == (None, NEWEST, {A, B}, 2)


@pytest.mark.parametrize(("gone", "told"), [((), 2), (("east",), 2), (("west",), 2), (("west", "east"), 0)])
def test_what_was_taken_away_on_both_sites_is_compared_and_not_told_as_lost(gone: tuple[str, ...], told: int) -> None:
    taken_away = replace(NEWEST, gone=gone)
    found = choose_baseline(taken_away, [root(one, origin="gone", destination="gone", base="gone") for one in (A, B)])
    assert (found.point, found.compared, len(found.lost)) == (None, {A, B}, told)


def test_of_a_damaged_point_everything_is_compared_and_drift_is_told() -> None:
    damaged = replace(NEWEST, damaged="a b: could not be read back")
    found = choose_baseline(damaged, [root(A), root(B, base="gone")])
    assert (found.point, found.newest, found.with_base) == (None, damaged, {A})
    [lost] = found.lost
    assert lost == f"point {NEWEST.point} is marked damaged (a b: could not be read back): everything is compared"
    assert found.direction == WESTWARD
    assert (found.origin_snapshot(A), found.destination_snapshot(A), found.held(A)) == (None, None, None)


def test_a_damaged_point_that_only_lost_snapshots_serves_in_the_roots_that_have_theirs() -> None:
    lost = replace(NEWEST, damaged="gone", bad_files=((A, ""),))
    found = choose_baseline(lost, [root(A, destination="gone"), root(B)])
    assert (found.point, found.compared) == (lost, {A})
    for other in (
        replace(lost, bad_files=((A, ""), (A, "e%20"))),
        replace(lost, bad_files=((B, ""),)),
        replace(lost, bad_files=()),
        replace(lost, unnamed=((A, NAME),)),
    ):
        assert choose_baseline(other, [root(A, destination="gone"), root(B)]).point is None
    assert choose_baseline(lost, [root(A, origin="gone"), root(B)]).point is None


def test_until_it_is_said_which_way_a_run_goes_no_snapshot_is_built_on() -> None:
    nowhere = Baseline(NEWEST)
    assert (nowhere.origin_snapshot(A), nowhere.destination_snapshot(A)) == (None, None)


def test_a_point_serves_the_other_way_too_with_the_snapshots_that_each_site_has() -> None:
    undone = replace(NEWEST, base={"east": {A: record("after an undo on east")}})
    found = chosen(undone, [root(A), root(B)], EASTWARD)
    assert [found.origin_snapshot(one) for one in (A, B)] == ["west a", "west b"]
    assert [found.destination_snapshot(one) for one in (A, B)] == ["after an undo on east", "east b"]
    assert chosen(undone, [root(A)], WESTWARD).destination_snapshot(A) == "west a"
    assert NEWEST.snapshots_on("north") == {}


@pytest.mark.parametrize("site", ["east", "west", "north"])
def test_the_snapshot_of_one_root_is_the_one_among_all_and_is_found_without_the_others(site: str) -> None:
    undone = replace(NEWEST, base={"east": {A: record("after an undo on east")}})
    for one in (A, B, "/new"):
        assert undone.snapshot_on(site, one) == undone.snapshots_on(site).get(one)
        assert undone.live_snapshot_on(site, one) == undone.live_on(site).get(one)
    roots = {f"{A} {number}": f"s {number}" for number in range(200)}
    many = replace(NEWEST, taken=taken(NAME, roots), sealed=sealed(NAME, roots), base={site: {B: record("undone")}})
    found = choose_baseline(many, [root(one) for one in roots])
    for ask in (found.origin_snapshot, found.destination_snapshot):
        assert calls(lambda ask=ask: ask(f"{A} 7")) < 20
    assert calls(lambda: many.live_snapshot_on(site, f"{A} 7")) < 20


def test_a_direction_turns_and_a_snapshot_says_where_it_lies() -> None:
    assert WESTWARD.turned("east") == EASTWARD
    assert str(SnapshotRef("east", A, "dr-1", 1, 2)) == f"east:{A}/.snapshot/dr-1"
