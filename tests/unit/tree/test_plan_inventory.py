"""Full listings side by side: changes found without a diff (I9)."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.inventory import (
    Audit,
    Entry,
    audit_of,
    changes_between,
    contradiction,
    hidden,
    looked_through,
    namenode_order,
    names_left,
    order,
    other_blocks,
    paired_by_path,
    refilled,
)
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, merge, with_moves
from model.edits import Edit, beginnings, edits, make
from model.tree import Tree, listed_diff

FILE = FileAttributes(FileKind.FILE, 1, "a", "g", 0o644, 3, 4, 1000)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "a", "g", 0o755, 0, 0, 1000)


def listing(tree: Tree) -> list[Entry]:
    return sorted((Entry(path, node.inode, node.facts()) for path, node in tree.walk()), key=lambda e: order(e.path))


@given(beginnings, edits)
def test_the_names_that_are_left_are_counted_on_from_what_comes_and_goes(first: list[Edit], then: list[Edit]) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    before, after = ({entry.inode for entry in listing(tree)} for tree in (older, newer))
    items = [Item(inode, "x" if inode in before else None, "x" if inode in after else None, FILE, FILE)
             for inode in before | after]  # fmt: skip
    assert names_left(len(before), items) == len(after)


@given(beginnings, edits)
def test_listings_tell_exactly_what_changed_by_inode(first: list[Edit], then: list[Edit]) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    changes = changes_between(listing(older), listing(newer))
    was, now = older.paths(), newer.paths()
    above = [{i: (n.inode, name) for n in t.nodes.values() for name, i in (n.children or {}).items()}
             for t in (older, newer)]
    new, gone, lived = now.keys() - was.keys(), was.keys() - now.keys(), was.keys() & now.keys()
    assert {(c.inode, c.new) for c in changes.created} == {(i, now[i]) for i in new if above[1][i][0] not in new}
    assert {(c.inode, c.old) for c in changes.deleted} == {(i, was[i]) for i in gone if above[0][i][0] not in gone}
    assert {(c.inode, c.old, c.new) for c in changes.renamed} == {
        (i, was[i], now[i]) for i in lived if above[0].get(i) != above[1].get(i)}
    assert {(c.inode, c.old, c.new) for c in changes.modified} == {
        (i, was[i], now[i]) for i in lived if timed(older, i) != timed(newer, i)}


def timed(tree: Tree, inode: int) -> FileAttributes:
    """Attributes of an item; a root's time is that of its snapshot."""
    facts = tree.nodes[inode].facts()
    return facts if tree.paths()[inode] else replace(facts, mtime_ms=0)


def test_a_root_of_which_only_the_time_differs_is_unchanged_and_any_other_directory_is_not() -> None:
    later, closed = replace(DIRECTORY, mtime_ms=2000), replace(DIRECTORY, mtime_ms=2000, mode=0o700)
    assert changes_between([Entry("", 1, DIRECTORY)], [Entry("", 1, later)]) == Changes()
    for path, facts in (("", closed), ("a b", later)):
        found = changes_between([Entry(path, 1, DIRECTORY)], [Entry(path, 1, facts)])
        assert found == Changes(modified=(Change(1, path, path),))


def test_a_tree_listed_twice_has_no_changes() -> None:
    tree = make(Tree(), [("mkdir", 0, 0, 3), ("put", 1, 5, 9)])
    assert changes_between(listing(tree), listing(tree)) == Changes()


def test_of_what_is_alike_in_both_listings_nothing_is_kept() -> None:
    class Watched(Entry):
        pass

    told: list[weakref.ref[Watched]] = []

    def listed() -> Iterator[Entry]:
        for n in range(50):
            entry = Watched(f"a {n:02}", n, FILE)
            told.append(weakref.ref(entry))
            assert sum(one() is not None for one in told) < 10
            yield entry

    assert changes_between(listed(), listed()) == Changes()
    assert len(told) == 100


def test_what_lies_at_its_path_in_another_directory_of_the_same_name_was_moved_there() -> None:
    was = [Entry("d ü", 1, DIRECTORY), Entry("d ü/x", 2, FILE)]
    assert changes_between(was, [Entry("d ü", 3, DIRECTORY), was[1]]) == Changes(
        created=(Change(3, None, "d ü"),), deleted=(Change(1, "d ü", None),), renamed=(Change(2, "d ü/x", "d ü/x"),))


def test_a_listing_out_of_order_is_refused_instead_of_misread() -> None:
    mixed = [Entry("b", 1, FILE), Entry("a", 2, FILE)]
    with pytest.raises(ValueError, match="out of order at 'a'"):
        list(paired_by_path(mixed, []))
    with pytest.raises(ValueError, match="out of order at 'b'"):
        list(paired_by_path([], [mixed[0], mixed[0]]))


def test_a_subtree_stays_together_beside_names_that_sort_between() -> None:
    paths = ["a", "a b", "a/x", "a-", "a/x/y", ""]
    assert sorted(paths, key=order) == ["", "a", "a/x", "a/x/y", "a b", "a-"]


