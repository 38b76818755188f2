"""A notification log read a page at a time: it has the events of every database, most of which nobody keeps."""

from __future__ import annotations

from collections.abc import Iterator

from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.log.position import Position, events_since
from hadoop_dr.ports.metastore import Metastore

PAGE = 1000
"""Events asked for at once; each carries a whole table, perhaps with many partitions."""


class LogGap(Exception):
    """The log does not hold every event that was asked for."""


def events_between(metastore: Metastore, after: int, until: int) -> Iterator[Event]:
    """Gives the events with ids in (after, until], oldest first.

    Raises:
        LogGap: One of them is not there; perhaps after others were given.
    """
    while after < until:
        page = [event for event in metastore.events(after) if event.id <= until]
        if not page or [event.id for event in page] != list(range(after + 1, after + 1 + len(page))):
            raise LogGap
        after = page[-1].id
        yield from page
    if after != until:
        raise LogGap


def events_from(metastore: Metastore, position: Position) -> Iterator[Event]:
    """Gives the events since a position, oldest first: one request while nothing happened.

    Raises:
        LogGap: What came since cannot be told; perhaps after some of it was given.
    """
    page = metastore.events(position.ask_after, PAGE)
    found = events_since(position, page)
    if found is None:
        # A log forgets its old events; that nothing came since can still be told.
        if page or metastore.current_event() != position.event:
            raise LogGap
        return
    while found:
        last = found[-1].id
        yield from found
        if len(page) < PAGE:
            return
        page = found = metastore.events(last, PAGE)
        if [event.id for event in found] != list(range(last + 1, last + 1 + len(found))):
            raise LogGap
