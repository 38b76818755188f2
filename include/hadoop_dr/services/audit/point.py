"""The audit of a point: what is compared beyond what is known to have changed, and whether all of it was (I9).

What is planned is not what is done. Whatever hinders an audit (a directory that cannot be read, an answer that does not
come, an origin that is gone) is told with the point and takes nothing else back. Such a point counts as not audited:
the next run audits, and looks back to the last one that was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.domain.tree.inventory import Audit, order
from hadoop_dr.domain.tree.items import Content
from hadoop_dr.domain.tree.seen import facts_digest
from hadoop_dr.domain.tree.snapshot_diff import Changes
from hadoop_dr.services.audit.blocks import FindRefilled
from hadoop_dr.services.audit.lost import AuditRoot
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.baseline import snapshot_problem
from hadoop_dr.services.stored.stored_plan import RootPlan

Listed = Iterable[tuple[str, DirEntry]]


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

    def listing(self, root: RootPlan) -> list[tuple[str, DirEntry]]:
        """Lists the origin's side of a small root whole."""
        return self._of(root).listing()

    def root(
        self, root: RootPlan, wanted: Callable[[], Listed], listing: Mapping[str, DirEntry] | None, candidate: str,
        since: Callable[[], Changes],
    ) -> Verdict:
        """Compares the full inventories of both sides as planned, and the blocks with those of the last audit.

        Args:
            wanted: Gives a full listing of the origin, where the root is small and its copy does not show the same.
            listing: A full listing of the candidate, where the root is small.
            candidate: The destination's snapshot.
            since: Gives what changed on the origin since the last audit.
        """
        audit, verdict = self._of(root), Verdict()
        try:
            if listing is not None and root.seen.facts and root.seen.facts == _facts_of(listing):
                verdict.match += len(listing)
            elif listing is not None:
                verdict = audit.with_listing(wanted(), listing)
            elif root.audit is Audit.STREAMED:
                verdict = audit.streamed(self._context.destination.namenode, candidate)
        except (DrError, ValueError) as error:  # the second: a listing is not in order
            verdict = Verdict(cannot_tell=[Finding(root.root, "", f"full inventory not compared ({error})")])
        if root.audit is not Audit.NO:
            verdict.add(self._refilled(root, candidate, since))
        self.hindered += map(str, verdict.cannot_tell)
        return verdict

    def _of(self, root: RootPlan) -> AuditRoot:
        return AuditRoot(self._context.origin.namenode, root.root, root.newer, self._heartbeat)

    def _refilled(self, root: RootPlan, candidate: str, since: Callable[[], Changes]) -> Verdict:
        """The plan of a small root compared the blocks from its baseline on; what lies before is looked for here."""
        if root.audited is None or (root.audit is Audit.WHOLE and root.audited == root.older):
            return Verdict()
        context = self._context
        readers = context.movers.of_origin, context.movers.within
        find = FindRefilled(context.origin.namenode, context.destination.namenode, self._heartbeat, readers)
        verified = {item.new for item in root.items if item.new is not None and item.content is not Content.SAME}
        return find.run(root.root, root.audited, root.newer, candidate, since, verified)


def _facts_of(listing: Mapping[str, DirEntry]) -> str:
    return facts_digest((path, listing[path].facts) for path in sorted(listing, key=order))


def looks_back(context: BackupContext, root: str) -> tuple[str | None, str | None]:
    """Says which snapshot of the origin an audit of a root looks back to, or why it cannot: then all is compared.

    It looks back to one of the destination as well, for what somebody refilled there.

    It is decided before anything is placed: what is replaced by other roots takes older points along.
    """
    found: dict[str, str] = {}
    for site in (context.origin, context.destination):
        base = context.ledger.last_read().audit_base(site.name, root)
        if base is None:
            return None, f"{site.name} has no point any more that was compared whole"
        if problem := snapshot_problem(site.namenode, base):
            return None, problem
        found[site.name] = base.name
    return found[context.origin.name], None
