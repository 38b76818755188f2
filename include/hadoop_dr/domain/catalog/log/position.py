"""Where a metastore's notification log stood, so that what happened since can be told, and whether it can (fault 21).

A number alone is not enough: a metastore whose database was set up or restored anew counts from a lower one, and may
have passed the old one by the time somebody asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from hadoop_dr.domain.catalog.log.events import Event


@dataclass(frozen=True, slots=True)
class Position:
    """A place in a notification log.

    Attributes:
        event: Id of the newest event then; 0 when there was none.
        digest: What that event said, to know it again; empty when the log did not hold it any more.
    """

    event: int
    digest: str

    @property
    def ask_after(self) -> int:
        """The id to ask for events after: the answer begins with the newest one of then."""
        return max(0, self.event - 1)


def position_of(newest: int, events: Sequence[Event]) -> Position:
    """Makes a position.

    Args:
        newest: Id of the newest event.
        events: What the log gives from that event on.
    """
    return Position(newest, next((_digest(event) for event in events if event.id == newest), ""))


def events_since(position: Position, events: Sequence[Event]) -> list[Event] | None:
    """Picks the events after a position out of what a log answers to ``ask_after``.

    Returns:
        They, oldest first; None when that cannot be relied on: the log begins later, has a gap, or is another one.
    """
    found = list(events)
    if position.event:
        if not found or found[0].id != position.event or _digest(found[0]) != position.digest:
            return None
        found = found[1:]
    ids = [event.id for event in found]
    return found if ids == list(range(position.event + 1, position.event + 1 + len(ids))) else None


def _digest(event: Event) -> str:
    fields = f"{event.id}|{event.time_s}|{event.type}|{event.database}|{event.table}|{event.format}|".encode()
    return hashlib.sha256(fields + event.message).hexdigest()
