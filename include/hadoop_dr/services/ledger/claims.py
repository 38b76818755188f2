"""Who works on a service: claim it, show progress, take it over from a try that stands still (DESIGN.md section 4, I3).

Progress is an extended attribute of the service's document directory on the deciding site. It lies there and not in a
work area because a run plans and waits for its moment long before it has one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import Busy, NotFound, Superseded
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.service_state import Claim, ServiceState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.host import Host
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.ledger.service import ServiceLedger

_PROGRESS = "user.progress"
_POLL_S = 0.25
_SHOW_EVERY_S = 1.0
_QUIET_S = 5.0


class Pulse:
    """Shows others that this try moves on. Only work moves it: call ``beat`` where something was achieved.

    Args:
        namenode: The deciding site.
        directory: The service's document directory.
        claim_n: The claim this try works under.
    """

    def __init__(self, namenode: NameNode, directory: str, claim_n: int, clock: Clock, host: Host) -> None:
        self._namenode, self._directory, self._claim_n, self._clock = namenode, directory, claim_n, clock
        self._me = dict(host.me())
        self._count, self._shown_at = 0, float("-inf")

    def beat(self, achieved: int = 1) -> None:
        """Counts what was achieved; writes the count out at most once a second."""
        self._count += achieved
        now = self._clock.monotonic_s()
        if now - self._shown_at >= _SHOW_EVERY_S:
            value = {"claim": self._claim_n, "count": self._count, "who": self._me}
            self._namenode.set_xattr(self._directory, _PROGRESS, json.dumps(value, sort_keys=True).encode())
            self._shown_at = now

    def sleep_until(self, monotonic_s: float, still_mine: Callable[[], None] | None = None) -> None:
        """Waits for a moment and shows that waiting is what this try does.

        Args:
            still_mine: Asked now and then, never shortly before the moment; raises when the claim was lost.
        """
        while (left := monotonic_s - self._clock.monotonic_s()) > 0:
            if still_mine is not None and left > _QUIET_S:
                still_mine()
            self.beat()
            self._clock.sleep_until(min(monotonic_s, self._clock.monotonic_s() + _SHOW_EVERY_S))


@dataclass(frozen=True, slots=True)
class Wish:
    """What a try wants to claim.

    Attributes:
        moment_ms: T0 of the point it would make; a run whose claim is in force goes on with the point it has.
        frozen: The policy, frozen for this run.
        owner: Who claims; ``{}`` when the work goes on in other processes than this one.
        wait: Wait for a busy service instead of raising Busy.
        order: A person ordered the takeover: do not wait for standstill.
    """

    run: str
    try_no: int
    moment_ms: int
    frozen: Mapping[str, Any]
    owner: Mapping[str, Any]
    wait: bool = False
    order: bool = False


class Claims:
    """Takes and hands over claims of one service.

    Args:
        ledger: The service's ledger.
        namenode: The deciding site, where progress is shown.
        directory: The service's document directory.
        takeover_after_s: How long progress must stand still before somebody else may take over.
    """

    def __init__(
        self,
        ledger: ServiceLedger,
        namenode: NameNode,
        directory: str,
        clock: Clock,
        host: Host,
        takeover_after_s: float,
    ) -> None:
        self._ledger, self._namenode, self._directory = ledger, namenode, directory
        self._clock, self._host, self._after_s = clock, host, takeover_after_s

    def take(self, wish: Wish) -> Claim:
        """Claims the service, taking it over from a try that is dead or stands still.

        Raises:
            Busy: Another run owns the service and moves on, and the wish does not wait.
        """
        while True:
            state = self._ledger.read()
            seen_n = self._ledger.chain.head_n
            if state.claim is not None and not wish.order:
                self._wait_for_standstill(state.claim, wish)
            own = state.goes_on(wish.run)
            moment_ms = own.moment_ms if own is not None else state.free_moment(wish.moment_ms)
            point = own.point if own is not None else point_id(moment_ms)
            body = {
                "try": wish.try_no,
                "point": point,
                "moment_ms": moment_ms,
                "owner": dict(wish.owner),
                "frozen": dict(wish.frozen),
            }
            try:
                entry = self._ledger.append("claim", body, wish.run, seen_n)
            except Superseded:
                if self._ledger.read().highest_epoch > self._ledger.roles.epoch:
                    raise
                continue
            claim = Claim(entry.n, entry.epoch, entry.run, wish.try_no, point, wish.owner, wish.frozen)
            # Who works under it is known from the start, so that a next try need not wait for one that died at once.
            self.pulse(claim).beat(0)
            return claim

    def pulse(self, claim: Claim) -> Pulse:
        """Gives the pulse of a claim this try owns."""
        return Pulse(self._namenode, self._directory, claim.n, self._clock, self._host)

    def owned(self, run: str) -> tuple[ServiceState, Claim]:
        """Gives the claim in force when it is this run's.

        Raises:
            Superseded: The service belongs to another run, or to nobody.
        """
        state = self._ledger.read()
        if state.claim is None or state.claim.run != run:
            by = f"is owned by {state.claim.run}" if state.claim else "is not claimed"
            raise Superseded(self._directory, f"run {run} does not own it, it {by}", "Start a new run.")
        return state, state.claim

    def _wait_for_standstill(self, claim: Claim, wish: Wish) -> None:
        if self._host.is_dead(claim.owner):
            return
        seen = self._progress()
        shown_by = seen.get("who", {}) if seen.get("claim") == claim.n else {}  # else of an older claim
        if claim.run == wish.run and self._host.is_dead(shown_by):
            return
        since = self._clock.monotonic_s()
        while self._clock.monotonic_s() - since < self._after_s:
            self._clock.sleep_until(self._clock.monotonic_s() + _POLL_S)
            current = self._ledger.read().claim
            if current is None or current.n != claim.n:
                return
            now = self._progress()
            if now != seen and now.get("claim") == claim.n:  # a superseded try that wakes moves nothing on
                if not (wish.wait or claim.run == wish.run):
                    raise Busy(
                        self._directory.rpartition("/")[2], f"busy: {claim.run}", "Wait for it to end, or use --wait."
                    )
                seen, since = now, self._clock.monotonic_s()

    def _progress(self) -> Mapping[str, Any]:
        try:
            kept = dict(self._namenode.extras(self._directory, acl=False).xattrs)
        except NotFound:
            return {}
        value: Mapping[str, Any] = json.loads(kept[_PROGRESS]) if _PROGRESS in kept else {}
        return value
