"""Items become rows and are read back without loss, whatever their names hold (S3.1)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, FileAttributes, FileKind
from hadoop_dr.domain.tree.item_rows import ITEM_SCHEMA, item_rows, items_from_rows
from hadoop_dr.domain.tree.items import Item
from support.items import items


@given(st.lists(items, max_size=5))
def test_items_are_read_back_from_their_rows(written: list[Item]) -> None:
    rows = item_rows(written)
    assert items_from_rows(rows) == written
    assert {len(row) for row in rows} <= {len(ITEM_SCHEMA)}


def test_equal_sides_share_memory() -> None:
    """A million items are read back in one go."""
    one = FileAttributes(FileKind.FILE, 1, "a", "b", 0o644, 3, 4, 5)
    item = Item(7, "f+", "f+", one, FileAttributes(*(getattr(one, name) for name in FileAttributes.__slots__)))
    (again,) = items_from_rows(item_rows([item]))
    assert again.was is again.now
    assert again.was_extras is again.now_extras is NO_ACL_OR_XATTRS
