"""How much a plan does, in the figures that people and limits look at (I8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadoop_dr.domain.plan.root_plan import MoveInFrom, Plan
from hadoop_dr.domain.tree.items import Content, Item


@dataclass(frozen=True, slots=True)
class PlanSize:
    """Figures of one plan, or of several added up.

    Attributes:
        park: Existing items that leave their place.
        mkdir: Directories made in place.
        bring: Parked and staged items that come to their place.
        tail: Files that get a new tail instead of a copy.
        attributes: Items whose attributes are set in place.
        delete: Parked items that are dropped: whole subtrees, and the old inodes of rewritten files.
        files: Files of which bytes are copied, wholly or in part.
        bytes: Bytes to copy.
        entries: Changed items; directories of which only children changed are not among them.
    """

    park: int = 0
    mkdir: int = 0
    bring: int = 0
    tail: int = 0
    attributes: int = 0
    delete: int = 0
    files: int = 0
    bytes: int = 0
    entries: int = 0

    def __add__(self, other: PlanSize) -> PlanSize:
        """Adds the figures of another root."""
        return PlanSize(*(getattr(self, name) + getattr(other, name) for name in PlanSize.__slots__))

    @property
    def steps(self) -> dict[str, int]:
        """The counts of steps, under the names of the command line."""
        return {name: getattr(self, name) for name in ("park", "mkdir", "bring", "tail", "attributes", "delete")}


def summarise(items: Sequence[Item], plan: Plan) -> PlanSize:
    """Counts what a plan does to one root."""
    parked = frozenset(plan.park)
    made = sum(move.comes_from is MoveInFrom.MAKE for move in plan.move_in)
    return PlanSize(
        park=len(plan.park),
        mkdir=made,
        bring=len(plan.move_in) - made,
        tail=len(plan.tails),
        attributes=len(plan.attributes),
        delete=len(plan.delete),
        files=sum(unit.files for unit in plan.units),
        bytes=sum(unit.bytes for unit in plan.units),
        entries=sum(is_changed(item, item.inode in parked) for item in items),
    )


def is_changed(item: Item, parked: bool) -> bool:
    """Whether an item itself differs, apart from the time that a directory gets when its children change.

    Args:
        parked: It leaves its place by itself; what moves along with a directory above it does not.
    """
    if item.was is None or item.now is None:
        return True
    if (parked and item.old != item.new) or item.was_extras != item.now_extras:
        return True
    if not item.is_dir:
        return item.was != item.now or item.content is not Content.SAME
    was, now = item.was, item.now
    return (was.owner, was.group, was.mode, was.storage_policy, was.has_acl) != (
        now.owner, now.group, now.mode, now.storage_policy, now.has_acl)
