"""Binding: which inode of the destination each existing item of a plan is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from hadoop_dr.domain.errors import BaselineLost, NotFound
from hadoop_dr.domain.paths import leaf, parent
from hadoop_dr.domain.plan.work_order import WorkOrder
from hadoop_dr.domain.tree.bound_inodes import Inodes
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileAttributes
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded

_MEND = "The next run copies in full mode"


@dataclass(frozen=True, slots=True)
class Bound:
    """An existing item on the destination: its inode id there, and its attributes before the run."""

    inode: int
    facts: FileAttributes


def bind(
    destination: NameNode, order: WorkOrder, only: Collection[int] | None = None, inodes: Inodes | None = None
) -> Mapping[int, Bound]:
    """Lists the destination's baseline where the plan's existing items lie.

    Args:
        only: Bind just these of the items.
        inodes: What lies in that snapshot, as far as it is known; nothing is listed for that.

    Returns:
        Origin inode id -> what it is on the destination.

    Raises:
        BaselineLost: An item is missing there, or is of another kind.
    """
    wanted: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    bound: dict[int, Bound] = {}
    for item in order.items.values():
        if only is not None and item.inode not in only:
            continue
        if item.old and inodes is not None and (there := _bound_by(item, inodes)) is not None:
            bound[item.inode] = there
        elif item.old:
            wanted[parent(item.old)][leaf(item.old)] = item
        elif item.old == "" and (inodes is None or item.inode in order.plan.pin_mtime):
            listed = destination.status(order.base_path(""))
            bound[item.inode] = Bound(listed.inode, listed.facts)
    for found in map_bounded(lambda one: _bind_directory(destination, order.base_path(one[0]), one[1]), wanted.items()):
        bound |= found
    return bound


def item_at(destination: NameNode, path: str) -> DirEntry | None:
    """Returns the item at a path; None when there is none."""
    try:
        return destination.status(path)
    except NotFound:
        return None


def _bound_by(item: Item, inodes: Inodes) -> Bound | None:
    there = inodes.get(item.old or "")
    return None if there is None or item.was is None or there.kind is not item.was.kind else Bound(there.id, item.was)


def _bind_directory(destination: NameNode, path: str, names: dict[str, Item]) -> dict[int, Bound]:
    bound: dict[int, Bound] = {}
    try:
        for listed in destination.list(path):
            if listed.name in names:
                item = names.pop(listed.name)
                bound[item.inode] = _checked(listed, item, path)
                if not names:
                    return bound
    except NotFound as error:
        raise BaselineLost(path, "the plan builds on this directory, and it does not exist", _MEND) from error
    raise BaselineLost(f"{path}/{min(names)}", "the plan builds on this item, and it does not exist", _MEND)


def _checked(listed: DirEntry, item: Item, directory: str) -> Bound:
    if item.was is not None and listed.facts.kind is not item.was.kind:
        raise BaselineLost(f"{directory}/{listed.name}",
                           f"is of kind {listed.facts.kind.value}, the plan builds on {item.was.kind.value}", _MEND)
    return Bound(listed.inode, listed.facts)
