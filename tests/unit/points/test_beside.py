"""How many snapshots a site has beside those of a service's points: what HDFS keeps of points that are gone."""

from __future__ import annotations

from dataclasses import replace

from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.points.beside import beside_document, snapshots_beside
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from support.entries import record, sealed, taken

A, B = "/a b+%", "/ü#=1"
NAME, GONE = "20261120T020000.000Z", "20261120T010000.000Z"
POINT = Point(
    NAME, 0, PointState.SEALED, "r", 1, 1, taken(NAME, {A: "e", B: "e"}), sealed=sealed(NAME, {A: "w", B: "w"}),
    base={"west": {A: record("after an undo")}},
)  # fmt: skip
STATE = ServiceState({GONE: replace(POINT, point=GONE, gone=("east", "west")), NAME: POINT})
KEPT = Kept(4, NAME, 1, "west", {A: "kept", "/elsewhere": "kept"}, (), 1, "refuse", n=9)


def test_what_belongs_to_a_point_or_is_kept_for_a_person_is_not_beside_it() -> None:
    assert snapshots_beside(STATE, "east", {A: 1, B: 1}) == 0
    assert snapshots_beside(STATE, "west", {A: 2, B: 1}) == 0
    assert snapshots_beside(replace(STATE, kept=(KEPT,)), "west", {A: 3, B: 1}) == 0
    assert snapshots_beside(replace(STATE, kept=(KEPT,)), "east", {A: 2, B: 1}) == 1


def test_what_is_left_of_points_that_are_gone_is_counted_in_the_roots_of_the_service_alone() -> None:
    assert snapshots_beside(STATE, "west", {A: 42, B: 4, "/other": 99}) == 43
    assert snapshots_beside(STATE, "west", {A: 1}) == 0, "one that is lost makes no number less than none"
    assert snapshots_beside(ServiceState(), "west", {A: 1}) == 0


def test_while_a_point_is_under_way_nothing_is_said() -> None:
    under_way = ServiceState({**STATE.points, "z": replace(POINT, point="z", state=PointState.TAKEN)})
    assert snapshots_beside(under_way, "west", {A: 42}) is None
    assert beside_document(under_way, {"west": {A: 42}}) == {}


def test_only_sites_that_have_some_are_named() -> None:
    assert beside_document(STATE, {"west": {A: 3, B: 1}, "east": {A: 1, B: 1}}) == {"west": 1}
    assert beside_document(STATE, {}) == {}
