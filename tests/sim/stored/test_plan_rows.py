"""S3.1: items are stored and read back without loss, whatever their names hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.adapters.parquet import ParquetTables
from hadoop_dr.domain.tree.item_rows import ITEM_SCHEMA, item_rows, items_from_rows
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.files import COLUMN_TYPES, Tables
from support.items import items


@pytest.mark.parametrize("tables", [MemoryTables(), ParquetTables()])
def test_items_survive_storage(tables: Tables) -> None:
    @given(st.lists(items, max_size=5))
    def stored(written: list[Item]) -> None:
        content = tables.pack(ITEM_SCHEMA, item_rows(written))
        assert items_from_rows(tables.unpack(content)) == written
        assert tables.unpack(content, ("new", "inode")) == [(item.new, item.inode) for item in written]

    stored()


def test_the_schema_fits_the_rows_and_the_tables() -> None:
    empty = Item(1, None, None, None, None)
    assert [len(row) for row in item_rows([empty])] == [len(ITEM_SCHEMA)]
    assert {kind for _, kind in ITEM_SCHEMA} <= set(COLUMN_TYPES)
    assert len({name for name, _ in ITEM_SCHEMA}) == len(ITEM_SCHEMA)
