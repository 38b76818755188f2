"""The moment of a run: arm, take, prove, and arm again if something was touched (I1)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from hadoop_dr.domain.check_results import refuse_on_failure
from hadoop_dr.domain.errors import LATER_GOES_ON, DrError, Refused, Superseded
from hadoop_dr.domain.ids import iso, point_id
from hadoop_dr.domain.ledger.bodies.runs import MomentRearmed
from hadoop_dr.domain.ledger.bodies.taken import OpenFiles, PointTaken, TakenRoot
from hadoop_dr.domain.roots.decision import keyed_by_declaration
from hadoop_dr.domain.roots.root_results import kept_directories
from hadoop_dr.domain.runs.moment import (
    LEAD_MS,
    Evidence,
    MomentDecision,
    MomentVerdict,
    clock_offset_ms,
    decide,
    prove,
    rearm_pause_ms,
)
from hadoop_dr.domain.state.service_state import Claim, Point, PointState, ServiceState
from hadoop_dr.domain.tree.quotas import NONE_SET, QuotaSet
from hadoop_dr.services.backup.check.run_checks import held_back, newest_of_all
from hadoop_dr.services.backup.open_files import FindOpenFiles
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Moment
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.ledger.claims import HeartbeatWriter
from hadoop_dr.services.points.baseline import record
from hadoop_dr.services.pool import BoundedPool, map_bounded, together
from hadoop_dr.services.roots.ownership import own_roots
from hadoop_dr.services.roots.parents import allow_snapshots
from hadoop_dr.services.take_snapshots import AT_ONCE, Taken, TakeSnapshots, TimedSnapshot

_USED_MS = 1000
"""By so much a moment may lie behind the wanted one because earlier tries had used up its milliseconds."""


@dataclass(frozen=True, slots=True)
class _Shot:
    """One attempt at a moment: what was taken, and what it proves."""

    taken: Taken
    verdict: MomentVerdict
    writing: OpenFiles


class SnapshotPoint:
    """Takes a run's moment once; taken already, it says so again.

    Args:
        context: The service.
        writer: Of the heartbeat: it shows that waiting is what this try does.
    """

    def __init__(self, context: BackupContext, writer: HeartbeatWriter) -> None:
        self._context, self._heartbeat = context, writer
        self._components = components_of(context)
        self._warm_s = float("-inf")

    def run(self, claim: Claim, point: Point) -> dict[str, Any]:
        """Takes the snapshots of all roots at the moment, and proves it.

        Returns:
            ``{"point", "moment", "skew_ms", "late_by_ms", "proof", "snapshots"}``.

        Raises:
            Refused: The moment could not be proven after three more attempts, and the policy wants proof.
        """
        if point.state is not PointState.CLAIMED:
            return _summary(point)
        pause_ms, delayed = 0, self._components.read_ahead(point.moment_ms)
        for rearmed in count():
            point = self._on_time(claim, point, pause_ms, delayed)
            shot = self._shoot(claim, point)
            match decide(shot.verdict, rearmed, self._context.policy.unproven):
                case MomentDecision.GO_ON:
                    return self._record(claim, point, shot)
                case MomentDecision.VOID:
                    raise Refused(
                        self._context.policy.service,
                        f"the moment could not be proven: {'; '.join(shot.verdict.reasons)}",
                        shot.verdict.remedy(),
                    )
            pause_ms = rearm_pause_ms(self._context.policy.service, rearmed + 1)
            point = self._rearm(claim, point, f"was not proven ({'; '.join(shot.verdict.reasons)})", pause_ms)
        raise AssertionError("unreachable")

    def _on_time(self, claim: Claim, point: Point, pause_ms: int, delayed: bool) -> Point:
        """A moment that has passed, or that an earlier try may have begun, is armed anew under a new id.

        So is one that lies further off than anybody asked for: then the clock went back, and nobody waits for that.

        Args:
            pause_ms: How long to leave alone before the moment what was busy at the last one.
            delayed: This run had to do first what others need not: it says nothing of how early they name their moment.
        """
        now = self._context.tools.clock.wall_ms()
        wanted = (claim.frozen.wanted_ms or 0) + _USED_MS
        lead_ms = max(LEAD_MS, self._context.ledger.last_read().lead_ms)
        too_far = point.moment_ms > max(wanted, now + lead_ms + pause_ms)
        name = self._context.candidate_name(point)
        roots = self._roots(claim)
        # As many at once as there will be snapshots at once, so that their connections are there.
        width = max(1, min(len(roots), AT_ONCE))
        with BoundedPool(1, name="hold") as beside:
            held = beside.begin(self._refuse_held)
            every = list(map_bounded(self._context.origin.namenode.snapshots, roots, width=width))
            held.result()
        self._warm_s = self._context.tools.clock.monotonic_s()
        begun = name in {shot.name for shots in every for shot in shots}
        if begun or too_far or point.moment_ms <= now:
            why = "was further ahead than requested" if too_far else "had passed"
            late_ms = 0 if begun or too_far or delayed else max(1, now - point.moment_ms)
            why = "had been begun by an earlier try" if begun else why
            point = self._rearm(claim, point, why, late_ms=late_ms)
        context = self._context
        refuse_on_failure(context.policy.service, newest_of_all(context.ledger.last_read(), point.moment_ms))
        return point

    def _refuse_held(self) -> None:
        refuse_on_failure(self._context.policy.service, held_back(self._context, again=True))

    def _rearm(self, claim: Claim, point: Point, why: str, pause_ms: int = 0, late_ms: int = 0) -> Point:
        state = self._context.ledger.read()
        moment_ms = state.free_moment(self._context.tools.clock.wall_ms() + LEAD_MS + pause_ms)
        new = point_id(moment_ms)
        body = MomentRearmed(claim.n, new, moment_ms, point.point, why, late_ms)
        self._context.ledger.append_mine(claim, body, _not_yet_taken(point))
        return self._context.ledger.read().points[new]

    def _roots(self, claim: Claim) -> Sequence[str]:
        roots = own_roots(self._context, claim, self._components.roots)
        allow_snapshots(self._context.origin.namenode, roots)
        return roots

    def _shoot(self, claim: Claim, point: Point) -> _Shot:
        context = self._context
        self._components.prepare()
        roots = self._roots(claim)
        at_s = context.tools.clock.monotonic_s() + (point.moment_ms - context.tools.clock.wall_ms()) / 1000

        def still_wanted() -> None:
            together(lambda: context.check_claim(claim), self._refuse_held)

        def wait(until_s: float) -> None:
            self._heartbeat.sleep_until(until_s, still_wanted)
            self._heartbeat.hush()  # a heartbeat in between would cost skew

        try:
            taken = TakeSnapshots(context.origin.namenode, context.tools.clock, self._warm_s).run(
                roots, context.candidate_name(point), at_s, self._components.mark, wait, self._components.mark_end
            )
        finally:
            self._heartbeat.speak()
        find = FindOpenFiles(context.origin.namenode, context.policy.audit_entries)
        names, newest = dict[str, int](), context.ledger.last_read().newest_sealed()
        if newest is not None:
            names = {root: held.names for root in roots if (held := newest.held(root)) is not None}
        with BoundedPool(1, name="open files") as beside:
            writing = beside.begin(find.run, roots, context.candidate_name(point), names)
            evidence = self._evidence(point, roots, taken, at_s)
        return _Shot(taken, prove(evidence), writing.result())

    def _evidence(self, point: Point, roots: Sequence[str], taken: Taken, at_s: float) -> Evidence:
        context = self._context
        moment = Moment(roots, context.candidate_name(point), context.policy.settle_ms, self._heartbeat.sleep_until)
        return Evidence(
            len(roots),
            taken.skew_ms,
            context.policy.max_skew_ms,
            marks=self._components.evidence(moment),
            offsets_ms={context.origin.name: _offset_ms(taken, at_s, point.moment_ms)},
            max_offset_ms=context.policy.max_clock_offset_ms,
            open_files=self._open_files(roots, taken),
        )

    def _open_files(self, roots: Sequence[str], taken: Taken) -> int:
        """Files that are open on the cluster: asked only where they may explain the skew, and trying again not help."""
        if len(roots) <= 1 or taken.skew_ms <= self._context.policy.max_skew_ms:
            return 0
        try:
            return self._context.origin.namenode.service().open_files
        except DrError:
            return 0

    def _record(self, claim: Claim, point: Point, shot: _Shot) -> dict[str, Any]:
        context = self._context
        documents = context.documents(point)
        if claim.owner is not None and claim.owner == context.tools.host.me():
            context.process.cache.begun.add(documents.directory)
        exports = self._components.export(documents)
        held = context.ledger.last_read().held_roots(context.origin.name)
        stay = kept_directories(self._components.decision(), context.policy.service, held)
        first = min((root.first_s for root in shot.taken.roots), default=0.0)
        roots = dict[str, TakenRoot]()
        for root in shot.taken.roots:
            roots[root.root] = TakenRoot(
                record(root.snapshot),
                round((root.first_s - first) * 1000, 3),
                round((root.last_s - first) * 1000, 3),
                self._quota_before_the_fence(root.root),
            )
        wanted = claim.frozen.wanted_ms
        late = max(0, point.moment_ms - wanted) if wanted else 0
        body = PointTaken(
            claim=claim.n,
            point=point.point,
            moment_ms=point.moment_ms,
            late_by_ms=late + shot.taken.late_by_ms,
            skew_ms=round(shot.taken.skew_ms, 3),
            proof=shot.verdict.proof,
            origin=context.origin.name,
            destination=context.destination.name,
            roots=roots,
            protect=context.policy.protected(),
            declared=tuple(sorted({*self._components.declared(), *roots})),
            datasets=exports.datasets,
            incomplete=exports.incomplete,
            open_files=shot.writing,
            roots_told=(*exports.notes, *(result.detail for result in stay)),
        )
        context.ledger.append_mine(claim, body, _not_yet_taken(point))
        behind = context.ledger.chain.follow()
        summary = _summary(context.ledger.last_read().points[point.point])
        return {**summary, "warnings": [f"the ledger on {context.origin.name} is behind: {behind}"] if behind else []}

    def _quota_before_the_fence(self, root: str) -> QuotaSet:
        """While a fence stands, the quotas that it replaced; no other root is asked for its own before the seal."""
        fence = self._context.ledger.roles.fences.get(self._context.origin.name)
        return NONE_SET if fence is None else fence.quotas.get(root, NONE_SET)


def _not_yet_taken(point: Point) -> Callable[[ServiceState], None]:
    """Two tries of this stage may be at work at once: what becomes of a moment is decided by the first to say so."""

    def judge(state: ServiceState) -> None:
        claim = state.claim
        if claim is None or claim.point != point.point or state.points[point.point].state is not PointState.CLAIMED:
            raise Superseded(
                f"point {point.point}",
                f"superseded: another try of run {point.run} has taken its moment, or armed another one",
                LATER_GOES_ON,
            )

    return judge


def _offset_ms(taken: Taken, at_s: float, moment_ms: int) -> float:
    """A clock, the NameNode's or ours, that jumped since the preflight shows in the snapshots' times."""

    def offset(root: TimedSnapshot) -> float:
        asked_ms, answered_ms = (moment_ms + (root_s - at_s) * 1000 for root_s in (root.first_s, root.last_s))
        return clock_offset_ms(root.snapshot.created_ms, asked_ms, answered_ms)

    return max(map(offset, taken.roots), key=abs, default=0.0)


def _summary(point: Point) -> dict[str, Any]:
    names = {root: kept.name for root, kept in point.taken.snapshots.items()}
    return {
        "point": point.point,
        "moment": iso(point.moment_ms),
        "skew_ms": point.taken.skew_ms,
        "late_by_ms": point.taken.late_by_ms,
        "proof": point.taken.proof.value,
        "snapshots": keyed_by_declaration(point.taken.declared, names),
    }
