"""Which sealed points lost a snapshot, from one listing of a site and the ledger before and after it (I7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.config.datasets import HDFS, DataSet
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.points.lost_snapshots import LostSnapshots, lost_snapshots, problem_of, roots_to_judge
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.file_attributes import Snapshot
from support.entries import sealed, taken

A, B = "/a b+%", "/ü#=1"
NAME = "20261120T020000.000Z"
POINT = Point(
    NAME, 0, PointState.SEALED, "run", 1, 1, taken(NAME, {A: "east a", B: "east b"}),
    sealed=sealed(NAME, {A: "west a", B: "west b"}),
)  # fmt: skip
STATE = ServiceState({NAME: POINT})


def listed(site: str) -> dict[str, list[Snapshot]]:
    return {root: [Snapshot(one.name, one.id, one.created_ms)] for root, one in POINT.snapshots_on(site).items()}


def test_a_point_whose_snapshots_are_listed_lost_nothing() -> None:
    assert lost_snapshots("west", STATE, listed("west"), STATE, (A, B)) == LostSnapshots()
    assert lost_snapshots("east", STATE, listed("east"), STATE, (A, B)) == LostSnapshots()
    assert lost_snapshots("north", STATE, {}, STATE, (A, B)) == LostSnapshots()


@pytest.mark.parametrize("found", [{}, {B: []}])
def test_where_it_was_copied_to_each_root_is_named_and_where_it_was_taken_the_point(
    found: dict[str, list[Snapshot]],
) -> None:
    there = {A: listed("west")[A], **found}
    lost = lost_snapshots("west", STATE, there, STATE, (A, B))
    assert lost.copies == {NAME: [Finding(B, "", f"{POINT.snapshots_on('west')[B]} is gone")]}
    assert lost.origins == ()
    assert lost_snapshots("east", STATE, {}, STATE, (A, B)) == LostSnapshots({}, (NAME,))


@pytest.mark.parametrize("change", [{"id": 77}, {"created_ms": 77}, {"deleted": True}])
def test_another_one_of_its_name_and_one_that_is_marked_for_deletion_are_not_it(change: dict[str, int]) -> None:
    [one] = listed("west")[A]
    recorded = POINT.snapshots_on("west")[A]
    problem = problem_of(recorded, [replace(one, name="another"), replace(one, **change)])  # type: ignore[arg-type]
    what = "is marked for deletion" if "deleted" in change else "is another snapshot than the recorded one"
    assert problem == f"{recorded} {what}"


def test_a_point_that_was_not_sealed_before_the_listing_or_is_gone_after_it_lost_nothing() -> None:
    staged = ServiceState({NAME: replace(POINT, state=PointState.STAGED)})
    gone = ServiceState({NAME: replace(POINT, gone=("west",))})
    assert lost_snapshots("west", ServiceState(), {}, STATE, (A, B)) == LostSnapshots()
    assert lost_snapshots("west", staged, {}, STATE, (A, B)) == LostSnapshots()
    assert lost_snapshots("west", STATE, {}, gone, (A, B)) == LostSnapshots()
    assert lost_snapshots("west", STATE, {}, ServiceState(), (A, B)) == LostSnapshots()


def test_roots_that_left_the_policy_do_not_count() -> None:
    """A person may remove their snapshots by hand, also before the first run without them."""
    assert lost_snapshots("west", STATE, {B: listed("west")[B]}, STATE, (B,)) == LostSnapshots()
    both = Policy("s", "p", (DataSet(HDFS, A), DataSet(HDFS, B)))
    told = replace(POINT, taken=replace(POINT.taken, protect=both.protected()))
    state = ServiceState({NAME: told})
    assert roots_to_judge(state, both) == {A, B}
    assert roots_to_judge(state, replace(both, protect=both.protect[:1])) == {A}
    tables = replace(told, taken=replace(told.taken, protect={"hdfs": (A,), "hive": ("bill",)}))
    assert roots_to_judge(ServiceState({NAME: tables}), replace(both, protect=both.protect[:1])) == {A}
    assert roots_to_judge(ServiceState(), both) == set()


def test_the_first_points_of_an_origin_are_named_and_the_others_counted() -> None:
    assert LostSnapshots().origin_warnings("east") == []
    [few] = LostSnapshots({}, ("a", "b", "c")).origin_warnings("east")
    assert few.startswith("east lost snapshots of point a, b, c: the copies are not affected")
    [many] = LostSnapshots({}, ("a", "b", "c", "d")).origin_warnings("east")
    assert many.startswith("east lost snapshots of point a, b, c and 1 more: ")
