"""The destination's catalog in one stage: planned, changed around the tree, verified."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.catalog.address_rewrite import refuse_references
from hadoop_dr.domain.catalog.changes.catalog_comparison import compare
from hadoop_dr.domain.catalog.changes.difference import (
    Catalog,
    Difference,
    Verb,
    catalog_of,
    lost_objects,
    replaced_tables,
)
from hadoop_dr.domain.catalog.changes.foreign_objects import CatalogAct, ForeignObject
from hadoop_dr.domain.catalog.changes.losses import renamed_tables
from hadoop_dr.domain.catalog.protect.point_parts import SealedCatalog
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import CheckClaim, Planned
from hadoop_dr.services.datasets.hive.apply import CatalogApply, PlannedCatalog
from hadoop_dr.services.datasets.hive.as_left import AsLeft
from hadoop_dr.services.datasets.hive.foreign.during_run import ForeignObjects, find_between, refuse_foreign
from hadoop_dr.services.datasets.hive.foreign.left_by_points import (
    CATALOG,
    LEFT_OUT,
    addresses_of,
    exported_at,
    exported_rows,
    metastore_of,
    rewritten,
    selected_at,
)
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported
from hadoop_dr.services.stored.documents import Documents

DROPS = "drops.parquet"
"""Document with the names of objects that place drops."""
_VERBS: Mapping[Verb, str] = {Verb.CREATE: "create", Verb.ALTER: "alter", Verb.DROP: "drop"}


class DestinationCatalog:
    """Makes the destination's catalog a point's.

    A point that was taken has a selection of its own. What is done with a point goes by that one, because the policy
    may have changed since: the point may be one of an earlier run.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context
        self._foreign: ForeignObjects | None = None
        self._taken_away: frozenset[CatalogKey] = frozenset()

    def plan(self, point: Point, documents: Documents) -> Planned:
        """Counts what the catalog needs and what of it goes; makes export and drops the plan's documents."""
        exported = exported_at(point)
        if exported is None:
            return self.nothing()
        documents.adopt(CATALOG, exported.sha256)
        if exported.aside:
            documents.adopt(LEFT_OUT, exported.aside_sha256)
        rows = exported_rows(documents)
        found, theirs = self._planned(rows, selected_at(point), self._earlier(point), point.origin, point)
        refuse_foreign(self._context, theirs)
        if found.named:
            documents.write(DROPS, forms.DROPS, [(key.kind.value, *key[1:]) for key in found.named])
        return Planned(found.lost, _figures(found.changes))

    @staticmethod
    def nothing() -> Planned:
        """A plan of nothing."""
        return Planned(figures=_figures())

    def preview(self, rows: Sequence[Row], selection: Selection) -> Planned:
        """Counts what the catalog would need for the origin's rows of now, and what of it would go."""
        sealed = self._context.ledger.read().sealed()
        earlier = [point for point in sealed if exported_at(point) is not None]
        found, _ = self._planned(rows, selection, earlier, self._context.origin.name)
        return Planned(found.lost, _figures(found.changes))

    def drop(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Drops what went or became another object, and only what the plan named; never deletes data.

        Raises:
            ForeignFound: Somebody else changed the destination's catalog, and that is left to a person.
        """
        if exported_at(point) is None:
            return
        rows = exported_rows(documents)
        replaced = self._replaced(catalog_of(rows), self._earlier(point), point.origin)
        wanted, named, foreign = self._rewritten(rows), _named(documents), self._foreign_to(point)
        destination = catalog_of(wanted)

        def judge(now: Exported) -> Collection[CatalogKey]:
            gone, with_table = lost_objects(now.rows, destination, replaced)
            before, self._taken_away = self._taken_away, self._taken_away | gone | with_table
            return foreign.before_change(now, destination, before)

        self._apply(check_claim).drop(wanted, selected_at(point), named, replaced, judge)

    def create(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Creates and alters until the destination's catalog is the point's.

        Raises:
            ForeignFound: Somebody else changed the destination's catalog, and that is left to a person.
        """
        if exported_at(point) is None:
            return
        wanted, named, foreign = self._wanted(documents), _named(documents), self._foreign_to(point)
        destination = catalog_of(wanted)
        self._apply(check_claim).build(
            wanted, selected_at(point), named,
            lambda now: foreign.before_change(now, destination, self._taken_away),
            lambda now, met: foreign.judge(now, destination, self._taken_away, met=met),
        )  # fmt: skip

    def verify(self, point: Point, documents: Documents, number: int) -> tuple[Verdict, SealedCatalog]:
        """Compares the destination's catalog with the point's, object by object; none may name the other site.

        Args:
            number: Of the candidate that is verified.

        Returns:
            The verdict, and what the ledger keeps: where the destination's log stood before it was read, for what comes
            in between is looked at again.

        Raises:
            ForeignFound: Somebody else changed it since it was built, and that is left to a person.
        """
        if exported_at(point) is None:
            return Verdict(), SealedCatalog()
        wanted, chosen = self._wanted(documents), selected_at(point)
        refuse_references(wanted, addresses_of(self._context.origin), self._context.origin.name)
        destination = metastore_of(self._context, self._context.destination)
        left = AsLeft(self._context, destination)
        followed, export = left.now(chosen, point.moment_ms), CatalogExport(destination)
        there, whole_ms = followed or (export.whole(chosen), point.moment_ms)
        found = compare(catalog_of(wanted), there.rows, chosen.owns)
        if found.mismatch and followed is not None:  # what this very point changed may have written no event
            there, whole_ms = export.whole(chosen), point.moment_ms
            found = compare(catalog_of(wanted), there.rows, chosen.owns)
        if found.mismatch:
            left.doubt()
            self._foreign_to(point).judge(there, catalog_of(wanted), number=number)
        mismatch, cannot_tell = ([one.finding() for one in some] for some in (found.mismatch, found.cannot_tell))
        return Verdict(found.match, mismatch, cannot_tell), SealedCatalog(there.position, whole_ms=whole_ms)

    def _apply(self, check_claim: Callable[[], None]) -> CatalogApply:
        metastore = metastore_of(self._context, self._context.destination)
        left = AsLeft(self._context, metastore)

        def as_left(selection: Selection) -> Exported | None:
            found = left.now(selection)
            return None if found is None else found[0]

        return CatalogApply(metastore, self._context.tools.clock, between=check_claim, as_left=as_left)

    def _wanted(self, documents: Documents) -> list[Row]:
        return self._rewritten(exported_rows(documents))

    def _rewritten(self, rows: Iterable[Row]) -> list[Row]:
        return rewritten(self._context, rows)

    def _replaced(self, now: Catalog, sealed: Sequence[Point], origin: str) -> tuple[CatalogKey, ...]:
        """Tables the origin dropped and made again since the newest earlier point that selected them."""
        open_ = {key: row for key, row in now.items() if key.kind is Kind.TABLE}
        found: list[CatalogKey] = []
        for earlier in reversed(sealed):
            selected = {key: row for key, row in open_.items() if selected_at(earlier).owns(key)}
            if earlier.origin != origin or not open_:
                break
            if selected:
                with suppress(BaselineLost):
                    before = exported_rows(self._context.documents(earlier))
                    found += replaced_tables(catalog_of(before), selected)
            open_ = {key: row for key, row in open_.items() if key not in selected}
        return tuple(found)

    def _renamed(self, now: Catalog, sealed: Sequence[Point], origin: str) -> dict[CatalogKey, CatalogKey]:
        """Tables the origin renamed since the newest earlier point; without its document they count as dropped."""
        if sealed and sealed[-1].origin == origin:
            with suppress(BaselineLost):
                return renamed_tables(catalog_of(exported_rows(self._context.documents(sealed[-1]))), now)
        return {}

    def _planned(
        self, rows: Sequence[Row], selection: Selection, sealed: Sequence[Point], origin: str,
        point: Point | None = None,
    ) -> tuple[PlannedCatalog, list[ForeignObject]]:  # fmt: skip
        """Plans, and lists what somebody else did since the preflight looked."""
        now, wanted = catalog_of(rows), self._rewritten(rows)
        replaced, renamed = self._replaced(now, sealed, origin), self._renamed(now, sealed, origin)
        found: list[ForeignObject] = []

        def judge(there: Exported) -> Collection[CatalogKey]:
            found.extend(find_between(self._context, selection, there.rows, catalog_of(wanted), point))
            return [one.key for one in found if one.act in (CatalogAct.MADE, CatalogAct.THERE)]

        return self._apply(lambda: None).plan(wanted, selection, replaced, renamed, judge), found

    def _foreign_to(self, point: Point) -> ForeignObjects:
        if self._foreign is None or self._foreign.point.point != point.point:
            self._foreign = ForeignObjects(self._context, point)
        return self._foreign

    def _earlier(self, point: Point) -> list[Point]:
        sealed = self._context.ledger.last_read().sealed()
        return [p for p in sealed if p.point < point.point and exported_at(p) is not None]


def _named(documents: Documents) -> list[CatalogKey]:
    """Returns what the plan said would be dropped; a plan that drops nothing has no such document."""
    rows: list[Any] = documents.read(DROPS, forms.DROPS) if documents.has(DROPS) else []
    return [CatalogKey(Kind(kind), *names) for kind, *names in rows]


def _figures(found: Difference | None = None) -> dict[str, dict[str, int]]:
    counts = dict.fromkeys(_VERBS.values(), 0)
    for change in (*found.drops, *found.builds) if found else ():
        counts[_VERBS[change.verb]] += 1
    return {"catalog": counts}
