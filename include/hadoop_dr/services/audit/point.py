"""The audit of a point: what is compared beyond what is known to have changed, and whether all of it was (I9).

What is planned is not what is done. Whatever hinders an audit (a directory that cannot be read, an answer that does not
come, a source that is gone) is told with the point and takes nothing else back. Such a point counts as not audited: the
next run audits, and looks back to the last one that was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.facts import DirEntry
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.inventory import Audit
from hadoop_dr.domain.service_state import ServiceState
from hadoop_dr.domain.verify import Verdict
from hadoop_dr.services.audit.blocks import FindRefilled
from hadoop_dr.services.audit.lost import AuditRoot
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.baseline import snapshot_problem
from hadoop_dr.services.points.stored_plan import RootPlan


class AuditPoint:
    """Audits a point root by root.

    Args:
        context: The service.
        heartbeat: Called for every item.

    Attributes:
        hindered: What could not be compared, one sentence each; empty when the audit was carried out.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat
        self.hindered: list[str] = []

    def root(self, root: RootPlan, known: Mapping[str, DirEntry] | None, candidate: str) -> Verdict:
        """Compares the full inventories of both sides as planned, and the blocks with those of the last audit.

        Args:
            known: A full listing of the candidate, where the root is small.
            candidate: The target's snapshot.
        """
        source = self._context.origin.namenode
        audit, verdict = AuditRoot(source, root.root, root.newer, self._heartbeat), Verdict()
        try:
            if known is not None:
                verdict = audit.with_known(known)
            elif root.audit is Audit.STREAMED:
                verdict = audit.streamed(self._context.destination.namenode, candidate)
        except (DrError, ValueError) as error:  # the second: a listing is not in order
            verdict = Verdict(cannot_tell=[Finding(root.root, "", f"full inventory not compared ({error})")])
        if root.audit is not Audit.NO:
            verdict.add(self._refilled(root, candidate))
        self.hindered += map(str, verdict.cannot_tell)
        return verdict

    def _refilled(self, root: RootPlan, candidate: str) -> Verdict:
        """The plan of a small root compared the blocks from its baseline on; what lies before is looked for here."""
        context = self._context
        base = audited_snapshot(context.ledger.known(), context.origin.name, root.root)
        if base is None or root.older is None or (root.audit is Audit.WHOLE and base.name == root.older):
            return Verdict()
        if problem := snapshot_problem(context.origin.namenode, base):
            return Verdict(cannot_tell=[Finding(root.root, "", f"refilled files were not looked for, {problem}")])
        readers = context.source_mover, context.local_mover
        find = FindRefilled(context.origin.namenode, context.destination.namenode, self._heartbeat, readers)
        return find.run(root.root, base.name, root.newer, candidate)


def audit_lost(context: BackupContext, root: str, older: str) -> str | None:
    """Says why an audit of a root cannot look back; None when it can. Then only comparing everything tells."""
    base = audited_snapshot(context.ledger.known(), context.origin.name, root)
    if base is None or base.name == older:
        return None
    return snapshot_problem(context.origin.namenode, base)


def audited_snapshot(state: ServiceState, site: str, root: str) -> SnapshotRef | None:
    """The source's snapshot of a root that an audit looks back to; None when the root is newer than that."""
    base = state.audit_base(site)
    return base.snapshot_on(site, root) if base else None
