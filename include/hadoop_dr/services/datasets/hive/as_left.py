"""The destination's catalog as the newest point left it, and what its log says since.

One request in place of some for each table, while nobody touched it. Each stage goes on in the log where the one before
it in this process ended, because the log has the events of every database. The log is believed for a day: then verify
reads all, whatever the log says, and once that finds what the log did not tell, nothing in this process believes it any
more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.catalog.protect.point_parts import SealedCatalog, believed
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.foreign.left_by_points import left_at, left_by_points
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported, concerns
from hadoop_dr.services.datasets.hive.read.log_pages import LogGap, LogTail
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all

_DOUBTED = "the log of the destination's metastore is not trusted"
_LEFT = "what the newest point left in the destination's catalog"


@dataclass(frozen=True, slots=True)
class _Followed:
    """What this process knows of the destination's catalog.

    Attributes:
        point: The newest point.
        position: Where the log stood.
        rows: What there was at that position; None: what the point left, not read yet.
        touched: Something of the service was touched since that point.
    """

    point: str
    position: Position
    rows: Catalog | None = None
    touched: bool = False


class AsLeft:
    """What is known of the destination's catalog without reading it.

    Args:
        context: The service.
        metastore: That of the destination.
    """

    def __init__(self, context: BackupContext, metastore: Metastore) -> None:
        self._context, self._metastore, self._export = context, metastore, CatalogExport(metastore)

    def now(self, selection: Selection, at_ms: int | None = None) -> tuple[Exported, int] | None:
        """Returns what the destination has of a selection, of which only what its log names is read.

        Args:
            selection: All of what that point selected.
            at_ms: A moment so long after the last reading of everything that it is time for another gives nothing.

        Returns:
            With the moment of the point that was read whole; None where all has to be read.
        """
        left = left_at(self._context.ledger.last_read(), self._context, selection)
        if left is None or not believed(left[1], left[0].sealed.verified.cannot_tell, at_ms):
            return None
        followed = self._caught_up(*left, selection)
        rows = None if followed is None else self._with_rows(followed, selection).rows
        if followed is None or rows is None:
            return None
        return Exported(selection, followed.position, dict(rows), full=False, exact=True), left[1].whole_ms

    def touched(self, state: ServiceState, selection: Selection) -> Catalog | None:
        """Returns what the destination has, if anything of a selection was touched since the newest point.

        All is read where no point and no log tells. Nothing is written.

        Returns:
            None while nothing was touched.
        """
        left = left_at(state, self._context, selection)
        followed = None if left is None else self._caught_up(*left, selection)
        if followed is None:
            return read_all(self._metastore, selection)
        return followed.rows if followed.touched else None

    def doubt(self) -> None:
        """All was read, and it was not what the log made of it."""
        self._context.process.handed_on[_DOUBTED] = True

    def _caught_up(self, point: Point, kept: SealedCatalog, selection: Selection) -> _Followed | None:
        """Reads on in the log from where this process ended, and reads the objects that it names.

        Returns:
            None where what the point left cannot be followed.
        """
        followed: _Followed | None = self._context.process.handed_on.get(_LEFT)
        if kept.position is None or self._context.process.handed_on.get(_DOUBTED):
            return None
        if followed is None or followed.point != point.point:
            followed = _Followed(point.point, kept.position)
        try:
            followed, ended = self._past_others(followed, selection)
        except LogGap:
            found = self._export.whole(selection)
        else:
            if ended:
                return self._hand_on(followed)
            followed = self._with_rows(followed, selection)
            if followed.rows is None:
                return None
            there = Exported(selection, followed.position, dict(followed.rows), full=False, exact=True)
            found = self._export.begin(selection, there)
        return self._hand_on(_Followed(point.point, found.position, found.rows, touched=True))

    def _past_others(self, followed: _Followed, selection: Selection) -> tuple[_Followed, bool]:
        """Reads on up to the first event of the service.

        Returns:
            With whether there was none.

        Raises:
            LogGap: The log does not tell.
        """
        tail, position = LogTail(self._metastore, followed.position), followed.position
        for event in tail:
            if concerns(event, selection):
                return replace(followed, position=position), False
            position = tail.end
        return replace(followed, position=position), True

    def _with_rows(self, followed: _Followed, selection: Selection) -> _Followed:
        """The same with what the point left, rewritten once."""
        if followed.rows is not None:
            return followed
        left = left_by_points(self._context.ledger.last_read(), self._context, selection)
        return self._hand_on(replace(followed, rows=left[0].rows if left else None))

    def _hand_on(self, followed: _Followed) -> _Followed:
        self._context.process.handed_on[_LEFT] = followed
        return followed
