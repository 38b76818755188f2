"""Planning a point; plan, facts and exports lie on both sites before any byte moves (S3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

from hadoop_dr.domain.check_results import refuse_on_failure
from hadoop_dr.domain.config.policy import Mode
from hadoop_dr.domain.errors import AlreadyExists, BaselineLost
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.formats.manifest import DeletedKind, PlannedDeletions, PlanSummary, StoredPlan, StoredRoot
from hadoop_dr.domain.ids import before_name
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.plan.deletions import Deletions, refuse_unapproved
from hadoop_dr.domain.plan.plan_size import PlanSize, summarise
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.domain.tree.encryption import refuse_encrypted
from hadoop_dr.domain.tree.inventory import Audit, audit_of, looked_through
from hadoop_dr.domain.tree.seen import UNSEEN, Seen
from hadoop_dr.services.audit.point import looks_back
from hadoop_dr.services.backup.free_space import make_free_space
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import Components, components_of
from hadoop_dr.services.foreign.keep_before import keep_before
from hadoop_dr.services.points.baseline import find_baseline, held_before, snapshot_problem
from hadoop_dr.services.points.read_items import adopt, gather_listed, seen_before
from hadoop_dr.services.points.xattrs import KnownXattrs
from hadoop_dr.services.pool import ROOTS_AT_ONCE, map_bounded
from hadoop_dr.services.roots.change import RootsInTheWay
from hadoop_dr.services.roots.parents import make_roots
from hadoop_dr.services.roots.switch import adopt_live
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import (
    ITEMS,
    RootPlan,
    plan_items,
    share_out,
    stored_items,
)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A root's plan, and what a person should know of it."""

    root: RootPlan
    notes: Sequence[str] = ()
    hindered: Sequence[str] = ()


