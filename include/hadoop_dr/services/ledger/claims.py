"""Who works on a service: claim it, or take it over from a try that stands still (I3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hadoop_dr.domain.errors import Busy, DrError, Superseded
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.ledger.bodies.runs import ServiceClaimed
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.runs.heartbeat import Contender, Contention, Owner, Watched, contend, watch
from hadoop_dr.domain.runs.process import Process
from hadoop_dr.domain.state.service_state import Claim, ServiceState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.host import Host
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.ledger.heartbeat import HeartbeatWriter, forget_heartbeats, shown_heartbeat
from hadoop_dr.services.ledger.service import ServiceLedger

__all__ = ["ClaimRequest", "Claims", "HeartbeatWriter"]

_POLL_S = 0.25
_POLL_LATER_S = 1.0
_LATER_S = 30.0


@dataclass(frozen=True, slots=True)
class ClaimRequest:
    """How one try asks for the claim of a service.

    Attributes:
        moment_ms: T0 of the point it would make; a run whose claim is in force goes on with the point it has.
        frozen: The policy, frozen for this run.
        owner: Who claims; None when the work goes on in other processes than this one.
        wait: Wait for a busy service instead of raising Busy.
        takeover: A person asked for it: do not wait for standstill.
        tell: Called with a sentence when it waits long for what another run awaits.
        busy: What helps whoever does not wait.
    """

    run: str
    try_no: int
    moment_ms: int
    frozen: FrozenPolicy
    owner: Process | None
    wait: bool = False
    takeover: bool = False
    tell: Callable[[str], None] = lambda text: None
    busy: str = "Wait for it to end, or use --wait."


class Claims:
    """Takes and hands over claims of one service.

    Args:
        ledger: The service's ledger.
        namenode: The deciding site, where heartbeats are shown.
        directory: The service's document directory.
        takeover_after_s: How long a heartbeat must stand still before somebody else may take over.
        handover_s: How long a run may take from one of its tasks to the next.

    Attributes:
        heartbeat: This process's own; it shows something while a claim of ours is in force.
    """

    def __init__(
        self,
        ledger: ServiceLedger,
        namenode: NameNode,
        directory: str,
        clock: Clock,
        host: Host,
        takeover_after_s: float,
        handover_s: float,
    ) -> None:
        self._ledger, self._namenode, self._directory = ledger, namenode, directory
        self._clock, self._host, self._after_s, self._handover_s = clock, host, takeover_after_s, handover_s
        self.heartbeat = HeartbeatWriter(namenode, directory, clock, host)

    def take(self, request: ClaimRequest) -> Claim:
        """Claims the service, taking it over from a try that is dead or stands still.

        Raises:
            Busy: Another run owns the service and moves on, and the wish does not wait.
        """
        state = self._ledger.last_read()  # the entry has its place behind that and no other
        if state.claim is not None:  # nobody waits for one that has ended since
            state = self._ledger.read()
        while True:
            seen_n = self._ledger.chain.head_n
            if state.claim is not None and not request.takeover:
                self._wait_for_standstill(state.claim, request)
            own = state.goes_on(request.run)
            moment_ms = own.moment_ms if own is not None else state.free_moment(request.moment_ms)
            point = point_id(moment_ms)
            body = ServiceClaimed(request.try_no, point, moment_ms, request.owner, request.frozen.after(state.policy))
            try:
                entry = self._ledger.append(body, request.run, seen_n)
            except Superseded:
                state = self._ledger.read()
                if state.highest_epoch > self._ledger.roles.epoch:
                    raise
                continue
            claim = Claim(
                n=entry.n,
                epoch=entry.epoch,
                run=entry.run,
                try_no=request.try_no,
                point=point,
                owner=request.owner,
                frozen=request.frozen,
            )
            # Who works under it is known from the start, so that a next try need not wait for one that died at once.
            self.heartbeat_for(claim).beat(0)
            if not state.newest_is_sealed():  # else that run does it once it has sealed
                self.forget_earlier(claim.n)
            return claim

    def forget_earlier(self, claim_n: int) -> None:
        """Removes what the runs before a claim have shown."""
        forget_heartbeats(self._namenode, self._directory, claim_n)

    def heartbeat_for(self, claim: Claim) -> HeartbeatWriter:
        """Returns the heartbeat of this process, working under a claim this try owns."""
        self.heartbeat.work_for(claim.n)
        return self.heartbeat

    def owned(self, run: str) -> tuple[ServiceState, Claim]:
        """Returns the claim in force when it is this run's.

        Raises:
            Superseded: The service belongs to another run, or to nobody.
        """
        state = self._ledger.read_lately()
        if state.claim is None or state.claim.run != run:
            owner = f"run {state.claim.run} owns it" if state.claim else "nobody has claimed it"
            raise Superseded(self._directory, f"run {run} does not own this service: {owner}", "Start a new run.")
        return state, state.claim

    def hand_over(self, awaits: str) -> None:
        """Says that this process ends and another one of the same run is awaited, so that nobody takes it for dead."""
        self.heartbeat.hand_over(awaits, self._handover_s)

    def fell(self, run: str) -> None:
        """Says that nothing of a run is awaited any more: it has ended and has not given its claim back."""
        try:
            claim = self._ledger.read().claim
            if claim is None or claim.run != run:
                return
            shown = shown_heartbeat(self._namenode, self._directory, claim.n)
            if shown is not None and shown.awaits:
                self.heartbeat_for(claim).beat()
                self.heartbeat.rest()
        except DrError:
            return  # nothing but time is lost by it

    def _wait_for_standstill(self, claim: Claim, request: ClaimRequest) -> None:
        contender = Contender(request.run, request.wait, self._after_s)
        watched, began_s, said_so = None, self._clock.monotonic_s(), False
        while True:
            now_s = self._clock.monotonic_s()
            watched = watch(watched, shown_heartbeat(self._namenode, self._directory, claim.n), now_s)
            match contend(self._owner(claim, watched), contender, watched, now_s):
                case Contention.TAKE_OVER:
                    return
                case Contention.BUSY:
                    service = self._directory.rpartition("/")[2]
                    raise Busy(service, f"busy: {claim.run}", request.busy)
            later = now_s - began_s >= _LATER_S
            if later and not said_so and watched.newest and watched.newest.awaits:
                said_so = True
                newest = watched.newest
                how_long = f"{newest.awaits} for up to {newest.quiet_s:.0f} s"
                request.tell(f"waiting for run {claim.run}, which awaits {how_long}")
            self._clock.sleep_until(now_s + (_POLL_LATER_S if later else _POLL_S))
            current = self._ledger.read().claim
            if current is None or current.n != claim.n:
                return

    def _owner(self, claim: Claim, watched: Watched) -> Owner:
        newest = watched.newest
        return Owner(claim.run, self._is_dead(claim.owner), newest is not None and self._is_dead(newest.who))

    def _is_dead(self, process: Process | None) -> bool:
        return process is not None and self._host.is_dead(process)
