"""Gathering the touched items of one root, the whole input of a plan.

    diff of two snapshots ----+                                +-- attributes, ACLs, extended attributes
    full listings of both ----+--> changes --> touched items --+-- blocks of modified files
      (audit, or the diff fails or contradicts the listings)

Nothing is concluded from a path being there or not: a snapshot that cannot be read ends the run (I8).
"""

from __future__ import annotations

from hadoop_dr.domain.errors import BaselineLost, Failed, NotFound, Refused
from hadoop_dr.domain.paths import WORK_AREA, in_work_area
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.seen import UNSEEN, Seen
from hadoop_dr.domain.tree.snapshot_diff import Changes, invert, merge, visible
from hadoop_dr.domain.tree.xattrs import Xattrs
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import AUDIT, asked_for
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.transfer.changes.changed_entries import ChangedEntries, Contradiction
from hadoop_dr.services.transfer.changes.item_builder import ItemBuilder
from hadoop_dr.services.transfer.changes.listings import Listings
from hadoop_dr.services.transfer.changes.snapshot_tree import LIVE, ReadLimits, Tree, Vanished
from hadoop_dr.services.transfer.work_area import is_ours

_ASKED_FOR = "dfs.namenode.xattrs.enabled"


class ReadChanges:
    """Reads the difference of two snapshots of a root.

    The older snapshot is the state a destination is in, the newer one the state it shall come to; for an undo it is the
    other way round than they were taken, which is noticed here.

    Args:
        namenode: Site whose snapshots are read.
        limits: How hard it may be asked.
        data: All of it is the user's data, so nothing may lie where work areas have their place.

    Attributes:
        notes: What the last call found that a person should know, each in one line.
        hindered: What could not be compared though it was asked for, each in one line.
        held_before: How much the older snapshot holds, if the last call listed all of it.
        seen: What the newer snapshot showed, where the last call was told what the older one did.
    """

    def __init__(self, namenode: NameNode, limits: ReadLimits | None = None, *, data: bool = False) -> None:
        self._namenode, self._limits, self._data = namenode, limits or ReadLimits(), data
        self.notes: list[str] = []
        self.hindered: list[str] = []
        self.held_before: Held | None = None
        self.seen = UNSEEN
        self._reserved = False

    def items(
        self, root: str, older: str | None, newer: str, *, audit: bool, blocks: bool = True,
        older_xattrs: Xattrs | None = None, older_seen: Seen | None = None,
    ) -> list[Item]:
        """Returns the touched items, in the order of their inode ids.

        Args:
            root: Absolute path of the root.
            older: Name of the snapshot to come from; None when everything is new.
            newer: Name of the snapshot to come to; ``LIVE`` for the tree as it is now, which may change meanwhile.
            audit: Compare full listings of both, to find what a snapshot diff hides, and trust no unchanged length
                and time of a file that the diff names as modified.
            blocks: With full listings, compare the block ids of all files, too, which takes memory for each.
            older_xattrs: Extended attributes of the items of the older snapshot that have some; None to ask for them.
            older_seen: What the older snapshot showed, as far as that is known: while the newer one shows the same, the
                older one is not looked through. None to keep nothing of what is seen.

        Raises:
            BaselineLost: A snapshot is gone, or something in it cannot be read.
            Refused: Something cannot be carried over: a symbolic link.
        """
        self.notes, self.hindered, self.held_before, self._reserved = [], [], None, False
        self.seen = UNSEEN
        backwards = self._leads_back(root, older, newer)
        after = Tree(self._namenode, root, newer)
        with self._limits.pool() as pool:
            join = ItemBuilder(after, pool, xattrs=self._has_xattrs())
            if older is None:
                self._refuse_reserved(after)
                return join.everything()
            before = Tree(self._namenode, root, older)
            first, second = (newer, older) if backwards else (older, newer)
            listings = self._listings(before, after, pool, blocks, older_seen) if audit else None  # beside the diff
            reported = self._diff(root, first, second, backwards=backwards)
            if self._reserved:
                self._refuse_reserved(after)
            touched = None
            if reported is not None and not audit:
                touched = self._trusting(root, ChangedEntries(before, after, reported, pool))
            names_all = reported is not None and (audit or touched is not None)
            if touched is None:
                with asked_for(AUDIT):
                    listings = listings or self._listings(before, after, pool, blocks, older_seen)
                    touched = ChangedEntries(before, after, listings.changes(reported, trusted=audit), pool)
                self.notes += [f"{root}: {note}" for note in listings.notes]
                self.hindered += [f"{root}: {note}" for note in listings.hindered]
                self._collect(before, touched)
                self.held_before, self.seen = before.held, listings.seen
            return join.items(before, touched, suspicious=audit, names_all=names_all, older_xattrs=older_xattrs)

    def _listings(
        self, before: Tree, after: Tree, pool: BoundedPool, blocks: bool, known: Seen | None
    ) -> Listings:
        with asked_for(AUDIT):
            return Listings(before, after, pool, xattrs=self._has_xattrs(), blocks=blocks, known=known)

    def _trusting(self, root: str, touched: ChangedEntries) -> ChangedEntries | None:
        """Reads what the diff points at; None when that shows that the diff cannot be trusted."""
        try:
            touched.collect()
        except (Contradiction, Vanished) as doubt:
            where = doubt.path if isinstance(doubt, Contradiction) else doubt.subject
            self.notes.append(f"{root}: the snapshot diff contradicts the snapshots at '{where}', "
                              "full listings were compared instead")
            return None
        return touched

    @staticmethod
    def _collect(before: Tree, touched: ChangedEntries) -> None:
        try:
            touched.collect()
        except Contradiction as doubt:
            raise BaselineLost(before.absolute(doubt.path), "snapshots of one root contradict each other",
                               "Take a new moment; if it happens again, start from a full run") from doubt

    def _leads_back(self, root: str, older: str | None, newer: str) -> bool:
        """Checks that both snapshots are there; says whether the one to come to was taken first."""
        try:
            ids = {snapshot.name: snapshot.id for snapshot in self._namenode.snapshots(root)}
        except NotFound as error:
            raise BaselineLost(root, "does not exist", "Restore the directory, or remove it from the policy") from error
        for name in (older, newer):
            if name is not None and name != LIVE and name not in ids:
                raise BaselineLost(f"{root}/.snapshot/{name}", "no such snapshot",
                                   "The next run takes a new moment or starts from an older point")
        return older is not None and newer != LIVE and ids[older] > ids[newer]

    def _diff(self, root: str, first: str, second: str, *, backwards: bool) -> Changes | None:
        try:
            changes = merge(self._namenode.diff(root, first, second))
        except NotFound as error:
            raise BaselineLost(root, f"no diff of snapshots {first} and {second}: {error.problem}",
                               "The next run takes a new moment or starts from an older point") from error
        except Failed as error:
            if error.retryable:
                raise
            self.notes.append(f"{root}: the snapshot diff failed ({error.problem}), "
                              "full listings were compared instead")
            return None
        changes = invert(changes) if backwards else changes
        new = (*changes.created, *changes.renamed)
        self._reserved = any(change.new is not None and in_work_area(change.new) for change in new)
        return visible(changes)

    def _refuse_reserved(self, after: Tree) -> None:
        """Refuses what lies where work areas have their place and is none of ours.

        Raises:
            Refused: Something of a user lies there.
        """
        if not self._data:
            return
        for entry in after.children(""):
            if entry.path == WORK_AREA:
                inside = after.children(WORK_AREA) if entry.facts.is_dir else [entry]
                theirs = [one.path for one in inside if not is_ours(one.path.rpartition("/")[2])]
                if theirs:
                    why = f"{WORK_AREA} is reserved for hadoop-dr, and its content is in no point"
                    raise Refused(after.absolute(theirs[0]), why, "Move it elsewhere, then run the backup again")

    def _has_xattrs(self) -> bool:
        return self._namenode.settings(_ASKED_FOR).get(_ASKED_FOR, "true") != "false"
