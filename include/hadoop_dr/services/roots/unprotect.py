"""Takes a service's snapshots, and the right to have them, away, so that production can delete its directories (I8).

The ledger says first that the points are gone. Whatever ends this then, the next call finishes it, and no run builds on
a snapshot that may be missing. It holds the service's claim: no run makes new snapshots meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.ledger.bodies.ends import ServiceUnprotected
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.points.pins import refuse_pinned
from hadoop_dr.domain.points.unprotected import (
    Freed,
    live_alone_on,
    ours_and_others,
    points_that_go,
    stands_against,
    whose,
)
from hadoop_dr.domain.state.service_state import Claim, ServiceState
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.ledger.claims import ClaimRequest
from hadoop_dr.services.points.remove_snapshots import remove_snapshots
from hadoop_dr.services.points.void import Void
from hadoop_dr.services.pool import map_bounded


class Unprotect:
    """Unprotects one service.

    Args:
        context: The service.
        run: Id of this call, for the ledger.
    """

    def __init__(self, context: BackupContext, run: str) -> None:
        self._context, self._run = context, run

    def run(self, reason: str, *, both: bool = False, takeover: bool = False) -> dict[str, Any]:
        """Carries it out; called again it does what is left.

        Args:
            reason: Why; kept in the ledger.
            both: On the secondary, too: then its points are gone, and what lies in its directories stays.
            takeover: Take the service over from a run that works.

        Returns:
            ``{"service", "reason", "points", "sites": {site: {"snapshots", "free", "left"}}, "released",
            "points_left", "warnings"}``.

        Raises:
            Busy: A run works.
            Refused: An earlier run left something half done that only a backup ends, or behind a change of roles no
                point is sealed on the other site yet; nothing has changed.
            Unknown: An answer was lost; call it again.
        """
        context = self._context
        state, sides = context.ledger.read(), list(context.sides.values()) if both else [context.origin]
        self._refuse_half_done(state)
        if not both:
            self._refuse_last_ones(state)
        refuse_pinned(state, context.policy.service, points_that_go(state, [side.name for side in sides]))
        mode, transfer = context.policy.mode.value, context.policy.transfer.value
        frozen = FrozenPolicy(context.policy_file.text, context.policy.file, mode, transfer, reason, unprotects=True)
        busy = "Wait for it to end, or stop it with --takeover."
        request = ClaimRequest(
            self._run, 1, context.tools.clock.wall_ms(), frozen, context.tools.host.me(), takeover=takeover, busy=busy
        )
        claim = context.claims.take(request)
        try:
            return self._take_away(claim, reason, sides)
        except DrError:
            with suppress(DrError):  # that failure is the one to report
                Void(context).void(claim, claim.point, "it could not be unprotected")
            raise

    def _take_away(self, claim: Claim, reason: str, sides: Sequence[SiteConnections]) -> dict[str, Any]:
        context, void = self._context, Void(self._context)
        state = context.ledger.require(claim)
        self._refuse_half_done(state)
        if len(sides) == 1:
            self._refuse_last_ones(state)
        for point in state.unfinished():
            if point.point != claim.point:
                void.void(claim, point.point, f"its service was unprotected: {reason}")
        gone = points_that_go(state, [side.name for side in sides])
        if gone:
            body = ServiceUnprotected(claim.n, tuple(side.name for side in sides), tuple(gone), reason)
            service = context.policy.service
            context.ledger.append_mine(claim, body, lambda now: refuse_pinned(now, service, body.points))
        check = self._checking(claim)
        freed = {side.name: self._free(side, check) for side in sides}
        self._remove_documents(check)
        released = self._release(claim)
        void.void(claim, claim.point, f"its run was an unprotect, which makes no point: {reason}")
        behind = context.ledger.chain.follow()
        return self._document(reason, gone, freed, released, behind)

    def _free(self, side: SiteConnections, check: Callable[[], None]) -> Freed:
        """Removes our snapshots from what is or was a root of ours, and makes it an ordinary directory again."""
        context, state, namenode = self._context, self._context.ledger.last_read(), side.namenode

        roots = sorted(state.roots().union(context.owners.mine).intersection(namenode.snapshottable()))
        removed, free, left = list[tuple[str, str]](), list[str](), dict[str, tuple[str, ...]]()
        for root, snapshots in zip(roots, map_bounded(namenode.snapshots, roots), strict=True):
            names = [snapshot.name for snapshot in snapshots]
            ours, others = ours_and_others(context.policy.service, state.points, names)
            removed += [(root, name) for name in ours]
            if others:
                left[root] = tuple(others)
            else:
                free.append(root)
        remove_snapshots(namenode, state, removed, check)

        def release(root: str) -> None:
            check()
            namenode.disallow_snapshot(root)

        for _ in map_bounded(release, free):
            pass
        return Freed(len(removed), tuple(free), left)

    def _remove_documents(self, check: Callable[[], None]) -> None:
        """Removes what is kept of points that no site has any more, as pruning does."""
        context, points = self._context, self._context.ledger.last_read().points
        for side in context.sides.values():
            for name in side.files.names(context.directory("").rstrip("/")):
                if name in points and set(points[name].gone) == set(context.sides):
                    check()
                    side.files.remove(context.directory(name))

    def _release(self, claim: Claim) -> list[str]:
        """Gives up what neither site has snapshottable any more; another service may own it then."""
        context = self._context
        mine = set(context.owners.mine)
        for side in context.sides.values() if mine else ():
            mine.difference_update(side.namenode.snapshottable())
        return context.owners.release(mine, claim.run, lambda: _require(context, claim)) if mine else []

    def _document(
        self,
        reason: str,
        gone: Sequence[tuple[str, str]],
        freed: dict[str, Freed],
        released: Sequence[str],
        behind: str | None,
    ) -> dict[str, Any]:
        context, state = self._context, self._context.ledger.last_read()
        destination, service = context.destination.name, context.policy.service
        kept = [point for point in state.sealed() if destination not in point.gone and point.destination == destination]
        warnings = [
            f"{site}:{root} cannot be deleted yet, it has snapshots that {whose(service, names)}: {', '.join(names)}"
            for site, one in freed.items()
            for root, names in one.left.items()
        ]
        warnings += [f"the ledger on {context.origin.name} is behind: {behind}"] if behind else []
        return {
            "service": context.policy.service,
            "reason": reason,
            "points": len({point for _, point in gone}),
            "points_left": len(kept),
            "sites": {
                site: {
                    "snapshots": one.snapshots,
                    "free": list(one.free),
                    "left": {root: list(names) for root, names in one.left.items()},
                }
                for site, one in freed.items()
            },
            "released": list(released),
            "warnings": warnings,
        }

    def _refuse_half_done(self, state: ServiceState) -> None:
        if why := stands_against(state):
            service = self._context.policy.service
            raise Refused(service, why, f"Run a backup first: hadoop-dr backup {service}; then unprotect it")

    def _refuse_last_ones(self, state: ServiceState) -> None:
        if why := live_alone_on(state, self._context.origin.name):
            service = self._context.policy.service
            remedy = f"Run a backup first: hadoop-dr backup {service}; --both gives up every point"
            raise Refused(service, why, remedy)

    def _checking(self, claim: Claim) -> Callable[[], None]:
        """Before each effect: the claim is in force, and others see that the work moves on."""
        writer = self._context.claims.heartbeat_for(claim)

        def check() -> None:
            _require(self._context, claim)
            writer.beat()

        return check


def _require(context: BackupContext, claim: Claim) -> None:
    context.ledger.require(claim)
