"""I10: what somebody does to the secondary while a plan changes it is found, and nothing of ours is taken for it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hadoop_dr.domain.foreign.tree_changes import Act, Foreign, fled, is_change
from hadoop_dr.domain.paths import Moves, in_work_area, parent
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.foreign.find import CarriedOut, FindForeign
from hadoop_dr.services.transfer.changes.snapshot_tree import ReadLimits
from model.edits import Edit, beginnings, edits, make
from model.namenode import ROOT, TreeNameNode
from model.target import Placing, copied, items_between
from model.tree import Tree

pytestmark = pytest.mark.timeout(300)
limits = st.sampled_from([(1, 1), (2, 100), (3, 8), (1000, 1 << 30)])
relaxed = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = ReadLimits(threads=2, ahead=4)


@dataclass
class Run:
    """A plan on its way: the source's two snapshots, the target, and what the target was when it was planned."""

    older: Tree
    newer: Tree
    target: Tree
    base: Tree
    placing: Placing
    fled: set[str] = field(default_factory=set)

    @classmethod
    def planned(cls, first: list[Edit], then: list[Edit], unit: tuple[int, int], sparse: bool = True) -> Run:
        live = make(Tree(), first)
        older = live.snapshot()
        newer = make(live, then).snapshot()
        target = copied(older)
        base = target.snapshot()
        items = items_between(older, newer)
        if sparse:
            items = without_company(items)
        plan = make_plan(items, unit_files=unit[0], unit_bytes=unit[1], directory_limit=1000)
        return cls(older, newer, target, base, Placing(target, newer, older, items, plan))

    def place(self) -> None:
        self.placing.stage()
        for step in self.placing.steps():
            step()

    def foreign(self, *, complete: bool = True, diff_fails: bool = False) -> list[Foreign]:
        """What is told of the target as it is now."""
        snapshots = {"base": self.base, "candidate": self.target.snapshot()}
        namenode = cast(NameNode, TreeNameNode(snapshots, diff_fails=diff_fails))
        carried = CarriedOut(ROOT, "base", "candidate", list(self.placing.items.values()), self.placing.plan,
                          self.placing.staged, complete=complete)  # fmt: skip
        find = FindForeign(namenode, few)
        [changes] = find.differences([carried])
        self.fled = set(fled(carried.items, (), changes))
        return find.run(carried, changes)


def without_company(items: list[Item]) -> list[Item]:
    """Leaves out what only went along with its directory: a plan made from a difference does not name it."""
    left = list(items)
    for item in items:
        others = Moves({one.old: one.new for one in left if one.old and one is not item})
        if item.old and not is_change(replace(item, new=item.old)) and others.of(item.old) == item.new:
            holders = {parent(path) for one in left if one is not item for path in (one.old, one.new) if path}
            left = left if {item.old, item.new} & holders else [one for one in left if one is not item]
    return left


@relaxed
@given(beginnings, edits, limits, st.booleans())
def test_nothing_that_a_plan_did_is_taken_for_somebody_elses(
    first: list[Edit], then: list[Edit], unit: tuple[int, int], diff_fails: bool
) -> None:
    run = Run.planned(first, then, unit, sparse=not diff_fails)
    run.place()
    assert run.foreign(diff_fails=diff_fails) == []


@settings(relaxed, max_examples=60)
@given(beginnings, edits, limits)
def test_nothing_of_a_plan_that_was_carried_out_in_part_is_taken_for_somebody_elses(
    first: list[Edit], then: list[Edit], unit: tuple[int, int]
) -> None:
    run = Run.planned(first, then, unit)
    run.placing.stage()
    for stop, step in enumerate(run.placing.steps()):
        assert run.foreign(complete=False) == [], f"after {stop} steps"
        step()


