"""The ordered plan of one root, a pure function of its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from operator import attrgetter

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.paths import depth, parent
from hadoop_dr.domain.plan.staging_units import Unit as Unit
from hadoop_dr.domain.plan.staging_units import split
from hadoop_dr.domain.tree.items import Content, Item


class MoveInFrom(Enum):
    """Where an item that is moved in comes from."""

    PARK = "park"      # parked before: it was moved, or its tail was replaced
    STAGE = "stage"    # prepared under the work area: a new or rewritten file, or a whole new subtree
    MAKE = "make"      # an empty directory made in place, because its subtree is too large for one unit


@dataclass(frozen=True, slots=True)
class MoveIn:
    """One item, with all that hangs below it, that place moves to its new path.

    Attributes:
        inode: The item's origin inode id.
        path: New path relative to the root.
        comes_from: Which place.
    """

    inode: int
    path: str
    comes_from: MoveInFrom


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they run; ids are origin inode ids of items.

    Attributes:
        park: Every existing item that moves, goes, gets a tail or is replaced: children before parents (by old path).
        tails: Parked files that are cut at ``keep_bytes`` and get their staged tail joined on, inside the work area.
            Where the origin was cut exactly at that boundary there is no tail: the item has no unit.
        move_in: Parked, staged and made items by depth of their new path. Items of one depth are independent.
        attributes: Existing files with other attributes, and every directory among the items (their times go back):
            children before parents. Staged files have theirs already.
        delete: Parked items that go for good, rewritten files among them, whose new bytes keep the id.
        units: What stage has to prepare.
        pin_mtime: Existing directories, by old path, that gain a child where they are. Before anything else their time
            is set to what it is: only then does HDFS write it into the newest snapshot; a mere addition to a directory
            changes its time in that snapshot too, and with it an older recovery point.
    """

    park: tuple[int, ...]
    tails: tuple[int, ...]
    move_in: tuple[MoveIn, ...]
    attributes: tuple[int, ...]
    delete: tuple[int, ...]
    units: tuple[Unit, ...]
    pin_mtime: tuple[int, ...] = ()


def make_plan(items: Sequence[Item], *, unit_files: int, unit_bytes: int, directory_limit: int) -> Plan:
    """Orders the touched items of one root into steps.

    Rests on two properties of ``items``: every directory that is moved, deleted or new is among them, and so is every
    directory that loses or gains a child.

    Args:
        items: The touched items, in any order; each inode once.
        unit_files: A new subtree of more names than this is made in place and its children staged one by one.
        unit_bytes: The same for its bytes.
        directory_limit: Names that the destination allows in one directory.

    Raises:
        Refused: A directory of the destination would need more names than it may hold.
    """
    before = {item.old: item for item in items if item.old is not None and item.is_dir}
    parked = [item for item in items if item.old and _is_parked(item, before)]
    if len(parked) > directory_limit:
        raise Refused(
            "the work area", f"{len(parked)} items have to be parked, a directory may hold {directory_limit}",
            "Raise dfs.namenode.fs-limits.max-directory-items on the destination",
        )
    _sort_by_depth(parked, "old", deepest_first=True)
    staging = split(items, unit_files=unit_files, unit_bytes=unit_bytes, directory_limit=directory_limit)

    move_in = [MoveIn(inode, path, MoveInFrom.STAGE) for inode, path in staging.arriving]
    move_in += [MoveIn(inode, path, MoveInFrom.MAKE) for inode, path in staging.made]
    move_in += [
        MoveIn(item.inode, item.new, MoveInFrom.PARK)
        for item in parked if item.new is not None and item.content is not Content.WHOLE
    ]
    move_in.sort(key=attrgetter("path"))
    move_in.sort(key=lambda move: depth(move.path))
    return Plan(
        park=tuple(item.inode for item in parked),
        tails=tuple(item.inode for item in parked if item.content is Content.TAIL and item.new is not None),
        move_in=tuple(move_in),
        attributes=_attributes(items),
        delete=tuple(item.inode for item in parked if item.new is None or item.content is Content.WHOLE),
        units=staging.units,
        pin_mtime=_pin_mtime(items, parked, move_in),
    )


def _is_parked(item: Item, before: Mapping[str, Item]) -> bool:
    """Whether an existing item leaves its place by itself, rather than with a directory above, or is replaced there."""
    if item.new is not None and item.content is not Content.SAME:
        return True
    old = item.old or ""
    at = old
    while at:
        at = parent(at)
        above = before.get(at)
        if above is not None and above.new is None:
            return item.new is not None
        if above is not None and at:
            return item.new != (above.new or "") + old[len(at):]
    return item.new != old


def _attributes(items: Iterable[Item]) -> tuple[int, ...]:
    """Finds the items whose attributes have to be set in place, children before parents.

    A directory's time in the older snapshot may have followed later additions, so equal times prove nothing: every
    directory is set.
    """
    late = [item for item in items if item.new is not None and (item.is_dir or _is_set_late(item))]
    _sort_by_depth(late, "new", deepest_first=True)
    return tuple(item.inode for item in late)


def _is_set_late(item: Item) -> bool:
    if item.content is Content.WHOLE or item.old is None:
        return False
    return item.content is Content.TAIL or item.was != item.now or item.was_extras != item.now_extras


def _pin_mtime(items: Iterable[Item], parked: Iterable[Item], move_in: Iterable[MoveIn]) -> tuple[int, ...]:
    """Finds the directories that gain a child without having been moved, which would hold their time as well."""
    gaining = {parent(move.path) for move in move_in}
    moved = {item.inode for item in parked}
    held = [
        item for item in items
        if item.old and item.new in gaining and item.is_dir and item.inode not in moved
    ]
    _sort_by_depth(held, "old")
    return tuple(item.inode for item in held)


def _sort_by_depth(items: list[Item], path: str, *, deepest_first: bool = False) -> None:
    items.sort(key=attrgetter(path))
    items.sort(key=lambda item: depth(getattr(item, path)), reverse=deepest_first)


def sequence(items: Iterable[Item], plan: Plan) -> dict[int, int]:
    """Numbers the items of a plan in the order in which they get their final form, from 0 (S3.2).

    What is brought in comes first, each with all that is staged with it, then what is only set where it lies, then what
    goes, then what goes along with another item.
    """
    staged = {unit.inode: unit.members for unit in plan.units}
    brought = (inode for move in plan.move_in for inode in staged.get(move.inode, (move.inode,)))
    order = (*brought, *plan.attributes, *plan.delete, *(item.inode for item in items))
    return {inode: number for number, inode in enumerate(dict.fromkeys(order))}
