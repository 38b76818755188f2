"""Directories as a kind of data sets: their bytes and attributes are the stages' own work, whatever kind needs them.

What is left is what a directory means to a service: which ones are declared, what of them goes, whether there is room,
and their quotas, which a secondary keeps and does not apply.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from hadoop_dr.domain.check_results import Result, guarded
from hadoop_dr.domain.config.datasets import HDFS
from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.plan.deleted_files import of_files
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.preflight.coverage import cover_directories
from hadoop_dr.domain.preflight.free_space import narrow_quotas
from hadoop_dr.domain.roots.layout import Layout, nearest
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.inventory import Audit
from hadoop_dr.domain.tree.quotas import QuotaSet, RootQuotas, quota_lines
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.datasets.component import (
    CheckClaim,
    Decide,
    Export,
    Moment,
    Planned,
    Probe,
    Promoted,
    Scope,
    Undoing,
    VerifiedKind,
)
from hadoop_dr.services.datasets.hdfs.file_counts import count_roots, held_after
from hadoop_dr.services.datasets.hdfs.quotas import MOST, KeepQuotas, ask_quotas, kept_quotas
from hadoop_dr.services.datasets.hdfs.space import check_space, fits
from hadoop_dr.services.inventory import is_directory
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan

_NARROW = 20


class HdfsDirectories:
    """The directories of a service: the declared ones, and in what is counted those of all kinds.

    Args:
        context: The service.
        decide: Not asked: a declared directory is a root, or lies in one.
    """

    kind = HDFS.value

    def __init__(self, context: BackupContext, decide: Decide) -> None:
        self._context, self._declared = context, context.policy.directories

    @staticmethod
    def probes(side: SiteConnections) -> Sequence[Probe]:
        """Nothing: the file system is asked for everybody's sake."""
        return ()

    def things(self) -> str:
        """Directories: whatever is protected lies in some."""
        return "directories"

    def check(self, scope: Scope) -> list[Result]:
        """Whether there is room for a first copy; whether they exist is a matter of all roots."""
        return guarded("space", lambda: check_space(self._context, scope))

    def coverage(self) -> list[Result]:
        """Which declared directories are there."""
        there = partial(is_directory, self._context.origin.namenode)
        return cover_directories(self._declared, list(filter(there, self._declared)))

    def layout(self) -> Layout:
        """The declared directories."""
        return Layout(declared=self._declared)

    def refuse(self) -> None:
        """Nothing: what stands against a declared directory is a check's result."""

    def declared(self) -> Sequence[str]:
        """The declared directories."""
        return self._declared

    def drift(self) -> list[str]:
        """Nothing: see the protocol."""
        return []

    def is_as_kept(self, kept: Kept) -> bool:
        """True: directories are kept in snapshots, which are compared root by root."""
        return True

    def read_ahead(self, moment_ms: int) -> bool:
        """Nothing: a snapshot needs no reading ahead."""
        return False

    def prepare(self) -> None:
        """Nothing: a snapshot needs no reading ahead."""

    def mark(self) -> None:
        """Nothing: the snapshot is the mark."""

    def mark_end(self) -> None:
        """Nothing, either."""

    def evidence(self, moment: Moment) -> MarkEvidence | None:
        """None: the skew of the snapshots is judged for all of them together."""
        return None

    def export(self, documents: Documents) -> Export:
        """Nothing: the snapshots are what a point keeps."""
        return Export()

    def plan(self, point: Point, documents: Documents, base: Baseline, trees: Sequence[RootPlan]) -> Planned:
        """Counts what goes, and notes what is known of quotas as a document of the plan."""
        quotas = KeepQuotas(self._context.origin.namenode, self._earlier_quotas(base))
        for tree in trees:
            audited = tree.audit is not Audit.NO
            quotas.add(tree.root, tree.newer, tree.items, whole=tree.older is None, audited=audited)
        counts, files = quotas.write(documents), count_roots(trees)
        left = max(0, counts["to_ask"] - MOST)
        notes = [f"quotas of {counted(left, 'directory')} are not read yet; the next runs continue"] if left else []
        notes += narrow_quotas(point.origin, quotas.limited(self._fenced(point.origin)))[:_NARROW]
        return Planned(of_files(files), {"quotas": counts}, notes, held_after(trees, files))

    def preview(self, trees: Sequence[RootPlan]) -> Planned:
        """Counts what would go."""
        return Planned(of_files(count_roots(trees)))

    def fits(self, trees: Sequence[RootPlan]) -> list[Result]:
        """Whether there is room for what was planned."""
        return fits(self._context, trees)

    def before_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Nothing: the tree is what changes."""

    def after_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Nothing, either."""

    def verify(self, point: Point, documents: Documents, number: int) -> VerifiedKind:
        """Nothing beyond what the stage compares in every root."""
        return VerifiedKind()

    def after_seal(self, point: Point, documents: Documents) -> None:
        """Asks for the quotas that may have changed."""
        context = self._context
        origin, fenced = context.sides[point.origin].namenode, self._fenced(point.origin)
        own = ask_quotas(origin, documents, fenced, context.claims.heartbeat.beat, MOST)
        documents.warnings += narrow_quotas(point.origin, own)[:_NARROW]

    def warnings(self, point: Point) -> list[str]:
        """Nothing beyond what the stages noted."""
        return []

    def no_longer(self, before: Point, point: Point) -> list[str]:
        """Declared directories that lie in no root any more; one that is declared with its parent now has not gone."""
        roots, named = point.taken.roots, before.taken.protect.get(self.kind, ())
        return [f"{self.kind}: {path}" for path in named if nearest(path, roots) is None]

    def undo(self, to: Point, given_up: Point, check_claim: CheckClaim) -> Undoing | None:
        """None: the tree is brought back for all kinds together."""
        return None

    def promote(self, point: Point, documents: Documents) -> Promoted:
        """Names the quotas that the point keeps: this version sets none.

        What is set has to leave room for what only snapshots hold, and no request of the port tells that apart.
        """
        own = {root: taken.quota for root, taken in point.taken.roots.items()}
        below = kept_quotas(documents)
        lost = f"the quotas below the roots of point {point.point}: its document is lost"
        untold = [lost] if below is None else []
        if left := sum(len(one.unasked) for one in (below or {}).values()):
            directories = counted(left, "directory")
            untold.append(f"the quotas of {directories} of point {point.point}: they were not read in time")
        kept = [f"quota of {line}, is stored with the point, not set" for line in quota_lines(own, below or {})]
        return Promoted(left=[*kept, *untold])

    def _fenced(self, site: str) -> Mapping[str, QuotaSet]:
        """Quotas that a fence of a site replaced, by root: what stands there now is the fence's own."""
        fence = self._context.ledger.roles.fences.get(site)
        return fence.quotas if fence is not None else {}

    def _earlier_quotas(self, base: Baseline) -> Mapping[str, RootQuotas] | None:
        point = base.point
        if point is None or point.origin != self._context.origin.name:
            return None
        return kept_quotas(self._context.documents(point))
