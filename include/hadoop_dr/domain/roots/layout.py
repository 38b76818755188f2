"""What is protected and what lies beside it, as the decision on roots looks at it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from hadoop_dr.domain.config.datasets import directory, unfit_location
from hadoop_dr.domain.config.document import Wrong

DEFAULT = "default"
"""The database that Hive brings along: its directory holds those of all others."""


class Why(Enum):
    """Why something protected does not get the root that would serve it best."""

    DEFAULT = "default"  # the directory of the default database
    DATABASE = "database"  # holds the directory of a database that is not protected whole
    SERVICE = "service"  # holds data of another service, or lies in them
    ROOT = "root"  # holds a directory that has snapshots already
    ABSENT = "absent"  # does not exist on the primary
    EMPTY = "empty"  # a managed directory in which no protected table lies
    SINGLE = "single"  # the table's database is not protected whole
    ELSEWHERE = "elsewhere"  # the table lies outside the directories of its database
    UNFIT = "unfit"  # may not be a root, whoever asks
    ITSELF = "itself"  # the table's directory is a declared one, or its database's own


@dataclass(frozen=True, slots=True)
class TablePlace:
    """Where a protected table lies.

    Attributes:
        database: The one it belongs to.
        name: With its database, such as ``billing.invoices``.
        path: Its own directory.
        others: Directories of its partitions and skewed values.
    """

    database: str
    name: str
    path: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """What is protected and what lies beside it, as paths on the primary.

    Attributes:
        declared: Directories that the policy names.
        databases: Databases protected whole, with the directories each has (location, managed location).
        managed: Managed locations among these. Hive makes no database whose managed directory is there, and HDFS keeps
            a root after DROP DATABASE: so they are roots only for the sake of tables that lie in them.
        tables: Protected tables.
        beside: All other databases of the metastore, with their directories.
        services: Other services, with the directories of theirs.
        absent: Directories of databases and tables that do not exist.
    """

    declared: tuple[str, ...] = ()
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    managed: Collection[str] = ()
    tables: Sequence[TablePlace] = ()
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    services: Mapping[str, Sequence[str]] = field(default_factory=dict)
    absent: Collection[str] = ()


def joined(layouts: Iterable[Layout]) -> Layout:
    """Puts the layouts of several kinds of data sets together; what one of them protects is beside no other."""
    every = tuple(layouts)
    databases: dict[str, tuple[str, ...]] = {}
    for name, paths in (found for one in every for found in one.databases.items()):
        databases[name] = tuple(dict.fromkeys((*databases.get(name, ()), *paths)))
    return Layout(
        declared=tuple(dict.fromkeys(path for one in every for path in one.declared)),
        databases=databases,
        managed=frozenset(path for one in every for path in one.managed),
        tables=tuple(table for one in every for table in one.tables),
        beside={name: tuple(p) for one in every for name, p in one.beside.items() if name not in databases},
        services={name: tuple(paths) for one in every for name, paths in one.services.items()},
        absent=frozenset(path for one in every for path in one.absent),
    )


class Neighbours:
    """What stands against a directory as a root, found by climbing from what it may not hold."""

    def __init__(self, layout: Layout, sticky: frozenset[str]) -> None:
        whole = {name: paths for name, paths in layout.databases.items() if name != DEFAULT}
        others = {**layout.beside, **{n: p for n, p in layout.databases.items() if n == DEFAULT}}
        self._databases = _holders({name: paths for name, paths in others.items() if name not in whole})
        self._services = _holders(layout.services)
        self._service_of = {path: name for name, paths in layout.services.items() for path in paths}
        self._roots = _holders({root: (root,) for root in sticky})

    def against(self, path: str, database: str) -> tuple[Why, str] | None:
        """Says what stands against a directory of a database, or of a table in it; None when nothing does."""
        if problem := unfit_location(path, root=True):
            return Why.UNFIT, problem
        other = next((name for name in self._databases.get(path, ()) if name != database), None)
        if other is not None:
            return Why.DATABASE, other
        service = next(iter(self._services.get(path, ())), None)
        if service is None and (around := nearest(path, self._service_of)) is not None:
            service = self._service_of[around]
        if service is not None:
            return Why.SERVICE, service
        below = self.root_below(path)
        return None if below is None else (Why.ROOT, below)

    def root_below(self, path: str) -> str | None:
        """A directory below this one that has snapshots."""
        return next((root for root in self._roots.get(path, ()) if root != path), None)

    def guest(self, root: str) -> str:
        """The database or service whose data a root holds although they are not protected."""
        for kind, held in (("database", self._databases), ("service", self._services)):
            if names := held.get(root):
                return f"{kind} {names[0]}"
        return ""

    def line(self, table: TablePlace) -> tuple[str, bool]:
        """The directory above a table that could be declared, and whether that would change roots with snapshots."""
        above = table.path.rpartition("/")[0]
        against = self.against(above, "" if table.database == DEFAULT else table.database)
        if not _may_be_declared(above) or (against is not None and against[0] is not Why.ROOT):
            return "", False
        return above, against is not None


def _holders(owned: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For every directory above the given ones, themselves included, two of their owners: enough to leave one out."""
    found: dict[str, list[str]] = {}
    for name, paths in sorted(owned.items()):
        for above in (above for path in paths for above in climb(path)):
            names = found.setdefault(above, [])
            if name not in names and len(names) < 2:
                names.append(name)
    return found


def climb(path: str) -> Iterator[str]:
    """A path and all directories above it."""
    while path:
        yield path
        path = "" if path == "/" else path.rpartition("/")[0] or "/"


def nearest(path: str, roots: Collection[str]) -> str | None:
    """The one of the given directories that is the path or lies above it, the nearest first."""
    return next((above for above in climb(path) if above in roots), None)


def _may_be_declared(path: str) -> bool:
    try:
        return directory(path) == path
    except Wrong:
        return False
