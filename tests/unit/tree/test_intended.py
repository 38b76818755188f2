"""What the secondary has with less than was intended is kept, wherever it moves, until it is as it was meant."""

from __future__ import annotations

from dataclasses import replace

from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.intended import (
    KEPT,
    Lowered,
    first_lowered,
    lowered,
    lowered_document,
    lowered_from_rows,
    lowered_rows,
    lowered_warnings,
    still_lowered,
)
from hadoop_dr.domain.tree.items import Item

ROOT, EC = "/data/a b+%", "RS-6-3-1024k"
FILE = FileAttributes(FileKind.FILE, 5, "o", "g", 0o644, 1, 1024, 7, erasure_coding=EC)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 7, erasure_coding=EC)


def one(path: str) -> Lowered:
    return Lowered(ROOT, path, "erasure coding", EC, "none, replication 1")


def item(old: str | None, new: str | None) -> Item:
    return Item(1, old, new, FILE if old else None, FILE if new else None)


def test_a_copy_without_the_policy_is_lowered_and_one_with_the_same_is_not() -> None:
    plain = replace(FILE, erasure_coding=None, replication=2)
    assert lowered(ROOT, "ü", FILE, FILE) == lowered(ROOT, "ü", plain, FILE) == []
    [file] = lowered(ROOT, "ü", FILE, plain)
    assert file.text() == f"{ROOT}/ü: erasure coding none, replication 2 instead of {EC}"
    [directory] = lowered(ROOT, "", DIRECTORY, replace(DIRECTORY, erasure_coding=None))
    assert directory.text() == f"{ROOT}: erasure coding none instead of {EC}"
    [other] = lowered(ROOT, "ü", FILE, replace(FILE, erasure_coding="XOR-2-1"))
    assert (other.wanted, other.given) == (EC, "XOR-2-1")


def test_what_was_lowered_before_moves_along_and_goes_with_what_goes_or_is_touched() -> None:
    earlier = [one("d/e ü"), one("d"), one("goes"), one("new="), one("stays"), Lowered("/other", "x", "a", "b", "c")]
    items = {ROOT: [item("d", "moved"), item("goes", None), item(None, "new=")]}
    assert still_lowered(earlier, items) == [one("moved/e ü"), one("stays")]
    assert still_lowered(earlier, {}) == []


def test_it_is_stored_in_order_and_told_by_the_first_few() -> None:
    every = [one("b"), one("a"), one("d %"), one("c")]
    assert lowered_from_rows(lowered_rows(every)) == sorted(every)
    first = first_lowered(every)
    [told] = lowered_warnings("west", 4, first)
    assert told.startswith(f"west has 4 objects with less than was intended, which the point keeps: {ROOT}/a: ")
    assert told.endswith(" and 1 more")
    said = "erasure coding none, replication 1 instead of RS-6-3-1024k"
    assert lowered_warnings("west", 2, first[:2]) == [
        "west has 2 objects with less than was intended, which the point keeps: "
        f"{first[0].root}/{first[0].path}: {said}; {first[1].root}/{first[1].path}: {said}"]
    assert lowered_warnings("west", 0, ()) == []
    assert first_lowered(one(f"{n:03}") for n in range(KEPT + 5)) == tuple(one(f"{n:03}") for n in range(KEPT))
    assert lowered_document(4, first[:1]) == {"count": 4, "objects": [
        {"root": ROOT, "path": "a", "attribute": "erasure coding", "wanted": EC, "given": "none, replication 1"}]}
