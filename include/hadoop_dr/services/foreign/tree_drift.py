"""Foreign changes on the secondary since its last point.

They are read from the difference between a snapshot and the live tree, which needs no snapshot of its own: looking
writes nothing and sets no time. A root in which nothing changed costs one request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.foreign.drift import moved_or_new
from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.paths import in_work_area, join
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.tree.attribute_comparison import differences, differing_fields
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.snapshot_diff import Changes, merge, visible
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.pool import map_bounded


class _Doubt(NamedTuple):
    """An item that the difference names as modified: a directory is so, too, when only a child came or went."""

    root: str
    base: str
    old: str
    new: str
    now: str


def found_by_root(
    context: BackupContext, last: Baseline, now: Mapping[str, str] | None = None
) -> dict[str, list[Foreign]]:
    """Lists what changed on the destination since its newest point, by root and name, where that can be told.

    A file that is known to be damaged may be taken away or put right by hand: the next run copies it again.

    Args:
        now: Only in these roots, and up to these snapshots; else up to the live tree.
    """
    if last.newest is None:
        return {}
    comparable = last.with_base if now is None else last.with_base.intersection(now)
    live = last.newest.live_on(context.destination.name)
    bases = {root: live[root].name for root in comparable}
    bad = frozenset(last.newest.bad_files)
    found = {
        root: [one for one in changes if (root, one.path) not in bad]
        for root, changes in drift_by_root(context, bases, now).items()
    }
    return {root: changes for root, changes in found.items() if changes}


def drift_by_root(
    context: BackupContext, bases: Mapping[str, str], now: Mapping[str, str] | None = None
) -> dict[str, list[Foreign]]:
    """Lists what changed on the destination since a snapshot of each root; roots without a change are left out.

    Args:
        now: Snapshots by root that the changes are read up to; else the live tree.
    """
    namenode, upto = context.destination.namenode, now or {}

    def difference(one: tuple[str, str]) -> Changes:
        changes = merge(namenode.diff(*one, upto.get(one[0], "")))
        if any(change.new is not None and in_work_area(change.new) for change in changes.created):
            context.process.cache.no_area.discard(one[0])
        elif one[0] not in upto:
            context.process.cache.no_area.add(one[0])
        return visible(changes)

    changes = dict(zip(bases, map_bounded(difference, bases.items()), strict=True))
    found = {root: list(moved_or_new(one)) for root, one in changes.items()}
    doubts = [
        _Doubt(root, bases[root], change.old, change.new, f"/.snapshot/{upto[root]}" if root in upto else "")
        for root, one in changes.items()
        for change in one.modified
        if change.old is not None and change.new is not None
    ]
    for doubt, change in zip(doubts, map_bounded(lambda doubt: _altered(namenode, doubt), doubts), strict=True):
        if change is not None:
            found[doubt.root].append(change)
    return {root: listed for root, listed in found.items() if listed}


def lines_by_root(found: Mapping[str, Sequence[Foreign]]) -> dict[str, list[str]]:
    """Writes changes for people, by root."""
    return {root: [one.text(root) for one in changes] for root, changes in found.items()}


def trees_differ(namenode: NameNode, root: str, wanted: str, found: str) -> list[str]:
    """Compares two snapshots of one root as readers see them, whatever inodes they have.

    Returns:
        What differs, one sentence each.
    """
    tops = f"{root}/.snapshot/{wanted}", f"{root}/.snapshot/{found}"
    own = _own_attributes(namenode, *tops)
    different = [f"{root} was changed: {own}"] if own else []
    left = dict(walk(namenode, tops[0]))
    for path, item in walk(namenode, tops[1]):
        want = left.pop(path, None)
        if want is None:
            different.append(f"{root}/{path} is unexpected")
        elif fields := differing_fields(want.facts, item.facts):
            different.append(f"{root}/{path} differs in {', '.join(fields)}")
    return different + [f"{root}/{path} is missing" for path in left]


def kept_name(context: BackupContext, epoch: int, number: int) -> str:
    """Name of the snapshots that keep what an undo undoes, until a person removes them (I10)."""
    return f"dr-{context.policy.service}-kept-{epoch}-{number}"


def _altered(namenode: NameNode, doubt: _Doubt) -> Foreign | None:
    """Says how an item itself differs; None when it is a directory of which only the children do."""
    now = join(doubt.root + doubt.now, doubt.new).rstrip("/")
    try:
        after = namenode.status(now).facts
        if not after.is_dir:
            return Foreign(doubt.old, Act.CHANGED)
        was = f"{doubt.root}/.snapshot/{doubt.base}/{doubt.old}".rstrip("/")
        own = _own_attributes(namenode, was, now)
        return Foreign(doubt.new, Act.CHANGED, own) if own else None
    except NotFound:  # somebody is at work there right now
        return Foreign(doubt.new, Act.CHANGED)


def _own_attributes(namenode: NameNode, was: str, now: str) -> str:
    """Says in which attributes of its own a directory differs, its time left out; empty when in none."""
    before, after = _untimed(namenode.status(was).facts), _untimed(namenode.status(now).facts)
    if fields := differing_fields(before, after):
        return differences(fields, before, after)
    same = namenode.extras(was, acl=before.has_acl) == namenode.extras(now, acl=after.has_acl)
    return "" if same else "its ACL or extended attributes differ"


def _untimed(facts: FileAttributes) -> FileAttributes:
    return replace(facts, mtime_ms=0)
