"""What audits look back to is held, and given up where audits are hindered for good (I8, I9)."""

from __future__ import annotations

from dataclasses import replace

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.points.audit_hold import FEWEST_SINCE, HELD_DAYS, HeldForAudits, held_for_audits
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from support.entries import sealed, taken

ROOT, LATE_MS = "/a b+% ü#", HELD_DAYS * DAY_MS


def state(points: int, audited: int = 0) -> ServiceState:
    """Points named by their number, of which one was audited."""
    found = {}
    for number in range(points):
        name = f"2026112{number}T020000.000Z"
        made = replace(sealed(name, {ROOT: "w"}, audited=number == audited), baseline="before")
        found[name] = Point(name, number, PointState.SEALED, "r", 1, 1, taken(name, {ROOT: "e"}), sealed=made)
    return ServiceState(found)


FIRST = "20261120T020000.000Z"


def test_the_last_audited_point_is_held_as_long_as_an_audit_may_still_come() -> None:
    many = state(FEWEST_SINCE + 1)
    assert held_for_audits(many, "east", LATE_MS) == HeldForAudits(frozenset({FIRST}))
    assert held_for_audits(many, "west", LATE_MS + 1) == HeldForAudits(frozenset(), (FIRST,))
    assert held_for_audits(state(2, audited=1), "west", 9 * LATE_MS).given_up == ()
    assert held_for_audits(ServiceState(), "west", 0) == HeldForAudits()


def test_a_service_that_runs_rarely_has_as_many_chances_to_audit() -> None:
    few, west = state(FEWEST_SINCE), 9 * LATE_MS
    assert held_for_audits(few, "west", west) == HeldForAudits(frozenset({FIRST}))
    many = state(FEWEST_SINCE + 1)
    newest = max(many.points)
    gone = replace(many, points={**many.points, newest: replace(many.points[newest], gone=("east",))})
    assert held_for_audits(gone, "east", west).given_up == ()
    assert held_for_audits(gone, "west", west).given_up == (FIRST,)


def test_what_is_given_up_is_told_with_what_follows() -> None:
    assert HeldForAudits(frozenset({FIRST})).warnings("west") == []
    [line] = HeldForAudits(frozenset(), (FIRST,)).warnings("west")
    assert line.startswith(f"west keeps point {FIRST} no longer for audits: ")
    assert line.endswith("the next run compares everything")
