"""A diff listing made unambiguous: what real NameNodes say that is stale, double or in old names (faults 24-28)."""

from __future__ import annotations

import sys

from hadoop_dr.domain.paths import Moves, depth, in_work_area, join, leaf, parent
from hadoop_dr.domain.tree.file_attributes import DiffEntry, DiffPage
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, invert, merge, visible

E = DiffEntry


def page(modified: list[DiffEntry] | None = None, created: list[DiffEntry] | None = None,
         deleted: list[DiffEntry] | None = None) -> DiffPage:
    return DiffPage(tuple(modified or ()), tuple(created or ()), tuple(deleted or ()))


def test_what_lies_below_a_renamed_directory_is_found_at_its_new_place() -> None:
    changes = merge([page([E(3, 2, "a b/x"), E(2, 1, "a b"), E(1, 0, "")], [E(9, 2, "a b/new")],
                          [E(2, 1, "a b", "e%20/deep"), E(4, 2, "a b/gone"), E(5, 2, "a b/out", "out")])])
    assert changes.created == (Change(9, None, "e%20/deep/new"),)
    assert changes.deleted == (Change(4, "a b/gone", None),)
    assert changes.renamed == (Change(2, "a b", "e%20/deep"), Change(5, "a b/out", "out"))
    assert set(changes.modified) == {Change(2, "a b", "e%20/deep"), Change(3, "a b/x", "e%20/deep/x"),
                                     Change(1, "", "")}


def test_the_nearest_renamed_ancestor_decides() -> None:
    changes = merge([page([E(4, 3, "a/b/c")], None, [E(2, 1, "a", "z"), E(3, 2, "a/b", "y")])])
    assert changes.modified == (Change(4, "a/b/c", "y/c"),)


def test_a_rename_is_not_created_as_well_and_repeated_entries_count_once() -> None:
    entries = page([E(2, 1, "f+")], [E(3, 1, "h#"), E(4, 1, "n")], [E(3, 1, "g=1", "h#"), E(5, 1, "gone")])
    changes = merge([entries, entries])
    assert changes == Changes((Change(4, None, "n"),), (Change(5, "gone", None),), (Change(3, "g=1", "h#"),),
                              (Change(2, "f+", "f+"),))


def test_a_rename_onto_itself_is_harmless() -> None:
    changes = merge([page([E(3, 2, "ü/x")], [E(2, 1, "ü")], [E(2, 1, "ü", "ü")])])
    assert changes == Changes(renamed=(Change(2, "ü", "ü"),), modified=(Change(3, "ü/x", "ü/x"),))


def test_stale_children_of_a_directory_deleted_and_made_again_say_nothing() -> None:
    changes = merge([page([E(4, 2, "d/x"), E(2, 1, "d"), E(9, 1, "d")], [E(9, 1, "d"), E(8, 9, "d/new")],
                          [E(2, 1, "d"), E(5, 2, "d/y")])])
    assert changes == Changes((Change(9, None, "d"),), (Change(2, "d", None),))


def test_a_created_item_below_a_created_directory_is_not_told_twice() -> None:
    changes = merge([page(None, [E(9, 1, "n"), E(8, 9, "n/x")])])
    assert changes.created == (Change(9, None, "n"),)


def test_deleted_and_created_under_one_inode_is_a_move() -> None:
    """A NameNode that cannot name the target lists both; what is new below it lies at its new place."""
    changes = merge([page([E(2, 1, "here")], [E(2, 1, "there"), E(9, 2, "here/new")], [E(2, 1, "here")])])
    assert changes == Changes((Change(9, None, "there/new"),), (), (Change(2, "here", "there"),),
                              (Change(2, "here", "there"),))


def test_a_file_replaced_by_a_directory_of_the_same_name_is_two_inodes() -> None:
    changes = merge([page(None, [E(9, 1, "x")], [E(2, 1, "x")])])
    assert invert(changes) == Changes((Change(2, None, "x"),), (Change(9, "x", None),))


