"""Full listings compared: what a snapshot diff hides, and how faithful a copy is (I9).

A listing is a stream of entries in the order of ``order``: parents before children, each subtree in one piece. Two such
listings are read side by side, so memory is bounded by the differences, not by the trees.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from operator import itemgetter
from typing import Any, TypeVar

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.paths import Moves, parent
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes

_SIGNED = bytes(byte ^ 0x80 for byte in range(256))
T = TypeVar("T")
BlockIds = tuple[str, tuple[int, ...]]
"""A file's path relative to the root, and the ids of its blocks."""


class Audit(Enum):
    """How a root is compared beyond what is known to have changed."""

    NO = "no"
    """Not at all in this run."""
    WHOLE = "whole"
    """Its listings fit into memory and serve every comparison."""
    STREAMED = "streamed"
    """It is large: two listings are compared as they come."""


def looked_through(names: Mapping[str, int], most: int) -> frozenset[str]:
    """Returns the roots that every run looks through whole: the smallest, as many as have ``most`` items together.

    A look asks the NameNode for every item, so what all of them cost is bounded, however many roots there are.

    Args:
        names: How many items each root has.
    """
    found, left = list[str](), most
    for count, root in sorted((count, root) for root, count in names.items()):
        left -= count
        if left < 0:
            break
        found.append(root)
    return frozenset(found)


def audit_of(since_ms: int | None, *, small: bool) -> Audit:
    """Decides how a root is audited: in every run while it is small, else daily.

    Args:
        since_ms: How long ago the service was audited whole; None if never.
        small: It is one of those that every run looks through.
    """
    if small:
        return Audit.WHOLE
    return Audit.STREAMED if since_ms is None or since_ms >= DAY_MS else Audit.NO


@dataclass(frozen=True, slots=True)
class Held:
    """How much a root holds, without what only its snapshots hold.

    Attributes:
        files: Its files.
        names: Files and directories below it.
    """

    files: int = 0
    names: int = 0


