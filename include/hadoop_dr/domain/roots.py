"""Which directories a service's snapshots are taken of (DESIGN.md sections 2 and 6, root).

HDFS refuses to delete or rename a directory that has snapshots, or one above it, and lets no such directory lie in
another one. So a root is to be a directory that nobody wants to delete: a declared one, or the directory of a database
that is protected whole, in which tables may come and go. A table's own directory is the last resort.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from hadoop_dr.domain.datasets import directory
from hadoop_dr.domain.document import Wrong

DEFAULT = "default"
"""The database that Hive brings along: its directory holds those of all others."""


class Why(Enum):
    """Why something protected does not get the root that would serve it best."""

    DEFAULT = "default"  # the directory of the default database
    DATABASE = "database"  # holds the directory of a database that is not protected whole
    SERVICE = "service"  # holds data of another service, or lies in them
    ROOT = "root"  # holds a directory that has snapshots already
    ABSENT = "absent"  # does not exist on the primary
    SINGLE = "single"  # the table's database is not protected whole
    ELSEWHERE = "elsewhere"  # the table lies outside the directories of its database
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
        tables: Protected tables.
        beside: All other databases of the metastore, with their directories.
        services: Other services, with the directories of theirs.
        absent: Directories of databases that do not exist.
    """

    declared: tuple[str, ...] = ()
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tables: Sequence[TablePlace] = ()
    beside: Mapping[str, Sequence[str]] = field(default_factory=dict)
    services: Mapping[str, Sequence[str]] = field(default_factory=dict)
    absent: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Barred:
    """A directory that is no root although it was looked at as one.

    Attributes:
        path: The directory.
        owner: The database (``billing``) or table (``billing.invoices``) it belongs to.
        why: The reason.
        by: What stands against it: a database, a service or a directory; empty where the reason says it all.
    """

    path: str
    owner: str
    why: Why
    by: str = ""


@dataclass(frozen=True, slots=True)
class OwnRoot:
    """A table whose own directory is a root, so that it can neither be dropped with its rows nor renamed.

    Attributes:
        table: Its name.
        path: Its directory.
        why: Why nothing above it is the root.
        by: What stands against that; see ``Barred``.
        line: A directory above it that the policy could declare instead; empty when none would do.
        change: Roots have to be changed first, because points hold snapshots there.
    """

    table: str
    path: str
    why: Why
    by: str = ""
    line: str = ""
    change: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The roots of a service, and what a person should know of them.

    Attributes:
        roots: Sorted; none lies in another.
        databases: Roots that are directories of databases protected whole, with the names of these.
        tables: Tables that are roots of their own.
        barred: Directories of databases protected whole that are no roots.
        left_out: Tables that lie in no root, and whose own directory cannot be one.
        widened: Declared directories, each with one below it that has snapshots already, which HDFS refuses.
        guests: Roots that hold what is not protected, with the database or service it belongs to.
        released: Directories that have snapshots and in which nothing protected lies any more.
    """

    roots: tuple[str, ...]
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tables: Sequence[OwnRoot] = ()
    barred: Sequence[Barred] = ()
    left_out: Sequence[Barred] = ()
    widened: Sequence[tuple[str, str]] = ()
    guests: Sequence[tuple[str, str]] = ()
    released: tuple[str, ...] = ()


def decide_roots(layout: Layout, sticky: Iterable[str] = ()) -> Decision:
    """Decides which directories are roots.

    Args:
        layout: What is protected and what lies beside it.
        sticky: Directories that have snapshots of the service. Each stays a root while anything protected lies in it,
            and no directory above it can be one. Without any, this is what a change of roots would lead to.
    """
    sticky = frozenset(sticky)
    near = _Neighbours(layout, sticky)
    kept = {root for path in _protected(layout) if (root := _above(path, sticky)) is not None}
    chosen = kept | {path for path in layout.declared if _above(path, kept) is None}
    databases, barred = _of_databases(layout, near, frozenset(chosen))
    chosen |= databases.keys()
    own, left_out = _of_tables(layout, near, frozenset(chosen))
    roots = resolve_roots(chosen | own)
    there = frozenset(roots)
    return Decision(
        roots,
        {path: tuple(names) for path, names in databases.items() if path in there},
        tuple(_own_roots(layout, near, there, barred)),
        tuple(barred),
        tuple(left_out),
        tuple((path, below) for path in layout.declared if (below := near.root_below(path)) is not None),
        tuple((root, guest) for root in roots if root not in layout.declared and (guest := near.guest(root))),
        tuple(sorted(root for root in sticky if _above(root, there) is None)),
    )


def _protected(layout: Layout) -> Iterator[str]:
    """Every directory for whose sake a root stays one."""
    yield from layout.declared
    for name, paths in layout.databases.items():
        if name != DEFAULT:
            yield from paths
    for table in layout.tables:
        yield table.path
        yield from table.others


def _of_databases(
    layout: Layout, near: _Neighbours, chosen: frozenset[str]
) -> tuple[dict[str, list[str]], list[Barred]]:
    """Directories of databases that are roots, with the databases' names, and those that cannot be."""
    found, barred = dict[str, list[str]](), list[Barred]()
    for name, path in ((name, path) for name, paths in sorted(layout.databases.items()) for path in paths):
        against = _against_database(layout, near, name, path)
        if path in chosen or (against is None and _above(path, chosen) is None):
            found.setdefault(path, []).append(name)
        elif against is not None and _above(path, chosen) is None:
            barred.append(Barred(path, name, *against))
    return found, barred


