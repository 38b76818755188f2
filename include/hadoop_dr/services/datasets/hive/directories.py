"""The roots of a service: decided from its policy, the catalog of the moment, and its ledger (DESIGN.md section 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from hadoop_dr.domain.catalog.locations import catalog_layout
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.roots import Decision, decide_roots
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.inventory import facts_of
from hadoop_dr.services.pool import map_bounded


class Roots:
    """Decides which directories snapshots are taken of; nothing else does.

    Args:
        context: The service.
        selection: What its policy protects of the catalog.
        addresses: How the primary's file system is named in locations.
    """

    def __init__(self, context: BackupContext, selection: Selection, addresses: Iterable[str]) -> None:
        self._context, self._selection, self._addresses = context, selection, tuple(addresses)
        self._there: set[str] = set()

    def decide(self, rows: Iterable[Row], every: Iterable[Row], held: Collection[str]) -> Decision:
        """Decides for a catalog, and looks whether directories that would be new roots exist; a request for each, once.

        Args:
            rows: The objects a point would hold.
            every: All databases of the metastore.
            held: Directories that have snapshots of points; without any, this is what a change of roots would lead to.
        """
        layout = catalog_layout(rows, every, self._selection, self._addresses)
        layout = replace(layout, declared=self._context.policy.directories, services=self._context.owners.beside())
        sure = self._context.ledger.known().held_roots(
            self._context.source.name
        )  # what has snapshots there exists there
        while True:
            decision = decide_roots(layout, held)
            new = {*decision.databases, *(one.path for one in decision.tables)}.difference(sure, layout.declared)
            absent = self._absent(sorted(new - self._there))
            if not absent:
                return decision
            layout = replace(layout, absent={*layout.absent, *absent})

    def _absent(self, paths: Iterable[str]) -> list[str]:
        """Those of some directories that do not exist; one that does is not asked about again by this process."""
        found = dict(map_bounded(self._exists, paths))
        self._there.update(path for path, there in found.items() if there)
        return [path for path, there in found.items() if not there]

    def _exists(self, path: str) -> tuple[str, bool]:
        facts = facts_of(self._context.source.namenode, path)
        return path, facts is not None and facts.is_dir
