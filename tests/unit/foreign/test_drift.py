"""What somebody else did between two trees, each path told once, and what a person can do about it (I10)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.foreign.drift import (
    drift_text,
    moved_or_new,
    needs_undo,
    replaced_in,
    way_out,
    way_out_while_roots_change,
)
from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes


def test_what_was_made_where_something_was_deleted_is_told_once_as_replaced() -> None:
    changes = Changes(
        created=(Change(1, None, "a ü"), Change(2, None, "new %"), Change(3, None, "e/x"), Change(9, None, None)),
        deleted=(Change(4, "a ü", None), Change(5, "gone +", None), Change(6, "d/x", None), Change(8, None, None)),
        renamed=(Change(7, "d", "e"), Change(10, "stays", "stays"), Change(11, None, "in"), Change(12, "out #", None)),
    )
    assert replaced_in(changes) == {"a ü": "a ü", "e/x": "d/x"}
    assert list(moved_or_new(changes)) == [
        Foreign("a ü", Act.REPLACED),
        Foreign("new %", Act.MADE),
        Foreign("e/x", Act.REPLACED),
        Foreign("", Act.MADE),
        Foreign("gone +", Act.DELETED),
        Foreign("", Act.DELETED),
        Foreign("d", Act.MOVED, "e"),
        Foreign("", Act.MOVED, "in"),
        Foreign("out #", Act.MOVED, ""),
    ]


def test_what_went_with_a_directory_that_another_one_stands_for_is_told_by_that() -> None:
    changes = Changes(created=(Change(1, None, "d"),), deleted=(Change(2, "d", None), Change(3, "d/x", None)))
    assert replaced_in(changes) == {"d": "d"}


@pytest.mark.parametrize("act", [Act.MADE, Act.CHANGED, Act.MOVED])
def test_what_can_be_put_back_by_hand_is_said_to_be(act: Act) -> None:
    """Whatever words it ends with: a name may say anything."""
    replaced = needs_undo([Foreign("it was deleted", act, "x was replaced")])
    said = way_out(replaced=replaced)
    assert said == "Revert it, or set drift: restore in the policy to have it undone and kept aside"


@pytest.mark.parametrize("act", [Act.REPLACED, Act.DELETED])
def test_what_a_copy_does_not_put_back_is_left_to_restore(act: Act) -> None:
    said = way_out(replaced=needs_undo([Foreign("ü", Act.MADE), Foreign("a b", act, "mode 777 instead of 755")]))
    assert said.startswith("A copy of it does not restore what was replaced or deleted: set drift: restore")


def test_while_roots_change_restore_is_not_promised_before_the_former_directories_are_back() -> None:
    assert way_out_while_roots_change(replaced=False) == "Revert it: nothing is undone while roots change"
    said = way_out_while_roots_change(replaced=True)
    assert said.endswith("declare the former directories, back up with drift: restore, then change the roots")


def test_of_many_changes_the_first_five_are_named_and_the_rest_is_counted() -> None:
    six = [f"/a b/{n} was created" for n in range(6)]
    assert drift_text("west", six[:5]) == f"west was changed by somebody else: {'; '.join(six[:5])}"
    assert drift_text("west", six).endswith("/a b/4 was created and 1 more")
    assert drift_text("west", six, 300, " then").endswith("/a b/4 was created and 295 more")
    assert "somebody else then: /a b/0" in drift_text("west", six, 300, " then")
