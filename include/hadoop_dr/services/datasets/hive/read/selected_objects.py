"""Reads the selected objects of a metastore: all of them, or those that events touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.log.events import Touch
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.ports.metastore import Metastore

_EVERY = object()
_BATCH = 1000


@dataclass(slots=True)
class _Wanted:
    """What to read of one table: kinds, and partition names, or every one."""

    kinds: set[Kind] = field(default_factory=set)
    partitions: set[object] = field(default_factory=set)
    statistics: set[object] = field(default_factory=set)


def read_all(metastore: Metastore, selection: Selection) -> dict[CatalogKey, Row]:
    """Reads every selected object. Databases that vanish meanwhile are left out."""
    rows: list[Row] = []
    for database in metastore.databases():
        if selection.database(database):
            rows += _read_database(metastore, selection, database)
    return catalog_of(rows + read_functions(metastore, selection))


def read_functions(metastore: Metastore, selection: Selection) -> list[Row]:
    """Reads the functions of whole selected databases."""
    return [row for row in metastore.functions() if selection.keeps(row.key)]


def read_touched(metastore: Metastore, selection: Selection, touches: Iterable[Touch]) -> dict[CatalogKey, Row]:
    """Reads again what the touches are about; what is gone is not in the answer."""
    tables: dict[tuple[str, str], _Wanted] = {}
    databases, whole = set(), set()
    for touch in touches:
        if touch.table is None:
            whole.add(touch.database)
        elif touch.kind is Kind.DATABASE:
            databases.add(touch.database)
        elif touch.kind is not Kind.FUNCTION:
            _note(tables.setdefault((touch.database, touch.table), _Wanted()), touch)
    rows: list[Row] = []
    for database in sorted(whole):
        rows += _read_database(metastore, selection, database)
    for database in sorted(databases - whole):
        rows += read_database(metastore, database)
    for database in sorted({database for database, _ in tables} - whole):
        wanted = {table: what for (owner, table), what in tables.items() if owner == database}
        rows += _read_tables(metastore, database, wanted)
    return catalog_of(rows)


def _note(wanted: _Wanted, touch: Touch) -> None:
    key: object = _EVERY if touch.key is None else touch.key
    if touch.kind is Kind.PARTITION:
        wanted.partitions.add(key)
    elif touch.kind is Kind.PARTITION_STATS:
        wanted.statistics.add(key)
    else:
        wanted.kinds.add(touch.kind)


def read_database(metastore: Metastore, name: str) -> list[Row]:
    """Reads one database; nothing where it is gone."""
    try:
        return [metastore.database(name)]
    except NotFound:
        return []


def _read_database(metastore: Metastore, selection: Selection, database: str) -> list[Row]:
    rows = read_database(metastore, database)
    every = _Wanted({Kind.TABLE, Kind.TABLE_STATS, Kind.CONSTRAINT}, {_EVERY}, {_EVERY})
    names = [name for name in metastore.table_names(database) if selection.table(database, name)]
    return rows + _read_tables(metastore, database, dict.fromkeys(names, every))


def _read_tables(metastore: Metastore, database: str, wanted: dict[str, _Wanted]) -> list[Row]:
    rows: list[Row] = []
    for table in (table for some in _in_batches(sorted(wanted)) for table in metastore.tables(database, some)):
        what = wanted[table.key.table]
        if Kind.TABLE in what.kinds:
            rows.append(table)
        if not table.is_view:
            try:
                rows += _read_below(metastore, table, what)
            except NotFound:
                continue                                    # dropped meanwhile: the log tells what becomes of it
    return rows


def _read_below(metastore: Metastore, table: Row, wanted: _Wanted) -> list[Row]:
    _, database, name, _ = table.key
    rows: list[Row] = []
    if Kind.CONSTRAINT in wanted.kinds:
        rows += metastore.constraints(database, name)
    if Kind.TABLE_STATS in wanted.kinds:
        rows += metastore.table_statistics(table)
    if wanted.partitions:
        for some in _in_batches(_names(metastore, database, name, wanted.partitions)):
            rows += metastore.partitions(database, name, some)
    if wanted.statistics:
        for some in _in_batches(_names(metastore, database, name, wanted.statistics)):
            rows += metastore.partition_statistics(table, some)
    return rows


def _in_batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """So many as one request of the metastore carries: each answer is one that is seen to come."""
    for start in range(0, len(names), _BATCH):
        yield names[start:start + _BATCH]


def _names(metastore: Metastore, database: str, table: str, keys: set[object]) -> list[str]:
    if _EVERY in keys:
        return metastore.partition_names(database, table)
    return sorted(str(key) for key in keys)
