"""When inode ids of the target are kept, and for which snapshot they count."""

from __future__ import annotations

from hadoop_dr.domain.tree.bound_inodes import WIDE, Inode, binds_in_many, inode_rows, inodes_of, touches_many
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Item

DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1)
FILE = FileAttributes(FileKind.FILE, 1, "o", "g", 0o644, 1, 1024, 1)


def test_ids_are_kept_once_a_run_touches_many_directories_that_are_still_there() -> None:
    touched = [Item(n, None, f"d %{n}", None, DIRECTORY) for n in range(WIDE)]
    assert touches_many(touched)
    assert not touches_many([*touched[1:], Item(0, "gone", None, DIRECTORY, None), Item(1, None, "f", None, FILE)])


def test_ids_are_read_where_existing_items_lie_in_many_directories() -> None:
    items = [Item(n, f"ü {n}/x", None, FILE, None) for n in range(WIDE)]
    assert binds_in_many(items)
    assert not binds_in_many([*items[1:], Item(0, None, "new/x", None, FILE), Item(1, "", "", DIRECTORY, DIRECTORY)])


def test_ids_of_another_snapshot_or_root_bind_nothing() -> None:
    rows = [*inode_rows("/a +", "s1", {"ü=1": DirEntry("ü=1", 7, DIRECTORY), "ü=1/f#": DirEntry("f#", 8, FILE)}),
            *inode_rows("/b", "s1", {"x": DirEntry("x", 9, FILE)}),
            *inode_rows("/c", "s1", {"x": DirEntry("x", 10, FILE)})]
    found = {"ü=1": Inode(7, FileKind.DIRECTORY), "ü=1/f#": Inode(8, FileKind.FILE)}
    assert inodes_of(rows, {"/a +": "s1", "/b": "s2", "/none": None}) == {"/a +": found}
