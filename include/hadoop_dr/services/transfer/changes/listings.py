"""Changes found without the NameNode's diff, or to check it: full listings of both snapshots (I9)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.paths import in_work_area
from hadoop_dr.domain.tree.block_digest import block_digest
from hadoop_dr.domain.tree.inventory import Entry, changes_between, contradiction, hidden, other_blocks
from hadoop_dr.domain.tree.seen import UNSEEN, Seen, listing_digests
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, visible
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.transfer.changes.snapshot_tree import Tree, names, without_work_area

Blocks = dict[str, tuple[int, ...]]
"""Block ids of all files of a tree that have blocks, by path."""


class Listings:
    """Compares all of two snapshots of one root, streamed. The first requests leave as soon as it is made.

    Args:
        before: The snapshot to come from.
        after: The snapshot to come to.
        pool: Carries requests about single items.
        xattrs: Whether the NameNode keeps extended attributes at all.
        blocks: Compare the block ids of all files.
        known: What the snapshot to come from showed; None when what the other one shows need not fit into memory.

    Attributes:
        seen: What the snapshot to come to showed.
        notes: What a person should know of it.
        hindered: What could not be compared.
    """

    def __init__(
        self, before: Tree, after: Tree, pool: BoundedPool, *, xattrs: bool, blocks: bool, known: Seen | None = None
    ) -> None:
        self._before, self._after, self._pool, self._xattrs = before, after, pool, xattrs
        self._known, self.seen = known, UNSEEN
        was = known or UNSEEN
        self._blocks_after = pool.begin(_blocks_of, after) if blocks else None
        self._blocks_before = pool.begin(_blocks_of, before) if blocks and not was.blocks else None
        self._walk_after = without_work_area(after.walk(pool))
        self._walk_before = None if was.listing else before.walk(pool)
        self.notes: list[str] = []
        self.hindered: list[str] = []

    def changes(self, reported: Changes | None, *, trusted: bool) -> Changes:
        """Compares full listings of both snapshots and returns what changed.

        Blocks are compared, too: a file cut and refilled to its length, with its time put back, shows nowhere else.
        ACL entries and extended attributes are not in a listing. If no diff that can be trusted names the items where
        they changed, they are read of every item: slow, but nothing is missed.

        Args:
            reported: What the diff says, or None when it failed.
            trusted: Whether nothing speaks against the diff so far.
        """
        if reported is not None:
            then, now = reported.directories()
            self._before.remember(then)
            self._after.remember(now)
        found = self._found()
        if reported is not None and trusted:
            where = contradiction(reported, found)
            if where is None:
                return _with_more(self._with(reported, found), self._refilled(found))
            self.notes.append(f"the snapshot diff does not cover '{where}', only full listings were used")
        extras = self._other_extras(found, self._before.walk(self._pool))
        return _with_more(_with_more(found, extras), self._refilled(found))

    def _found(self) -> Changes:
        """Returns what the listings show; nothing, without the older one, where the newer one shows what that did."""
        after: Iterable[Entry] = self._walk_after
        if self._known is not None:
            after = list(after)
            listing, facts = listing_digests(after)
            self.seen = replace(self.seen, listing=listing, facts=facts)
            if listing == self._known.listing:
                self._before.held = self._after.held
                return Changes()
        return visible(changes_between(self._walk_before or self._before.walk(self._pool), after))

    def _with(self, reported: Changes, found: Changes) -> Changes:
        """Adds what the diff names as modified though its listing looks the same."""
        unseen = hidden(reported, found)
        if unseen:
            self.notes.append(f"{len(unseen)} changes were hidden from the snapshot diff: {names(unseen)}")
        forward = reported.forward()
        fled = [self._before.entry(c.old) for c in found.renamed if c.old is not None and forward.of(c.old) is None]
        with_all_below = chain(fled, self._before.below(fled, self._pool, lambda _: True))
        return _with_more(found, chain(reported.modified, self._other_extras(found, with_all_below)))

    def _refilled(self, found: Changes) -> list[Change]:
        """Finds files that a listing shows as they were and that have other blocks: cut and refilled, time put back."""
        if self._blocks_after is None:
            return []
        try:
            now = self._blocks_after.result()
            if self._known is not None:
                self.seen = replace(self.seen, blocks=block_digest(now.items()))
                if self.seen.blocks == self._known.blocks:
                    return []
            was = (self._blocks_before or self._pool.begin(_blocks_of, self._before)).result()
        except Failed as error:
            if error.retryable:
                raise
            self.hindered.append(f"refilled files whose time was put back were not searched: {error}")
            return []
        known = {change.new for change in found.modified}
        refilled = [(old, new) for old, new in other_blocks(was, now, found.backward()) if new not in known]
        if refilled:
            self.notes.append(f"{len(refilled)} files have other blocks though nothing else shows it: "
                              f"{names([new for _, new in refilled])}")
        return [Change(self._after.entry(new).inode, old, new) for old, new in refilled]

    def _other_extras(self, found: Changes, entries: Iterable[Entry]) -> Iterator[Change]:
        """Reads the extras of items on both sides; what is moved out of something deleted is in no diff either."""
        forward = found.forward()

        def look(entry: Entry) -> Change | None:
            there = forward.of(entry.path)
            if there is None or in_work_area(there):
                return None
            was = self._before.extras(entry, xattrs=self._xattrs)
            now = self._after.extras(Entry(there, entry.inode, entry.facts), xattrs=self._xattrs)
            return Change(entry.inode, entry.path, there) if was != now else None

        return (change for change in self._pool.map(look, entries) if change is not None)


def _blocks_of(tree: Tree) -> Blocks:
    return tree.block_ids()


def _with_more(found: Changes, more: Iterable[Change]) -> Changes:
    listed = {change.inode for change in found.modified}
    added = {change.inode: change for change in more if change.inode not in listed}
    return Changes(found.created, found.deleted, found.renamed, (*found.modified, *added.values()))
