"""Foreign changes of the secondary's catalog before a run: nothing is written, and without an event one request made.

Other services of ours, and whoever else, write to the same metastore: an event only says what to look at. An object
that is as the newest point left it, or as the primary has it, is nobody's change. A metastore that is another one than
the last point saw, or whose log does not reach back to it, is read whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hadoop_dr.domain.catalog.difference import catalog_of
from hadoop_dr.domain.catalog.foreign import Act, ForeignObject, Known, find_foreign
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.services.context import Ground
from hadoop_dr.services.datasets.hive import FollowCatalog
from hadoop_dr.services.datasets.hive.baseline import left_by_points, position_at, rewritten


class CatalogDrift:
    """What somebody else changed of a service's tables on the secondary since its newest point.

    Args:
        ground: The service.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def look(self, rows: Callable[[], Iterable[Row]]) -> list[ForeignObject]:
        """Lists foreign objects.

        Args:
            rows: Gives the primary's protected objects of now; asked when something may be foreign.
        """
        ground, metastore = self._ground, self._ground.target.metastore
        if not ground.policy.hive_patterns or metastore is None:
            return []
        selection, follow = selection_of(ground.policy.hive_patterns), FollowCatalog(metastore)
        state = ground.ledger.read()
        position = position_at(state, ground, selection)
        if follow.untouched(position, selection):
            return []
        left = left_by_points(state, ground, selection)
        then = left[0].rows if left and position is not None else None
        there = follow.now(selection, position, then)
        if not there and not left:
            return []
        known = Known(catalog_of(rewritten(ground, rows())), left)
        return [one for one in find_foreign(there, known, selection.owns) if one.act is not Act.UNTOLD]
