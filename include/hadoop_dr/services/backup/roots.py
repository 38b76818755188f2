"""The roots of a service: decided from its policy, the catalog of the moment, and its ledger (DESIGN.md section 6)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hadoop_dr.domain.catalog.places import catalog_layout
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.root_layout import Layout
from hadoop_dr.domain.roots import Decision, decide_roots
from hadoop_dr.services.backup.ground import Ground


class Roots:
    """Decides which directories snapshots are taken of; nothing else does.

    Args:
        ground: The service.
        selection: What its policy protects of the catalog.
        addresses: How the primary's file system is named in locations.
    """

    def __init__(self, ground: Ground, selection: Selection, addresses: Iterable[str]) -> None:
        self._ground, self._selection, self._addresses = ground, selection, tuple(addresses)

    def decide(self, rows: Iterable[Row], every: Iterable[Row]) -> Decision:
        """Decides for a catalog.

        Args:
            rows: The objects a point would hold.
            every: All databases of the metastore.
        """
        return self._decide(self._layout(rows, every), self._ground.ledger.read().held_roots())

    def changed(self, rows: Iterable[Row], every: Iterable[Row]) -> Decision:
        """Decides as if no point held a snapshot: what a change of roots would lead to."""
        return self._decide(self._layout(rows, every), ())

    def _layout(self, rows: Iterable[Row], every: Iterable[Row]) -> Layout:
        layout = catalog_layout(rows, every, self._selection, self._addresses)
        return replace(layout, declared=self._ground.policy.directories, services=self._ground.owners.beside())

    def _decide(self, layout: Layout, sticky: Iterable[str]) -> Decision:
        """Decides, and looks whether directories of databases that would be new roots exist; one request for each."""
        sticky = frozenset(sticky)
        while True:
            decision = decide_roots(layout, sticky)
            new = decision.databases.keys() - sticky - set(layout.declared)
            absent = {path for path in new if not self._exists(path)}
            if not absent:
                return decision
            layout = replace(layout, absent={*layout.absent, *absent})

    def _exists(self, path: str) -> bool:
        try:
            return self._ground.source.namenode.status(path).facts.is_dir
        except NotFound:
            return False
