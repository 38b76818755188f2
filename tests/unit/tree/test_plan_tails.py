"""Which bytes need not cross again: block ids prove it, lengths and times do not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.plan.unchanged_bytes import content_of, leading_bytes, within
from hadoop_dr.domain.tree.file_attributes import Block, Blocks, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content

WAS = FileAttributes(FileKind.FILE, 12, "a", "b", 0o644, 3, 4, 1000)


def blocks(*pairs: tuple[int, int], under_construction: bool = False) -> Blocks:
    return Blocks(tuple(Block(*pair) for pair in pairs), under_construction)


OLD = blocks((1, 4), (2, 4), (3, 4))


@pytest.mark.parametrize(("old", "new", "kept"), [
    (blocks((1, 4), (2, 2)), blocks((1, 4), (2, 4), (3, 1)), 4),          # the last block grew
    (blocks((1, 4), (2, 4)), blocks((1, 4), (2, 4), (3, 1)), 8),          # a full last block stays
    (blocks((1, 4), (2, 4)), blocks((1, 4), (5, 4)), 4),                  # cut inside a block and filled again
    (blocks((1, 4), (2, 4)), blocks((5, 4), (2, 4)), 0),                  # overwritten
    (blocks((1, 4), (2, 4)), blocks((1, 4)), 4),                          # cut at a boundary
    (blocks((1, 3), (2, 4)), blocks((1, 3), (2, 4), (3, 4)), 0),          # joined from short blocks
    (blocks(), blocks((1, 4)), 0),
])
def test_only_leading_full_blocks_of_equal_ids_are_kept(old: Blocks, new: Blocks, kept: int) -> None:
    assert leading_bytes(old, new, 4) == kept


def test_the_last_block_counts_only_as_far_as_the_file_went_in_the_snapshot() -> None:
    """A NameNode shows it as it has grown since."""
    assert within(OLD, 9) == blocks((1, 4), (2, 4), (3, 1))
    was, now = replace(WAS, length=9), replace(WAS, length=14, mtime_ms=2000)
    assert content_of(was, now, OLD, blocks((1, 4), (2, 4), (3, 4), (4, 2))) == (Content.TAIL, 8)


def test_equal_length_and_time_without_any_doubt_are_the_same_bytes() -> None:
    assert content_of(WAS, replace(WAS, owner="c"), None, None) == (Content.SAME, 0)


@pytest.mark.parametrize("change", [{"length": 13}, {"mtime_ms": 2000}])
def test_without_blocks_any_sign_of_change_means_every_byte(change: dict[str, int]) -> None:
    assert content_of(WAS, replace(WAS, **change), None, None) == (Content.WHOLE, 0)


def test_another_time_alone_is_no_other_content_when_the_blocks_are_the_same() -> None:
    assert content_of(WAS, replace(WAS, mtime_ms=2000), OLD, OLD) == (Content.SAME, 0)


def test_a_rewrite_to_the_same_length_with_its_time_put_back_is_seen_in_the_blocks() -> None:
    assert content_of(WAS, WAS, OLD, blocks((1, 4), (2, 4), (9, 4))) == (Content.TAIL, 8)


@pytest.mark.parametrize(("was", "now"), [
    ({"encrypted": True}, {"encrypted": True}), ({}, {"encrypted": True}),
    ({"erasure_coding": "RS-6-3"}, {"erasure_coding": "RS-6-3"}), ({"block_size": 8}, {}),
])
def test_what_hdfs_cannot_cut_and_join_is_copied_whole(was: dict[str, object], now: dict[str, object]) -> None:
    before, after = replace(WAS, **was), replace(WAS, length=14, mtime_ms=2000, **now)
    assert content_of(before, after, OLD, blocks((1, 4), (2, 4), (3, 4), (4, 2))) == (Content.WHOLE, 0)


@pytest.mark.parametrize("side", [0, 1])
def test_a_file_that_somebody_writes_is_copied_whole(side: int) -> None:
    pair = [OLD, blocks((1, 4), (2, 4), (3, 4), (4, 2))]
    pair[side] = replace(pair[side], under_construction=True)
    assert content_of(WAS, replace(WAS, length=14, mtime_ms=2000), *pair) == (Content.WHOLE, 0)


def test_a_directory_has_no_content() -> None:
    directory = FileAttributes(FileKind.DIRECTORY, 0, "a", "b", 0o755, 0, 0, 1000)
    assert content_of(directory, replace(directory, mtime_ms=2000), None, None) == (Content.SAME, 0)


def test_a_file_of_which_no_leading_block_is_the_same_is_copied_whole() -> None:
    assert content_of(WAS, replace(WAS, mtime_ms=2000), OLD, blocks((7, 4), (8, 4), (9, 4))) == (Content.WHOLE, 0)


def test_the_blocks_of_one_side_alone_prove_nothing() -> None:
    for old, new in ((OLD, None), (None, OLD)):
        assert content_of(WAS, WAS, old, new) == (Content.SAME, 0)
        assert content_of(WAS, replace(WAS, length=13), old, new) == (Content.WHOLE, 0)


def test_a_file_that_only_one_side_encrypts_or_stripes_is_not_joined() -> None:
    grown = blocks((1, 4), (2, 4), (3, 4), (4, 1))
    for field in ({"encrypted": True}, {"erasure_coding": "RS-6-3-1024k"}):
        longer = replace(WAS, length=13)
        assert content_of(replace(WAS, **field), longer, OLD, grown) == (Content.WHOLE, 0)  # type: ignore[arg-type]
        assert content_of(WAS, replace(longer, **field), OLD, grown) == (Content.WHOLE, 0)  # type: ignore[arg-type]


def test_a_file_that_is_open_stays_so_when_its_blocks_are_cut() -> None:
    assert within(blocks((1, 4), under_construction=True), 2) == blocks((1, 2), under_construction=True)
