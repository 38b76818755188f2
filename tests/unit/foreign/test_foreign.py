"""What of a difference is somebody else's, case by case (I10); tests/model has the random ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from hadoop_dr.domain.foreign.tree_changes import (
    Act,
    Asked,
    Comparison,
    Foreign,
    expected_of,
    fled,
    is_change,
    keeps_all,
    should_be,
    together,
)
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.domain.tree.inventory import Entry
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes

FILE = FileAttributes(FileKind.FILE, 3, "hdfs", "g", 0o644, 1, 1024, 1000)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "hdfs", "g", 0o755, 0, 0, 1000)
ROOT = Item(1, "", "", DIRECTORY, DIRECTORY)


def moved(inode: int, old: str, new: str | None, facts: FileAttributes = FILE) -> Item:
    return Item(inode, old, new, facts, facts if new is not None else None)


def brought(inode: int, new: str, facts: FileAttributes = FILE) -> Item:
    return Item(inode, None, new, None, facts, NO_ACL_OR_XATTRS, NO_ACL_OR_XATTRS, Content.WHOLE)


def compared(
    items: Sequence[Item],
    changes: Changes,
    *,
    staged: dict[int, int] | None = None,
    whole: frozenset[int] = frozenset(),
    bound: dict[str, Entry] | None = None,
    unit_files: int = 100,
    complete: bool = True,
) -> Comparison:
    plan = make_plan(items, unit_files=unit_files, unit_bytes=1 << 30, directory_limit=1000)
    return Comparison(changes, expected_of(items, plan, staged or {}, whole, bound or {}, complete=complete))


def told(comparison: Comparison) -> set[tuple[str, Act, str]]:
    return {(one.path, one.act, one.detail) for one in comparison.found}


# -- what was there before
def test_what_a_plan_moves_removes_and_brings_is_nobodys_but_its_own() -> None:
    items = [ROOT, moved(2, "a b", "ü/a b"), moved(3, "goes", None), brought(4, "came#")]
    comparison = compared(
        items,
        Changes(
            created=(Change(900, None, "came#"),),
            deleted=(Change(30, "goes", None),),
            renamed=(Change(20, "a b", "ü/a b"),),
            modified=(Change(1, "", ""),),
        ),
        staged={4: 900},
    )
    comparison.listed([Entry("came#", 900, FILE)])
    assert comparison.found == []
    assert comparison.tops == ["came#"]
    assert [(asked.old, asked.item) for asked in comparison.asked] == [("", ROOT)]


def test_what_came_back_to_its_own_place_from_parking_is_no_change() -> None:
    tail = replace(moved(2, "f", "f"), content=Content.TAIL, keep_bytes=1)
    assert told(compared([tail], Changes(renamed=(Change(20, "f", "f"),), modified=(Change(20, "f", "f"),)))) == set()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (Changes(created=(Change(9, None, "x"),)), {("x", Act.MADE, "")}),
        (Changes(deleted=(Change(9, "x", None),)), {("x", Act.DELETED, "")}),
        (Changes(renamed=(Change(9, "x", "y"),)), {("x", Act.MOVED, "y")}),
    ],
    ids=["made", "deleted", "moved"],
)
def test_what_no_plan_speaks_of_is_somebody_elses(changes: Changes, wanted: set[tuple[str, Act, str]]) -> None:
    assert told(compared([ROOT], changes)) == wanted


def test_what_a_plan_moved_and_somebody_moved_on_is_told_where_it_should_be() -> None:
    items = [moved(2, "a", "b")]
    assert told(compared(items, Changes(renamed=(Change(20, "a", "c"),)))) == {("b", Act.MOVED, "c")}
    assert told(compared(items, Changes())) == {("b", Act.MOVED, "a")}
    assert told(compared(items, Changes(deleted=(Change(20, "a", None),)))) == {("b", Act.DELETED, "")}


def test_what_should_have_gone_and_was_taken_away_before_it_went_is_told() -> None:
    items = [moved(2, "d", None, DIRECTORY), moved(3, "d/x", None)]
    changes = Changes(deleted=(Change(20, "d", None),), renamed=(Change(30, "d/x", "saved"),))
    assert told(compared(items, changes)) == {("d/x", Act.MOVED, "saved")}
    assert told(compared(items, Changes())) == set()  # verification says that it is still there


def test_what_somebody_moved_takes_all_below_along_and_is_told_once() -> None:
    items = [moved(2, "d/x", "d/y"), brought(4, "d/new")]
    changes = Changes(
        created=(Change(900, None, "e/new"),), renamed=(Change(10, "d", "e"), Change(20, "d/x", "e/y"))
    )  # fmt: skip
    comparison = compared(items, changes, staged={4: 900})
    comparison.listed([Entry("e/new", 900, FILE)])
    assert told(comparison) == {("d", Act.MOVED, "e")}


def test_of_what_somebody_removed_only_the_top_is_told() -> None:
    items = [moved(2, "d/x", "d/y"), brought(4, "d/new")]
    comparison = compared(items, Changes(deleted=(Change(10, "d", None),)), staged={4: 900})
    comparison.listed([])
    assert told(comparison) == {("d", Act.DELETED, "")}


def test_what_was_saved_from_a_directory_that_somebody_removed_is_told_as_well() -> None:
    items = [moved(2, "d/x", "d/y")]
    changes = Changes(deleted=(Change(10, "d", None),), renamed=(Change(20, "d/x", "z"),))
    assert told(compared(items, changes)) == {("d", Act.DELETED, ""), ("d/y", Act.MOVED, "z")}


def test_what_comes_out_of_a_directory_that_is_gone_is_known_by_its_inode() -> None:
    items = [moved(2, "d", None, DIRECTORY), moved(3, "d/x", "x"), replace(moved(5, "d/t", "t"), content=Content.WHOLE)]
    changes = Changes(created=(Change(30, None, "x"), Change(901, None, "t")), deleted=(Change(20, "d", None),))
    assert fled(items, (), changes) == ["d/x"]
    comparison = compared(items, changes, staged={5: 901}, bound={"d/x": Entry("d/x", 30, FILE)})
    comparison.listed([Entry("x", 30, FILE), Entry("t", 901, FILE)])
    assert told(comparison) == set()
    assert fled(items, (), Changes(renamed=(Change(30, "d/x", "x"),), deleted=(Change(20, "d", None),))) == []


def test_what_came_along_out_of_a_directory_that_is_gone_is_no_strangers_though_no_plan_names_it() -> None:
    items = [moved(2, "d", None, DIRECTORY), moved(3, "d/e", "e", DIRECTORY), moved(4, "d/e/went", None)]
    changes = Changes(created=(Change(30, None, "e"),), deleted=(Change(20, "d", None),))
    there = {"d/e": 30, "d/e/f": 31, "d/e/went": 32}
    bound = {path: Entry(path, inode, DIRECTORY if inode == 30 else FILE) for path, inode in there.items()}
    comparison = compared(items, changes, bound=bound)
    comparison.listed([Entry("e", 30, DIRECTORY), Entry("e/f", 31, FILE)])
    assert told(comparison) == set()
    strange = compared(items, changes, bound=bound)
    strange.listed([Entry("e", 30, DIRECTORY), Entry("e/f", 99, FILE), Entry("e/theirs", 98, FILE)])
    assert told(strange) == {("e/f", Act.REPLACED, ""), ("e/theirs", Act.MADE, "")}


def test_what_came_out_of_a_directory_that_is_gone_is_expected_as_the_plan_says_and_not_as_it_was() -> None:
    closed = replace(FILE, mode=0o600)
    items = [moved(2, "d", None, DIRECTORY), Item(3, "d/x", "x", FILE, closed)]
    changes = Changes(created=(Change(30, None, "x"),), deleted=(Change(20, "d", None),))
    comparison = compared(items, changes, bound={"d/x": Entry("d/x", 30, FILE)})
    comparison.listed([Entry("x", 30, closed)])
    assert told(comparison) == set()


# -- what is new
def test_a_plan_is_carried_out_whole_unless_somebody_says_otherwise() -> None:
    items = [brought(4, "n ü")]
    plan = make_plan(items, unit_files=9, unit_bytes=9, directory_limit=9)
    comparison = Comparison(Changes(), expected_of(items, plan, {4: 900}, (), {}))
    comparison.listed([])
    assert told(comparison) == {("n ü", Act.DELETED, "")}


def test_what_was_staged_by_an_inode_that_nobody_told_is_not_taken_for_a_strangers() -> None:
    comparison = compared([brought(4, "n ü")], Changes(created=(Change(900, None, "n ü"),)), staged={})
    comparison.listed([Entry("n ü", 900, FILE)])
    assert told(comparison) == set()


def subtree() -> list[Item]:
    return [brought(4, "n", DIRECTORY), brought(5, "n/f"), brought(6, "n/d", DIRECTORY), brought(7, "n/d/g")]


HERE = [Entry("n", 900, DIRECTORY), Entry("n/f", 901, FILE), Entry("n/d", 902, DIRECTORY), Entry("n/d/g", 903, FILE)]
CAME = Changes(created=(Change(900, None, "n"),))


def test_in_a_new_subtree_all_that_was_staged_and_nothing_else_is_expected() -> None:
    comparison = compared(subtree(), CAME, staged={4: 900})
    assert [comparison.enter(entry) for entry in HERE] == [True] * 4
    comparison.listed(HERE)
    assert told(comparison) == set()


def test_a_foreign_item_in_a_new_subtree_is_told_and_not_entered() -> None:
    comparison = compared(subtree(), CAME, staged={4: 900})
    theirs = Entry("n/d/theirs", 950, DIRECTORY)
    assert not comparison.enter(theirs)
    comparison.listed([*HERE, theirs])
    assert told(comparison) == {("n/d/theirs", Act.MADE, "")}


def test_what_is_missing_in_a_new_subtree_is_told_by_its_top() -> None:
    comparison = compared(subtree(), CAME, staged={4: 900})
    comparison.listed(HERE[:2])
    assert told(comparison) == {("n/d", Act.DELETED, "")}


def test_what_the_plan_moved_into_a_new_subtree_is_not_taken_for_a_strangers() -> None:
    items = [*subtree(), moved(8, "old", "n/old", DIRECTORY)]
    changes = replace(CAME, renamed=(Change(80, "old", "n/old"),))
    comparison = compared(items, changes, staged={4: 900})
    there = Entry("n/old", 80, DIRECTORY)
    assert not comparison.enter(there)
    comparison.listed([HERE[0], there, *HERE[1:]])
    assert told(comparison) == set()


@pytest.mark.parametrize(
    ("there", "what"),
    [
        (replace(FILE, length=9), "length 9 instead of 3"),
        (replace(FILE, mtime_ms=2), "mtime_ms 2 instead of 1000"),
        (replace(FILE, mode=0o777), "mode 777 instead of 644"),
        (replace(FILE, owner="eve"), "owner eve instead of hdfs"),
        (replace(FILE, has_acl=True), "has_acl True instead of False"),
    ],
)
def test_a_new_file_that_is_not_as_it_came_was_changed(there: FileAttributes, what: str) -> None:
    comparison = compared(subtree(), CAME, staged={4: 900})
    comparison.listed([HERE[0], Entry("n/f", 901, there), *HERE[2:]])
    assert told(comparison) == {("n/f", Act.CHANGED, what)}


def test_a_directorys_time_is_nobodys_change() -> None:
    comparison = compared(subtree(), CAME, staged={4: 900})
    comparison.listed([HERE[0], HERE[1], Entry("n/d", 902, replace(DIRECTORY, mtime_ms=5)), HERE[3]])
    assert told(comparison) == set()


def test_another_inode_in_the_place_of_what_was_staged_replaced_it_with_all_below() -> None:
    comparison = compared(subtree(), Changes(created=(Change(950, None, "n"),)), staged={4: 900})
    comparison.listed([])
    assert told(comparison) == {("n", Act.REPLACED, "")}


def test_another_inode_in_the_place_of_what_was_staged_inside_a_new_directory_replaced_it() -> None:
    comparison = compared(subtree(), CAME, staged={4: 900, 5: 901, 6: 902, 7: 903}, unit_files=1)
    assert not comparison.enter(Entry("n/d", 950, DIRECTORY)) or comparison.expected.brought["n/d"].inode == 0
    comparison.listed([HERE[0], Entry("n/f", 951, FILE), *HERE[2:]])
    assert told(comparison) == {("n/f", Act.REPLACED, "")}


def test_what_was_staged_and_moved_on_is_told_with_its_way() -> None:
    comparison = compared(subtree(), Changes(created=(Change(900, None, "m"),)), staged={4: 900})
    comparison.listed([replace(entry, path="m" + entry.path[1:]) for entry in HERE])
    assert told(comparison) == {("n", Act.MOVED, "m")}


def test_a_directory_made_in_its_place_has_to_be_one() -> None:
    """A large new directory is made where it belongs, and nobody knows its inode."""
    comparison = compared(subtree(), CAME, staged={5: 901, 7: 903}, unit_files=1)
    assert comparison.tops == ["n"]
    comparison.listed([Entry("n", 900, FILE)])
    assert ("n", Act.CHANGED) in {(path, act) for path, act, _ in told(comparison)}


def test_a_tail_that_was_staged_whole_is_a_new_file() -> None:
    tail = replace(moved(2, "f", "f"), content=Content.TAIL, keep_bytes=1)
    changes = Changes(created=(Change(900, None, "f"),), deleted=(Change(20, "f", None),))
    comparison = compared([tail], changes, staged={2: 900}, whole=frozenset({2}))
    comparison.listed([Entry("f", 900, FILE)])
    assert told(comparison) == set()


# -- attributes
def test_a_modified_file_that_no_plan_speaks_of_was_changed() -> None:
    comparison = compared([ROOT], Changes(modified=(Change(9, "x", "x"),)))
    [asked] = comparison.asked
    assert should_be(asked) is None
    comparison.altered(asked, (FILE, NO_ACL_OR_XATTRS), (FILE, NO_ACL_OR_XATTRS))
    assert told(comparison) == {("x", Act.CHANGED, "")}


def test_a_modified_file_of_the_plan_is_what_the_plan_says_or_was_changed() -> None:
    item = Item(2, "f", "f", FILE, replace(FILE, mode=0o600))
    comparison = compared([item], Changes(modified=(Change(20, "f", "f"),)))
    [asked] = comparison.asked
    wanted = should_be(asked)
    assert wanted is not None
    comparison.altered(asked, wanted, (replace(FILE, mode=0o600), NO_ACL_OR_XATTRS))
    assert told(comparison) == set()
    comparison.altered(asked, wanted, (replace(FILE, mode=0o600, length=4), NO_ACL_OR_XATTRS))
    assert told(comparison) == {("f", Act.CHANGED, "length 4 instead of 3")}


def test_a_modified_file_that_the_plan_only_moves_counts_for_its_extended_attributes_as_well() -> None:
    items = [moved(2, "f", "ü/f"), Item(3, "c", "c", FILE, replace(FILE, mode=0o600))]
    assert [keeps_all(item) for item in items] == [True, False]
    assert not keeps_all(replace(items[0], now_extras=AclAndXattrs((), (("user.k", b"1"),))))
    assert not keeps_all(replace(items[0], content=Content.TAIL))
    comparison = compared(items, Changes(renamed=(Change(20, "f", "ü/f"),), modified=(Change(20, "f", "ü/f"),)))
    [asked] = comparison.asked
    wanted = should_be(asked)
    assert wanted is not None
    comparison.altered(asked, wanted, (FILE, NO_ACL_OR_XATTRS))
    assert told(comparison) == set()
    comparison.altered(asked, wanted, (FILE, AclAndXattrs((), (("user.k", b"1"),))))
    assert told(comparison) == {("ü/f", Act.CHANGED, "its ACL or extended attributes differ")}


@pytest.mark.parametrize(
    ("facts", "extras", "detail"),
    [
        (replace(DIRECTORY, mtime_ms=7), NO_ACL_OR_XATTRS, None),
        (replace(DIRECTORY, group="e-ve"), NO_ACL_OR_XATTRS, "group e-ve instead of g"),
        (DIRECTORY, AclAndXattrs((), (("user.k", b"1"),)), "its ACL or extended attributes differ"),
    ],
)
def test_a_modified_directory_counts_for_its_attributes_alone(
    facts: FileAttributes, extras: AclAndXattrs, detail: str | None
) -> None:
    comparison = compared([], Changes(modified=(Change(9, "d", "d"),)))
    comparison.altered(Asked("d", "d", None), (DIRECTORY, NO_ACL_OR_XATTRS), (facts, extras))
    assert told(comparison) == ({("d", Act.CHANGED, detail)} if detail else set())


def test_what_is_gone_by_plan_or_has_no_place_is_not_asked_about() -> None:
    items = [moved(2, "x", None)]
    changes = Changes(renamed=(Change(20, "x", "y"),), modified=(
        Change(20, "x", "y"), Change(21, None, "z"), Change(22, "w +", "w +")))  # fmt: skip
    assert compared(items, changes).asked == [Asked("w +", "w +", None)]
    gone = Asked("x", "y", items[0])
    assert should_be(gone) is None


def test_an_item_should_have_the_acl_and_extended_attributes_that_the_plan_gives_it() -> None:
    extras = AclAndXattrs(("user:a:r-x",), (("user.k", b"1"),))
    item = Item(2, "d", "d", DIRECTORY, DIRECTORY, now_extras=extras)
    assert should_be(Asked("d", "d", item)) == (DIRECTORY, extras)


# -- a plan carried out in part
def test_of_a_plan_carried_out_in_part_nothing_is_missed_and_strangers_are_told() -> None:
    items = [ROOT, moved(2, "a", "b"), *subtree(), Item(8, "s", "s", DIRECTORY, replace(DIRECTORY, mode=0o700))]
    changes = Changes(
        created=(Change(900, None, "n"), Change(950, None, "theirs")),
        deleted=(Change(20, "a", None),),
        modified=(Change(8, "s", "s"), Change(9, "x", "x")),
    )
    comparison = compared(items, changes, staged={4: 900}, complete=False)
    comparison.listed([Entry("n", 900, replace(DIRECTORY, mode=0o700)), Entry("n/f", 901, replace(FILE, length=9))])
    assert told(comparison) == {
        ("theirs", Act.MADE, ""), ("n/f", Act.CHANGED, "length 9 instead of 3")}
    assert [asked.old for asked in comparison.asked] == ["x"]


# -- for people
def test_what_is_gone_from_where_something_else_was_made_was_replaced() -> None:
    found = [Foreign("a", Act.DELETED), Foreign("a", Act.MADE), Foreign("b", Act.DELETED), Foreign("c", Act.MADE)]
    assert together(found) == [Foreign("a", Act.REPLACED), Foreign("b", Act.DELETED), Foreign("c", Act.MADE)]


def test_each_is_told_with_its_path_and_what_was_done() -> None:
    assert Foreign("a b", Act.MOVED, "c").text("/r") == "/r/a b was moved to c"
    assert Foreign("", Act.CHANGED, "mode 777 instead of 755").text("/r") == "/r was changed: mode 777 instead of 755"
    assert Foreign("in X", Act.MADE).text("/r") == "/r/in X was created"


def test_an_item_that_lies_there_as_it_should_is_no_change() -> None:
    assert not is_change(ROOT)
    assert is_change(moved(2, "a", "b"))
    assert is_change(replace(ROOT, now=replace(DIRECTORY, mode=0o700)))
    assert is_change(replace(ROOT, content=Content.WHOLE))
