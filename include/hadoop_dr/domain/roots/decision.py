"""Which directories a service's snapshots are taken of.

HDFS refuses to delete or rename a directory that has snapshots, or one above it, and lets no such directory lie in
another one. So a root is to be a directory that nobody wants to delete: a declared one, or the directory of a database
that is protected whole, in which tables may come and go. A table's own directory is the last resort.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from hadoop_dr.domain.roots.layout import DEFAULT, Layout, Neighbours, TablePlace, Why, climb, nearest


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
class RootDecision:
    """The roots of a service, and what a person should know of them.

    Attributes:
        roots: Sorted; none lies in another.
        databases: Roots that are directories of databases protected whole, with the names of these.
        managed: Managed directories among the roots.
        tables: Tables that are roots of their own.
        barred: Directories of databases protected whole that are no roots.
        left_out: Tables that lie in no root, and whose own directory cannot be one.
        widened: Declared directories, each with one below it that has snapshots already, which HDFS refuses.
        guests: Roots that hold what is not protected, with the database or service it belongs to.
        released: Directories that have snapshots and in which nothing protected lies any more.
    """

    roots: tuple[str, ...]
    databases: Mapping[str, Sequence[str]] = field(default_factory=dict)
    managed: Collection[str] = ()
    tables: Sequence[OwnRoot] = ()
    barred: Sequence[Barred] = ()
    left_out: Sequence[Barred] = ()
    widened: Sequence[tuple[str, str]] = ()
    guests: Sequence[tuple[str, str]] = ()
    released: tuple[str, ...] = ()


def decide_roots(layout: Layout, sticky: Iterable[str] = ()) -> RootDecision:
    """Decides which directories are roots.

    Args:
        layout: What is protected and what lies beside it.
        sticky: Directories that have snapshots of the service. Each stays a root while anything protected lies in it,
            and no directory above it can be one. Without any, this is what a change of roots would lead to.
    """
    sticky = frozenset(sticky)
    near = Neighbours(layout, sticky)
    kept = {root for path in _protected(layout) if (root := nearest(path, sticky)) is not None}
    chosen = kept | set(layout.declared)
    databases, barred = _of_databases(layout, near, frozenset(chosen))
    chosen |= databases.keys()
    own, left_out = _of_tables(layout, near, frozenset(chosen))
    roots = resolve_roots(chosen | own)
    there = frozenset(roots)
    return RootDecision(
        roots=roots,
        databases={path: tuple(names) for path, names in databases.items() if path in there},
        managed=there.intersection(layout.managed),
        tables=tuple(_own_roots(layout, near, there, barred)),
        barred=tuple(barred),
        left_out=tuple(left_out),
        widened=tuple((path, below) for path in layout.declared if (below := near.root_below(path)) is not None),
        guests=tuple((root, guest) for root in roots if root not in layout.declared and (guest := near.guest(root))),
        released=tuple(sorted(root for root in sticky if nearest(root, there) is None)),
    )


def _protected(layout: Layout) -> Iterator[str]:
    """Every directory for whose sake a root stays one."""
    yield from layout.declared
    for name, paths in layout.databases.items():
        if name != DEFAULT:
            yield from (path for path in paths if path not in layout.managed)
    yield from _of_data(layout)


def _of_data(layout: Layout) -> Iterator[str]:
    for table in layout.tables:
        yield table.path
        yield from table.others


def _of_databases(
    layout: Layout, near: Neighbours, chosen: frozenset[str]
) -> tuple[dict[str, list[str]], list[Barred]]:
    """Directories of databases that are roots, with the databases' names, and those that cannot be."""
    found, barred = dict[str, list[str]](), list[Barred]()
    empty = _without_data(layout)
    for name, path in ((name, path) for name, paths in sorted(layout.databases.items()) for path in paths):
        against = (Why.EMPTY, "") if path in empty else _against_database(layout, near, name, path)
        if path in chosen or against is None:
            found.setdefault(path, []).append(name)
        elif nearest(path, chosen) is None:
            barred.append(Barred(path, name, *against))
    return found, barred


def _without_data(layout: Layout) -> frozenset[str]:
    """Managed directories in which no protected table lies."""
    managed = frozenset(layout.managed)
    return managed.difference(above for path in _of_data(layout) for above in climb(path))


def _against_database(layout: Layout, near: Neighbours, name: str, path: str) -> tuple[Why, str] | None:
    if name == DEFAULT:
        return Why.DEFAULT, ""
    if path in layout.absent:
        return Why.ABSENT, ""
    return near.against(path, name)


def _of_tables(layout: Layout, near: Neighbours, chosen: frozenset[str]) -> tuple[set[str], list[Barred]]:
    """Tables' own directories that are roots because nothing chosen holds them, and those that cannot be."""
    own, left_out = set[str](), list[Barred]()
    for table in layout.tables:
        if nearest(table.path, chosen) is not None:
            continue
        against = (Why.ABSENT, "") if table.path in layout.absent else near.against(table.path, table.database)
        if against is None:
            own.add(table.path)
        else:
            left_out.append(Barred(table.path, table.name, *against))
    return own, left_out


def _own_roots(layout: Layout, near: Neighbours, roots: frozenset[str], barred: Sequence[Barred]) -> Iterator[OwnRoot]:
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
    home = nearest(table.path, whole)
    return (Why.ELSEWHERE, table.database) if home is None else reasons[table.database, home]


CLOSED = 0o700
"""Mode of a root that a run makes: nobody else reads in it before place gives it the attributes of the origin's."""


def inside(path: str, directory: str) -> bool:
    """Whether a path is the directory or lies below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def resolve_roots(directories: Iterable[str]) -> tuple[str, ...]:
    """Reduces declared directories and table locations to the roots: those that lie inside no other one, sorted.

    An undeclared ancestor is never made a root, even if it would save snapshots: it may hold other people's data.
    """
    every = frozenset(directories)
    return tuple(sorted(path for path in every if every.isdisjoint(islice(climb(path), 1, None))))


def nestings(roots: Iterable[str], snapshottable: Iterable[str]) -> dict[str, list[str]]:
    """Returns for each root the snapshottable directories above and below it, sorted, for which HDFS would refuse it.

    Roots that stand alone are left out.
    """
    there, wanted = frozenset(snapshottable), frozenset(roots)
    found: dict[str, list[str]] = {}
    for root in wanted:
        if above := sorted(there.intersection(islice(climb(root), 1, None))):
            found[root] = above
    for other in sorted(there):
        for root in wanted.intersection(islice(climb(other), 1, None)):
            found.setdefault(root, []).append(other)
    return found


def keyed_by_declaration(declared: Iterable[str], snapshots: Mapping[str, str]) -> dict[str, str]:
    """Names the snapshot of each declared directory or table location, for the output of the command line."""
    return {path: snapshots[root] for path in declared if (root := nearest(path, snapshots)) is not None}
