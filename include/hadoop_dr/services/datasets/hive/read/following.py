"""What happened to a catalog since a known position of its log; the cost follows the change (DESIGN.md section 16)."""

from __future__ import annotations

from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.log.position import Position, position_of
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import CatalogMoved
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported, concerns
from hadoop_dr.services.datasets.hive.read.log_pages import LogGap, events_from
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all


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

    def untouched(self, position: Position | None, selection: Selection) -> bool:
        """Whether nothing selected was touched since a position, so that nothing has to be read."""
        return self.untouched_until(position, selection) is not None

    def untouched_until(self, position: Position | None, selection: Selection) -> Position | None:
        """Where the log stands now, if nothing selected was touched since a position; one request while nothing was."""
        if position is None:
            return None
        last = None
        try:
            for event in events_from(self._metastore, position):
                if concerns(event, selection):
                    return None
                last = event
        except LogGap:
            return None
        return position_of(last.id, [last]) if last else position

    def now(self, selection: Selection, position: Position | None = None, then: Catalog | None = None) -> Catalog:
        """Reads the selected objects: those that were touched since a position, or all.

        Args:
            selection: What to read.
            position: From where; None for all.
            then: What was there at that position.
        """
        if position is None or then is None or not self._leads_on(position):
            return read_all(self._metastore, selection)
        export = CatalogExport(self._metastore)
        base = Exported(selection, position.event, dict(then), full=False)
        try:
            return export.at(base, self._metastore.current_event()).rows
        except CatalogMoved:  # somebody is at work there right now
            return read_all(self._metastore, selection)

    def _leads_on(self, position: Position) -> bool:
        try:
            return all(True for _ in events_from(self._metastore, position))
        except LogGap:
            return False
