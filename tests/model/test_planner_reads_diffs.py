"""S2.9: what a NameNode lists between two snapshots, read back as the true difference of two inode tables."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hadoop_dr.domain.tree.file_attributes import DiffPage
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, invert, merge
from model.edits import Edit, beginnings, edits, make
from model.tree import Tree, listed_diff

pytestmark = pytest.mark.timeout(300)
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def holder(tree: Tree) -> dict[int, tuple[int, str]]:
    return {i: (node.inode, name) for node in tree.nodes.values() for name, i in (node.children or {}).items()}


def check(older: Tree, newer: Tree, changes: Changes) -> None:
    """Every change names the right inode at the right paths, and nothing that happened is missing."""
    was, now = older.paths(), newer.paths()
    for change in (*changes.created, *changes.deleted, *changes.renamed, *changes.modified):
        assert now.get(change.inode) == change.new, change
    for change in (*changes.created, *changes.deleted, *changes.renamed, *changes.modified):
        assert was.get(change.inode) == change.old, change
    created = {change.inode for change in changes.created}
    deleted = {change.inode for change in changes.deleted}
    renamed = {change.inode for change in changes.renamed}
    for inode in now.keys() - was.keys():
        assert _below(newer, inode, created)
    for inode in was.keys() - now.keys():
        assert _below(older, inode, deleted)
    above_old, above_new = holder(older), holder(newer)
    for inode in was.keys() & now.keys():
        if above_old.get(inode) != above_new.get(inode):
            assert inode in renamed or (_below(newer, inode, created) and _below(older, inode, deleted))


def shuffled(pages: list[DiffPage], seed: int) -> list[DiffPage]:
    """The same entries in another order, some of them twice."""
    order = random.Random(seed)
    pages = [*pages, *order.sample(pages, order.randrange(len(pages) + 1))]
    order.shuffle(pages)
    return pages


@relaxed
@given(beginnings, edits, st.integers(1, 5), st.booleans(), st.integers(0, 99))
def test_entries_become_changes_of_the_right_inodes_at_the_right_paths(
    first: list[Edit], then: list[Edit], page: int, also: bool, seed: int
) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    changes = merge(shuffled(listed_diff(older, newer, page=page, renames_also_created=also), seed))
    was = older.paths()
    fled = {change.inode: was[change.inode] for change in changes.created if change.inode in was}
    told = replace(changes, created=tuple(Change(c.inode, fled.get(c.inode), c.new) for c in changes.created))
    check(older, newer, told)
    check(newer, older, invert(told))
    assert invert(invert(changes)) == changes


@relaxed
@given(beginnings, edits)
def test_paths_are_translated_both_ways(first: list[Edit], then: list[Edit]) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    changes = merge(listed_diff(older, newer))
    was, now = older.paths(), newer.paths()
    named = {c.inode for c in changes.created}
    forward, backward = changes.forward(), changes.backward()
    for inode in was.keys() & now.keys():
        if not _below(newer, inode, named) and forward.of(was[inode]) is not None:
            assert forward.of(was[inode]) == now[inode]
            assert backward.of(now[inode]) == was[inode]


def _below(tree: Tree, inode: int, tops: set[int]) -> bool:
    above = holder(tree)
    while inode not in tops and inode in above:
        inode = above[inode][0]
    return inode in tops
