"""What an increment builds on, whatever somebody did to the snapshots of the newest point (I7, I10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.baseline import Baseline, RootProblems, choose_baseline
from hadoop_dr.domain.inventory import Held
from hadoop_dr.domain.service_state import Point, PointState

A, B = "/a b+%", "/ü#"
TAKEN = {"roots": {A: {"snapshot": "east a"}, B: {"snapshot": "east b"}}}
LIVE = {A: {"files": 7, "names": 9}}
SEALED = {"snapshots": {A: {"snapshot": "west a"}, B: {"snapshot": "west b"}}, "summary": {"live": LIVE}}
NEWEST = Point("20261120T020000.000Z", 0, PointState.SEALED, "run", 1, 1, TAKEN, {}, SEALED)


def root(name: str, source: str | None = None, target: str | None = None, base: str | None = None) -> RootProblems:
    return RootProblems(name, source, target, base)


def test_without_a_sealed_point_there_is_nothing_to_build_on() -> None:
    assert choose_baseline(None, ()) == Baseline(None)
    assert (Baseline(None).snapshot(A), Baseline(None).target_snapshot(A), Baseline(None).held(A)) == (None,) * 3


def test_a_point_that_is_whole_serves_in_each_of_its_roots() -> None:
    found = choose_baseline(NEWEST, [root(A), root(B)])
    assert (found.point, found.newest, found.lost, found.told) == (NEWEST, NEWEST, (), {A, B})
    assert [found.snapshot(one) for one in (A, B, "/new")] == ["east a", "east b", None]
    assert [found.target_snapshot(one) for one in (A, B, "/new")] == ["west a", "west b", None]
    assert [found.held(one) for one in (A, B)] == [Held(7, 9), None]


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        (root(A, source="east is gone"), {A, B}),
        (root(A, target="west is gone", base="west is gone"), {B}),
        (root(A, target="west is gone"), {A, B}),
        (root(A, base="what an undo left is gone"), {B}),
    ],
    ids=["east", "west", "west, but not what an undo left", "what an undo left"],
)
def test_only_the_roots_that_lost_a_snapshot_are_compared_and_only_the_targets_own_keeps_drift_from_being_told(
    problems: RootProblems, told: set[str]
) -> None:
    found = choose_baseline(NEWEST, [problems, root(B)])
    assert (found.point, found.told, found.compared) == (NEWEST, told, {A})
    assert (found.snapshot(A), found.target_snapshot(A)) == (None, None)
    assert (found.snapshot(B), found.target_snapshot(B)) == ("east b", "west b")
    assert found.lost == (f"point {NEWEST.point}: {problems.any}; {A} is compared whole",)


def test_a_point_that_lost_a_snapshot_in_every_root_makes_a_full_run_and_drift_is_told_all_the_same() -> None:
    found = choose_baseline(NEWEST, [root(A, source="gone"), root(B, source="gone")])
    assert (found.point, found.newest, found.told, len(found.lost)) == (None, NEWEST, {A, B}, 2)


def test_of_a_damaged_point_everything_is_compared_and_drift_is_told() -> None:
    damaged = replace(NEWEST, damaged="a b: could not be read back")
    found = choose_baseline(damaged, [root(A), root(B, base="gone")])
    assert (found.point, found.newest, found.told) == (None, damaged, {A})
    [lost] = found.lost
    assert lost == f"point {NEWEST.point} is marked damaged (a b: could not be read back): everything is compared"
