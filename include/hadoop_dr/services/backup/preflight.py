"""The first stage: look, claim, end what an earlier run left, make ready for the moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.check_results import Result, fail, refuse_on_failure
from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.ids import iso, point_id
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.roots.change import approval_request
from hadoop_dr.domain.runs.process import Process
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.free_space import make_free_space
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.divergence import approved_divergence
from hadoop_dr.services.foreign.kept import refuse_undecided, undo_notes
from hadoop_dr.services.ledger.claims import ClaimRequest
from hadoop_dr.services.points.void import Void
from hadoop_dr.services.recovery.recover import Recover
from hadoop_dr.services.roots.change import RootsInTheWay
from hadoop_dr.services.roots.ownership import own_roots, release_retired
from hadoop_dr.services.roots.parents import allow_snapshots, make_roots
from hadoop_dr.services.snapshot_cache import clear_snapshot_cache


@dataclass(frozen=True, slots=True)
class RunRequest:
    """How a run is asked for.

    Attributes:
        run: Its id.
        try_no: Which attempt of it this is, from 1.
        moment_ms: Wanted T0; None for as soon as possible.
        owner: This process; None when later stages run in other processes.
        reason: Why, in the words of whoever asked; kept in the ledger.
        approve_deletions: Deletions above the policy's limit are wanted (I8).
        wait: Wait for a busy service.
        takeover: Take a busy service over at once.
        tell: Called with a sentence that says what a long wait is for.
        change_roots: Roots that points hold snapshots of may give way to others.
        approve: What a change of roots costs is known and wanted.
    """

    run: str
    try_no: int = 1
    moment_ms: int | None = None
    owner: Process | None = None
    reason: str = ""
    approve_deletions: bool = False
    wait: bool = False
    takeover: bool = False
    tell: Callable[[str], None] = lambda text: None
    change_roots: bool = False
    approve: bool = False


class StartRun:
    """Refuses a run that may not begin; else claims the service, ends what an earlier run left, and makes ready.

    Args:
        context: The service.
        finish: Carries an unfinished, staged or taken point of an earlier run to its end.
        change_roots: A change of roots is requested.
    """

    def __init__(
        self, context: BackupContext, finish: Callable[[Claim, Point], None], *, change_roots: bool = False
    ) -> None:
        self._context, self._finish, self._requested = context, finish, change_roots
        self._checks = RunChecks(context, change_roots=change_roots)
        self._void, self._roots_in_the_way = Void(context), RootsInTheWay(context)

    def run(self, request: RunRequest) -> dict[str, Any]:
        """Runs the stage.

        Returns:
            ``{"point", "moment", "roots", "baseline", "finished": [points], "did": [...], "warnings": [...]}``;
            ``did`` is what became of that which earlier runs, or somebody else, left.

        Raises:
            Refused: A check failed; nothing has changed.
            Busy: Another run owns the service.
        """
        results, notes = make_free_space(self._context, request.run, lambda: self._checks.decide()[0])
        refuse_on_failure(self._context.policy.service, [*results, *self._moment_taken(request)])
        refuse_undecided(self._context, self._context.ledger.last_read(), self._checks.components.is_as_kept)
        self._ask_approval(request)
        as_left = self._refuse_foreign()
        claim = self._claim(request)
        if claim.n == as_left:
            self._context.process.cache.as_left = claim.n
        else:
            clear_snapshot_cache(self._context)  # somebody else worked on the service since it was looked at
        earlier = self._context.ledger.last_read().points
        finished = Recover(self._context, self._finish).run(claim)
        state = self._context.ledger.read_lately()
        baseline = self._checks.baseline(state)
        begun = state.points[claim.point].state is not PointState.CLAIMED
        try:
            # What this very run changed before it died is no drift: its next stages go on from there.
            if claim.n != as_left and not begun:
                self._checks.foreign.undo(claim, self._checks.newest_point(state))
            roots = self._make_ready(claim)
        except DrError as error:
            if not begun:
                self._void.void(claim, claim.point, str(error))
            raise
        did = [*notes, *(f"finished point {point} of run {earlier[point].run}" for point in finished)]
        did += undo_notes(self._context.ledger.last_read().kept, claim.n)
        return {
            "point": claim.point,
            "moment": iso(state.points[claim.point].moment_ms),
            "roots": list(roots),
            "baseline": baseline.point.point if baseline.point else None,
            "finished": finished,
            "did": did,
            "warnings": [*did, *(f"{r.name}: {r.detail}" for r in results if r.mark == "warn")],
        }

    def _moment_taken(self, request: RunRequest) -> list[Result]:
        """Refuses a moment of which there is a sealed point: it is over, and its point would have the same name."""
        if request.moment_ms is None:
            return []
        point = self._context.ledger.read().points.get(point_id(request.moment_ms))
        if point is None or point.state is not PointState.SEALED:
            return []
        said = f"point {point.point} of exactly this moment was sealed by run {point.run}"
        return [fail("moment", said, "Name a later moment, or omit it for a point of now.")]

    def _ask_approval(self, request: RunRequest) -> None:
        """Says what a change of roots costs, unless whoever requested it has been told.

        Raises:
            Refused: It has to be approved; nothing has changed.
        """
        context, service = self._context, self._context.policy.service
        proposal = self._roots_in_the_way.proposal(self._checks.components.roots()) if self._requested else None
        if self._requested and proposal is None and context.ledger.last_read().change is None:
            raise Refused(service, "--change-roots: no root would change", "Back up without it; nothing was done")
        if proposal is not None and not request.approve:
            raise Refused(service, *approval_request(service, proposal, context.origin.name, context.destination.name))

    def _claim(self, request: RunRequest) -> Claim:
        context = self._context
        now = context.tools.clock.wall_ms()
        moment_ms = max(request.moment_ms or 0, now + context.ledger.last_read().lead_ms)
        mode, transfer = context.policy.mode.value, context.policy.transfer.value
        frozen = FrozenPolicy(
            context.policy_file.text, context.policy.file, mode, transfer, request.reason, request.moment_ms,
            approve_deletions=request.approve_deletions,
        )  # fmt: skip
        return context.claims.take(
            ClaimRequest(
                run=request.run,
                try_no=request.try_no,
                moment_ms=moment_ms,
                frozen=frozen,
                owner=request.owner,
                wait=request.wait,
                takeover=request.takeover,
                tell=request.tell,
            )
        )

    def _make_ready(self, claim: Claim) -> Sequence[str]:
        """Makes the roots the service's own, then exist on the destination and snapshottable on both sites; gives them.

        A root that is there keeps its attributes, and a new one is closed to all others: place gives it the origin's.
        """
        context = self._context
        roots = own_roots(context, claim, self._checks.components.roots)
        release_retired(context, claim, roots)
        if not context.roles.clusters:
            found = {name: side.namenode.service().cluster_id for name, side in context.sides.items()}
            context.owners.bind_clusters(found, claim.run, lambda: context.check_claim(claim))
        if self._requested:
            self._roots_in_the_way.announce(claim, roots)
        for side in context.sides.values():
            self._roots_in_the_way.make_way(side, roots)
        waiting = self._roots_in_the_way.waiting(roots)
        if context.process.behind:
            context.owners.follow()
        context.ledger.chain.follow()  # what is left of it is said at the moment; there is no time to lose after that
        allow_snapshots(context.origin.namenode, roots)
        make_roots(context, set(roots).difference(waiting, context.destination.namenode.snapshottable()))
        return roots

    def _refuse_foreign(self) -> int | None:
        """Looks for foreign changes before anything is written, where nobody works and no run left something.

        Returns:
            The number of the claim that finds the secondary as it was seen here; None when it has to be looked at then.

        Raises:
            Refused: Somebody else changed the secondary; nothing has changed.
        """
        state, seen_n = self._context.ledger.read_lately(), self._context.ledger.chain.head_n
        approved = approved_divergence(self._context)
        looks = self._context.drift is Drift.REFUSE or approved is not None
        if not looks or state.claim or state.unfinished() or state.undo:
            return None
        refuse_on_failure(self._context.policy.service, self._checks.foreign.look(self._checks.newest_point(state)))
        return seen_n + 1 if approved is None else None
