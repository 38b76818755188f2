"""Packing and unpacking with Arrow, which takes long to load: only whoever has a table does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hadoop_dr.domain.errors import Protocol

_TYPES: dict[str, pa.DataType] = {
    "int64": pa.int64(),
    "string": pa.string(),
    "binary": pa.binary(),
    "bool": pa.bool_(),
    "float64": pa.float64(),
    "strings": pa.list_(pa.string()),
    "pairs": pa.list_(pa.struct([("name", pa.string()), ("value", pa.binary())])),
}
_PAIRS = _TYPES["pairs"]
_STRINGS = _TYPES["strings"]
_ROWS_AT_ONCE = 100_000
_STAMP = b"hadoop-dr"


def pack(schema: tuple[tuple[str, str], ...], rows: list[tuple[object, ...]], stamp: str = "") -> bytes:
    """Writes rows, compressed, in order, and beside them what form they have."""
    layout = pa.schema([(name, _TYPES[kind]) for name, kind in schema], {_STAMP: stamp.encode()})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, layout, compression="zstd") as writer:
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            group = rows[start:start + _ROWS_AT_ONCE]
            columns = [
                pa.array([_to_cell(kind, row[index]) for row in group], type=_TYPES[kind])
                for index, (_, kind) in enumerate(schema)
            ]
            writer.write_table(pa.table(columns, schema=layout))
    content: bytes = sink.getvalue().to_pybytes()
    return content


def unpack(content: bytes, columns: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
    """Reads the rows back in order: all of their columns, or those that are named, in that order.

    Raises:
        Protocol: The bytes are not a Parquet file.
    """
    rows: list[tuple[object, ...]] = []
    with _opened(content) as file:
        names = list(columns or file.schema_arrow.names)
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=names):
            rows.extend(zip(*(_from_column(batch.column(name)) for name in names), strict=True))
    return rows


def stamp(content: bytes) -> str:
    """Reads what form the rows have.

    Raises:
        Protocol: The bytes are not a Parquet file.
    """
    with _opened(content) as file:
        kept: dict[bytes, bytes] = file.schema_arrow.metadata or {}
        return kept.get(_STAMP, b"").decode()


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    try:
        with pq.ParquetFile(pa.BufferReader(content)) as file:
            yield file
    except (pa.ArrowInvalid, OSError) as damage:
        raise Protocol("Parquet document", f"{len(content)} bytes cannot be read: {damage}",
                       "Restore it from the other site") from damage


def _to_cell(kind: str, value: Any) -> Any:
    if value is None or kind != "pairs":
        return value
    return [{"name": name, "value": content} for name, content in value]


def _from_column(column: pa.Array) -> list[object]:
    cells: list[Any] = column.to_pylist()
    if column.type == _STRINGS:
        return [None if cell is None else tuple(cell) for cell in cells]
    if column.type == _PAIRS:
        return [None if cell is None else tuple((pair["name"], pair["value"]) for pair in cell) for cell in cells]
    return cells
