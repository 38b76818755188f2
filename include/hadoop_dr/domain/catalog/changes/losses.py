"""Which objects of the secondary's catalog a run would drop for good, by kind (I8).

Counted is what has no successor: an object that is dropped and made again under its name is none, nor is a table that
the origin renamed, with its partitions. Views are a kind of their own, so that many of them do not hide a lost table.
What hangs on a dropped table counts, too, in the figure of its own kind; statistics and constraints do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping

from hadoop_dr.domain.catalog.changes.difference import Catalog, CatalogChange, Difference
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.plan.deletions import DeletionKind, Deletions, Figure

_KINDS = {
    Kind.DATABASE: DeletionKind.DATABASES,
    Kind.TABLE: DeletionKind.TABLES,
    Kind.PARTITION: DeletionKind.PARTITIONS,
    Kind.FUNCTION: DeletionKind.FUNCTIONS,
}
_OF_A_DATABASE = (DeletionKind.TABLES, DeletionKind.VIEWS, DeletionKind.FUNCTIONS)


def kind_of(row: Row) -> DeletionKind | None:
    """The kind an object is counted as; None for what is not counted."""
    return DeletionKind.VIEWS if row.is_view else _KINDS.get(row.key.kind)


def renamed_tables(before: Catalog, after: Catalog) -> dict[CatalogKey, CatalogKey]:
    """Finds the tables that two exports of one metastore show under different names, by their identity."""
    came = {row.identity: key for key, row in after.items() if key.kind is Kind.TABLE and key not in before}
    gone = [row for key, row in before.items() if key.kind is Kind.TABLE and key not in after]
    alike = Counter(row.identity for row in gone)  # a metastore that numbers no tables cannot tell these apart
    return {
        row.key: came[row.identity] for row in gone if row.identity in came and alike[row.identity] == 1
    }


def losses(
    old: Catalog,
    new: Catalog,
    owns: Callable[[CatalogKey], bool],
    renamed: Mapping[CatalogKey, CatalogKey] | None = None,
) -> Deletions:
    """Counts what goes when one catalog becomes another.

    Args:
        old: What is there.
        new: What should be there.
        owns: Whether an object may be dropped.
        renamed: Tables that the origin renamed since the last point; see ``renamed_tables``.
    """
    live: Counter[DeletionKind] = Counter()
    lost: Counter[DeletionKind] = Counter()
    by_database: dict[str, Counter[DeletionKind]] = {}
    for row in old.values():
        kind = kind_of(row)
        if kind is None or not owns(row.key):
            continue
        live[kind] += 1
        if not _lives_on(row, new, renamed or {}):
            lost[kind] += 1
            by_database.setdefault(row.key.database, Counter())[kind] += 1
    figures = tuple(Figure(kind, lost[kind], live[kind]) for kind in DeletionKind if kind is not DeletionKind.FILES)
    return Deletions(figures, tuple(_emptied(by_database, new)))


def named_drops(found: Difference) -> list[CatalogKey]:
    """Names what a difference drops of the kinds that are counted: nothing else may go when it is carried out."""
    return [change.row.key for change in found.drops if kind_of(change.row) is not None]


def unnamed_drops(changes: Iterable[CatalogChange], named: Container[CatalogKey]) -> list[str]:
    """Says which of these drops the plan did not name."""
    return [str(c.row.key) for c in changes if kind_of(c.row) is not None and c.row.key not in named]


def _lives_on(row: Row, new: Catalog, renamed: Mapping[CatalogKey, CatalogKey]) -> bool:
    key = row.key
    if (table := renamed.get(CatalogKey(Kind.TABLE, key.database, key.table))) is not None:
        key = key._replace(database=table.database, table=table.table)
    successor = new.get(key)
    return successor is not None and kind_of(successor) is kind_of(row)


def _emptied(by_database: Mapping[str, Counter[DeletionKind]], new: Catalog) -> Iterator[str]:
    """Databases that go, and those that lose every table, view and function while nothing of that kind comes."""
    left = {row.key.database for row in new.values() if kind_of(row) in _OF_A_DATABASE}
    for database, lost in sorted(by_database.items()):
        objects = ", ".join(f"{lost[kind]} {kind}" for kind in _OF_A_DATABASE if lost[kind])
        if lost[DeletionKind.DATABASES]:
            yield f"database {database} would be dropped" + (f" with {objects}" if objects else "")
        elif objects and database not in left:
            yield f"database {database} would lose all that is protected of it: {objects}"
