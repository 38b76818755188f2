"""Only the attributes that differ are set, and all of them on what a run made (I9)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.domain.plan.attributes_to_set import NOTHING, AttributesToSet, attributes_to_set
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

FILE = FileAttributes(FileKind.FILE, 5, "ö", "g h", 0o640, 2, 1024, 7)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "ö", "g h", 0o750, 0, 0, 7)
ALL = AttributesToSet("ö", "g h", 0o640, 2, 7)


def item(was: FileAttributes | None, now: FileAttributes = FILE, **more: Any) -> Item:
    return Item(1, None if was is None else "a %", "a %", was, now, **more)


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        ({}, NOTHING),
        ({"owner": "x"}, AttributesToSet("ö", "g h")),
        ({"group": "x"}, AttributesToSet("ö", "g h")),
        ({"mode": 0o600}, AttributesToSet(mode=0o640)),
        ({"replication": 3}, AttributesToSet(replication=2)),
        ({"mtime_ms": 8}, AttributesToSet(mtime_ms=7)),
        ({"storage_policy": 12}, NOTHING),
    ],
)
def test_of_a_file_that_stays_what_differs_is_set(change: dict[str, Any], wanted: AttributesToSet) -> None:
    assert attributes_to_set(item(replace(FILE, **change))) == wanted


def test_what_a_run_made_or_filled_gets_all_of_them() -> None:
    assert attributes_to_set(item(None)) == attributes_to_set(item(FILE), made=True) == ALL
    for content in (Content.WHOLE, Content.TAIL):
        assert attributes_to_set(item(FILE, content=content)) == ALL


def test_a_directory_gets_its_time_back_unless_times_are_left_out() -> None:
    assert attributes_to_set(item(DIRECTORY, DIRECTORY)) == AttributesToSet(mtime_ms=7)
    assert attributes_to_set(item(DIRECTORY, DIRECTORY), times=False) == NOTHING
    assert attributes_to_set(item(None, DIRECTORY)).replication is None


def test_the_mode_follows_an_acl_that_is_set_and_a_striped_file_has_no_replication() -> None:
    acl = AclAndXattrs(("user:a:r-x",))
    assert attributes_to_set(item(FILE, now_extras=acl)) == AttributesToSet(mode=0o640)
    striped = replace(FILE, erasure_coding="RS-6-3-1024k")
    assert attributes_to_set(item(None, striped)).replication is None
