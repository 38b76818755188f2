"""S2.9, I8, I9: what gathering reads from two snapshots is enough to bring any target there, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoop_dr.domain.paths import in_work_area
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.tree.file_attributes import DiffPage
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges
from hadoop_dr.services.transfer.changes.snapshot_tree import ReadLimits
from model.edits import Edit, beginnings, edits, make
from model.namenode import ROOT, TreeNameNode
from model.target import Placing, copied, items_between
from model.tree import Tree

relaxed = settings(max_examples=60, deadline=None)
few = ReadLimits(threads=2, ahead=4)
DIFF_SHOWS = frozenset({"mkdir", "put", "append", "rename", "swap", "delete", "replace", "back", "mode", "owner", "acl",
                        "xattr", "replication"})


def gather(namenode: TreeNameNode, older: str | None, newer: str, *, audit: bool = False) -> list[Item]:
    return ReadChanges(cast(NameNode, namenode), few).items(ROOT, older, newer, audit=audit)


def shown(history: list[Edit]) -> list[Edit]:
    """Without what a diff hides: times alone, and rewrites to the same length."""
    return [edit for edit in history if edit[0] in DIFF_SHOWS]


def without_hidden(tree: Tree) -> dict[str, object]:
    """A picture without the times of directories: one made and moved away leaves only a time, which a diff hides."""
    return {path: (node.content, replace(node.facts(), mtime_ms=0 if node.children is not None else node.mtime_ms),
                   node.extras()) for path, node in tree.walk()}


def placed(target: Tree, source: Tree, baseline: Tree, items: list[Item]) -> Tree:
    plan = make_plan(items, unit_files=3, unit_bytes=20, directory_limit=1000)
    placing = Placing(target, source, baseline, items, plan)
    placing.stage()
    for step in placing.steps():
        step()
    return target


@relaxed
@given(beginnings, edits)
def test_a_diff_and_a_few_listings_are_enough(first: list[Edit], then: list[Edit]) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, shown(then)).snapshot()
    items = gather(TreeNameNode({"a": older, "b": newer}), "a", "b")
    assert without_hidden(placed(copied(older), newer, older, items)) == without_hidden(newer)


@relaxed
@given(beginnings, edits, st.booleans())
def test_an_audit_also_finds_what_the_diff_hides(first: list[Edit], then: list[Edit], diff_fails: bool) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    items = gather(TreeNameNode({"a": older, "b": newer}, diff_fails=diff_fails), "a", "b", audit=True)
    assert placed(copied(older), newer, older, items).picture() == newer.picture()


@relaxed
@given(beginnings, edits)
def test_a_diff_that_fails_is_replaced_by_full_listings(first: list[Edit], then: list[Edit]) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, [edit for edit in then if edit[0] != "xattr"]).snapshot()
    items = gather(TreeNameNode({"a": older, "b": newer}, diff_fails=True), "a", "b")
    assert placed(copied(older), newer, older, items).picture() == newer.picture()


@relaxed
@given(beginnings, edits, st.integers(0, 10**6), st.booleans())
def test_an_incomplete_diff_is_noticed_or_harmless(
    first: list[Edit], then: list[Edit], lost: int, audit: bool
) -> None:
    """One entry of a rename, creation or deletion is missing from the diff."""
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, shown(then)).snapshot()
    namenode = _Forgetful({"a": older, "b": newer})
    namenode.lost = lost
    items = gather(namenode, "a", "b", audit=audit)
    assert without_hidden(placed(copied(older), newer, older, items)) == without_hidden(newer)


class _Forgetful(TreeNameNode):
    lost = 0

    def pages(self, pages: Sequence[DiffPage]) -> Sequence[DiffPage]:
        entries = [entry for page in pages for entry in (*page.created, *page.deleted)]
        if not entries:
            return pages
        gone = entries[self.lost % len(entries)]
        return [replace(page, created=tuple(e for e in page.created if e != gone),
                        deleted=tuple(e for e in page.deleted if e != gone)) for page in pages]


@relaxed
@given(beginnings, edits)
def test_the_older_snapshot_can_be_the_goal(first: list[Edit], then: list[Edit]) -> None:
    """Undo and the repair of drift: the same reading, the other way round."""
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, shown(then)).snapshot()
    items = gather(TreeNameNode({"a": older, "b": newer}), "b", "a")
    assert without_hidden(placed(copied(newer), older, newer, items)) == without_hidden(older)


@settings(relaxed, max_examples=60)
@given(beginnings, edits, st.integers(0, 10**6), st.booleans())
def test_an_interrupted_placement_is_undone_from_the_targets_own_snapshot(
    first: list[Edit], then: list[Edit], stop: int, diff_fails: bool
) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    target = copied(older)
    sealed = target.snapshot()
    items = items_between(older, newer)
    plan = make_plan(items, unit_files=3, unit_bytes=20, directory_limit=1000)
    placing = Placing(target, newer, older, items, plan)
    placing.stage()
    steps = placing.steps()
    for step in steps[: stop % (len(steps) + 1)]:
        step()

    halfway = target.snapshot()
    namenode = TreeNameNode({"sealed": sealed, "halfway": halfway}, diff_fails=diff_fails)
    back = gather(namenode, "halfway", "sealed", audit=True)
    assert not any(in_work_area(item.new or "") for item in back)
    parked = {inode for inode, path in halfway.paths().items() if "/park/" in path}
    assert not any(item.old is None and item.inode in parked for item in back), "copied, not taken back"
    undo = make_plan(back, unit_files=3, unit_bytes=20, directory_limit=1000)
    undoing = Placing(target, sealed, halfway, back, undo, work=".hadoop-dr/1-8")
    undoing.stage()
    for step in undoing.steps():
        step()
    assert target.picture() == sealed.picture()


@relaxed
@given(beginnings)
def test_without_a_baseline_everything_is_new_but_the_root(first: list[Edit]) -> None:
    source = make(Tree(), first).snapshot()
    items = gather(TreeNameNode({"a": source}), None, "a")
    assert {item.new for item in items} == {path for path, _ in source.walk()}
    assert [item.new for item in items if item.content is not Content.WHOLE] == [""]
    empty = Tree(7_000_000)
    assert placed(empty, source, Tree(), items).picture() == source.picture()


@pytest.mark.parametrize("history", [[("rewrite", 0, 1, 5)], [("touch", 0, 1, 5)]])
def test_the_model_hides_what_a_namenode_hides(history: list[Edit]) -> None:
    """Guards the audit's tests: without the audit these changes are missed."""
    live = Tree()
    live.put("f+", b"0123456789")
    older = live.snapshot()
    newer = make(live, history).snapshot()
    assert gather(TreeNameNode({"a": older, "b": newer}), "a", "b") == []
    assert gather(TreeNameNode({"a": older, "b": newer}), "a", "b", audit=True) != []
