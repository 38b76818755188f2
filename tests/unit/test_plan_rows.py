"""S3.1: items are stored and read back without loss, whatever their names hold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.adapters.parquet import ParquetTables
from hadoop_dr.domain.facts import NO_ACL_OR_XATTRS, AclAndXattrs, FileAttributes, Kind
from hadoop_dr.domain.items import Content, Item
from hadoop_dr.domain.rows import ITEM_SCHEMA, item_rows, items_from_rows
from hadoop_dr.ports.files import COLUMN_TYPES, Tables

names = st.sampled_from(["a b", "e%20", "f+", "g=1", "h#", "ü", "x\ny", "\t", "日本", "e\u0301", " ", "\0"]) | st.text(
    st.characters(exclude_categories=["Cs"]), min_size=1)
paths = st.lists(names, max_size=4).map("/".join)
numbers = st.integers(-(2**63), 2**63 - 1)
facts = st.builds(
    FileAttributes, kind=st.sampled_from(Kind), length=numbers, owner=names, group=names, mode=st.integers(0, 0o7777),
    replication=numbers, block_size=numbers, mtime_ms=numbers, storage_policy=numbers, has_acl=st.booleans(),
    erasure_coding=st.none() | names, encrypted=st.booleans(),
)
extras = st.builds(
    AclAndXattrs, acl=st.lists(names, max_size=3).map(tuple),
    xattrs=st.lists(st.tuples(names, st.binary(max_size=9)), max_size=3).map(tuple),
)
items = st.builds(
    Item, inode=numbers, old=st.none() | paths, new=st.none() | paths, was=st.none() | facts, now=st.none() | facts,
    was_extras=extras, now_extras=extras, content=st.sampled_from(Content), keep_bytes=numbers,
)


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


def test_equal_sides_share_memory() -> None:
    """A million items are read back in one go."""
    one = FileAttributes(Kind.FILE, 1, "a", "b", 0o644, 3, 4, 5)
    item = Item(7, "f+", "f+", one, FileAttributes(*(getattr(one, name) for name in FileAttributes.__slots__)))
    (again,) = items_from_rows(item_rows([item]))
    assert again.was is again.now
    assert again.was_extras is again.now_extras is NO_ACL_OR_XATTRS
