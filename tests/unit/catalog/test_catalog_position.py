"""A position in a notification log: whether what happened since can be relied on (fault 21)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.log.position import Position, events_since, position_of

LOG = [Event(n, 1_700_000_000 + n, "CREATE_TABLE", "bill", f"t{n} ü", b"{}", "json-0.2") for n in range(1, 8)]
THERE = position_of(4, LOG[3:4])


def answer(position: Position, log: list[Event]) -> list[Event]:
    """What a log answers to the question a position asks."""
    return [event for event in log if event.id > position.ask_after]


def test_events_since_a_position_are_those_behind_it() -> None:
    assert position_of(4, LOG[2:6]) == THERE
    assert events_since(THERE, answer(THERE, LOG)) == LOG[4:]
    assert events_since(THERE, answer(THERE, LOG[:4])) == []


def test_before_the_first_event_all_are_behind() -> None:
    start = position_of(0, [])
    assert (start, start.ask_after) == (Position(0, ""), 0)
    assert events_since(start, answer(start, LOG)) == LOG
    assert events_since(start, []) == []


OTHER = {
    "fewer events": LOG[:3],
    "a gap behind it": [*LOG[:4], *LOG[5:]],
    "forgotten": LOG[5:],
    "empty": [],
    **{
        f"another {name}": [*LOG[:3], replace(LOG[3], **{name: value}), *LOG[4:]]
        for name, value in {"time_s": 7, "type": "DROP_TABLE", "database": "crm", "table": "t", "message": b"{ }",
                            "format": "x"}.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("what", OTHER)
def test_a_log_that_is_another_one_or_does_not_reach_back_tells_nothing(what: str) -> None:
    assert events_since(THERE, answer(THERE, OTHER[what])) is None


def test_a_position_whose_event_the_log_had_forgotten_is_never_found_again() -> None:
    blind = position_of(4, [])
    assert blind == Position(4, "")
    assert events_since(blind, answer(blind, LOG)) is None
