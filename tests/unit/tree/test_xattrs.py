"""What is known of extended attributes follows every change of a root (I9)."""

from __future__ import annotations

from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.xattrs import followed, xattr_rows, xattrs_from_rows

A, B = (("user.a ü", b"\x00%"),), (("trusted.b", b"2"), ("user.c", b""))
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1)


def item(inode: int, old: str | None, new: str | None, xattrs: tuple[tuple[str, bytes], ...] = ()) -> Item:
    was, now = (DIRECTORY if path is not None else None for path in (old, new))
    return Item(inode, old, new, was, now, now_extras=AclAndXattrs((), xattrs))


def test_what_nobody_touched_keeps_what_it_had_and_goes_along_with_its_directory() -> None:
    before = {"stays=": A, "d %/in+": B, "d %": A, "gone/f#": B}
    items = [item(1, "", ""), item(2, "d %", "moved", A), item(3, "gone", None)]
    assert followed(before, items) == {"stays=": A, "moved/in+": B, "moved": A}


def test_what_was_read_anew_counts_whatever_was_known_of_its_path() -> None:
    before = {"lifted": A, "other": A, "swap 1": A, "swap 2": B, "left": B}
    items = [
        item(1, "lifted", "lifted"), item(2, "other", "other", B), item(3, "swap 1", "swap 2", A),
        item(4, "swap 2", "swap 1", B), item(5, "left", None), item(6, None, "left"), item(7, None, "new ü", A),
    ]  # fmt: skip
    assert followed(before, items) == {"other": B, "swap 2": A, "swap 1": B, "new ü": A}


def test_rows_come_back_by_root_and_a_root_without_any_is_absent() -> None:
    roots = {"/b +": {"z": A, "a ü": B}, "/a": {}, "/c": {"": A}}
    rows = xattr_rows(roots)
    assert [row[:2] for row in rows] == [("/b +", "a ü"), ("/b +", "z"), ("/c", "")]
    assert xattrs_from_rows(rows) == {"/b +": {"z": A, "a ü": B}, "/c": {"": A}}
