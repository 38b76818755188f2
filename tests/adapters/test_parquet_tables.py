"""Rows keep their order, their types and their gaps as Parquet (ports.files.Tables)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.adapters.parquet import ParquetTables
from hadoop_dr.domain.errors import Protocol
from hadoop_dr.ports.files import COLUMN_TYPES, Tables

SCHEMA = tuple((kind, kind) for kind in COLUMN_TYPES)
FULL = (2**63 - 1, "a b e%20 ü u\u0308\n", b"\x00\xff", True, 1.5, ("x", ""), (("user.k", b"\xff"), ("user.k", b"")))


@pytest.mark.parametrize("rows", [[], [FULL], [(None,) * len(SCHEMA)], [FULL, (0, "", b"", False, 0.0, (), ()), FULL]])
def test_what_is_packed_comes_back(rows: list[tuple[object, ...]]) -> None:
    tables = ParquetTables()
    assert tables.unpack(tables.pack(SCHEMA, rows)) == rows


def test_many_rows_keep_their_order_and_are_small() -> None:
    tables = ParquetTables()
    rows: list[tuple[object, ...]] = [(number, f"/data/x/part-{number}") for number in range(250_000)]
    packed = tables.pack((("n", "int64"), ("path", "string")), rows)
    assert len(packed) < 4_000_000
    assert tables.unpack(packed) == rows


@pytest.mark.parametrize("tables", [ParquetTables(), MemoryTables()], ids=["parquet", "memory"])
@pytest.mark.parametrize("content", [b"", b"not a table", b"\x00\xffnonsense", b"('half', ['of"])
def test_bytes_that_are_no_table_are_named_as_such(tables: Tables, content: bytes) -> None:
    with pytest.raises(Protocol):
        tables.unpack(content)
    with pytest.raises(Protocol):
        tables.stamp(content)
