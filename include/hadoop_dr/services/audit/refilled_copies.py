"""Files of the secondary that somebody cut and refilled, with nothing to show for it but their blocks (I9, I10).

It is asked of roots that the run audits. A small root costs one question, as long as nothing in it has other blocks
than the point that was audited before; what that one had is kept with it as a digest. Else both are asked, and a file
with other blocks that no difference explains is compared with the origin's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.tree.block_digest import block_digest
from hadoop_dr.domain.tree.inventory import Audit, BlockIds, refilled
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.domain.tree.snapshot_diff import Changes, merge, visible
from hadoop_dr.services.audit.blocks import SameBytes
from hadoop_dr.services.context import BackupContext
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
    ) -> tuple[list[Foreign], list[Finding]]:
        """Names them, and what could not be compared.

        Args:
            blocks: Gives what ``blocks`` read.
            candidate, base: Snapshots of the destination: what a plan left, and what it came from.
            reported: What the destination says of these two.
        """
        if root.audit is Audit.NO:
            return [], []
        found, unread = list[Foreign](), list[Finding]()
        try:
            now = blocks() if root.audit is Audit.WHOLE else self._blocks(root, candidate)
            self._compare(root, now, candidate, base, reported, found, unread)
        except (DrError, ValueError) as problem:  # the second: the NameNode's order is another one
            site = self._context.destination.name
            what = f"refilled files were not looked for any further on {site} ({problem})"
            unread.append(Finding(root.root, "", what))
        self.hindered += map(str, unread)
        return found, unread

    def _compare(
        self, root: RootPlan, now: Iterable[BlockIds], candidate: str, base: str, reported: Changes,
        found: list[Foreign], unread: list[Finding],
    ) -> None:
        before, digest = self._looks_back(root, base)
        if root.audit is Audit.WHOLE:
            self.digests[root.root] = block_digest(now)
            if digest == self.digests[root.root]:
                return
        if before != base:
            reported = visible(merge(self._destination.diff(root.root, before, candidate)))
        explained = self._explained(root, reported, alone=before == base)
        there, here = (f"{root.root}/.snapshot/{name}" for name in (root.newer, candidate))
        others = refilled(self._blocks(root, before), now, reported, explained)
        for path, answer in self._bytes.of_each(others, there, here):
            self._heartbeat(1)
            if answer is None:
                unread.append(Finding(root.root, path, "has other blocks than it had, and could not be compared"))
            elif not answer:
                found.append(Foreign(path, Act.REPLACED, _REFILLED))

    @staticmethod
    def _explained(root: RootPlan, reported: Changes, *, alone: bool) -> set[str]:
        """Files whose other blocks have a reason: a plan wrote them, or they are foreign and named as such.

        A plan that sets nothing but attributes writes no block, so what it touched is compared all the same. What
        earlier runs wrote is not known here: those files are left to the audit of the origin.

        Args:
            alone: The difference is that of this plan and of whoever came in between, not of several runs.
        """
        named = {change.new for change in reported.modified if change.new is not None}
        if alone:
            named.difference_update(item.new for item in root.items if item.content is Content.SAME)
        return named

    def _looks_back(self, root: RootPlan, base: str) -> tuple[str, str]:
        """The snapshot of the last audit and the digest of its blocks, if it has one.

        What was taken over whole, or repaired since, was compared byte for byte with what its plan came from.
        """
        if root.older is None or base != root.base:
            return base, ""
        audited = self._context.ledger.known().audited_blocks(self._context.destination.name, root.root)
        return audited or (base, "")

    def _blocks(self, root: RootPlan, snapshot: str) -> Iterable[BlockIds]:
        return self._destination.block_ids(f"{root.root}/.snapshot/{snapshot}")
