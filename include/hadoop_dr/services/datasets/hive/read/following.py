"""What happened to a catalog since a known position of its log; the cost follows the change (DESIGN.md section 16)."""

from __future__ import annotations

from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.log.position import Position, events_since, position_of
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import CatalogMoved
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported, concerns
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all

_PAGE = 1000


class FollowCatalog:
    """Follows one metastore from a position in its notification log.

    Args:
        metastore: That of the site.
    """

    def __init__(self, metastore: Metastore) -> None:
        self._metastore = metastore

    def position(self) -> Position:
        """Where its log stands now: take it before reading what is to hold at that position."""
        newest = self._metastore.current_event()
        position = Position(newest, "")
        return position_of(newest, self._metastore.events(position.ask_after, 1) if newest else [])

    def events(self, position: Position) -> list[Event] | None:
        """Lists the events since a position: one request while nothing happened.

        Returns:
            None when that cannot be told, and all has to be read.
        """
        page = self._metastore.events(position.ask_after, _PAGE)
        found = events_since(position, page)
        if found is None:
            # A log forgets its old events; that nothing came since can still be told.
            return [] if not page and self._metastore.current_event() == position.event else None
        while len(page) == _PAGE:
            page = self._metastore.events(found[-1].id, _PAGE)
            if [event.id for event in page] != list(range(found[-1].id + 1, found[-1].id + 1 + len(page))):
                return None
            found += page
        return found

    def untouched(self, position: Position | None, selection: Selection) -> bool:
        """Whether nothing selected was touched since a position, so that nothing has to be read."""
        events = None if position is None else self.events(position)
        return events is not None and not any(concerns(event, selection) for event in events)

    def untouched_until(self, position: Position | None, selection: Selection) -> Position | None:
        """Where the log stands now, if nothing selected was touched since a position; one request while nothing was."""
        events = None if position is None else self.events(position)
        if position is None or events is None or any(concerns(event, selection) for event in events):
            return None
        return position_of(events[-1].id, events[-1:]) if events else position

    def now(self, selection: Selection, position: Position | None = None, then: Catalog | None = None) -> Catalog:
        """Reads the selected objects: those that were touched since a position, or all.

        Args:
            selection: What to read.
            position: From where; None for all.
            then: What was there at that position.
        """
        if position is None or then is None or self.events(position) is None:
            return read_all(self._metastore, selection)
        export = CatalogExport(self._metastore)
        base = Exported(selection, position.event, dict(then), full=False)
        try:
            return export.at(base, self._metastore.current_event()).rows
        except CatalogMoved:  # somebody is at work there right now
            return read_all(self._metastore, selection)
