"""Seal: one compare-and-append makes a verified point visible (I2)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.formats.verdict import VERDICT, VERDICT_STEM, StoredVerdict
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.sealed import PointSealed, Retained, Summary
from hadoop_dr.domain.points.damage import damage_warnings
from hadoop_dr.domain.points.doubts import doubt_warnings
from hadoop_dr.domain.points.incomplete import incomplete_document, incomplete_warnings
from hadoop_dr.domain.roots.decision import keyed_by_declaration
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.domain.tree.intended import lowered_warnings
from hadoop_dr.services.backup.open_files import open_file_warnings
from hadoop_dr.services.backup.order import by_stage
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.kept import kept_warnings
from hadoop_dr.services.points.same_snapshots import refuse_exchanged


class SealPoint:
    """Seals a verified point.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def run(self, claim: Claim, point: Point, seconds: Mapping[str, float]) -> dict[str, Any]:
        """Seals a point whose verdict is there and good.

        Returns:
            The point as the document of ``backup --json``.

        Raises:
            Failed: It was not verified, or it differs.
            BaselineLost: A snapshot that it was made with is not there any more.
        """
        documents = self._context.documents(point)
        name = documents.newest(VERDICT_STEM, claim.n)
        verdict, plan = documents.get_json(name, VERDICT) if name else None, documents.plan()
        if name is None or verdict is None or plan is None or verdict.mismatch:
            raise Failed(f"point {point.point}", "was not verified as equal", "Run its verify stage first.")
        refuse_exchanged(self._context, point, plan, verdict.snapshots)
        components = components_of(self._context)
        hindered = [*plan.summary.hindered, *verdict.hindered]
        summary = Summary(
            plan.summary.entries,
            point.staged.files,
            point.staged.bytes,
            plan.summary.deletions,
            plan.live,
            audited=plan.summary.audited and not hindered,
            figures=plan.summary.figures,
            sampled=verdict.sampled,
            intended=verdict.intended,
            lowered=verdict.lowered,
            seconds=dict(seconds),
            requests=self._context.tools.asked.document(),
            whole=() if plan.baseline is None else tuple(root.root for root in plan.roots if root.older is None),
            warnings=(
                *documents.lacking(),
                *incomplete_warnings(point.taken.incomplete),
                *components.warnings(point),
                *point.taken.roots_told,
                *components.taken_out(point),
                *open_file_warnings(point.taken.open_files),
                *point.taken.narrow,
                *lowered_warnings(self._context.destination.name, verdict.intended, verdict.lowered),
                *kept_warnings(self._context.ledger.last_read().kept, point.point),
                *damage_warnings(self._context.ledger.last_read(), self._context.destination.name),
                *plan.summary.notes,
                *doubt_warnings(verdict.verified, hindered),
                *(f"not audited, the next run does it: {text}" for text in hindered),
            ),
        )
        recorded = {name: hashlib.sha256(VERDICT.encode(verdict)).hexdigest(), **verdict.documents}
        self._append(claim, point, plan.baseline, verdict, summary, recorded)
        behind = self._context.ledger.chain.follow()
        # What was appended a moment ago is known; a site that falls silent now takes no seal back.
        document = sealed_document(self._context.policy.service, self._context.ledger.last_read().points[point.point])
        if behind:
            document["warnings"] = [*document["warnings"], f"the ledger on {point.origin} is behind: {behind}"]
        return document

    def _append(
        self, claim: Claim, point: Point, baseline: str | None, verdict: StoredVerdict, summary: Summary,
        documents: Mapping[str, str],
    ) -> None:
        """Makes the point visible; the other copy of the ledger follows."""
        rules = self._context.policy.retention
        retention = Retained(str(rules.primary), str(rules.secondary))
        body = PointSealed(
            claim=claim.n,
            point=point.point,
            baseline=baseline,
            verified=verdict.verified,
            snapshots=verdict.snapshots,
            retention=retention,
            summary=summary,
            datasets=verdict.datasets,
            documents=documents,
            blocks=verdict.blocks,
        )
        self._context.ledger.append_mine(claim, body)


def sealed_document(service: str, point: Point) -> dict[str, Any]:
    """Returns a sealed point as the document of ``backup --json``."""
    summary, declared = point.sealed.summary, point.taken.declared
    snapshots = {
        site: keyed_by_declaration(declared, {root: kept.name for root, kept in records.items()})
        for site, records in ((point.origin, point.taken.snapshots), (point.destination, point.sealed.snapshots))
    }
    return {
        "service": service,
        "point": point.point,
        "state": point.state.value,
        "moment": iso(point.moment_ms),
        "late_by_ms": point.taken.late_by_ms,
        "skew_ms": point.taken.skew_ms,
        "proof": point.taken.proof.value,
        "verified": point.sealed.verified.word,
        "baseline": point.sealed.baseline,
        "epoch": point.epoch,
        "snapshots": snapshots,
        "entries": summary.entries,
        "files_copied": summary.files_copied,
        "bytes_copied": summary.bytes_copied,
        "seconds": by_stage(summary.seconds),
        "requests": {stage: dict(counts) for stage, counts in by_stage(summary.requests).items()},
        "warnings": list(summary.warnings),
        "incomplete": incomplete_document(point.taken.incomplete),
    }

