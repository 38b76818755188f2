"""Who holds a point holds it until that is taken back, and two who hold one hold it twice (I7)."""

from __future__ import annotations

import json

import pytest

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.ledger.bodies.ends import PointPinned, PointsPruned, PointUnpinned
from hadoop_dr.domain.points.pins import is_pinnable, refuse_pinned
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Pin, ServiceState
from support.entries import claimed, entries, sealed, staged, taken

OLD, NEW, OPEN = (f"2026112{n}T020000.000Z" for n in range(3))
ANN, DRILL = PointPinned(OLD, "ann ü", "the audit"), PointPinned(OLD, "drill", "a rehearsal")


def state(*bodies: PointPinned | PointUnpinned | PointsPruned) -> ServiceState:
    whole = [body for name in (OLD, NEW) for body in (claimed(name), taken(name, ["/a b"]), staged(name), sealed(name))]
    return reduce_service(entries(*whole, claimed(OPEN), taken(OPEN, ["/a b"]), *bodies))


def test_a_point_is_held_until_every_pin_of_it_is_taken_back() -> None:
    both = state(ANN, DRILL)
    first, second = both.pins
    assert (first, second) == (Pin(11, OLD, "ann ü", "the audit"), Pin(12, OLD, "drill", "a rehearsal"))
    one = state(ANN, DRILL, PointUnpinned(first.n, OLD, "ann ü", "done"))
    assert (one.pinned(), one.pins) == ({OLD}, (second,))
    none = state(ANN, DRILL, PointUnpinned(11, OLD, "a", ""), PointUnpinned(12, OLD, "d", ""))
    assert none.pinned() == frozenset()
    for now in (both, one, none):
        assert load_state(json.loads(json.dumps(dump_state(now)))) == now


def test_a_pin_that_is_taken_back_twice_takes_no_other_with_it() -> None:
    back = PointUnpinned(11, OLD, "ann ü", "done")
    assert state(ANN, DRILL, back, back).pinned() == {OLD}


def test_only_what_is_visible_and_still_there_can_be_held() -> None:
    now = state(PointsPruned((("east", OLD), ("east", NEW), ("west", NEW))))
    held = [point for point in (OLD, NEW, OPEN, "20250101T000000.000Z") if is_pinnable(now, point)]
    assert held == [OLD], "its source may have pruned it already"


def test_what_would_remove_a_held_point_is_told_who_holds_it_and_why() -> None:
    refuse_pinned(state(ANN), "billing", [("east", NEW), ("west", NEW)])
    refuse_pinned(state(), "billing", [("east", OLD)])
    with pytest.raises(Refused, match=f"pinned: {OLD} by ann ü: the audit; {OLD} by drill: a rehearsal"):
        refuse_pinned(state(ANN, DRILL), "billing", [("west", OLD)])
    with pytest.raises(Refused, match="by drill: a rehearsal; and 2 more"):
        refuse_pinned(state(ANN, DRILL, DRILL, DRILL, DRILL), "billing", [("west", OLD)])
    with pytest.raises(Refused) as three:
        refuse_pinned(state(ANN, DRILL, DRILL), "billing", [("west", OLD)])
    assert (three.value.subject, three.value.remedy) == ("billing", "Release them first.")
    assert three.value.problem.endswith(f"; {OLD} by drill: a rehearsal; {OLD} by drill: a rehearsal")