class PlanPoint:
    """Plans a taken point once; planned already, it says so again.

    Args:
        context: The service.
        heartbeat: Told how many objects were read.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat, self._working = context, heartbeat, context.claims.heartbeat.working
        self._notes: list[str] = []
        self._hindered: list[str] = []
        self._roots_in_the_way = RootsInTheWay(context)

    def run(self, claim: Claim, point: Point) -> dict[str, Any]:
        """Carries the stage out.

        Returns:
            ``{"point", "baseline", "shards", "entries", "files", "bytes", "deletions", "steps", "warnings"}``, and
            the figures of each kind of data sets under their own titles.

        Raises:
            Refused: There is no room, or more is deleted than the policy allows.
            BaselineLost: A snapshot of the moment is gone.
        """
        documents = self._context.documents(point)
        plan = documents.plan()
        if plan is None:
            plan = self._make(claim, point, documents)
        else:
            documents.copy_again()
        summary, lines = plan.summary, ("hindered", "notes")
        return {
            **_shown(summary),
            **{name: list(getattr(summary, name)) for name in lines},
            "point": point.point,
            "baseline": plan.baseline,
            "warnings": documents.warnings,
        }

    def _make(self, claim: Claim, point: Point, documents: Documents) -> StoredPlan:
        context = self._context
        self._require_snapshots(point)
        baseline = self._baseline(claim, point)
        xattrs = KnownXattrs(context, baseline)
        roots = self._roots(point, documents, baseline, xattrs)
        self._notes += baseline.lost
        total, components = totals(roots), components_of(context)
        changes = components.plan(point, documents, baseline, roots)
        deletions = changes.deletions
        approved = self._allow(claim, point, roots, deletions, components)
        self._notes += keep_before(context, claim, point, roots)
        self._notes += changes.notes
        roots, tasks = share_out(roots, context.policy.stage_tasks)
        documents.write(ITEMS, forms.ITEMS, stored_items(roots))
        xattrs.write(documents, roots)
        by_kind = deletions.document(context.policy.limits.deletions)
        summary = PlanSummary(
            shards=len(tasks),
            entries=total.entries,
            files=total.files,
            bytes=total.bytes,
            deletions=deletions.files,
            deleted={str(figure.kind): figure.deleted for figure in deletions.figures if figure.deleted},
            steps=total.steps,
            figures=changes.figures,
            audited=all(r.audit is not Audit.NO or r.older is None for r in roots),
            hindered=tuple(self._hindered),
            notes=tuple(self._notes),
        )
        return documents.seal_manifest(
            StoredPlan(
                baseline.point.point if baseline.point else None,
                tuple(map(_stored, roots)),
                tuple(tuple(task) for task in tasks),
                changes.held,
                PlannedDeletions({kind: DeletedKind(**made) for kind, made in by_kind.items()}, tuple(approved)),
                summary,
            )
        )

    def _roots(self, point: Point, documents: Documents, baseline: Baseline, xattrs: KnownXattrs) -> list[RootPlan]:
        """Plans every root; what a person should know of one is noted."""
        whole = (root for root in point.taken.roots if baseline.origin_snapshot(root) is None)
        waiting = self._roots_in_the_way.waiting(whole)
        names = {root: kept.names for root in point.taken.roots if (kept := baseline.held(root)) is not None}
        seen = seen_before(self._context, baseline)
        large = frozenset(names) - looked_through(names, self._context.policy.audit_entries)
        since_audit_ms, every = self._since_audit_ms(point.moment_ms), sorted(point.taken.snapshots.items())

        def one(numbered: tuple[int, tuple[str, SnapshotRecord]]) -> _Planned:
            index, (root, kept) = numbered
            if root in waiting:
                return _Planned(self._waiting(index, root, kept.name, documents))
            return self._root(index, root, kept.name, baseline, xattrs, since_audit_ms, large, seen)

        roots: list[RootPlan] = []
        for planned in map_bounded(one, enumerate(every), width=ROOTS_AT_ONCE):
            self._notes += planned.notes
            self._hindered += planned.hindered
            roots.append(planned.root)
            self._heartbeat(len(planned.root.items))
        return roots

    def _root(
        self, index: int, root: str, newer: str, baseline: Baseline, xattrs: KnownXattrs, since_audit_ms: int | None,
        large: Collection[str], seen: Mapping[str, Seen],
    ) -> _Planned:
        """Plans one root: an increment on its baseline, or everything, with what the destination already has kept."""
        older, base = baseline.origin_snapshot(root), baseline.destination_snapshot(root)
        most, notes = self._context.policy.audit_entries, list[str]()
        if older is not None:
            held = held_before(self._context.destination.namenode, root, baseline)
            audit = audit_of(since_audit_ms, small=held.names <= most and root not in large)
            audited, problem = (None, None) if audit is Audit.NO else looks_back(self._context, root)
            if problem:
                notes.append(f"{problem}, and an audit looks back to it; {root} is compared whole")
                older = None
        if older is None:
            base = self._before(root, newer)
            adoption = adopt(self._context, root, newer, base, self._heartbeat)
            audit = audit_of(0, small=len(adoption.items) <= most)
            plan = RootPlan(
                index=index,
                root=root,
                older=None,
                newer=newer,
                base=base,
                items=adoption.items,
                plan=plan_items(adoption.items, self._working),
                audit=audit,
                live=adoption.existing,
                names=adoption.names,
                below=adoption.below,
                ours=root in self._context.ledger.last_read().sealed_roots(),
            )
            return _Planned(plan, notes)
        items, reader = gather_listed(
            self._context, root, older, newer, audit=audit, older_xattrs=xattrs.of(root),
            older_seen=seen.get(root, UNSEEN),
        )
        held, planned = reader.held_before or held, plan_items(items, self._working)
        plan = RootPlan(
            index=index,
            root=root,
            older=older,
            newer=newer,
            base=base,
            items=items,
            plan=planned,
            audit=audit,
            live=held.files,
            names=held.names,
            audited=audited,
            seen=reader.seen,
        )
        return _Planned(plan, [*notes, *reader.notes], reader.hindered)

    def _waiting(self, index: int, root: str, newer: str, documents: Documents) -> RootPlan:
        """Plans a root on the destination's live tree, because points still hold snapshots around or in it there."""
        adoption = adopt_live(self._context, index, root, newer, documents, self._heartbeat)
        # After the live tree was listed, so that what somebody does from here on differs from the list.
        self._roots_in_the_way.refuse_foreign_changes([root])
        return RootPlan(
            index=index,
            root=root,
            older=None,
            newer=newer,
            base=before_name(newer),
            items=adoption.items,
            plan=plan_items(adoption.items, self._working),
            audit=audit_of(0, small=len(adoption.items) <= self._context.policy.audit_entries),
            live=adoption.existing,
            names=adoption.names,
            below=adoption.below,
            waits=True,
        )

    def _since_audit_ms(self, now_ms: int) -> int | None:
        """How long ago a sealed point was compared whole; None where this one has to be.

        After a change of roots no older point is left that an audit could look back to.
        """
        state = self._context.ledger.last_read()
        sealed = [] if state.change else state.sealed()
        audited = [point.moment_ms for point in sealed if point.sealed.summary.audited]
        return now_ms - max(audited) if audited else None

    def _before(self, root: str, newer: str) -> str:
        """Name of a snapshot of what the destination has of a root that is planned from nothing, be it nothing.

        A snapshot, so that a run that is interrupted finds again what it planned on, and what changed since is known.
        """
        destination = self._context.destination.namenode
        make_roots(self._context, [root])  # a root since the run began
        name = before_name(newer)
        with suppress(AlreadyExists):
            destination.create_snapshot(root, name)
        return name

    def _require_snapshots(self, point: Point) -> None:
        namenode, taken = self._context.origin.namenode, point.snapshots_on(self._context.origin.name).values()
        for problem in map_bounded(lambda one: snapshot_problem(namenode, one), taken):
            if problem:
                raise BaselineLost(f"point {point.point}", problem, "The next run takes a new moment.")

    def _baseline(self, claim: Claim, point: Point) -> Baseline:
        if claim.frozen.mode == Mode.FULL.value:
            return Baseline(None)
        return find_baseline(self._context, self._context.ledger.last_read(), point.taken.roots)

    def _allow(
        self, claim: Claim, point: Point, roots: Sequence[RootPlan], deletions: Deletions, components: Components
    ) -> tuple[str, ...]:
        """Room for the bytes, and no more deletions than the policy allows without a word from a person (I8).

        The word counts for the point of the run that it was given to: what an earlier run was refused stays refused.

        Returns:
            What is above the limit and approved.
        """
        context, service = self._context, self._context.policy.service
        for root in roots:
            refuse_encrypted(root.root, root.items)
        limit, approved = context.policy.limits.deletions, point.frozen.approve_deletions
        above = refuse_unapproved(service, deletions, limit, approved=approved)
        self._notes += [f"approved: {clause}" for clause in above]
        results, notes = make_free_space(context, claim.run, lambda: components.fits(roots))
        self._notes += notes
        refuse_on_failure(service, results)
        return above


def _stored(root: RootPlan) -> StoredRoot:
    """Returns what the manifest keeps of a root; its items are in a document of their own."""
    return StoredRoot(
        root=root.root,
        older=root.older,
        newer=root.newer,
        base=root.base,
        cut=root.cut,
        audit=root.audit,
        waits=root.waits,
        audited=root.audited,
        seen=root.seen,
    )


def _shown(summary: PlanSummary) -> dict[str, Any]:
    """The summary of a plan as it is shown: the figures of each kind of data sets stand beside the others."""
    fields = asdict(summary)
    return {**fields, **fields.pop("figures")}


def totals(roots: Sequence[RootPlan]) -> PlanSize:
    """Adds up the figures of all roots."""
    return sum((summarise(root.items, root.plan) for root in roots), PlanSize())

