"""A notification log read a page at a time: it has the events of every database, most of which nobody keeps."""

from __future__ import annotations

from collections.abc import Iterator

from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.log.position import Position, events_since, position_of
from hadoop_dr.ports.metastore import Metastore

PAGE = 1000
"""Events asked for at once; each carries a whole table, perhaps with many partitions."""


class LogGap(Exception):
    """The log does not hold every event that was asked for, or is another one."""


class LogTail:
    """The events of a log since a position, oldest first: one request while nothing happened.

    Args:
        metastore: Whose log it is.
        start: From where; the event there has to be the same one still.
        until: Id of the last event that is wanted; None for the newest.

    Attributes:
        end: Where the event stands that was given last; ``start`` while there was none.
    """

    def __init__(self, metastore: Metastore, start: Position, until: int | None = None) -> None:
        self._metastore, self._start, self._until = metastore, start, until
        self._last: Event | None = None

    @property
    def end(self) -> Position:
        """See the class."""
        return self._start if self._last is None else position_of(self._last.id, [self._last])

    def __iter__(self) -> Iterator[Event]:
        """Yields them.

        Raises:
            LogGap: What came since cannot be told; perhaps after some of it was given.
        """
        for event in self._every() if self._until is None or self._until > self._start.event else ():
            self._last = event
            yield event
            if event.id == self._until:
                return
        if self._until is not None and self._until != self._start.event:
            raise LogGap

    def _every(self) -> Iterator[Event]:
        page = self._metastore.events(self._start.ask_after, PAGE)
        found = events_since(self._start, page)
        if found is None:
            # A log forgets its old events; that nothing came since can still be told.
            if page or self._metastore.current_event() != self._start.event:
                raise LogGap
            return
        while found:
            last = found[-1].id
            yield from found
            if len(page) < PAGE:
                return
            page = found = self._metastore.events(last, PAGE)
            if [event.id for event in found] != list(range(last + 1, last + 1 + len(found))):
                raise LogGap


def newest_position(metastore: Metastore) -> Position:
    """Where a log stands now: ask before reading what is to hold at that position."""
    return position_at(metastore, metastore.current_event())


def position_at(metastore: Metastore, event: int) -> Position:
    """The position of an event by its id."""
    return position_of(event, metastore.events(Position(event, "").ask_after, 1) if event else [])
