"""Which way a piece of work goes, and by what name and identity its snapshots are known.

Backup, failback, undo, repair, restore and drill differ in nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Direction:
    """From one site to another.

    Attributes:
        origin: Site whose snapshots are read.
        destination: Site whose tree and catalogs are changed.
        decider: Site whose copy of the ledger decides.
    """

    origin: str
    destination: str
    decider: str

    def turned(self, decider: str) -> Direction:
        """The other way, decided by whoever decides then."""
        return Direction(self.destination, self.origin, decider)


@dataclass(frozen=True, slots=True)
class SnapshotRef:
    """One snapshot of one root on one site; two of the same name with another id or time are two snapshots.

    Attributes:
        created_ms: Its creation time by the NameNode's clock, milliseconds since the epoch.
    """

    site: str
    root: str
    name: str
    id: int
    created_ms: int

    @property
    def path(self) -> str:
        """Where it is read."""
        return f"{self.root}/.snapshot/{self.name}"

    def __str__(self) -> str:
        return f"{self.site}:{self.path}"