def test_nothing_is_ever_told_of_the_work_area() -> None:
    work = ".hadoop-dr/1-7/park"
    changes = merge([page(
        [E(1, 0, ""), E(7, 1, ".hadoop-dr"), E(3, 2, "a/x")], [E(8, 7, ".hadoop-dr/new"), E(9, 2, "a/new")],
        [E(2, 1, "a", f"{work}/2"), E(4, 2, "a/gone"), E(5, 2, "a/out", "out"), E(6, 7, ".hadoop-dr/old")],
    )])
    assert visible(changes) == Changes(
        deleted=(Change(2, "a", None),), renamed=(Change(5, "a/out", "out"),), modified=(Change(1, "", ""),))
    back = visible(invert(changes))
    assert Change(2, f"{work}/2", "a") in back.renamed, "a parked item is taken back"
    assert back.deleted == (Change(9, f"{work}/2/new", None),)
    assert back.created == (Change(4, None, "a/gone"),)
    assert Change(3, f"{work}/2/x", "a/x") in back.modified


def test_names_like_the_work_area_are_ordinary() -> None:
    assert [in_work_area(path) for path in (".hadoop-dr", ".hadoop-dr/x", ".hadoop-drs", "a/.hadoop-dr", "")] == [
        True, True, False, False, False]


def test_paths_fall_apart_and_come_together() -> None:
    for path, above, name, deep in (("", "", "", 0), ("a b", "", "a b", 1), ("a b/e%20/ü", "a b/e%20", "ü", 3)):
        assert (parent(path), leaf(path), depth(path)) == (above, name, deep)
        assert path == "" or join(above, name) == path


def test_a_moved_path_is_not_taken_for_one_that_begins_alike() -> None:
    moves = Moves({"a": "z", "b": None})
    assert [moves.of(path) for path in ("a", "a/x", "ab", "b/x", "bc", "")] == ["z", "z/x", "ab", None, "bc", ""]
    assert [moves.below(path) for path in ("a", "a/x", "b", "b/x")] == ["a", "z/x", "b", None]
    onward = Moves({"a": "b", "b": "c"})
    assert [onward.below(path) for path in ("a/x", "b/x")] == ["b/x", "c/x"]


def test_many_renames_cost_no_more_than_their_number() -> None:
    """Twice the entries must not take four times the work, counted in calls."""
    def calls(count: int) -> int:
        deleted = tuple(E(n, 1, f"d{n}", f"e{n}") for n in range(count))
        modified = tuple(E(count + n, n, f"d{n}/x") for n in range(count))
        counted = 0

        def count_one(*_: object) -> None:
            nonlocal counted
            counted += 1

        before = sys.getprofile()
        sys.setprofile(count_one)
        try:
            merge([DiffPage(modified, (), deleted)])
        finally:
            sys.setprofile(before)
        return counted

    assert calls(4_000) < 2.2 * calls(2_000)


def test_directories_in_which_something_changed_are_named_in_both_trees() -> None:
    """Of a change below a renamed directory both names of it count; of one that is new or gone only the one it has."""
    changes = Changes(
        created=(Change(9, None, "z/new"),), deleted=(Change(8, "old #/gone", None), Change(7, "d ü", None)),
        renamed=(Change(2, "a b", "z"),), modified=(Change(3, "a b/x", "z/x"),),
    )  # fmt: skip
    then, now = changes.directories()
    assert then == {"a b", "old #", ""}
    assert now == {"z", "old #", ""}


def test_what_moved_within_the_work_area_never_was_in_the_tree() -> None:
    taken_over = Change(5, ".hadoop-dr/billing-1-4/park/5", ".hadoop-dr/billing-1-5/park/5")
    assert visible(Changes(renamed=(taken_over,))) == Changes()


def test_a_directory_that_gained_something_is_named_where_it_was_before_it_moved() -> None:
    changes = Changes(created=(Change(2, None, "e ü/x"),), renamed=(Change(1, "a/d %", "e ü"),))
    then, now = changes.directories()
    assert then == {"a", "a/d %", ""}
    assert now == {"", "e ü", "a"}


def test_what_a_page_calls_gone_and_another_one_moved_is_moved() -> None:
    gone, moved = page(deleted=[E(5, 1, "a b")]), page(deleted=[E(5, 1, "a b", "c+")])
    for pages in ((gone, moved), (moved, gone)):
        assert merge(pages) == Changes(renamed=(Change(5, "a b", "c+"),))
