"""One root of a candidate: what somebody else changed in it, and what differs from the stored facts (I9, I10)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.foreign.tree_changes import Foreign
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.plan.work_order import StagedFile
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.domain.tree.bound_inodes import inode_rows, touches_many
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.domain.tree.inventory import Audit
from hadoop_dr.domain.tree.snapshot_diff import Changes
from hadoop_dr.ports.requests import AUDIT, asked_for
from hadoop_dr.services.audit.moves import changes_with_moves
from hadoop_dr.services.audit.point import AuditPoint
from hadoop_dr.services.audit.refilled_copies import FindRefilledCopies
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.changes import ForeignChanges
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.pool import BoundedPool
from hadoop_dr.services.stored.documents import Documents, Row
from hadoop_dr.services.stored.stored_plan import RootPlan
from hadoop_dr.services.transfer.work_area import is_ours
from hadoop_dr.services.verify_candidate import RootFacts, VerifyRoot


class JudgeRoot:
    """Judges the roots of one candidate, several at once.

    Args:
        context: The service.
        documents: Those of the point.
        names: Name of the candidate snapshot of each root.
        foreign: Tells what in a root is somebody else's.
        looked: Waits until it can.
        heartbeat: Told how many objects were looked at.
    """

    def __init__(
        self,
        context: BackupContext,
        documents: Documents,
        names: Mapping[str, str],
        foreign: ForeignChanges,
        looked: Callable[[], None],
        heartbeat: Callable[[int], None],
    ) -> None:
        self._context, self._names, self._foreign, self._looked = context, names, foreign, looked
        self._check = VerifyRoot(context.destination.namenode, context.movers.within, heartbeat)
        self._audit, self._records = AuditPoint(context, heartbeat), StageRecords(context, documents, heartbeat)
        self._copies = FindRefilledCopies(context, heartbeat)
        self._staged: Mapping[int, Mapping[int, StagedFile]] = {}
        self.inodes: list[Row] = []

    @property
    def hindered(self) -> list[str]:
        """Returns what kept an audit from comparing everything."""
        return [*self._audit.hindered, *self._copies.hindered]

    @property
    def blocks(self) -> Mapping[str, str]:
        """A digest of the block ids of each small root, for the audit that follows."""
        return self._copies.digests

    def read_proofs(self) -> None:
        """Reads the digests of what was staged; a point of which nothing was staged has none."""
        self._staged = self._records.proofs()

    def run(self, root: RootPlan) -> tuple[Sequence[Foreign], Verdict]:
        """Judges one root; where something foreign is in it, that alone counts."""
        name, work_areas = self._names[root.root], list[DirEntry]()
        top, whole = f"{root.root}/.snapshot/{name}", root.audit is Audit.WHOLE
        listing = None
        with BoundedPool(2, name="listing") as beside, asked_for(AUDIT):
            ahead = beside.begin(self._audit.listing, root) if whole and not root.seen.facts else None
            blocks = beside.begin(self._copies.blocks, root, name)
            if whole:
                listing = dict(walk(self._context.destination.namenode, top, met=work_areas.append))
        self._looked()
        if listing is not None and touches_many(root.items):
            self.inodes += inode_rows(root.root, name, listing)
        since = cache(partial(self._since_audit, root))
        base, reported = self._foreign.reported(root.root)
        with asked_for(AUDIT):
            refilled, unread = self._copies.run(root, blocks.result, name, base, reported, since)
        if strange := [*self._foreign.of(root.root, listing), *refilled]:
            return strange, Verdict()
        verdict = self._check.run(self._facts(root), listing)
        verdict.mismatch += self._unfinished(root, top, work_areas if listing is not None else None)
        with asked_for(AUDIT):
            wanted = ahead.result if ahead else partial(self._audit.listing, root)
            verdict.add(self._audit.root(root, wanted, listing, name, since))
        verdict.cannot_tell += unread
        return [], verdict

    def _since_audit(self, root: RootPlan) -> Changes:
        """Returns what changed on the origin since the snapshot that the audit of a root looks back to."""
        assert root.audited is not None
        return changes_with_moves(self._context.origin.namenode, root.root, root.audited, root.newer)

    def _facts(self, root: RootPlan) -> RootFacts:
        """Returns what is stored of a root: its items, and how the bytes that were staged of them are proven."""
        staged = self._staged.get(root.index, {})
        return RootFacts.of(root.root, self._names[root.root], root.items, staged, self._records.checksums(root))

    def _unfinished(self, root: RootPlan, top: str, work_areas: Sequence[DirEntry] | None) -> list[Finding]:
        """Returns what an overtaken worker opened; of a large root, of which no listing is made, it is asked for."""
        if not (root.items if work_areas is None else work_areas):
            return []
        try:
            names = [entry.name for entry in self._context.destination.namenode.list(f"{top}/{WORK_AREA}")]
        except NotFound:
            return []
        theirs = names and not any(map(is_ours, names))  # that is told, and no work of a run
        return [] if theirs else [Finding(root.root, WORK_AREA, "somebody's unfinished work lies in it")]
