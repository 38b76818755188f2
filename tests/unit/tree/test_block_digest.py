"""The blocks of a root in a few characters."""

from __future__ import annotations

import hashlib

import pytest

from hadoop_dr.domain.tree.block_digest import block_digest

WAS = [("a b/e%20+", (1, 2)), ("ü=#", (3,)), ("x\udcff", ())]


@pytest.mark.parametrize("now", [
    [("a b/e%20+", (1, 9)), ("ü=#", (3,)), ("x\udcff", ())],
    [("a b/e%20+", (1,)), ("ü=#", (2, 3)), ("x\udcff", ())],
    [("a b/e%20+", (12,)), ("ü=#", (3,)), ("x\udcff", ())],
    [("a b/e%20+", (1, 2)), ("ü=", (3,)), ("x\udcff", ())],
    [("a b/e%20+", (1, 2)), ("ü=#", (3,))],
    [],
])  # fmt: skip
def test_other_blocks_other_paths_and_other_files_have_another_digest(now: list[tuple[str, tuple[int, ...]]]) -> None:
    assert block_digest(now) != block_digest(WAS)


def test_a_digest_that_an_older_point_kept_is_still_that_of_the_same_blocks() -> None:
    told = "a b/e%20+\0001,2\000ü=#\0003\000".encode()
    assert block_digest(WAS[:2]) == hashlib.sha256(told).hexdigest()[:32]


def test_what_lies_in_a_work_area_does_not_count() -> None:
    assert block_digest([(".hadoop-dr/billing-1-5/park/7", (7,)), *WAS]) == block_digest(WAS)
    assert block_digest([(".hadoop-drü", (7,)), *WAS]) != block_digest(WAS)
