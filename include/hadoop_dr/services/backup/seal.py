"""Seal: one compare-and-append makes a verified point visible (DESIGN.md section 4.7, I2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.incomplete import COMPLETE
from hadoop_dr.domain.roots import keyed_by_declaration
from hadoop_dr.domain.service_state import Claim, Point
from hadoop_dr.services.backup.open_files import open_file_warnings
from hadoop_dr.services.backup.verify import VERDICT
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.hive.catalogs import Catalogs
from hadoop_dr.services.datasets.hive.taken_out import taken_out
from hadoop_dr.services.foreign.kept import kept_warnings
from hadoop_dr.services.points.damage import damage_warnings
from hadoop_dr.services.points.documents import Documents


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
            The point in the shape of section 10.

        Raises:
            Failed: It was not verified, or it differs.
        """
        documents = Documents(self._context, point)
        verdict, manifest = documents.get_json(VERDICT), documents.manifest()
        if verdict is None or manifest is None or verdict["mismatch"]:
            raise Failed(f"point {point.point}", "was not verified as equal", "Run its verify stage first.")
        catalogs = Catalogs(self._context)
        hindered = [*manifest["summary"]["hindered"], *verdict["hindered"]]
        summary = {
            "baseline": manifest["baseline"],
            "entries": manifest["summary"]["entries"],
            "files_copied": point.staged["files"],
            "bytes_copied": point.staged["bytes"],
            "catalog": manifest["summary"]["catalog"],
            "deletions": manifest["summary"]["deletions"],
            "live": manifest["live"],
            "audited": manifest["summary"]["audited"] and not hindered,
            "sampled": verdict["sampled"],
            "quotas": manifest["summary"].get("quotas", {}),
            "seconds": dict(seconds),
            "requests": self._context.asked.document(),
            "warnings": [
                *documents.lacking(),
                *catalogs.warnings(point),
                *taken_out(self._context, point),
                *open_file_warnings(point.taken),
                *point.taken.get("narrow", ()),
                *kept_warnings(self._context.ledger.read().kept, point.point),
                *damage_warnings(self._context.ledger.read(), self._context.target.name),
                *manifest["summary"].get("notes", []),
                *(f"not audited, the next run does it: {text}" for text in hindered),
            ],
        }
        verified = {name: verdict[name] for name in ("word", "match", "cannot_tell")}
        self._append(claim, point, verified, verdict, summary)
        behind = self._context.ledger.chain.follow()
        # What was appended a moment ago is known; a site that falls silent now takes no seal back.
        document = sealed_document(self._context.policy.service, self._context.ledger.known().points[point.point])
        if behind:
            document["warnings"] = [*document["warnings"], f"the ledger on {point.source} is behind: {behind}"]
        return document

    def _append(
        self,
        claim: Claim,
        point: Point,
        verified: Mapping[str, Any],
        verdict: Mapping[str, Any],
        summary: Mapping[str, Any],
    ) -> None:
        """Makes the point visible; the other copy of the ledger follows."""
        policy = self._context.policy
        body = {
            "point": point.point,
            "baseline": summary.get("baseline"),
            "verified": dict(verified),
            "snapshots": dict(verdict["snapshots"]),
            "datasets": dict(verdict["datasets"]),
            "summary": dict(summary),
            "retention": {"primary": str(policy.retention.primary), "secondary": str(policy.retention.secondary)},
        }
        self._context.ledger.append_mine(claim, "sealed", body)


def sealed_document(service: str, point: Point) -> dict[str, Any]:
    """Writes a sealed point in the shape of section 10."""
    summary = point.sealed["summary"]
    declared = point.taken["declared"]
    snapshots = {
        point.source: keyed_by_declaration(declared, {r: k["snapshot"] for r, k in point.taken["roots"].items()}),
        point.target: keyed_by_declaration(
            declared, {r: k["snapshot"] for r, k in point.sealed["snapshots"].items()}
        ),
    }
    return {
        "service": service,
        "point": point.point,
        "state": point.state.value,
        "moment": iso(point.moment_ms),
        "late_by_ms": point.taken["late_by_ms"],
        "skew_ms": point.taken["skew_ms"],
        "proof": point.taken["proof"],
        "baseline": summary["baseline"],
        "epoch": point.epoch,
        "snapshots": snapshots,
        "entries": summary["entries"],
        "files_copied": summary["files_copied"],
        "bytes_copied": summary["bytes_copied"],
        "seconds": summary["seconds"],
        "requests": summary["requests"],
        "warnings": summary["warnings"],
        "incomplete": dict(point.taken.get("incomplete", COMPLETE)),
    }

