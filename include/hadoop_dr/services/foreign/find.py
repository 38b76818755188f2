"""Reads what tells foreign changes during a run from our own; `domain.foreign` decides (I10).

A root in which nothing changed costs one request. Else: pages of the difference, a listing for each directory that is
new or holds something that was touched, and one request for the extended attributes of each directory that was, and of
each file that was although the plan changes nothing of it.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.foreign.tree_changes import (
    Asked,
    Comparison,
    Foreign,
    expected_of,
    fled,
    keeps_all,
    should_be,
    together,
)
from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.plan.root_plan import Plan
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs, DirEntry, FileAttributes
from hadoop_dr.domain.tree.inventory import Entry, changes_between
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.snapshot_diff import Changes, merge, visible
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.transfer.changes.snapshot_tree import ReadLimits, Tree, without_work_area


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A plan that was carried out in one root of the destination.

    Attributes:
        base: Snapshot of the destination that the plan builds on.
        candidate: Snapshot of the destination taken afterwards.
        staged: Inode ids on the origin of what was staged by itself -> those on the destination.
        whole: Items planned as tails that were staged as whole files.
        complete: All of the plan was carried out.
    """

    root: str
    base: str
    candidate: str
    items: Sequence[Item]
    plan: Plan
    staged: Mapping[int, int]
    whole: Collection[int] = frozenset()
    complete: bool = True


class FindForeign:
    """Finds what somebody else did in roots of one site while plans were carried out there.

    Args:
        destination: The site.
        limits: How hard it may be asked.
    """

    def __init__(self, destination: NameNode, limits: ReadLimits | None = None) -> None:
        self._destination, self._limits = destination, limits or ReadLimits()

    def differences(self, carried: Sequence[CarriedOut]) -> list[Changes]:
        """Reads what the destination itself says of each root, side by side.

        Raises:
            BaselineLost: A snapshot cannot be read.
        """
        with self._limits.pool() as pool:
            return list(pool.map(self._difference, carried))

    def run(
        self, carried: CarriedOut, changes: Changes, listing: Mapping[str, DirEntry] | None = None
    ) -> list[Foreign]:
        """Lays a root's difference and its plan beside each other.

        Args:
            listing: A full listing of the candidate by path, if there is one.
        """
        if changes == Changes() and not carried.items:
            return []
        with self._limits.pool() as pool:
            now = _View(Tree(self._destination, carried.root, carried.candidate), pool, listing)
            then = _View(Tree(self._destination, carried.root, carried.base), pool, None)
            bound = _fled(fled(carried.items, carried.whole, changes), then)
            expected = expected_of(
                carried.items, carried.plan, carried.staged, carried.whole, bound, complete=carried.complete
            )  # fmt: skip
            comparison = Comparison(changes, expected)
            comparison.listed(_brought(comparison, now))
            for asked, before, after in _attributes(comparison.asked, then, now):
                comparison.altered(asked, before, after)
        return together(comparison.found)

    def _difference(self, carried: CarriedOut) -> Changes:
        try:
            pages = self._destination.diff(carried.root, carried.base, carried.candidate)
            return visible(merge(pages))
        except Failed as error:
            if error.retryable:
                raise
        with self._limits.pool() as here, self._limits.pool() as there:
            older = Tree(self._destination, carried.root, carried.base).walk(here)
            newer = Tree(self._destination, carried.root, carried.candidate).walk(there)
            return visible(changes_between(older, without_work_area(newer)))


class _View:
    """One snapshot, asked by listings where that is cheaper, or not at all where a full listing is at hand."""

    def __init__(self, tree: Tree, pool: BoundedPool, listing: Mapping[str, DirEntry] | None) -> None:
        self.tree, self.pool, self._listing = tree, pool, listing
        self._below: dict[str, list[Entry]] | None = None
        self._turn = threading.Lock()

    def entries(self, paths: Iterable[str]) -> dict[str, Entry]:
        """Gives the items at these paths."""
        if self._listing is None:
            return self.tree.entries(paths, self.pool)
        listing, wanted = self._listing, set(paths)
        found = {path: Entry(path, listing[path].inode, listing[path].facts) for path in wanted if path}
        return found if "" not in wanted else {**found, "": self.tree.entry("")}

    def children(self, directory: str) -> list[Entry]:
        """Lists a directory."""
        if self._listing is None:
            return self.tree.children(directory)
        with self._turn:  # whoever comes while it is half made would miss what is there, and call it deleted
            if self._below is None:
                self._below = {}
                for path, listed in self._listing.items():
                    self._below.setdefault(parent(path), []).append(Entry(path, listed.inode, listed.facts))
        return self._below.get(directory, [])

    def extras(self, entry: Entry) -> AclAndXattrs:
        """Reads what a listing does not carry."""
        return self.tree.extras(entry, xattrs=True)


def _fled(paths: Sequence[str], then: _View) -> dict[str, Entry]:
    tops = then.entries(paths)
    below = then.tree.below(tops.values(), then.pool, lambda _: True)
    return {**{entry.path: entry for entry in below}, **tops}


def _brought(comparison: Comparison, now: _View) -> Iterator[Entry]:
    """Lists what the plan brought, level by level, and what lies in it."""
    level = list(now.entries(comparison.tops).values())
    while level:
        yield from level
        directories = [entry.path for entry in level if entry.facts.is_dir and comparison.enter(entry)]
        level = [entry for children in now.pool.map(now.children, directories) for entry in children]


def _attributes(
    asked: Sequence[Asked], then: _View, now: _View
) -> Iterator[tuple[Asked, tuple[FileAttributes, AclAndXattrs], tuple[FileAttributes, AclAndXattrs]]]:
    after = now.entries(one.new for one in asked)
    before = then.entries(one.old for one in asked if one.item is None)

    def extras(one: Asked) -> tuple[AclAndXattrs, AclAndXattrs]:
        entry = after[one.new]
        if not entry.facts.is_dir and (one.item is None or not keeps_all(one.item)):
            return NO_ACL_OR_XATTRS, NO_ACL_OR_XATTRS
        planned = should_be(one)
        return planned[1] if planned else then.extras(before[one.old]), now.extras(entry)

    for one, (was, is_now) in zip(asked, now.pool.map(extras, asked), strict=True):
        planned = should_be(one)
        facts = planned[0] if planned else before[one.old].facts
        yield one, (facts, was), (after[one.new].facts, is_now)
