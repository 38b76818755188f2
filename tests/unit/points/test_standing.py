"""In which word a service stands, and when a monitor has to be told (I4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.domain.config.datasets import HDFS, DataSet
from hadoop_dr.domain.config.policy import Drift, Policy
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.points.standing import WELL, Standing, Word, standing, unprotected
from hadoop_dr.domain.state.service_state import Claim, Point, PointState, RootChange, ServiceState
from support.entries import taken

NOW = 1_800_000_000_000
RPO = 60_000
POLICY = Policy("billing", "east-west", (DataSet(HDFS, "/data/a b"),), rpo_ms=RPO)


def a_point(name: str, age_ms: int = 0, state: PointState = PointState.SEALED, **more: Any) -> Point:
    return replace(Point(name, NOW - age_ms, state, "r", 1, 1, taken(name)), **more)


def a_state(*points: Point, claim: str = "") -> ServiceState:
    owner = Claim(1, 1, "r", 1, claim, None, NO_POLICY) if claim else None
    return ServiceState({point.point: point for point in points}, owner)


OLD, NEW, BAD = a_point("p1", RPO + 1), a_point("p2", RPO), a_point("p2", 5, damaged="/data/a b/ü is gone")
STAGED = a_point("p3", 1, PointState.STAGED)


@pytest.mark.parametrize(
    ("state", "word", "newest", "why"),
    [
        (a_state(), Word.NO_POINT, None, "no run has sealed one yet"),
        (a_state(STAGED, claim="p3"), Word.NO_POINT, None, "no run has sealed one yet"),
        (a_state(NEW), Word.OK, "p2", ""),
        (a_state(NEW, STAGED), Word.OK, "p2", ""),
        (a_state(NEW, STAGED, claim="p3"), Word.PLACING, "p2", ""),
        (a_state(OLD), Word.LATE, "p1", "its newest point is older than its rpo"),
        (a_state(OLD, STAGED, claim="p3"), Word.LATE, "p1", "its newest point is older than its rpo"),
        (a_state(BAD), Word.DAMAGED, None, "point p2 is damaged: /data/a b/ü is gone"),
        (a_state(OLD, BAD), Word.LATE, "p1", "point p2 is damaged: /data/a b/ü is gone"),
        (a_state(replace(BAD, point="p1"), NEW), Word.DAMAGED, "p2", "point p1 is damaged: /data/a b/ü is gone"),
        (a_state(replace(BAD, point="p1", gone=("west",)), NEW), Word.OK, "p2", ""),
    ],
)
def test_a_service_stands_in_one_word_and_what_is_not_well_says_why(
    state: ServiceState, word: Word, newest: str | None, why: str
) -> None:
    now = standing(state, POLICY, NOW)
    assert (now.word, now.newest.point if now.newest else None, now.why) == (word, newest, why)
    assert now.ok is (word in WELL)
    assert now.ok is not bool(why)


def test_a_point_that_waits_for_a_person_is_not_well_until_a_run_looks_again_or_the_rule_is_restore() -> None:
    kept = Kept(1, "p3", 0, "west", {"/data/a b": "dr-billing-kept-p3.0"}, ("/data/a b/ü was moved",), 1, "refuse", n=7)

    def now(*points: Point, claim: str = "", drift: Drift = Drift.REFUSE) -> Standing:
        return standing(replace(a_state(*points, claim=claim), kept=(kept,)), replace(POLICY, drift=drift), NOW)

    why = f"point p3 waits for a person: {kept.text()}"
    assert (now(NEW, STAGED).word, now(NEW, STAGED).why, now(NEW, STAGED).ok) == (Word.FOREIGN, why, False)
    assert (now(STAGED).word, now(STAGED).newest) == (Word.FOREIGN, None)
    assert (now(OLD, STAGED).word, now(OLD, STAGED).why) == (Word.LATE, why)
    assert now(replace(BAD, point="p1"), NEW, STAGED).word is Word.DAMAGED
    assert now(NEW, STAGED, claim="p3").word is Word.PLACING
    assert now(NEW, STAGED, drift=Drift.RESTORE).word is Word.OK
    assert (now(NEW).word, now(NEW).why) == (Word.OK, "")
    assert now(OLD).why == "its newest point is older than its rpo"


def test_in_the_middle_of_a_change_of_roots_there_is_no_point_and_that_is_why() -> None:
    changing = replace(a_state(replace(NEW, gone=("east", "west"))), change=RootChange(("/a/b",), ("/a",), "r", "why"))
    now = standing(changing, POLICY, NOW)
    assert (now.word, now.newest) == (Word.NO_POINT, None)
    assert now.why == "a change of roots is in progress, and its point is not sealed yet"


def test_a_damaged_point_is_named_whatever_the_word_is() -> None:
    for state in (a_state(OLD, BAD), a_state(BAD), a_state(replace(NEW, point="p1"), BAD)):
        assert standing(state, POLICY, NOW).damaged == ("p2",)


def test_before_its_first_moment_and_the_rpo_after_it_a_service_has_time() -> None:
    later = replace(POLICY, first_moment_ms=NOW - RPO)
    assert standing(a_state(), later, NOW).word is Word.WAITING
    assert standing(a_state(), later, NOW).ok
    assert standing(a_state(), later, NOW + 1).word is Word.NO_POINT


def test_a_service_without_a_policy_is_told_as_long_as_a_point_of_it_is_on_the_secondary() -> None:
    assert unprotected(a_state()) is None
    assert unprotected(a_state(STAGED)) is None
    assert unprotected(a_state(replace(NEW, gone=("west",)))) is None
    left = unprotected(a_state(OLD, BAD))
    assert left is not None
    assert (left.word, left.ok, left.newest, left.damaged) == (Word.NO_POLICY, False, OLD, ("p2",))
    assert left.why.startswith("2 of its points are kept")
