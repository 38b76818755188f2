"""Units shared out over staging tasks, and the figures of a plan (I8)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.plan.plan_size import PlanSize, is_changed, summarise
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.plan.shards import (
    DIRECTORY_COST_BYTES,
    FILE_COST_BYTES,
    balance,
    cost_bytes,
    packed,
    shares_of_roots,
)
from hadoop_dr.domain.plan.staging_units import Unit, bytes_to_stage, split
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

sizes = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 1 << 34)), max_size=60)


def units_of(pairs: list[tuple[int, int]]) -> list[Unit]:
    return [Unit(100 + at, files, size, tuple(range(files + 1))) for at, (files, size) in enumerate(pairs)]


@given(sizes, st.integers(1, 20), st.integers(1, 30))
def test_every_unit_is_in_one_shard_and_no_shard_is_too_wide(
    pairs: list[tuple[int, int]], wanted: int, limit: int
) -> None:
    units = units_of(pairs)
    shards = balance(units, wanted=wanted, directory_limit=limit)
    assert sorted(inode for shard in shards for inode in shard.units) == [unit.inode for unit in units]
    assert all(len(shard.units) <= limit for shard in shards)
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert all(shard.units for shard in shards)
    assert shards == balance(units, wanted=wanted, directory_limit=limit)


@given(sizes, st.integers(1, 20))
def test_no_shard_costs_more_than_its_share_and_one_unit(pairs: list[tuple[int, int]], wanted: int) -> None:
    units = units_of(pairs)
    cost = {unit.inode: cost_bytes(unit) for unit in units}
    shards = balance(units, wanted=wanted, directory_limit=1000)
    dearest = max(cost.values(), default=0)
    fair = sum(cost.values()) / max(1, len(shards))
    assert all(sum(cost[inode] for inode in shard.units) <= fair + dearest for shard in shards)


def test_a_root_without_a_change_has_no_shard_and_a_point_without_one_no_task() -> None:
    assert balance([], wanted=8, directory_limit=10) == ()
    assert shares_of_roots([0, 0], most=16, useful=100) == (0, 0)
    assert packed([], most=16, useful=100) == ()


def test_many_small_roots_share_a_task_and_a_large_one_has_several() -> None:
    assert shares_of_roots([1] * 500, most=16, useful=1000) == (1,) * 500
    assert packed([1] * 500, most=16, useful=1000) == (tuple(range(500)),)
    assert shares_of_roots([2000, 10], most=16, useful=1000) == (2, 1)
    assert packed([1000, 1000, 10], most=16, useful=1000) == ((0,), (1,), (2,))


@given(st.lists(st.integers(1, 10_000), max_size=80), st.integers(1, 16), st.integers(1, 5000))
def test_every_shard_is_in_one_task_and_no_task_costs_more_than_its_share_and_one_shard(
    costs: list[int], most: int, useful: int
) -> None:
    tasks = packed(costs, most=most, useful=useful)
    assert sorted(at for task in tasks for at in task) == list(range(len(costs)))
    assert len(tasks) <= most
    fair = sum(costs) / max(1, len(tasks))
    assert all(sum(costs[at] for at in task) <= fair + max(costs) for task in tasks)
    assert all(task == tuple(sorted(task)) for task in tasks)
    counts = shares_of_roots(costs, most=most, useful=useful)
    assert sum(counts) <= len(costs) + most


def test_many_small_files_weigh_as_much_as_few_large_ones() -> None:
    small = Unit(1, 4096, 4096, tuple(range(4096)))
    large = Unit(2, 1, 4096 * FILE_COST_BYTES, (2,))
    assert abs(cost_bytes(small) - cost_bytes(large)) < 2 * FILE_COST_BYTES


def facts(length: int = 0, *, is_dir: bool = False, mtime_ms: int = 1, owner: str = "a") -> FileAttributes:
    return FileAttributes(FileKind.DIRECTORY if is_dir else FileKind.FILE, length, owner, "g", 0o755, 3, 4, mtime_ms)


ITEMS = [
    Item(1, "", "", facts(is_dir=True), facts(is_dir=True, mtime_ms=9)),
    Item(2, "keep", "keep", facts(is_dir=True), facts(is_dir=True, mtime_ms=9)),
    Item(3, "keep/grow", "keep/grow", facts(8), facts(11, mtime_ms=9), content=Content.TAIL, keep_bytes=8),
    Item(4, "keep/cut", "keep/cut", facts(12), facts(8, mtime_ms=9), content=Content.TAIL, keep_bytes=8),
    Item(5, "gone", None, facts(is_dir=True), None),
    Item(6, "gone/x", None, facts(3), None),
    Item(7, "old", "keep/new", facts(3), facts(3)),
    Item(8, "over", "over", facts(5), facts(6), content=Content.WHOLE),
    Item(9, None, "made", None, facts(is_dir=True), content=Content.WHOLE),
    Item(10, None, "made/y", None, facts(7), content=Content.WHOLE),
    Item(11, None, "made/z", None, facts(7), content=Content.WHOLE),
    Item(12, "keep/owner", "keep/owner", facts(1), facts(1, owner="b")),
    Item(13, "dir", "dir", facts(is_dir=True), facts(is_dir=True, owner="b")),
]


def test_a_plan_is_summed_up_in_the_figures_that_limits_look_at() -> None:
    plan = make_plan(ITEMS, unit_files=2, unit_bytes=1 << 30, directory_limit=100)
    assert summarise(ITEMS, plan) == PlanSize(
        park=5, mkdir=1, bring=6, tail=2, attributes=7, delete=2, files=4, bytes=3 + 6 + 7 + 7, entries=11)
    assert summarise(ITEMS, plan).steps == {
        "park": 5, "mkdir": 1, "bring": 6, "tail": 2, "attributes": 7, "delete": 2}


def test_roots_add_up() -> None:
    assert PlanSize(park=1, bytes=5) + PlanSize(park=2, entries=1) == PlanSize(park=3, bytes=5, entries=1)


def test_a_new_subtree_of_exactly_the_bytes_of_a_unit_is_staged_as_one() -> None:
    directory = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1)
    file = FileAttributes(FileKind.FILE, 10, "o", "g", 0o644, 1, 1024, 1)
    items = [Item(1, None, "d ü", None, directory), Item(2, None, "d ü/f", None, file, content=Content.WHOLE)]
    assert [split(items, unit_files=9, unit_bytes=most, directory_limit=9).made for most in (10, 9)] == [
        (), ((1, "d ü"),)]  # fmt: skip


def test_the_bytes_to_stage_are_those_of_files_that_change_but_for_what_a_tail_keeps() -> None:
    directory = FileAttributes(FileKind.DIRECTORY, 7, "o", "g", 0o755, 0, 0, 1)
    file = FileAttributes(FileKind.FILE, 10, "o", "g", 0o644, 1, 1024, 1)
    assert [bytes_to_stage(Item(1, "a", "a", file, file, content=content, keep_bytes=4))
            for content in (Content.SAME, Content.WHOLE, Content.TAIL)] == [0, 10, 6]  # fmt: skip
    assert bytes_to_stage(Item(1, None, "d", None, directory, content=Content.WHOLE)) == 0
    assert bytes_to_stage(Item(1, "gone #", None, file, None, content=Content.WHOLE)) == 0


def test_a_new_directory_holds_as_many_names_as_the_destination_allows_and_no_more() -> None:
    directory = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1)
    items = [Item(n, None, path, None, directory) for n, path in enumerate(("d ü", "d ü/a", "d ü/b"))]
    assert len(split(items, unit_files=9, unit_bytes=9, directory_limit=2).units) == 1
    with pytest.raises(Refused) as refused:
        split(items, unit_files=9, unit_bytes=9, directory_limit=1)
    assert (refused.value.subject, refused.value.problem, refused.value.remedy) == (
        "d ü", "has 2 entries, a directory of the destination may hold 1",
        "Raise dfs.namenode.fs-limits.max-directory-items on the destination")  # fmt: skip


def test_what_moves_along_with_a_directory_or_comes_back_from_where_it_waited_has_not_changed() -> None:
    file = FileAttributes(FileKind.FILE, 10, "o", "g", 0o644, 1, 1024, 1)
    along, back = Item(1, "d/x", "e ü/x", file, file), Item(2, "x", "x", file, file)
    assert [is_changed(along, False), is_changed(along, True), is_changed(back, True)] == [False, True, False]


def test_the_dearest_unit_is_dealt_first_and_a_directory_costs_its_share() -> None:
    units = [Unit(n, 1, size << 30, (n,)) for n, size in enumerate((1, 1, 2))]
    assert [shard.units for shard in balance(units, wanted=2, directory_limit=9)] == [(2,), (0, 1)]
    assert packed([1, 1, 2], most=2, useful=1) == ((2,), (0, 1))
    assert shares_of_roots([3, 2], most=2, useful=1) == (1, 1)
    assert cost_bytes(Unit(1, 2, 10, (1, 2, 3, 4, 5))) == 10 + 2 * FILE_COST_BYTES + 3 * DIRECTORY_COST_BYTES
