"""The catalog's part of an undo: what a given-up point may have changed comes back, and nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from hadoop_dr.domain.catalog.changes.difference import catalog_of, replaced_tables
from hadoop_dr.domain.catalog.changes.foreign_objects import Explanation, LeftByPoint
from hadoop_dr.domain.catalog.rows import CatalogKey, Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive import CatalogApply, Exported
from hadoop_dr.services.datasets.hive.foreign.during_run import ForeignObjects
from hadoop_dr.services.datasets.hive.foreign.left_by_points import exported_at, exported_rows, rows_on, selected_at


@dataclass(frozen=True, slots=True)
class Named(Selection):
    """Named objects and no others: only their tables are read, only they are altered or dropped."""

    named: frozenset[CatalogKey] = frozenset()
    tables: frozenset[tuple[str, str]] = frozenset()

    def table(self, database: str, table: str) -> bool:
        """Whether something of a table is named."""
        return (database, table) in self.tables

    def owns(self, key: CatalogKey) -> bool:
        """Whether it is one of them."""
        return key in self.named


class UndoCatalog:
    """Brings the destination's catalog back to a sealed point's.

    What the given-up point created is dropped, never with its data; what it dropped or altered is as it was. Objects
    that neither point names are somebody else's and stay; how somebody else had altered one is kept. A point without a
    readable export has nothing to come back to: what stands there is left to the next point, whose catalog is compared
    with all of it.

    Args:
        context: The service.
        to: The sealed point.
        given_up: The point whose changes are undone.
        between: Asked before every batch.
    """

    def __init__(self, context: BackupContext, to: Point, given_up: Point, between: Callable[[], None]) -> None:
        self._context, self._between = context, between
        selected = selected_at(given_up)  # nothing else can have been touched
        before, after = (
            rows_on(
                context, point, context.destination, [row for row in self._exported(point) if selected.owns(row.key)]
            )
            for point in (to, given_up)
        )
        keys = frozenset(row.key for row in (*before, *after))
        databases = tuple((name, None) for name in sorted({key.database for key in keys}))
        tables = frozenset((key.database, key.table) for key in keys if key.table)
        self._selection = Named(databases, keys, tables)
        self._wanted = before
        left = LeftByPoint(self._selection, catalog_of(after) if after else None)
        self._explanation = Explanation(catalog_of(self._wanted), [left], unsure=True)
        self._given_up = given_up
        self._replaced = tuple(replaced_tables(catalog_of(after), catalog_of(before)))

    def differs(self) -> bool:
        """Whether there is anything to undo."""
        apply = self._apply()
        return apply is not None and bool(apply.plan(self._wanted, self._selection, self._replaced).changes)

    def before_tree(self) -> None:
        """Drops what the given-up point created or made anew; before the tree changes."""
        if apply := self._apply():
            apply.drop(self._wanted, self._selection, self._selection.named, self._replaced, self._keep)

    def after_tree(self) -> None:
        """Creates and alters what is missing or another; once the tree is back."""
        if apply := self._apply():
            apply.build(
                self._wanted, self._selection, self._selection.named, self._keep, lambda now, _: self._keep(now)
            )

    def _keep(self, now: Exported) -> Collection[CatalogKey]:
        """Keeps definitions that are neither the one point's nor the other's, before they go (I10)."""
        return ForeignObjects(self._context, self._given_up).keep_undone(now, self._explanation, self._selection.owns)

    def _apply(self) -> CatalogApply | None:
        metastore = self._context.destination.metastore
        if metastore is None or not self._wanted:
            return None
        return CatalogApply(metastore, self._context.tools.clock, between=self._between)

    def _exported(self, point: Point) -> list[Row]:
        if exported_at(point) is None:
            return []
        try:
            return exported_rows(self._context.documents(point))
        except BaselineLost:
            return []
