"""I6, I9: whatever happened between two snapshots, the plan brings a target there, also when it is interrupted."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hadoop_dr.domain.plan.root_plan import Plan, make_plan
from hadoop_dr.domain.tree.items import Content, Item
from model.edits import Edit, beginnings, edits, make
from model.target import Placing, copied, items_between
from model.tree import BLOCK_SIZE, Tree

pytestmark = pytest.mark.timeout(300)
limits = st.sampled_from([(1, 1), (2, 100), (3, 8), (1000, 1 << 30)])
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def plan_of(items: list[Item], unit: tuple[int, int]) -> Plan:
    return make_plan(items, unit_files=unit[0], unit_bytes=unit[1], directory_limit=1000)


def two_snapshots(first: list[Edit], then: list[Edit]) -> tuple[Tree, Tree]:
    live = make(Tree(), first)
    older = live.snapshot()
    return older, make(live, then).snapshot()


def place(source: Tree, baseline: Tree, target: Tree, unit: tuple[int, int]) -> Placing:
    items = items_between(baseline, source)
    placing = Placing(target, source, baseline, items, plan_of(items, unit))
    placing.stage()
    return placing


@relaxed
@given(beginnings, edits, limits)
def test_a_target_becomes_the_newer_snapshot_attribute_by_attribute(
    first: list[Edit], then: list[Edit], unit: tuple[int, int]
) -> None:
    older, newer = two_snapshots(first, then)
    target = copied(older)
    for step in place(newer, older, target, unit).steps():
        step()
    assert target.picture() == newer.picture()


@relaxed
@given(beginnings, edits, limits)
def test_undo_returns_the_older_snapshot(first: list[Edit], then: list[Edit], unit: tuple[int, int]) -> None:
    older, newer = two_snapshots(first, then)
    target = copied(newer)
    for step in place(older, newer, target, unit).steps():
        step()
    assert target.picture() == older.picture()


@settings(relaxed, max_examples=60)
@given(beginnings, edits, limits)
def test_every_interrupted_beginning_is_repaired_by_a_full_replay(
    first: list[Edit], then: list[Edit], unit: tuple[int, int]
) -> None:
    older, newer = two_snapshots(first, then)
    staged = place(newer, older, copied(older), unit)
    for stop in range(len(staged.steps()) + 1):
        again = Placing(staged.target.snapshot(), newer, older, list(staged.items.values()), staged.plan)
        again.bound, again.staged = staged.bound, staged.staged
        steps = again.steps()
        for step in steps[:stop]:
            step()
        for step in steps:
            step()
        assert again.target.picture() == newer.picture(), f"interrupted after {stop}"


@settings(relaxed, max_examples=60)
@given(beginnings, edits, limits, st.lists(st.integers(0, 200), max_size=4))
def test_many_interruptions_in_a_row_still_converge(
    first: list[Edit], then: list[Edit], unit: tuple[int, int], stops: list[int]
) -> None:
    older, newer = two_snapshots(first, then)
    placing = place(newer, older, copied(older), unit)
    steps = placing.steps()
    for stop in [*(stop % (len(steps) + 1) for stop in stops), len(steps)]:
        for step in steps[:stop]:
            step()
    assert placing.target.picture() == newer.picture()


@relaxed
@given(beginnings, edits, limits)
def test_nothing_is_parked_that_can_stay_and_no_known_block_is_staged(
    first: list[Edit], then: list[Edit], unit: tuple[int, int]
) -> None:
    older, newer = two_snapshots(first, then)
    placing = place(newer, older, copied(older), unit)
    for inode in placing.plan.park:
        item = placing.items[inode]
        stays = item.content is Content.SAME and _holder(older, inode) == _holder(newer, inode)
        goes_along = inode not in newer.nodes and _holder(older, inode)[0] not in newer.nodes
        assert not stays
        assert not goes_along
    known = {number for node in older.nodes.values() for number, part in node.data if len(part) == BLOCK_SIZE}
    for unit_of_work in placing.plan.units:
        item = placing.items[unit_of_work.inode]
        if item.content is Content.TAIL:
            assert newer.nodes[item.inode].blocks().blocks[item.keep_bytes // BLOCK_SIZE].id not in known


def _holder(tree: Tree, inode: int) -> tuple[int, str]:
    held = {i: (node.inode, name) for node in tree.nodes.values() for name, i in (node.children or {}).items()}
    return held.get(inode, (0, ""))
