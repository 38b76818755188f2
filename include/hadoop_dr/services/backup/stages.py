"""The stages of one run as the command line and Airflow call them.

Every stage reads the ledger afresh, proves that its claim is in force, does its part, and may be repeated. What one
stage leaves for the next lies in the ledger and in the point's documents, never in this process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from hadoop_dr.domain.config.policy import with_overrides
from hadoop_dr.domain.errors import DrError, Failed, Superseded
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased
from hadoop_dr.domain.roots.change import check_change_request
from hadoop_dr.domain.runs.wanted_moment import wanted_moment_ms
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.ports.requests import Counts
from hadoop_dr.services.backup.after_seal import read_after_seal
from hadoop_dr.services.backup.free_space import ROOM
from hadoop_dr.services.backup.moment import SnapshotPoint
from hadoop_dr.services.backup.order import AWAITED, by_stage, in_order
from hadoop_dr.services.backup.place import PlacePoint
from hadoop_dr.services.backup.plan import PlanPoint
from hadoop_dr.services.backup.preflight import RunRequest, StartRun
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.backup.seal import SealPoint, sealed_document
from hadoop_dr.services.backup.stage import StagePoint
from hadoop_dr.services.backup.verify import VerifyPoint
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.void import Void
from hadoop_dr.services.snapshot_cache import with_snapshot_cache


class Observer(Protocol):
    """Who is shown the progress of a run."""

    def stage(self, name: str, total: int | None = None) -> None:
        """A stage begins; ``total`` counts its items when it is known."""

    def advance(self, done: int = 1) -> None:
        """Items of the present stage are done."""


class Silent:
    """Shows nothing."""

    def stage(self, name: str, total: int | None = None) -> None:
        """Does nothing."""

    def advance(self, done: int = 1) -> None:
        """Does nothing."""


class BackupStages:
    """The stages of one try of one run.

    Args:
        context: The service.
        run: The run's id, the same for every try and stage of it.
        try_no: Which attempt of the present stage this is, from 1.
        one_process: All stages run in this process, so that its death ends the claim.
        observer: Who is shown progress.
    """

    def __init__(
        self,
        context: BackupContext,
        run: str,
        try_no: int = 1,
        *,
        one_process: bool = False,
        observer: Observer | None = None,
    ) -> None:
        self._context, self._run, self._try = with_snapshot_cache(context), run, try_no
        self._one_process = one_process
        self._show = observer or Silent()
        self.seconds: dict[str, float] = {}
        self._notes: list[str] = []

    def acts(self, transfer: str | None = None) -> dict[str, Any]:
        """Says whether this controller carries the run out, or the one at the other site does (S2.17).

        Args:
            transfer: This run's own instead of the policy's.
        """
        context, wanted = self._context, with_overrides(self._context.policy, None, transfer).transfer.value
        mine = context.process.controller_site
        site = context.destination.name if wanted == "pull" else context.origin.name
        why = f"the controller at {site} carries out transfer {wanted}"
        return {"acts": mine in ("", site), "why": f"{why}, this one stands at {mine}" if mine else why}

    def preflight(
        self,
        moment: str | None = None,
        mode: str | None = None,
        transfer: str | None = None,
        reason: str | None = None,
        *,
        approve_deletions: bool = False,
        change_roots: bool = False,
        approve: bool = False,
        wait: bool = False,
        takeover: bool = False,
    ) -> dict[str, Any]:
        """Runs the checks, claims the service, and finishes or gives up what an earlier run left.

        Args:
            moment: Wanted T0, a point id or ISO 8601 UTC with milliseconds; None for at once.
            mode, transfer: This run's own instead of the policy's.
            reason: Why it is asked for.
            change_roots: Roots that points hold snapshots of may give way to others.
            approve: What that costs is known and wanted; without it the run is refused and says what it is.

        Raises:
            BadInput: A change of roots is requested without a reason.
            Refused: A check failed; nothing has changed.
            Busy: Another run owns the service.
        """
        check_change_request(reason, change_roots=change_roots, approve=approve)
        self._context = replace(self._context, policy=with_overrides(self._context.policy, mode, transfer))
        request = RunRequest(
            run=self._run,
            try_no=self._try,
            moment_ms=wanted_moment_ms(moment, self._context.tools.clock.wall_ms()) if moment else None,
            owner=self._context.tools.host.me() if self._one_process else None,
            reason=reason or "",
            approve_deletions=approve_deletions,
            wait=wait,
            takeover=takeover,
            tell=self._show.stage,
            change_roots=change_roots,
            approve=approve,
        )
        start = StartRun(self._context, self.finish_left, change_roots=change_roots)
        return self._timed("preflight", lambda: start.run(request))

    def moment(self) -> dict[str, Any]:
        """Takes the snapshots of all roots at the shared moment."""
        return self._stage("moment")

    def plan(self) -> dict[str, Any]:
        """Plans, and writes plan, facts and exports to both sites. The result has ``shards``."""
        return self._stage("plan")

    def stage(self, shard: int) -> dict[str, Any]:
        """Copies the bytes of one shard into the work areas."""
        return self._stage("stage", shard)

    def place(self) -> dict[str, Any]:
        """Records ``staged`` once every shard is, then changes the live tree."""
        return self._stage("place")

    def verify(self) -> dict[str, Any]:
        """Takes the candidate snapshot and compares it with the stored facts."""
        return self._stage("verify")

    def seal(self, asked: Sequence[Counts] = ()) -> dict[str, Any]:
        """Makes the point visible.

        Args:
            asked: What earlier stages asked in processes of their own, as ``requests`` of each said at its end.
        """

        def work() -> dict[str, Any]:
            self._context.tools.asked.take_in(asked)
            return self._work("seal", *self._owned_point())

        try:
            return self._timed("seal", work)
        except Superseded:
            # Asked twice: without a claim of its own the run has either sealed its point already, or nothing to seal.
            if self._sealed_point() is None:
                raise
        return self.sealed()

    def requests(self) -> dict[str, dict[str, int]]:
        """Returns the number of requests of this process so far, by stage and site."""
        return self._context.tools.asked.document()

    def prune(self) -> dict[str, Any]:
        """Reads what the sealed point left open, and removes points that no rule keeps."""

        def work() -> dict[str, Any]:
            notes = read_after_seal(self._context)
            pruned = Prune(self._context).run(self._run)
            return {**pruned, "warnings": [*notes, *pruned["warnings"]]}

        return self._timed("prune", work)

    def sealed(self) -> dict[str, Any]:
        """Returns the run's sealed point as the document of ``backup --json``.

        Raises:
            Failed: The ledger does not say that this run sealed a point.
        """
        point = self._sealed_point()
        if point is None:
            self._context.claims.fell(self._run)
            raise Failed(
                self._context.policy.service,
                f"run {self._run} sealed no point",
                f"See why: hadoop-dr explain {self._context.policy.service}",
            )
        return sealed_document(self._context.policy.service, point)

    def last_word(self) -> dict[str, Any]:
        """Returns the run's sealed point once no other stage of it will come any more, or gives its claim back.

        So the next run, whose moment is set, need not wait until this one is known to stand still.

        Raises:
            Failed: The ledger does not say that this run sealed a point.
        """
        if self._sealed_point() is None:
            self.give_back("a stage of the run failed")
        return self.sealed()

    def give_back(self, reason: str) -> None:
        """Ends the run's claim; a point whose moment was taken is carried on by the next run, another one is void."""
        try:
            state, claim = self._context.claims.owned(self._run)
            point = state.points[claim.point]
            if point.state is PointState.CLAIMED:
                Void(self._context).void(claim, point.point, reason)
            else:
                self._context.ledger.append_mine(claim, ClaimReleased(claim.n, reason))
        except Superseded:
            return  # somebody else has the service, or nobody

    def run_all(self, *, begun: bool = False, **request: Any) -> dict[str, Any]:
        """Runs every stage in this process; on a failure with a known end the claim is given back.

        Args:
            begun: The run may have been begun before; one that sealed its point says it again.

        Returns:
            The sealed point as the document of ``backup --json``.
        """
        if begun and self._sealed_point() is not None:
            return {**self.sealed(), "requests": self._context.tools.asked.document()}
        try:
            ready = self.preflight(**request)
            document = in_order("moment", self._stage)
        except DrError as error:
            with suppress(DrError):  # the failure that ended the run is the one to report; the next run clears up
                self.give_back(str(error))
            raise
        pruned = self._prune_after_seal()
        full = [line for line in ready["warnings"] if line.partition(":")[0] in ROOM]  # while there is some left
        warnings = dict.fromkeys([*ready["did"], *full, *document["warnings"], *self._notes, *pruned])
        return {**document, "requests": by_stage(self._context.tools.asked.document()), "warnings": list(warnings)}

    # ------------------------------------------------------------------ parts

    def _owned_point(self) -> tuple[Claim, Point]:
        """The claim in force, which must be this run's, and its point."""
        state, claim = self._context.claims.owned(self._run)
        self._context.claims.heartbeat_for(claim)
        point = state.points[claim.point]
        self._context = replace(self._context, policy=self._context.policy_file.load_frozen(point.frozen))
        return claim, point

    def _sealed_point(self) -> Point | None:
        """The point this run sealed."""
        points = self._context.ledger.read().points.values()
        sealed = [one for one in points if one.run == self._run and one.state is PointState.SEALED]
        return sealed[-1] if sealed else None

    def _stage(self, name: str, shard: int = 0) -> dict[str, Any]:
        """Carries a stage of this run out for its point, timed and counted."""
        if name == "seal":
            return self.seal()
        return self._timed(name, lambda: self._work(name, *self._owned_point(), shard))

    def _work(self, name: str, claim: Claim, point: Point, shard: int = 0) -> dict[str, Any]:
        """Returns what a stage does to a point, under a claim."""
        context = self._context
        if name == "moment":
            return SnapshotPoint(context, context.claims.heartbeat_for(claim)).run(claim, point)
        if name == "seal":
            return SealPoint(context).run(claim, point, self.seconds)
        heartbeat = self._heartbeat(claim)
        if name == "plan":
            return PlanPoint(context, heartbeat).run(claim, point)
        if name == "stage":
            return StagePoint(context, heartbeat).run(claim, point, shard, self._try)
        if name == "place":
            return PlacePoint(context, heartbeat).run(claim, point, self._try)
        return VerifyPoint(context, heartbeat, self._try).run(claim, point)

    def _heartbeat(self, claim: Claim) -> Callable[[int], None]:
        writer = self._context.claims.heartbeat_for(claim)

        def heartbeat(done: int = 1) -> None:
            writer.beat(done)
            self._show.advance(done)

        return heartbeat

    def finish_left(self, claim: Claim, point: Point) -> None:
        """Carries a point of an earlier run to its seal, under this run's claim and the policy it was begun with.

        What becomes of foreign changes is what a person wants now, who may have been asked since.
        """
        policy = replace(self._context.policy_file.load_frozen(point.frozen), drift=self._context.policy.drift)
        context = replace(self._context, policy=policy)
        BackupStages(context, self._run, self._try, observer=self._show)._carry(claim, point)

    def _carry(self, claim: Claim, point: Point) -> None:
        def carry_out(name: str, shard: int) -> dict[str, Any]:
            # From place on the ledger has more of the point than it had when this was begun.
            now = point if name in ("plan", "stage") else self._context.ledger.require(claim).points[point.point]
            return self._work(name, claim, now, shard)

        in_order("plan", carry_out)

    def _prune_after_seal(self) -> Sequence[str]:
        """Prunes; what keeps it from that takes no seal back, and the next run does it."""
        try:
            return list(self.prune()["warnings"])
        except DrError as error:
            return [f"nothing was pruned: {error}"]

    def _hand_over(self, awaits: str) -> None:
        """Where every stage is a process of its own, says what comes next; after the last one that is nothing."""
        claims = self._context.claims
        if not awaits:
            claims.heartbeat.rest()
        elif not self._one_process:
            claims.hand_over(awaits)

    def _timed(self, name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self._show.stage(name)
        self._context.tools.asked.begin(name)
        begun = self._context.tools.clock.monotonic_s()
        try:
            result = work()
        except DrError as error:
            if error.retryable:
                self._hand_over(f"another try of {name}")
            raise
        self._hand_over(AWAITED.get(name, ""))
        spent = self._context.tools.clock.monotonic_s() - begun
        self.seconds[name] = round(self.seconds.get(name, 0.0) + spent, 3)
        problem = self._context.claims.heartbeat.take_problem()
        if notes := [*self._context.ledger.take_notes(), *([problem] if problem else [])]:
            self._notes += notes
            result = {**result, "warnings": [*result.get("warnings", ()), *notes]}
        return result
