"""Files of the secondary that somebody cut and refilled, with nothing to show for it but their blocks (I9, I10).

It is asked of roots that the run audits. A small root costs one question, as long as nothing in it has other blocks
than the point that was audited before; what that one had is kept with it as a digest. Else both are asked, and a file
with other blocks that no difference explains is compared with the origin's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.tree.block_digest import block_digest
from hadoop_dr.domain.tree.inventory import Audit, BlockIds, refilled
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, with_moves
from hadoop_dr.services.audit.blocks import SameBytes
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.stored_plan import RootPlan

_REFILLED = "other bytes of the same length, its modification time put back"


class FindRefilledCopies:
    """Looks for them in the roots of one candidate.

    Args:
        context: The service.
        heartbeat: Called for every file with other blocks.

    Attributes:
        digests: Of the blocks of each small root, for the audit that follows.
        hindered: What kept it from looking, one sentence each.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat, self._destination = context, heartbeat, context.destination.namenode
        readers = context.movers.of_origin, context.movers.within
        self._bytes = SameBytes(context.origin.namenode, self._destination, readers)
        self.digests: dict[str, str] = {}
        self.hindered: list[str] = []

    def blocks(self, root: RootPlan, candidate: str) -> list[BlockIds]:
        """Reads those of a small root."""
        return list(self._blocks(root, candidate)) if root.audit is Audit.WHOLE else []

    def run(
        self,
        root: RootPlan,
        blocks: Callable[[], Iterable[BlockIds]],
        candidate: str,
        base: str,
        reported: Changes,
        since: Callable[[], Changes],
    ) -> tuple[list[Foreign], list[Finding]]:
        """Names them, and what could not be compared.

        Args:
            blocks: Gives what ``blocks`` read.
            candidate, base: Snapshots of the destination: what a plan left, and what it came from.
            reported: What the destination says of these two.
            since: Gives what changed on the origin since the audit that this one looks back to.
        """
        if root.audit is Audit.NO:
            return [], []
        found, unread = list[Foreign](), list[Finding]()
        try:
            now = blocks() if root.audit is Audit.WHOLE else self._blocks(root, candidate)
            self._compare(root, now, candidate, base, reported, since, found, unread)
        except (DrError, ValueError) as problem:  # the second: the NameNode's order is another one
            site = self._context.destination.name
            what = f"refilled files were not looked for any further on {site} ({problem})"
            unread.append(Finding(root.root, "", what))
        self.hindered += map(str, unread)
        return found, unread

    def _compare(
        self, root: RootPlan, now: Iterable[BlockIds], candidate: str, base: str, reported: Changes,
        since: Callable[[], Changes], found: list[Foreign], unread: list[Finding],
    ) -> None:
        before, digest = self._looks_back(root, base)
        if root.audit is Audit.WHOLE:
            self.digests[root.root] = block_digest(now)
            if digest == self.digests[root.root]:
                return
        if before == base:
            others = self._since_base(root, now, base, reported)
        else:
            others = self._since_audit(root, now, before, since())
        there, here = (f"{root.root}/.snapshot/{name}" for name in (root.newer, candidate))
        for path, answer in self._bytes.of_each(others, there, here):
            self._heartbeat(1)
            if answer is None:
                unread.append(Finding(root.root, path, "has other blocks than it had, and could not be compared"))
            elif not answer:
                found.append(Foreign(path, Act.REPLACED, _REFILLED))

    def _since_base(
        self, root: RootPlan, now: Iterable[BlockIds], base: str, reported: Changes
    ) -> Iterator[str]:
        """Files with other blocks for which neither this plan nor what is named as foreign is the reason.

        A plan that sets nothing but attributes writes no block, so what it touched is compared all the same.
        """
        explained = {change.new for change in reported.modified if change.new is not None}
        explained.difference_update(item.new for item in root.items if item.content is Content.SAME)
        if base == root.base:
            explained |= _written(root)
            reported = with_moves(reported, _moved(root))
        return refilled(self._blocks(root, base), now, reported, explained)

    def _since_audit(
        self, root: RootPlan, now: Iterable[BlockIds], before: str, changes: Changes
    ) -> Iterator[str]:
        """Files with other blocks although the origin's kept theirs: no run in between had a byte of them to write.

        A file that the origin wrote is left to the audit of the origin.
        """
        backward, written = changes.backward(), _written(root)

        def theirs(path: str) -> str | None:
            old = backward.of(path)
            then, there = (f"{root.root}/.snapshot/{name}" for name in (root.audited, root.newer))
            kept = old is not None and self._bytes.origin_kept(f"{then}/{old}", f"{there}/{path}")
            return path if kept else None

        others = refilled(self._blocks(root, before), now, changes, written)
        return (path for path in map_bounded(theirs, others) if path is not None)

    def _looks_back(self, root: RootPlan, base: str) -> tuple[str, str]:
        """The snapshot of the last audit and the digest of its blocks, if it has one.

        What was taken over whole, or repaired since, was compared byte for byte with what its plan came from.
        """
        if root.older is None or base != root.base:
            return base, ""
        audited = self._context.ledger.last_read().audited_blocks(self._context.destination.name, root.root)
        return audited or (base, "")

    def _blocks(self, root: RootPlan, snapshot: str) -> Iterable[BlockIds]:
        return self._destination.block_ids(f"{root.root}/.snapshot/{snapshot}")


def _written(root: RootPlan) -> set[str]:
    """Files whose bytes a plan writes."""
    return {item.new for item in root.items if item.new is not None and item.content is not Content.SAME}


def _moved(root: RootPlan) -> Iterator[Change]:
    """Yields what a plan moves with its bytes: no diff tells it of what comes out of a directory that goes."""
    for item in root.items:
        if item.old is not None and item.new not in (None, item.old) and item.content is not Content.WHOLE:
            yield Change(item.inode, item.old, item.new)