def test_names_come_in_the_order_of_a_namenode_to_which_a_byte_beyond_ascii_is_negative() -> None:
    assert sorted(["a", "~", "a b", "a/x", "x\udcff", "ü", "a/ü"], key=namenode_order) == [
        "ü", "a", "a/ü", "a/x", "a b", "x\udcff", "~"]  # fmt: skip


@given(beginnings, edits)
def test_a_true_diff_is_never_contradicted_by_listings(first: list[Edit], then: list[Edit]) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    found = changes_between(listing(older), listing(newer))
    assert contradiction(merge(listed_diff(older, newer)), found) is None


@pytest.mark.parametrize(("found", "where"), [
    (Changes(created=(Change(1, None, "a b"),)), "a b"),
    (Changes(deleted=(Change(1, "e%20", None),)), "e%20"),
    (Changes(renamed=(Change(1, "f+", "g=1"),)), "f+"),
])
def test_what_a_diff_does_not_tell_is_named(found: Changes, where: str) -> None:
    assert contradiction(Changes(), found) == where
    assert contradiction(found, found) is None


def test_hidden_changes_are_those_no_entry_explains() -> None:
    told = Changes(deleted=(Change(5, "gone", None),), modified=(Change(1, "f+", "f+"),))
    found = Changes(modified=(Change(1, "f+", "f+"), Change(2, "h#", "h#"), Change(3, "gone/x", "fled")))
    assert hidden(told, found) == ["h#"]


@given(beginnings, edits, st.integers(1, 3))
def test_files_with_other_blocks_are_named_wherever_they_moved_unless_the_diff_names_them(
    first: list[Edit], then: list[Edit], every: int
) -> None:
    live = make(Tree(), first)
    older = live.snapshot()
    newer = make(live, then).snapshot()
    told = merge(listed_diff(older, newer))

    def blocks(tree: Tree, shift: int) -> list[tuple[str, tuple[int, ...]]]:
        files = [entry for entry in listing(tree) if not entry.facts.is_dir]
        told = [(e.path, (e.inode, e.inode + shift * (e.inode % every == 0))) for e in files]
        return sorted(told, key=lambda item: namenode_order(item[0]))

    was, known = older.paths(), {change.new for change in told.modified}
    wanted = {e.path for e in listing(newer)
              if not e.facts.is_dir and e.inode in was and e.inode % every == 0 and e.path not in known}
    verified = {path for path in known if path is not None}
    assert set(refilled(blocks(older, 0), blocks(newer, 1000), told, verified)) == wanted
    assert set(refilled(blocks(older, 0), blocks(newer, 0), told, verified)) == set()


def test_a_moved_file_of_which_the_older_tree_told_no_blocks_is_not_named_for_them() -> None:
    told = Changes(renamed=(Change(2, "a b", "c #"),))
    assert list(refilled([], [("c #", (1,))], told, ())) == []
    assert list(refilled([("a b", (2,))], [("c #", (1,))], told, ())) == ["c #"]


def test_a_file_that_came_out_of_a_directory_that_went_is_compared_once_its_move_is_known() -> None:
    told = Changes(created=(Change(2, None, "fled #"),), deleted=(Change(1, "gone ü", None),))
    was, now = [("gone ü/f+", (1, 2)), ("gone ü/g", (3,))], [("fled #", (1, 9))]
    assert list(refilled(was, now, told, ())) == []
    moved = with_moves(told, [Change(2, "gone ü/f+", "fled #")])
    assert list(refilled(was, now, moved, ())) == ["fled #"]
    assert list(refilled(was, now, moved, {"fled #"})) == []


@pytest.mark.parametrize(
    ("names", "since_ms", "audit"),
    [
        (3, None, Audit.WHOLE),
        (3, 0, Audit.WHOLE),
        (4, None, Audit.STREAMED),
        (4, DAY_MS, Audit.STREAMED),
        (4, DAY_MS - 1, Audit.NO),
    ],
)
def test_what_is_large_is_audited_daily(names: int, since_ms: int | None, audit: Audit) -> None:
    assert audit_of(since_ms, small=names <= 3) is audit


@pytest.mark.parametrize(("most", "small"), [
    (0, {"none"}), (2, {"none"}), (3, {"none", "a b"}), (6, {"none", "a b", "c"}), (105, {"none", "a b", "c"}),
    (106, {"none", "a b", "c", "large"}),
])
def test_the_smallest_roots_are_looked_through_in_every_run_as_long_as_they_are_few_names_together(
    most: int, small: set[str]
) -> None:
    assert looked_through({"large": 100, "c": 3, "a b": 3, "none": 0}, most) == small


def test_files_with_other_blocks_than_they_had_are_named_by_both_names_and_new_ones_are_not() -> None:
    backward = Changes(created=(Change(5, None, "new"),), renamed=(Change(2, "a b", "c #"),)).backward()
    was = {"a b/x": (1, 2), "same": (3,), "refilled": (4,)}
    now = {"c #/x": (1, 9), "same": (3,), "refilled": (5,), "new": (6,)}
    assert list(other_blocks(was, now, backward)) == [("a b/x", "c #/x"), ("refilled", "refilled")]
    assert list(other_blocks({}, now, backward)) == []
