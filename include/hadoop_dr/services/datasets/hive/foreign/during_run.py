"""Foreign changes of the secondary's catalog during a run: kept before anything of them goes, refused or undone (I10).

    plan      all is read and compared: under ``refuse`` nothing is copied for a point that could not be placed
    drop      before anything goes: what is neither as the points left it nor as it should be
    build     once the data is in place: what came to be there since the drops; and each object that turns out to be
              another than it was read, when it is made or altered
    verify    what differs from what was built a moment ago
        |
        v
    the definitions lie in a document on both sites, entry "kept" -----> refuse: the run ends, the point stays staged
                                                                   '---> restore: dropped, altered, made again

An overtaken worker of ours may still end its last batch, and one that died may have left a change half made. Whoever
changes a catalog says so first; where somebody else of this point did, what may be theirs is not called foreign.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Sequence

from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.changes.foreign_objects import (
    CatalogAct,
    Explanation,
    ForeignObject,
    find_foreign,
    is_related,
    object_lines,
    with_hanging,
)
from hadoop_dr.domain.catalog.rows import CatalogKey, Row, pack_rows, unpack_rows
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import NotFound, Refused
from hadoop_dr.domain.foreign.drift import way_out
from hadoop_dr.domain.formats.tables import CATALOG
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive import Exported, Met
from hadoop_dr.services.datasets.hive.foreign.left_by_points import KIND, left_by_points, selected_at
from hadoop_dr.services.foreign.keep_objects import KeepObjects

BEFORE_PLACE = -1
"""In place of the number of a candidate snapshot, of which there is none yet."""


class ForeignObjects:
    """What somebody else did to the catalog while a point's run was to change it.

    Args:
        context: The service.
        point: The point.
    """

    def __init__(self, context: BackupContext, point: Point) -> None:
        self._context, self.point = context, point
        self._chosen = selected_at(point)
        self._token = context.tools.tokens.token()
        self._aside = KeepObjects(context, point.point, KIND)
        self._noted = f"{context.documents(point).directory}/changers"

    def judge(
        self, now: Exported, wanted: Catalog, may_lack: Container[CatalogKey] = (), number: int = BEFORE_PLACE,
        met: Met | None = None,
    ) -> Collection[CatalogKey]:
        """Keeps what is foreign and was not kept yet; then it may be changed.

        Args:
            now: What the destination has.
            wanted: What it should have.
            may_lack: What this worker took away itself.
            number: Of the candidate whose catalog this is.
            met: What was not as it had been read: nothing else is asked about.

        Raises:
            ForeignFound: The policy says to leave it to a person.
        """
        if is_same(now.rows, wanted, self._chosen.owns):
            return frozenset()
        changers = set(self._context.destination.files.names(self._noted))
        unsure = bool(changers - {self._token}) if number == BEFORE_PLACE else len(changers) > 1
        found = find_between(
            self._context, self._chosen, now.rows, wanted, self.point, may_lack=may_lack,
            unsure=unsure or (met is not None and met.unsure),
        )  # fmt: skip
        if met is not None:
            found = [one for one in found if is_related(one.key, met.keys)]
        refused = self._context.drift is Drift.REFUSE and any(one.act is not CatalogAct.UNTOLD for one in found)
        new = found if refused else self._not_kept(found)
        if new:
            self._keep(now, new, number, Drift.REFUSE if refused else Drift.RESTORE)
        return frozenset(one.key for one in found)

    def keep_undone(
        self, now: Exported, explanation: Explanation, owns: Callable[[CatalogKey], bool]
    ) -> Collection[CatalogKey]:
        """Keeps what an undo takes along though the given-up point did not leave it so; nobody is asked."""
        if new := self._not_kept(find_foreign(now.rows, explanation, owns)):
            self._keep(now, new, BEFORE_PLACE, Drift.RESTORE)
        return ()

    def before_change(
        self, now: Exported, wanted: Catalog, may_lack: Container[CatalogKey] = ()
    ) -> Collection[CatalogKey]:
        """Does the same for whoever is about to change the catalog, and says so first.

        Raises:
            ForeignFound: The policy says to leave it to a person.
        """
        theirs = self.judge(now, wanted, may_lack)
        if not is_same(now.rows, wanted, self._chosen.owns):
            self._context.destination.files.put(f"{self._noted}/{self._token}", b"")
        return theirs

    def _not_kept(self, found: Sequence[ForeignObject]) -> list[ForeignObject]:
        """Leaves out what an entry of this point keeps as it is: also an earlier try's."""
        rows, lines = set[tuple[CatalogKey, str]](), set[str]()
        for one in self._aside.entries(Drift.RESTORE) if found else ():
            assert one.document is not None
            rows.update((row.key, row.hash) for row in read_kept(self._context, one.document.path))
            lines.update(one.found)
        missed = [one for one in found if one.row is None]
        all_kept = set(object_lines(missed)) <= lines  # what went with a table is told by that, then and now
        return [
            *(one for one in found if one.row is not None and (one.key, one.row.hash) not in rows),
            *(() if all_kept else missed),
        ]

    def _keep(self, now: Exported, found: Sequence[ForeignObject], number: int, rule: Drift) -> None:
        """Writes the definitions down, then says so."""
        lines, rows = object_lines(found), with_hanging(now.rows, found)
        content = self._context.tools.tables.pack(CATALOG.columns, pack_rows(rows), CATALOG.stamp)
        document = self._aside.write(content, (*lines, *sorted(f"{row.key} {row.hash}" for row in rows)))
        self._aside.record(document, now.event, number, lines, rule)


def find_between(
    context: BackupContext,
    chosen: Selection,
    there: Catalog,
    wanted: Catalog,
    point: Point | None,
    *,
    may_lack: Container[CatalogKey] = (),
    unsure: bool = False,
) -> list[ForeignObject]:
    """Lists what nothing of ours explains; where all is as it should be, no document is read for it.

    Args:
        chosen: What is selected.
        there: What the destination has.
        wanted: What it should have.
        point: The point that is made; None when none is.
    """
    if is_same(there, wanted, chosen.owns):
        return []
    left = left_by_points(context.ledger.read(), context, chosen, point.point if point is not None else "")
    return find_foreign(there, Explanation(wanted, left, may_lack, unsure), chosen.owns)


def refuse_foreign(context: BackupContext, found: Sequence[ForeignObject]) -> None:
    """Ends a run before it copies anything for a point that could not be placed.

    Raises:
        Refused: Somebody else changed the catalog since the run looked, and the policy leaves that to a person.
    """
    theirs = object_lines(one for one in found if one.act is not CatalogAct.UNTOLD)
    if theirs and context.drift is Drift.REFUSE:
        more = f" and {len(theirs) - 5} more" if len(theirs) > 5 else ""
        raise Refused(
            context.policy.service,
            f"drift: {context.destination.name} was changed by somebody else: {'; '.join(theirs[:5])}{more}",
            f"{way_out(replaced=False)}.",
        )


def read_kept(context: BackupContext, path: str) -> list[Row]:
    """Reads what a document keeps; nothing once a person removed it."""
    try:
        content = context.destination.files.get(path)
    except NotFound:
        return []
    CATALOG.check(context.tools.tables.stamp(content), path)
    return unpack_rows(context.tools.tables.unpack(content))


def is_same(there: Catalog, wanted: Catalog, owns: Callable[[CatalogKey], bool]) -> bool:
    """Whether all that is selected is as it should be."""
    ours, theirs = ({key: row.hash for key, row in one.items() if owns(key)} for one in (there, wanted))
    return ours == theirs
