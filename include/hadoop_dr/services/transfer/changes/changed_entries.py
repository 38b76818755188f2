"""Changes looked up in both snapshots: every touched item with its attributes then and now.

A diff says where to look, the listings say what is there. Each directory that loses, gains or holds something touched
is listed in both snapshots; new and deleted subtrees are walked; what came out on both sides is joined by inode id. If
that shows a difference which the changes do not explain, they are not to be trusted.
"""

from __future__ import annotations

from collections import Counter

from hadoop_dr.domain.paths import WORK_AREA, in_work_area, parent
from hadoop_dr.domain.tree.inventory import Entry
from hadoop_dr.domain.tree.snapshot_diff import Changes
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.transfer.changes.snapshot_tree import Tree

_MANY = 8
"""So many directories of one parent are cheaper to read by listing the parent."""
Pairs = dict[str, str | None]
"""Directories: path in the older snapshot -> path in the newer one; None where only the older one has it."""


class Contradiction(Exception):
    """The snapshots hold what the changes do not explain.

    Attributes:
        path: Where it shows.
    """

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class ChangedEntries:
    """The touched items of one root.

    Attributes:
        was: In the older snapshot, by inode id.
        now: In the newer snapshot, by inode id.
        named: Inode ids that the changes name as modified.
        fled: Inode ids that came out of something deleted into something new: nobody says whether they were modified.
    """

    def __init__(self, before: Tree, after: Tree, changes: Changes, pool: BoundedPool) -> None:
        self._before, self._after, self._changes, self._pool = before, after, changes, pool
        self._forward, self._backward = changes.forward(), changes.backward()
        self._renamed = {change.inode for change in changes.renamed}
        self.named = {change.inode for change in changes.modified}
        self.fled: set[int] = set()
        self.was: dict[int, Entry] = {}
        self.now: dict[int, Entry] = {}

    def collect(self) -> None:
        """Reads both states of every item that the changes name.

        Raises:
            Contradiction: The changes do not explain what the snapshots hold.
            BaselineLost: A snapshot cannot be read.
        """
        pairs = self._directories()
        self._compare(pairs, set(pairs))
        self._read_the_directories_themselves(pairs)
        self._compare(self._silent(pairs), set())
        left, came = self._walk_subtrees()
        self.fled = left & came
        self._refuse_contradictions(left, came)

    def stays(self, was: Entry, now: Entry) -> bool:
        """Whether an item is where it was, or went along with its directory."""
        return was.inode not in self._renamed and self._forward.of(was.path) == now.path

    def _directories(self) -> Pairs:
        changes = self._changes
        pairs: Pairs = {}
        for change in (*changes.deleted, *changes.renamed, *changes.modified):
            if change.old is not None and (above := parent(change.old)) not in pairs:
                pairs[above] = self._outside(self._forward.of(above))
        for change in (*changes.created, *changes.renamed, *changes.modified):
            above_now = parent(change.new or "")
            above_then = self._backward.of(above_now)
            if above_then is not None:
                pairs[above_then] = above_now
        return pairs

    @staticmethod
    def _outside(path: str | None) -> str | None:
        return None if path is None or in_work_area(path) else path

    def _compare(self, pairs: Pairs, own: set[str]) -> None:
        """Lists directories in both snapshots; keeps what differs and what is touched though it looks the same."""
        wanted = self._renamed | self.named
        work = [(old, new) for old, new in pairs.items() if new is not None or in_work_area(old)]
        for before, after in self._pool.map(self._list_both, work):
            for name, was in before.items():
                now = after.pop(name, None) if after is not None else None
                if was.inode in wanted or was.path in own or (after is not None and not _alike(was, now)):
                    self._take(was, now)
            for now in (after or {}).values():
                self._take(None, now)

    def _silent(self, pairs: Pairs) -> Pairs:
        """Directories named as modified of whose children the changes say nothing, and which nothing else explains.

        Equal times explain nothing: in a snapshot the time of a directory may follow later additions.
        """
        silent: Pairs = {}
        for inode in self.named & self.was.keys() & self.now.keys():
            was, now = self.was[inode], self.now[inode]
            explained = was.facts != now.facts and was.facts.mtime_ms == now.facts.mtime_ms
            if was.facts.is_dir and not explained and was.path not in pairs:
                silent[was.path] = now.path
        return silent

    def _list_both(self, pair: tuple[str, str | None]) -> tuple[dict[str, Entry], dict[str, Entry] | None]:
        old, new = pair
        return _named(self._before, old), None if new is None else _named(self._after, new)

    def _take(self, was: Entry | None, now: Entry | None) -> None:
        if was is not None:
            self.was[was.inode] = was
        if now is not None:
            self.now[now.inode] = now

    def _read_the_directories_themselves(self, pairs: Pairs) -> None:
        crowds = Counter(parent(old) for old, _ in self._unread(pairs) if old)
        crowded = {above: self._forward.of(above) for above, count in crowds.items() if count >= _MANY}
        more = {old: new for old, new in crowded.items() if old not in pairs}
        self._compare(more, pairs.keys() | more.keys())
        for was, now in self._pool.map(self._read_both, self._unread({**pairs, **more})):
            self._take(was, now)

    def _unread(self, pairs: Pairs) -> list[tuple[str, str]]:
        known = {entry.path for entry in self.was.values()}
        return [(old, new) for old, new in pairs.items() if new is not None and old not in known]

    def _read_both(self, pair: tuple[str, str]) -> tuple[Entry, Entry]:
        return self._before.entry(pair[0]), self._after.entry(pair[1])

    def _walk_subtrees(self) -> tuple[set[int], set[int]]:
        """Walks what is gone and what is new, but not into what was moved there: that is told apart.

        Returns:
            Inode ids of all that lies in something deleted, and of all that lies in something new.
        """
        gone = [self.was[change.inode] for change in self._changes.deleted if change.inode in self.was]
        new = [self.now[change.inode] for change in self._changes.created if change.inode in self.now]
        left, came = {entry.inode for entry in gone}, {entry.inode for entry in new}
        for tree, tops, side, found in ((self._before, gone, self.was, left), (self._after, new, self.now, came)):
            for entry in tree.below(tops, self._pool, lambda inode: inode not in self._renamed):
                side[entry.inode] = entry
                found.add(entry.inode)
        return left, came

    def _refuse_contradictions(self, left: set[int], came: set[int]) -> None:
        for change in self._changes.created:
            if change.inode not in self.now:
                raise Contradiction(change.new or "")
        for inode, was in self.was.items():
            if not self._explained(was, self.now.get(inode), left, came):
                raise Contradiction(was.path)
        for inode in self.now.keys() - self.was.keys() - came:
            raise Contradiction(self.now[inode].path)

    def _explained(self, was: Entry, now: Entry | None, left: set[int], came: set[int]) -> bool:
        if now is None:
            return was.inode in left
        there = self._forward.of(was.path)
        return was.inode in came if there is None else there == now.path


def _alike(was: Entry, now: Entry | None) -> bool:
    return now is not None and was.inode == now.inode and was.facts == now.facts


def _named(tree: Tree, directory: str) -> dict[str, Entry]:
    cut = len(directory) + 1 if directory else 0
    return {entry.path[cut:]: entry for entry in tree.children(directory) if entry.path != WORK_AREA}
