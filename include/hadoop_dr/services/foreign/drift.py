"""Foreign changes on the secondary since its last point (DESIGN.md section 4.1, faults 21 and 8).

They are read from the difference between a snapshot and the live tree, which needs no snapshot of its own: looking
writes nothing and sets no time. A root in which nothing changed costs one request.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from hadoop_dr.domain.baseline import Baseline
from hadoop_dr.domain.diff import merge, visible
from hadoop_dr.domain.drift import moved_or_new
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.facts import FileAttributes
from hadoop_dr.domain.paths import join
from hadoop_dr.domain.service_state import Claim
from hadoop_dr.domain.verify import differing_fields, say_difference
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


def found_by_root(context: BackupContext, last: Baseline, now: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Lists what changed on the target since its newest point, by root and name, where that can be told.

    A file that is known to be damaged may be taken away or put right by hand: the next run copies it again.

    Args:
        now: Only in these roots, and up to these snapshots; else up to the live tree.
    """
    if last.newest is None:
        return {}
    told = last.told if now is None else last.told.intersection(now)
    live = last.newest.live_on(context.target.name)
    bases = {root: live[root].name for root in told}
    bad = {f"{root}/{path}".rstrip("/") for root, path in last.newest.bad_files}
    found = {
        root: [line for line in lines if not any(line.startswith(f"{path} was ") for path in bad)]
        for root, lines in drift_by_root(context, bases, now).items()
    }
    return {root: lines for root, lines in found.items() if lines}


def drift_by_root(
    context: BackupContext, bases: Mapping[str, str], now: Mapping[str, str] | None = None
) -> dict[str, list[str]]:
    """Lists what changed on the target since a snapshot of each root; roots without a change are left out.

    Args:
        now: Snapshots by root that the changes are read up to; else the live tree.
    """
    namenode, upto = context.target.namenode, now or {}
    told = map_bounded(lambda one: visible(merge(namenode.diff(*one, upto.get(one[0], "")))), bases.items())
    changes = dict(zip(bases, told, strict=True))
    found = {root: [foreign.told(root) for foreign in moved_or_new(one)] for root, one in changes.items()}
    doubts = [
        _Doubt(root, bases[root], change.old, change.new, f"/.snapshot/{upto[root]}" if root in upto else "")
        for root, one in changes.items()
        for change in one.modified
        if change.old is not None and change.new is not None
    ]
    for doubt, line in zip(doubts, map_bounded(lambda doubt: _altered(namenode, doubt), doubts), strict=True):
        if line:
            found[doubt.root].append(line)
    return {root: lines for root, lines in found.items() if lines}


def trees_differ(namenode: NameNode, root: str, wanted: str, found: str) -> list[str]:
    """Compares two snapshots of one root as readers see them, whatever inodes they have.

    Returns:
        What differs, one sentence each.
    """
    tops = f"{root}/.snapshot/{wanted}", f"{root}/.snapshot/{found}"
    different = list(_own_attributes(namenode, root, *tops))
    left = dict(walk(namenode, tops[0]))
    for path, item in walk(namenode, tops[1]):
        want = left.pop(path, None)
        if want is None:
            different.append(f"{root}/{path} is too many")
        elif fields := differing_fields(want.facts, item.facts):
            different.append(f"{root}/{path} differs in {', '.join(fields)}")
    return different + [f"{root}/{path} is missing" for path in left]


def kept_name(context: BackupContext, claim: Claim) -> str:
    """Name of the snapshots that keep what an undo undoes, until a person removes them (I10)."""
    return f"dr-{context.policy.service}-kept-{claim.epoch}-{claim.n}"


def _altered(namenode: NameNode, doubt: _Doubt) -> str | None:
    """Says how an item itself differs; None when it is a directory of which only the children do."""
    live = join(doubt.root, doubt.new).rstrip("/")
    now = join(doubt.root + doubt.now, doubt.new).rstrip("/")
    try:
        after = namenode.status(now).facts
        if not after.is_dir:
            return f"{doubt.root}/{doubt.old} was changed"
        was = f"{doubt.root}/.snapshot/{doubt.base}/{doubt.old}".rstrip("/")
        return next(_own_attributes(namenode, live, was, now), None)
    except NotFound:  # somebody is at work there right now
        return f"{live} was changed"


def _own_attributes(namenode: NameNode, path: str, was: str, now: str) -> Iterator[str]:
    """Says in which attributes of its own a directory differs, its time left out."""
    before, after = _untimed(namenode.status(was).facts), _untimed(namenode.status(now).facts)
    if fields := differing_fields(before, after):
        yield f"{path} was changed: {say_difference('', fields, before, after).removeprefix(': ')}"
    elif namenode.extras(was, acl=before.has_acl) != namenode.extras(now, acl=after.has_acl):
        yield f"{path} was changed: its ACL or extended attributes differ"


def _untimed(facts: FileAttributes) -> FileAttributes:
    return replace(facts, mtime_ms=0)