def names_left(before: int, items: Iterable[Item]) -> int:
    """How many items a root has after a plan that names each one that comes or goes."""
    return before + sum((item.old is None) - (item.new is None) for item in items)


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of a listing: its path relative to the root, inode id on that cluster, attributes."""

    path: str
    inode: int
    facts: FileAttributes


def order(path: str) -> list[str]:
    """The sort key of listings: by components, because a plain comparison puts ``a b`` between ``a`` and ``a/x``."""
    return path.split("/")


def namenode_order(path: str) -> list[bytes]:
    """The sort key of what a NameNode tells in its own order: it compares the bytes of names with a sign (measured)."""
    return [part.encode(errors="replace").translate(_SIGNED) for part in path.split("/")]


def paired_by_path(
    first: Iterable[Entry], second: Iterable[Entry]
) -> Iterator[tuple[Entry | None, Entry | None]]:
    """Pairs the entries of two listings by path.

    Raises:
        ValueError: A listing is not in order, or names a path twice.
    """
    return _paired(first, second, lambda entry: entry.path, order)


def _paired(
    first: Iterable[T], second: Iterable[T], path: Callable[[T], str], key: Callable[[str], Any]
) -> Iterator[tuple[T | None, T | None]]:
    left, right = _in_order(first, path, key), _in_order(second, path, key)
    one, other = next(left, None), next(right, None)
    while one is not None or other is not None:
        if other is None or (one is not None and one[0] < other[0]):
            assert one is not None
            yield one[1], None
            one = next(left, None)
        elif one is None or other[0] < one[0]:
            yield None, other[1]
            other = next(right, None)
        else:
            yield one[1], other[1]
            one, other = next(left, None), next(right, None)


def _in_order(
    listing: Iterable[T], path: Callable[[T], str], key: Callable[[str], Any]
) -> Iterator[tuple[Any, T]]:
    last = None
    for entry in listing:
        here = key(path(entry))
        if last is not None and not last < here:
            raise ValueError(f"listing out of order at {path(entry)!r}")
        last = here
        yield here, entry


def changes_between(older: Iterable[Entry], newer: Iterable[Entry]) -> Changes:
    """Finds by inode id what changed between two snapshots of one root: what a diff says, and what it hides.

    A hidden change is one of times alone, or a rewrite to the same length that shows as another time. A rewrite whose
    time was put back, and other ACL entries or extended attributes, are not in a listing. The root's own time is
    that of the snapshot and says nothing.
    """
    was, now = _residue(older, newer)
    moves = Moves({entry.path: now[inode].path if inode in now else None for inode, entry in was.items()})
    new = {now[inode].path for inode in now.keys() - was.keys()}
    created = [Change(i, None, now[i].path) for i in sorted(now.keys() - was.keys())]
    deleted = [Change(i, was[i].path, None) for i in sorted(was.keys() - now.keys())]
    lived = [Change(i, was[i].path, now[i].path) for i in sorted(was.keys() & now.keys())]
    return Changes(
        created=tuple(change for change in created if parent(change.new or "") not in new),
        deleted=tuple(change for change in deleted if moves.below(change.old or "") is not None),
        renamed=tuple(change for change in lived if moves.below(change.old or "") != change.new),
        modified=tuple(change for change in lived if _differs(was[change.inode], now[change.inode])),
    )


def _differs(was: Entry, now: Entry) -> bool:
    """Whether an item has other attributes; for each root a new time would cost a work area in every run."""
    facts = was.facts if now.path else replace(was.facts, mtime_ms=now.facts.mtime_ms)
    return facts != now.facts


def _residue(older: Iterable[Entry], newer: Iterable[Entry]) -> tuple[dict[int, Entry], dict[int, Entry]]:
    """Keeps of both listings, by inode id, what is not the same item in the same directory with the same attributes."""
    was: dict[int, Entry] = {}
    now: dict[int, Entry] = {}
    replaced: set[str] = set()
    for before, after in paired_by_path(older, newer):
        if before == after and before is not None and parent(before.path) not in replaced:
            continue
        if before is not None:
            was[before.inode] = before
        if after is not None:
            now[after.inode] = after
        if before is not None and after is not None and before.inode != after.inode:
            replaced.add(before.path)
    return was, now


def contradiction(reported: Changes, found: Changes) -> str | None:
    """Compares what a diff told with what full listings show; gives a path that came, went or moved untold, or None."""
    forward, backward = reported.forward(), reported.backward()
    for change in found.created:
        if backward.of(change.new or "") is not None:
            return change.new
    for change in (*found.deleted, *found.renamed):
        if forward.of(change.old or "") not in (None, change.new):
            return change.old
    return None


def hidden(reported: Changes, found: Changes) -> list[str]:
    """Names the paths of items, but the root, that listings show as modified and the diff does not mention."""
    known = {change.inode for change in (*reported.created, *reported.deleted, *reported.renamed, *reported.modified)}
    forward = reported.forward()
    return [
        change.new for change in found.modified
        if change.new and change.inode not in known and forward.of(change.old or "") is not None
    ]


def refilled(
    was: Iterable[BlockIds], now: Iterable[BlockIds], reported: Changes, verified: Collection[str]
) -> Iterator[str]:
    """Names files that have other blocks for which nobody can answer, from two streams in order.

    What lies at the same path in both is compared and forgotten; what moved is kept until the end. A diff over several
    points that names a file says nothing of what became of it in the last of them.

    Args:
        was, now: Block ids in the older and the newer tree, in ``namenode_order``.
        reported: The diff of the two.
        verified: Paths in the newer tree of what is compared anyway.

    Returns:
        Paths in the newer tree.

    Raises:
        ValueError: A stream is not in order.
    """
    forward, backward = reported.forward(), reported.backward()
    gone: dict[str, BlockIds] = {}
    come: list[tuple[str, BlockIds]] = []
    for before, after in _paired(was, now, itemgetter(0), namenode_order):
        stays = after is not None and backward.of(after[0]) == after[0]
        if before is not None and after is not None and stays:
            if before[1] != after[1] and after[0] not in verified:
                yield after[0]
            continue
        if before is not None and forward.of(before[0]) is not None:
            gone[before[0]] = before
        if after is not None and not stays and (old := backward.of(after[0])) is not None:
            come.append((old, after))
    yield from (now for old, (now, ids) in come if now not in verified and gone.get(old, (old, ids))[1] != ids)


def other_blocks(
    was: Mapping[str, tuple[int, ...]], now: Mapping[str, tuple[int, ...]], backward: Moves
) -> Iterator[tuple[str, str]]:
    """Names the files whose block ids are others than they were.

    Args:
        was, now: Block ids by path in the older and the newer tree.
        backward: Translates paths of the newer tree into the older one.

    Returns:
        Path then and path now.
    """
    for path, ids in now.items():
        old = backward.of(path)
        if old is not None and was.get(old, ids) != ids:
            yield old, path
