"""The order of a plan's steps, and its limits (faults 24-26, 33, 35)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.plan.root_plan import MoveIn, MoveInFrom, Plan, make_plan, sequence
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item

F = FileAttributes(FileKind.FILE, 10, "a", "g", 0o644, 3, 4, 1)
D = FileAttributes(FileKind.DIRECTORY, 0, "a", "g", 0o755, 0, 0, 1)
ROOT = Item(1, "", "", D, D)


def plan(*items: Item, unit_files: int = 100, unit_bytes: int = 1000, directory_limit: int = 100) -> Plan:
    return make_plan([ROOT, *items], unit_files=unit_files, unit_bytes=unit_bytes, directory_limit=directory_limit)


def new(inode: int, path: str, facts: FileAttributes = F) -> Item:
    return Item(inode, None, path, None, facts, content=Content.WHOLE)


def test_a_swap_parks_both_and_brings_both_back() -> None:
    made = plan(Item(2, "a b", "e%20", F, F), Item(3, "e%20", "a b", F, F))
    assert made.park == (2, 3)
    assert made.move_in == (MoveIn(3, "a b", MoveInFrom.PARK), MoveIn(2, "e%20", MoveInFrom.PARK))
    assert made.delete == made.units == made.pin_mtime[:0] == ()


def test_a_child_moves_out_of_a_moving_parent_before_it_and_a_quiet_child_goes_along() -> None:
    made = plan(Item(2, "d", "z/d", D, D), Item(3, "d/f+", "g=1", F, F), Item(4, "d/h#", "z/d/h#", F, F),
                Item(5, "z", "z", D, D))
    assert made.park == (3, 2)
    assert made.move_in == (MoveIn(3, "g=1", MoveInFrom.PARK), MoveIn(2, "z/d", MoveInFrom.PARK))
    assert made.pin_mtime == (5,), "a directory that gains a child holds its time, the root's is the snapshot's own"


def test_a_directory_moved_into_its_own_child() -> None:
    made = plan(Item(2, "a", "b/a", D, D), Item(3, "a/b", "b", D, D))
    assert made.park == (3, 2)
    assert [move.path for move in made.move_in] == ["b", "b/a"]


def test_what_goes_with_its_directory_is_not_parked_and_what_flees_it_is() -> None:
    made = plan(Item(2, "d", None, D, None), Item(3, "d/x", None, F, None), Item(4, "d/y", "d2", F, F))
    assert made.park == (4, 2)
    assert made.delete == (2,)


def test_a_file_kept_under_a_directory_that_was_replaced_is_carried_over() -> None:
    made = plan(Item(2, "d", None, D, None), new(3, "d", D), Item(4, "d/y", "d/y", F, F))
    assert made.park == (4, 2)
    assert made.move_in == (MoveIn(3, "d", MoveInFrom.STAGE), MoveIn(4, "d/y", MoveInFrom.PARK))


def test_a_rewritten_file_is_parked_dropped_and_staged_under_one_id() -> None:
    made = plan(Item(2, "f", "f", F, F, content=Content.WHOLE))
    assert (made.park, made.delete, made.move_in) == ((2,), (2,), (MoveIn(2, "f", MoveInFrom.STAGE),))
    assert [(unit.inode, unit.files, unit.bytes, unit.members) for unit in made.units] == [(2, 1, 10, (2,))]
    assert 2 not in made.attributes, "staged files have their attributes already"


def test_a_tail_is_parked_cut_and_brought_back() -> None:
    made = plan(Item(2, "f", "f", F, F, content=Content.TAIL, keep_bytes=8))
    assert (made.park, made.tails, made.delete) == ((2,), (2,), ())
    assert made.move_in == (MoveIn(2, "f", MoveInFrom.PARK),)
    assert [(unit.inode, unit.bytes) for unit in made.units] == [(2, 2)]
    assert made.attributes == (2, 1)


def test_every_item_has_one_place_in_the_order_of_operations() -> None:
    items = [
        Item(2, "gone", None, D, None), Item(3, "gone/x", None, F, None), Item(4, "e%20", "e%20", F, F),
        new(5, "n", D), new(6, "n/ü"), Item(7, "f", "f", F, F, content=Content.WHOLE), Item(8, "g", "a b", F, F),
    ]  # fmt: skip
    made = plan(*items)
    order = sequence([ROOT, *items], made)
    assert sorted(order.values()) == list(range(len(items) + 1))
    assert [inode for inode, _ in sorted(order.items(), key=lambda one: one[1])] == [8, 7, 5, 6, 1, 2, 3, 4]


def test_a_file_cut_at_a_boundary_has_nothing_to_stage() -> None:
    made = plan(Item(2, "f", "f", F, F, content=Content.TAIL, keep_bytes=10))
    assert made.tails == (2,)
    assert made.units == ()


def test_a_new_subtree_is_one_unit_with_parents_before_children() -> None:
    made = plan(new(4, "n/s/x"), new(3, "n/s", D), new(2, "n", D))
    assert made.move_in == (MoveIn(2, "n", MoveInFrom.STAGE),)
    assert [(unit.members, unit.files, unit.bytes) for unit in made.units] == [((2, 3, 4), 1, 10)]
    assert made.attributes == (3, 2, 1)


@pytest.mark.parametrize("limits", [{"unit_files": 3}, {"unit_bytes": 25}])
def test_a_subtree_above_the_limits_is_made_in_place_and_its_children_are_units(limits: dict[str, int]) -> None:
    made = plan(new(2, "n", D), new(3, "n/s", D), new(4, "n/s/x"), new(5, "n/s/y"), new(6, "n/t"), **limits)
    assert made.move_in == (MoveIn(2, "n", MoveInFrom.MAKE), MoveIn(3, "n/s", MoveInFrom.STAGE),
                           MoveIn(6, "n/t", MoveInFrom.STAGE))
    assert [unit.members for unit in made.units] == [(3, 4, 5), (6,)]


def test_only_other_attributes_move_nothing() -> None:
    made = plan(Item(2, "f", "f", F, FileAttributes(FileKind.FILE, 10, "b", "g", 0o600, 3, 4, 1)))
    assert made == Plan((), (), (), (2, 1), (), ())


def test_the_root_of_a_first_run_is_never_brought_in() -> None:
    made = make_plan([Item(1, "", "", None, D), new(2, "x")], unit_files=9, unit_bytes=99, directory_limit=9)
    assert made.move_in == (MoveIn(2, "x", MoveInFrom.STAGE),)
    assert made.attributes == (1,)


def test_more_parked_items_than_a_directory_may_hold_are_refused_before_anything_moves() -> None:
    with pytest.raises(Refused, match="3 items have to be parked"):
        plan(*(Item(n, f"f{n}", None, F, None) for n in range(2, 5)), directory_limit=2)


def test_a_new_directory_too_wide_for_the_target_is_refused_by_name() -> None:
    with pytest.raises(Refused, match="ü: has 3 entries, a directory of the destination may hold 2"):
        plan(new(2, "ü", D), new(3, "ü/x"), new(4, "ü/y"), Item(5, "f", "ü/z", F, F), directory_limit=2)


def test_what_comes_in_comes_by_depth_so_that_those_of_one_depth_can_come_together() -> None:
    made = plan(Item(5, "a", "a", D, D), new(2, "a/x y"), new(3, "b"), new(4, "a/w"))
    assert [move.path for move in made.move_in] == ["b", "a/w", "a/x y"]


def test_directories_that_gain_a_child_hold_their_times_parents_first() -> None:
    made = plan(Item(2, "z", "z", D, D), Item(3, "z/d", "z/d", D, D), new(4, "z/f"), new(5, "z/d/f"))
    assert made.pin_mtime == (2, 3)


def test_the_work_area_may_hold_as_many_parked_items_as_a_directory_may() -> None:
    gone = [Item(n, f"f{n}", None, F, None) for n in range(2, 5)]
    assert plan(*gone, directory_limit=3).park == (2, 3, 4)
    with pytest.raises(Refused) as refused:
        plan(*gone, directory_limit=2)
    assert str(refused.value) == (
        "the work area: 3 items have to be parked, a directory may hold 2. "
        "Raise dfs.namenode.fs-limits.max-directory-items on the destination"
    )
