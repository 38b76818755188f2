"""Which directories snapshots are taken of, decided for all kinds of data sets together."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from hadoop_dr.domain.roots.decision import RootDecision, decide_roots
from hadoop_dr.domain.roots.layout import Layout
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.inventory import is_directory
from hadoop_dr.services.pool import map_bounded

_THERE = "directories that exist"


class Roots:
    """Decides on roots; nothing else does.

    Args:
        context: The service.
        changing: A change of roots is ordered: none stays one for its points' sake.
    """

    def __init__(self, context: BackupContext, *, changing: bool = False) -> None:
        self._context, self._changing = context, changing
        self._there: set[str] = context.process.handed_on.setdefault(_THERE, set())
        self._decided: tuple[object, RootDecision] | None = None

    def decide(self, layout: Layout) -> RootDecision:
        """Decides for a layout of everything; once for the same layout and the same state of the ledgers."""
        if self._decided is None or self._decided[0] != self._known(layout):
            held = () if self._changing else self._context.ledger.last_read().sticky_roots()
            self._decided = self._known(layout), self._decide(layout, held)
            # Reading may have moved the ledger on; the decision is as of what was read.
        return self._decided[1]

    def changed(self, layout: Layout) -> RootDecision:
        """Decides as if no point held a snapshot: what a change of roots would lead to."""
        return self._decide(layout, ())

    def forget(self) -> None:
        """Before everything is read anew: what did not exist may be there by now."""
        self._decided = None

    def _known(self, layout: Layout) -> object:
        return self._context.ledger.chain.head_n, self._context.owners.known_n, layout

    def _decide(self, layout: Layout, held: Collection[str]) -> RootDecision:
        """Decides, and looks whether directories that would be new roots exist; a request for each, once."""
        layout = replace(layout, services=self._context.owners.beside())
        # What has snapshots there exists there.
        sure = self._context.ledger.last_read().held_roots(self._context.origin.name)
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
        return path, is_directory(self._context.origin.namenode, path)
