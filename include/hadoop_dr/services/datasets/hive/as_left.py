"""The destination's catalog as the newest point left it, and what its log says since (DESIGN.md section 16).

One request in place of some for each table, while nobody touched it. The log is believed for a day: then verify reads
all of it, whatever the log says, and once that finds what the log did not tell, nothing in this process believes it any
more.
"""

from __future__ import annotations

from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.catalog.protect.point_parts import believed
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.foreign.left_by_points import left_at, left_by_points
from hadoop_dr.services.datasets.hive.read.export import Exported
from hadoop_dr.services.datasets.hive.read.following import FollowCatalog

_DOUBTED = "the log of the destination's metastore is not trusted"
_LEFT = "what the newest point left in the destination's catalog"


class AsLeft:
    """What is known of the destination's catalog without reading it.

    Args:
        context: The service.
        metastore: That of the destination.
    """

    def __init__(self, context: BackupContext, metastore: Metastore) -> None:
        self._context, self._follow = context, FollowCatalog(metastore)

    def now(self, selection: Selection, at_ms: int | None = None) -> tuple[Exported, Position, int] | None:
        """Gives what the destination has of a selection, of which only what its log names since is read.

        Args:
            selection: All of what that point selected.
            at_ms: A moment so long after the last reading of everything that it is time for another gives nothing.

        Returns:
            With where the log stood before, and the moment of the point that was read whole; None where all has to be
            read.
        """
        left = left_at(self._context.ledger.recent(), self._context, selection)
        if left is None or self._context.known.handed_on.get(_DOUBTED):
            return None
        point, kept = left
        if not believed(kept, point.sealed.verified.cannot_tell, at_ms):
            return None
        position = self._follow.untouched_until(kept.position, selection)
        rows = self._rows(point.point, selection)
        if rows is None:
            return None
        if position is None:
            position = self._follow.position()
            rows = self._follow.now(selection, kept.position, rows)
        return Exported(selection, position.event, dict(rows), full=False, exact=True), position, kept.whole_ms

    def doubt(self) -> None:
        """All was read, and it was not what the log made of it."""
        self._context.known.handed_on[_DOUBTED] = True

    def _rows(self, point: str, selection: Selection) -> Catalog | None:
        """What that point left, rewritten once."""
        known: tuple[str, Catalog | None] = self._context.known.handed_on.get(_LEFT, ("", None))
        if known[0] != point:
            left = left_by_points(self._context.ledger.recent(), self._context, selection)
            known = self._context.known.handed_on[_LEFT] = point, left[0].rows if left else None
        return known[1]
