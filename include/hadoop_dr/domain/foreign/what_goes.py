"""Foreign changes of what a plan deletes or rewrites: its own steps would hide them from every difference (I10).

Told before the first step, from the difference between the plan's base and the live tree: nothing of the plan is in it.
When a place that died is carried on, some of the plan may be in it; what can only be the plan's is left out then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hadoop_dr.domain.foreign.drift import replaced_in
from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.plan.root_plan import MoveInFrom, Plan
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes


def going(items: Iterable[Item]) -> frozenset[str]:
    """Paths in the base of what goes, and of files whose content is replaced or cut."""
    return frozenset(
        item.old
        for item in items
        if item.old and (item.new is None or (not item.is_dir and item.content is not Content.SAME))
    )


def found_in(gone: frozenset[str], changes: Changes) -> Iterator[Foreign]:
    """Names what somebody put there."""
    replaced = replaced_in(changes)
    for change in changes.created:
        if change.new is not None and _is_in(gone, change.new):
            yield Foreign(change.new, Act.REPLACED if change.new in replaced else Act.MADE)
    for change in changes.renamed:
        if change.old != change.new and change.new is not None and _is_in(gone, change.new):
            yield Foreign(change.old or "", Act.MOVED, change.new)


def asked_in(gone: frozenset[str], changes: Changes) -> list[Change]:
    """Returns what was modified there: a directory only because of its children, a file in itself."""
    return [change for change in changes.modified if change.old and change.new and _is_in(gone, change.old)]


def still_there(gone: frozenset[str], changes: Changes) -> frozenset[str]:
    """Returns what still lies where it did: nobody reaches what is parked, and what is dropped takes nothing along."""
    away = {change.old for change in changes.deleted}
    return frozenset(path for path in gone if path not in away)


def without_own(items: Iterable[Item], plan: Plan, staged: Mapping[int, int], changes: Changes) -> Changes:
    """Leaves out what a place that died may have done: whatever of it is not as it should be shows in the candidate.

    Args:
        staged: Inode ids on the origin of what was staged by itself -> those on the destination.
    """
    arrived: dict[str | None, int] = {
        one.path: staged.get(one.inode, 0) if one.comes_from is MoveInFrom.STAGE else 0 for one in plan.move_in}
    moved = {(item.old, item.new) for item in items}
    own = {change.inode for change in changes.renamed if (change.old, change.new) in moved}
    return Changes(
        created=tuple(one for one in changes.created if arrived.get(one.new) not in (0, one.inode)),
        deleted=changes.deleted,
        renamed=tuple(one for one in changes.renamed if one.inode not in own),
        modified=tuple(one for one in changes.modified if one.inode not in own),
    )


def _is_in(gone: frozenset[str], path: str) -> bool:
    while path:
        if path in gone:
            return True
        path = parent(path)
    return False