@relaxed
@given(beginnings, edits, limits, st.lists(edits, max_size=1), edits)
def test_every_foreign_change_of_a_random_run_is_found(
    first: list[Edit], then: list[Edit], unit: tuple[int, int], before: list[list[Edit]], after: list[Edit]
) -> None:
    """Before the plan is carried out, as far as that lets it, and afterwards; of each its place in the tree is told."""
    run = Run.planned(first, then, unit)
    for history in before:
        make(run.target, history)
    try:
        run.place()
    except AssertionError:
        assume(False)  # place stops there, and says so
    make(run.target, after)
    told = run.foreign()
    covered = {one.path for one in told} | {one.detail for one in told if one.act is Act.MOVED}
    for path in strange(run):
        assert any(path == at or path.startswith(f"{at}/") for at in covered), (path, told)


@relaxed
@given(beginnings, edits, limits, edits)
def test_only_what_somebody_touched_is_told(
    first: list[Edit], then: list[Edit], unit: tuple[int, int], after: list[Edit]
) -> None:
    run = Run.planned(first, then, unit)
    run.place()
    clean = run.target.snapshot()
    make(run.target, after)
    was, now = clean.paths(), run.target.paths()
    touched = {path for inode in was.keys() | now.keys() if changed(inode, clean, run.target)
               for path in (was.get(inode), now.get(inode))}  # fmt: skip
    assert [one for one in run.foreign() if one.path not in touched] == []


def changed(inode: int, clean: Tree, now: Tree) -> bool:
    if clean.paths().get(inode) != now.paths().get(inode):
        return True
    was, is_now = clean.nodes[inode], now.nodes[inode]
    return (was.facts(), was.extras()) != (is_now.facts(), is_now.extras())


def test_a_directory_that_left_one_that_is_gone_brings_along_what_no_plan_names() -> None:
    """The secondary's difference shows it as new, with all in it; the primary's may show it as moved."""
    live = Tree()
    for path in ("d", "d/e ü", "d/e ü/in%"):
        live.mkdir(path)
    for path in ("d/e ü/f", "d/e ü/in%/g", "d/h"):
        live.put(path, path.encode())
    older = live.snapshot()
    live.rename("d/e ü", "e ü")
    live.delete("d")
    newer, target = live.snapshot(), copied(older)
    items = without_company(items_between(older, newer))
    assert {item.old for item in items}.isdisjoint({"d/e ü/f", "d/e ü/in%/g"})
    plan = make_plan(items, unit_files=3, unit_bytes=100, directory_limit=1000)
    run = Run(older, newer, target, target.snapshot(), Placing(target, newer, older, items, plan))
    run.place()
    assert run.foreign() == []
    target.put("e ü/in%/theirs", b"x")
    target.put("e ü/f", b"other")
    assert {(one.path, one.act) for one in run.foreign()} == {
        ("e ü/in%/theirs", Act.MADE), ("e ü/f", Act.REPLACED)}  # fmt: skip


def strange(run: Run) -> set[str]:
    """What differs from the newer snapshot of the source, as a reader sees it.

    Not the bytes of a file of the same length, which no difference shows. Of items that the plan brought, and of files
    that it changed, not ACL entries and extended attributes, nor what is again exactly as it was before the run:
    verification compares those, and nothing of anybody's is lost when they are mended.
    """
    items = run.placing.items.values()
    brought = {item.new for item in items if item.old is None or not item.is_dir or item.old in run.fled}
    wanted, got, base = (seen(tree, brought) for tree in (run.newer, run.target, run.base))
    stay = [(item.old, item.new) for item in items if item.old is not None and item.new is not None]
    back = {new for old, new in stay if base.get(old) == got.get(new)}
    return {path for path in wanted.keys() | got.keys() if wanted.get(path) != got.get(path)} - back


def seen(tree: Tree, brought: set[str | None]) -> dict[str, object]:
    found: dict[str, object] = {}
    for path, node in tree.walk():
        facts = node.facts()
        what = (facts.kind, facts.length, facts.owner, facts.group, facts.mode, facts.has_acl)
        found[path] = (what, NO_ACL_OR_XATTRS if path in brought else node.extras())
    return {path: what for path, what in found.items() if not in_work_area(path)}
