"""Foreign changes of the secondary's catalog before a run: nothing is written, and without an event one request made.

Other services of ours, and whoever else, write to the same metastore: an event only says what to look at. An object
that is as the newest point left it, or as the primary has it, is nobody's change. A metastore that is another one than
the last point saw, or whose log does not reach back to it, is read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.changes.foreign_objects import CatalogAct, Explanation, ForeignObject, find_foreign
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.as_left import AsLeft
from hadoop_dr.services.datasets.hive.foreign.left_by_points import left_by_points, rewritten


class CatalogDrift:
    """What somebody else changed of a service's tables on the secondary since its newest point.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def look(self, rows: Callable[[], Iterable[Row]]) -> list[ForeignObject]:
        """Lists foreign objects.

        Args:
            rows: Gives the primary's protected objects of now; asked when something may be foreign.
        """
        context, metastore = self._context, self._context.destination.metastore
        if not context.policy.hive_patterns or metastore is None:
            return []
        selection, state = selection_of(context.policy.hive_patterns), context.ledger.read()
        there = AsLeft(context, metastore).touched(state, selection)
        if there is None:
            return []
        left = left_by_points(state, context, selection)
        if not there and not left:
            return []
        explanation = Explanation(catalog_of(rewritten(context, rows())), left)
        return [one for one in find_foreign(there, explanation, selection.owns) if one.act is not CatalogAct.UNTOLD]
