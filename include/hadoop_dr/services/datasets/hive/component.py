"""Hive tables as a kind of data sets."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from hadoop_dr.domain.catalog.changes.foreign_objects import object_lines
from hadoop_dr.domain.catalog.protect.point_parts import SEALED_CATALOG, NamedObjects
from hadoop_dr.domain.check_results import Result, guarded
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.points.incomplete import incomplete_results
from hadoop_dr.domain.preflight.coverage import cover_tables, selection_results
from hadoop_dr.domain.roots.layout import Layout
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.domain.state.service_state import Point
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
from hadoop_dr.services.datasets.hive.check import check_destination_housekeeping, check_metastores
from hadoop_dr.services.datasets.hive.destination_catalog import DestinationCatalog
from hadoop_dr.services.datasets.hive.foreign.catalog_drift import CatalogDrift
from hadoop_dr.services.datasets.hive.foreign.during_run import read_kept
from hadoop_dr.services.datasets.hive.foreign.left_by_points import KIND, exported_at, selected_at
from hadoop_dr.services.datasets.hive.foreign.taken_out import no_longer
from hadoop_dr.services.datasets.hive.foreign.undo import UndoCatalog
from hadoop_dr.services.datasets.hive.origin_catalog import OriginCatalog
from hadoop_dr.services.datasets.hive.parting import refuse_unprotectable
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from hadoop_dr.services.datasets.hive.smoke import run_smoke
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan


class HiveTables:
    """The Hive tables of a service: databases, tables, views, partitions, functions and what hangs on them.

    Args:
        context: The service.
        decide: Decides on the roots of tables and databases.
    """

    kind = KIND

    def __init__(self, context: BackupContext, decide: Decide) -> None:
        self._context = context
        self.origin, self.destination = OriginCatalog(context, decide), DestinationCatalog(context)

    @staticmethod
    def probes(side: SiteConnections) -> Sequence[Probe]:
        """Whether the metastore tells where its log stands."""
        return () if side.metastore is None else (side.metastore.current_event,)

    def things(self) -> str:
        """Tables, if there is a pattern."""
        return "tables" if self.origin.patterns else ""

    def check(self, scope: Scope) -> list[Result]:
        """Looks at both metastores, and at what the declarations take in."""
        if not self.origin.patterns:
            return []
        context = self._context
        results = guarded("metastore", lambda: check_metastores(context))
        housekeeping = guarded(
            "metastore upkeep", lambda: check_destination_housekeeping(context, lambda: self.origin.parted().rows)
        )
        results += housekeeping
        with suppress(DrError):  # what cannot be read is told where the roots are decided
            parted, state = self.origin.parted(), context.ledger.read()
            held = any(kept.objects for point in state.sealed() if (kept := exported_at(point)) is not None)
            tables, empty = self.origin.tables(), not self.origin.every_row()
            results += selection_results(context.policy.protect, tables, empty=empty, held=held)
            results += incomplete_results(parted.findings, parted.refused)
        return results

    def coverage(self) -> list[Result]:
        """Table by table."""
        return cover_tables(self._context.policy.protect, self.origin.tables(), self.origin.parted().findings)

    def layout(self) -> Layout:
        """Databases that are protected whole, tables, and what lies beside them."""
        return self.origin.layout()

    def refuse(self) -> None:
        """Judges what cannot be protected, by the policy."""
        refuse_unprotectable(self.origin.parted())

    def declared(self) -> Sequence[str]:
        """The directories of tables."""
        return self.origin.locations()

    def drift(self) -> list[str]:
        """Objects that are neither as the newest point left them nor as the origin has them."""
        return object_lines(CatalogDrift(self._context).look(lambda: self.origin.parted().rows))

    def is_as_kept(self, kept: Kept) -> bool:
        """Whether no event came since, and what was kept still is so: not every change writes an event."""
        context, document = self._context, kept.document
        metastore = context.destination.metastore
        if metastore is None or document is None or metastore.current_event() != document.position:
            return False
        there = read_all(metastore, selected_at(context.ledger.last_read().points[kept.point]))
        return all(row.key in there and there[row.key].hash == row.hash for row in read_kept(context, document.path))

    def read_ahead(self, moment_ms: int) -> bool:
        """Reads the catalog whole, once a day."""
        return self.origin.read_ahead(moment_ms)

    def prepare(self) -> None:
        """Reads the catalog, or what of it changed since the newest point's export."""
        self.origin.prepare()

    def mark(self) -> None:
        """The event id E0."""
        self.origin.mark()

    def mark_end(self) -> None:
        """The event id E1."""
        self.origin.mark_end()

    def evidence(self, moment: Moment) -> MarkEvidence | None:
        """Events between E0 and the end of the settling time, and locations that no snapshot holds."""
        return self.origin.evidence(moment)

    def export(self, documents: Documents) -> Export:
        """The catalog at exactly E0, every field."""
        return self.origin.export(documents)

    def plan(self, point: Point, documents: Documents, base: Baseline, trees: Sequence[RootPlan]) -> Planned:
        """The difference between the point's export and the destination's catalog."""
        return self.destination.plan(point, documents)

    def preview(self, trees: Sequence[RootPlan]) -> Planned:
        """The same for the catalog of now."""
        if not self.origin.patterns:
            return self.destination.nothing()
        return self.destination.preview(self.origin.rows(), self.origin.selection)

    def fits(self, trees: Sequence[RootPlan]) -> list[Result]:
        """Nothing: a metastore tells no limit."""
        return []

    def before_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Drops, never with data."""
        self.destination.drop(point, documents, check_claim)

    def after_tree(self, point: Point, documents: Documents, check_claim: CheckClaim) -> None:
        """Creates and alters."""
        self.destination.create(point, documents, check_claim)

    def verify(self, point: Point, documents: Documents, number: int) -> VerifiedKind:
        """Compares object by object by hash, then runs the policy's queries."""
        verdict, kept = self.destination.verify(point, documents, number)
        smoke, answers = run_smoke(self._context)
        verdict.add(smoke)
        if kept.position is None and not answers:
            return VerifiedKind(verdict)
        return VerifiedKind(verdict, SEALED_CATALOG.dump(replace(kept, smoke=tuple(answers))))

    def warnings(self, point: Point) -> list[str]:
        """Returns what is registered without a directory, as on the origin, and what its log did not tell."""
        exported = exported_at(point)
        if exported is None:
            return []
        return [
            *_warning("registered without a directory, as on the primary", exported.absent),
            *_warning("changed on the primary without an event, found by reading its catalog whole", exported.untold),
        ]

    def no_longer(self, before: Point, point: Point) -> list[str]:
        """Objects of the earlier point that the later one does not select."""
        return no_longer(self._context, before, point)

    def undo(self, to: Point, given_up: Point, check_claim: CheckClaim) -> Undoing | None:
        """Brings objects back to the sealed point's export."""
        return UndoCatalog(self._context, to, given_up, check_claim)

    def after_seal(self, point: Point, documents: Documents) -> None:
        """Nothing: what a catalog keeps was exported at the moment."""

    def promote(self, point: Point, documents: Documents) -> Promoted:
        """Nothing: a catalog is live as it stands."""
        return Promoted()


def _warning(what: str, found: NamedObjects) -> list[str]:
    """Names the objects of which something is to be told."""
    more = found.count - len(found.objects)
    names = ", ".join(found.objects) + (f" and {more} more" if more else "")
    return [f"{what}: {names}"] if found.count else []