def _against_database(layout: Layout, near: _Neighbours, name: str, path: str) -> tuple[Why, str] | None:
    if name == DEFAULT:
        return Why.DEFAULT, ""
    if path in layout.absent:
        return Why.ABSENT, ""
    return near.against(path, name)


def _of_tables(layout: Layout, near: _Neighbours, chosen: frozenset[str]) -> tuple[set[str], list[Barred]]:
    """Tables' own directories that are roots because nothing chosen holds them, and those that cannot be."""
    own, left_out = set[str](), list[Barred]()
    for table in layout.tables:
        if _above(table.path, chosen) is not None:
            continue
        against = near.against(table.path, table.database)
        if against is None:
            own.add(table.path)
        else:
            left_out.append(Barred(table.path, table.name, *against))
    return own, left_out


def _own_roots(layout: Layout, near: _Neighbours, roots: frozenset[str], barred: Sequence[Barred]) -> Iterator[OwnRoot]:
    reasons = {(one.owner, one.path): (one.why, one.by) for one in barred}
    for table in layout.tables:
        if table.path in roots:
            yield OwnRoot(table.name, table.path, *_why_own(layout, table, reasons), *near.line(table))


def _why_own(layout: Layout, table: TablePlace, reasons: Mapping[tuple[str, str], tuple[Why, str]]) -> tuple[Why, str]:
    """Why the root is a table's own directory, and what stands against one above it."""
    whole = layout.databases.get(table.database)
    if table.path in layout.declared or table.path in (whole or ()):
        return Why.ITSELF, ""
    if whole is None:
        return Why.SINGLE, table.database
    home = _above(table.path, whole)
    return (Why.ELSEWHERE, table.database) if home is None else reasons[table.database, home]


class _Neighbours:
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
        other = next((name for name in self._databases.get(path, ()) if name != database), None)
        if other is not None:
            return Why.DATABASE, other
        service = next(iter(self._services.get(path, ())), None)
        around = _above(path, self._service_of)
        if service is not None or around is not None:
            return Why.SERVICE, service or self._service_of[around or ""]
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
            return "", self.root_below(above) is not None
        return above, against is not None


def _holders(owned: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """For every directory above the given ones, themselves included, two of their owners: enough to leave one out."""
    found: dict[str, list[str]] = {}
    for name, paths in sorted(owned.items()):
        for above in (above for path in paths for above in _climb(path)):
            names = found.setdefault(above, [])
            if name not in names and len(names) < 2:
                names.append(name)
    return found


def _climb(path: str) -> Iterator[str]:
    """A path and all directories above it."""
    while path:
        yield path
        path = "" if path == "/" else path.rpartition("/")[0] or "/"


def _above(path: str, roots: Collection[str]) -> str | None:
    """The one of the given directories that is the path or lies above it, the nearest first."""
    return next((above for above in _climb(path) if above in roots), None)


def _may_be_declared(path: str) -> bool:
    try:
        return directory(path) == path
    except Wrong:
        return False

CLOSED = 0o700
"""Mode of a root that a run makes: nobody else reads in it before place gives it the attributes of the source's."""


def inside(path: str, directory: str) -> bool:
    """Whether a path is the directory or lies below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def resolve_roots(directories: Iterable[str]) -> tuple[str, ...]:
    """Reduces declared directories and table locations to the roots: those that lie inside no other one, sorted.

    An undeclared ancestor is never made a root, even if it would save snapshots: it may hold other people's data.
    """
    roots: list[str] = []
    for path in sorted(set(directories), key=lambda p: (p.count("/"), p)):
        if not any(inside(path, root) for root in roots):
            roots.append(path)
    return tuple(sorted(roots))


def root_of(path: str, roots: Iterable[str]) -> str | None:
    """Gives the root that holds a path, or None."""
    return next((root for root in roots if inside(path, root)), None)


def nested(root: str, snapshottable: Iterable[str]) -> str | None:
    """Gives a snapshottable directory above or below the root, which HDFS would refuse, or None."""
    return next(
        (other for other in snapshottable if other != root and (inside(root, other) or inside(other, root))), None
    )


def keyed_by_declaration(declared: Iterable[str], snapshots: Mapping[str, str]) -> dict[str, str]:
    """Names the snapshot of each declared directory or table location, for the output of the command line."""
    return {path: snapshots[root] for path in declared if (root := root_of(path, snapshots)) is not None}
