"""What a full look at a small root showed, in a few characters (I9)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.inventory import Entry
from hadoop_dr.domain.tree.seen import UNSEEN, facts_digest, listing_digests

FILE = FileAttributes(FileKind.FILE, 1, "a|b", "g", 0o644, 3, 4, 1000)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "a", "g", 0o755, 0, 0, 1000)
WAS = [Entry("", 1, DIRECTORY), Entry("d ü", 2, DIRECTORY), Entry("d ü/e%20\n", 3, FILE), Entry("x\udcff", 4, FILE)]


@pytest.mark.parametrize("now", [
    WAS[:3],
    [*WAS[:3], Entry("x", 4, FILE)],
    [*WAS[:3], Entry("x\udcff", 4, replace(FILE, mtime_ms=1001))],
    [*WAS[:3], Entry("x\udcff", 4, replace(FILE, mode=0o600))],
    [*WAS[:3], Entry("x\udcff", 4, replace(FILE, has_acl=True))],
    [*WAS[:1], Entry("d ü", 2, replace(DIRECTORY, kind=FileKind.SYMLINK)), *WAS[2:]],
])  # fmt: skip
def test_whatever_a_listing_shows_to_be_other_has_other_digests(now: list[Entry]) -> None:
    assert not set(listing_digests(now)) & set(listing_digests(WAS))


def test_another_item_of_the_same_attributes_in_its_place_shows_in_the_listing_alone() -> None:
    (listing, facts), now = listing_digests(WAS), [*WAS[:3], Entry("x\udcff", 9, FILE)]
    assert listing_digests(now) == (listing_digests(now)[0], facts)
    assert listing_digests(now)[0] != listing


def test_the_root_itself_does_not_count_and_a_copy_with_other_inode_ids_has_the_same_facts() -> None:
    assert listing_digests(WAS[1:]) == listing_digests(WAS)
    assert facts_digest((one.path, one.facts) for one in WAS[1:]) == listing_digests(WAS)[1]
    assert UNSEEN.listing == UNSEEN.blocks == UNSEEN.facts == ""
