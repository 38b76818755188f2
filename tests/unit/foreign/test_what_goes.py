"""What somebody changed in what a plan deletes or rewrites, told from the difference to the live tree (I10)."""

from __future__ import annotations

from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.foreign.what_goes import asked_in, found_in, going, still_there, without_own
from hadoop_dr.domain.plan.root_plan import MoveIn, MoveInFrom, Plan
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes

FILE = FileAttributes(FileKind.FILE, 3, "o", "g", 0o644, 1, 1024, 1000)
DIRECTORY = FileAttributes(FileKind.DIRECTORY, 0, "o", "g", 0o755, 0, 0, 1000)


def test_what_goes_is_what_the_plan_deletes_replaces_or_cuts() -> None:
    items = [
        Item(1, "", "", DIRECTORY, DIRECTORY),
        Item(2, "goes ü", None, DIRECTORY, None),
        Item(3, "moves", "moved", FILE, FILE),
        Item(4, "whole", "whole", FILE, FILE, content=Content.WHOLE),
        Item(5, "tail", "tail +", FILE, FILE, content=Content.TAIL),
        Item(6, None, "new", None, FILE, content=Content.WHOLE),
        Item(7, "directory", "directory", DIRECTORY, DIRECTORY, content=Content.WHOLE),
    ]
    assert going(items) == {"goes ü", "whole", "tail"}


def test_only_what_came_into_what_goes_is_told_and_what_was_changed_there_is_asked_about() -> None:
    gone = frozenset({"goes ü", "whole"})
    changes = Changes(
        created=(Change(1, None, "goes ü/a/b"), Change(2, None, "goes ü2"), Change(3, None, "whole"),
                 Change(4, None, None)),
        renamed=(Change(5, "x", "goes ü/x"), Change(6, "goes ü/y", "goes ü/y"), Change(7, "goes ü/z", "else"),
                 Change(8, None, "goes ü/from outside"), Change(9, "w", None)),
        deleted=(Change(15, "whole", None), Change(16, "goes ü/gone", None)),
        modified=(Change(10, "goes ü", "goes ü"), Change(11, "goes ü/f", "goes ü/f"), Change(12, "else", "else"),
                  Change(13, "", ""), Change(14, "whole", None)),
    )  # fmt: skip
    assert list(found_in(gone, changes)) == [
        Foreign("goes ü/a/b", Act.MADE),
        Foreign("whole", Act.REPLACED),
        Foreign("x", Act.MOVED, "goes ü/x"),
        Foreign("", Act.MOVED, "goes ü/from outside"),
    ]
    assert [change.inode for change in asked_in(gone, changes)] == [10, 11]


def test_what_a_place_that_died_did_itself_is_left_out_and_a_strangers_item_in_its_place_is_not() -> None:
    items = [Item(5, "tail", "tail", FILE, FILE, content=Content.TAIL), Item(6, "in", "out ü", FILE, FILE)]
    move_in = (MoveIn(1, "staged", MoveInFrom.STAGE), MoveIn(2, "other", MoveInFrom.STAGE),
               MoveIn(3, "made", MoveInFrom.MAKE), MoveIn(4, "never answered", MoveInFrom.STAGE),
               MoveIn(5, "tail", MoveInFrom.PARK))
    changes = Changes(
        created=(Change(11, None, "staged"), Change(99, None, "other"), Change(13, None, "made"),
                 Change(14, None, "stranger"), Change(15, None, None), Change(16, None, "never answered"),
                 Change(17, None, "tail")),
        deleted=(Change(21, "gone", None),),
        renamed=(Change(25, "tail", "tail"), Change(26, "in", "out ü"), Change(27, "a", "b")),
        modified=(Change(25, "tail", "tail"), Change(27, "a", "b")),
    )  # fmt: skip
    left = without_own(items, Plan((), (), move_in, (), (), ()), {1: 11, 2: 12, 5: 50}, changes)
    assert [one.inode for one in left.created] == [99, 14, 15]
    assert left.deleted == changes.deleted
    assert [one.inode for one in (*left.renamed, *left.modified)] == [27, 27]
    assert still_there(frozenset({"gone", "stays %"}), changes) == {"stays %"}
