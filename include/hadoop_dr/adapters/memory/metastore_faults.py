"""Faults of a metastore, at a chosen request: what the port tells it in one call takes the real adapter up to three.

A worker can die, sleep or lose an answer between them as well, so this wrapper makes the same requests in the same
order as ``adapters.hive.changes``: a database gets its managed directory afterwards, a managed table is made external
by the server and told again what it is, and while partitions without figures of their own are added their table has a
parameter that keeps the metastore from counting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Kind, Row, is_plain_managed, row_of
from hadoop_dr.domain.catalog.thrift_struct import get_map, text, text_map, with_field, without
from hadoop_dr.domain.errors import NotFound, Unknown
from hadoop_dr.ports.metastore import Metastore

_KEEP = "DO_NOT_UPDATE_STATS"
_FIGURES = frozenset(("numFiles", "totalSize", "numFilesErasureCoded"))
_TOGETHER = (Kind.PARTITION, Kind.TABLE_STATS, Kind.PARTITION_STATS)
Request = tuple[str, list[Row]]


class FaultyMetastore:
    """Passes everything on; each request that changes something is one effect."""

    def __init__(self, inner: Metastore, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name not in ("create", "alter", "drop"):
            return real

        def call(rows: Sequence[Row]) -> None:
            for method, some in self._requests(name, rows):
                self._effect(method, some)

        return call

    def _effect(self, method: str, rows: list[Row]) -> None:
        def lost() -> None:
            raise Unknown(f"metastore of site {self._inner.site}", f"the answer to {method} was lost")

        self._faults.effect(lambda: getattr(self._inner, method)(rows), lost)

    def _requests(self, name: str, rows: Sequence[Row]) -> Iterator[Request]:
        if name == "create":
            yield from self._creations(list(rows))
        elif rows and rows[0].key.kind in (_TOGETHER if name == "alter" else (Kind.PARTITION,)):
            yield name, list(rows)
        else:
            yield from ((name, [row]) for row in rows)

    def _creations(self, rows: list[Row]) -> Iterator[Request]:
        kind = rows[0].key.kind if rows else None
        if kind is Kind.PARTITION and not all(_has_figures(row) for row in rows):
            table = self._table(rows[0])
            yield "alter", [_marked(table)]
            yield "create", rows
            yield "alter", [table]
        elif kind in _TOGETHER:
            yield "create", rows
        else:
            for row in rows:
                yield from _creation(row)

    def _table(self, row: Row) -> Row:
        found = self._inner.tables(row.key.database, [row.key.table])
        if not found:
            raise NotFound(f"table {row.key.database}.{row.key.table}", "does not exist")
        return found[0]


def faulty_metastore(inner: Metastore, faults: Faults) -> Metastore:
    """Wraps a metastore."""
    return cast(Metastore, FaultyMetastore(inner, faults))


def _creation(row: Row) -> Iterator[Request]:
    if row.key.kind is Kind.DATABASE and f.DB_MANAGED_LOCATION in row.tree:
        yield "create", [row_of(row.key, without(row.tree, f.DB_MANAGED_LOCATION))]
        yield "alter", [row]
    elif row.key.kind is Kind.TABLE and is_plain_managed(row):
        translated = {"EXTERNAL": "TRUE", "TRANSLATED_TO_EXTERNAL": "TRUE", "external.table.purge": "TRUE"}
        parameters = {**get_map(row.tree, f.TABLE_PARAMETERS), **translated}
        external = with_field(row.tree, f.TABLE_TYPE, text(f.EXTERNAL))
        yield "create", [row_of(row.key, with_field(external, f.TABLE_PARAMETERS, text_map(parameters)))]
        yield "alter", [row]
    else:
        yield "create", [row]


def _marked(table: Row) -> Row:
    parameters = {**get_map(table.tree, f.TABLE_PARAMETERS), _KEEP: "true"}
    return row_of(table.key, with_field(table.tree, f.TABLE_PARAMETERS, text_map(parameters)))


def _has_figures(row: Row) -> bool:
    return get_map(row.tree, f.PARTITION_PARAMETERS).keys() >= _FIGURES
