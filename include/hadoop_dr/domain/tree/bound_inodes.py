"""Inode ids of the destination, kept with a point: the plan which builds on it need not list where its items lie.

Steps name an existing item by its inode id on the destination. A run that compares a root whole
lists the destination's candidate anyway; what that shows is exact as long as the snapshot exists, and the next plan
builds on it.
Keeping it is worth it where many directories change: where few do, listing those is cheaper than reading all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileKind
from hadoop_dr.domain.tree.items import Item

INODE_SCHEMA = (("root", "string"), ("snapshot", "string"), ("path", "string"), ("inode", "int64"), ("kind", "string"))
"""Columns of a point's inode ids on the destination."""
WIDE = 50
"""So many directories that a run touches in a root make it worth while."""
MOST = 50_000
"""So many ids are kept with a point at most."""


@dataclass(frozen=True, slots=True)
class Inode:
    """An item of the destination."""

    id: int
    kind: FileKind


Inodes = Mapping[str, Inode]
"""The items of one root by path relative to it."""


def touches_many(items: Iterable[Item]) -> bool:
    """Whether so many directories of a root were touched that the next run may touch many, too."""
    return sum(item.is_dir and item.new is not None for item in items) >= WIDE


def binds_in_many(items: Iterable[Item]) -> bool:
    """Whether existing items lie in so many directories that listing those costs more than reading what is kept."""
    return len({parent(item.old) for item in items if item.old}) >= WIDE


def inode_rows(root: str, snapshot: str, listed: Mapping[str, DirEntry]) -> list[tuple[object, ...]]:
    """Writes what a snapshot of the destination holds as rows of ``INODE_SCHEMA``."""
    return [(root, snapshot, path, one.inode, one.facts.kind.value) for path, one in sorted(listed.items())]


def inodes_of(rows: Iterable[Sequence[object]], bases: Mapping[str, str | None]) -> dict[str, dict[str, Inode]]:
    """Reads inode ids back, by root.

    Args:
        bases: The snapshot that each root's plan builds on; ids of another one bind nothing.
    """
    found: dict[str, dict[str, Inode]] = {}
    for root, snapshot, path, inode, kind in cast("Iterable[tuple[str, str, str, int, str]]", rows):
        if bases.get(root) == snapshot:
            found.setdefault(root, {})[path] = Inode(inode, FileKind(kind))
    return found
