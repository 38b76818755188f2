"""One service in a change of roles: its run is stopped, what was left is ended, its newest point becomes the live data.

    claim under the old epoch    whoever worked on the service finds it taken over
    roll forward, or undo        the live tree of the new primary is that of a sealed point
      ... the pair's new roles ...
    claim under the new epoch    a controller that slept through the change can append nothing any more (I5)
    roll forward, or undo        what could not be ended before, and what a run did since
    promote                      what a secondary only keeps, such as quotas, is named for a person to set
    void                         a claim always names a point; this one is none

Each line may be repeated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TypeVar

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import DrError, Refused, Unknown
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.points.pending import pending_the_other_way
from hadoop_dr.domain.points.recovery import Step
from hadoop_dr.domain.roles.failover import SHOWN, LostData, ServiceOutlook, differs_from, outlook, paths_told
from hadoop_dr.domain.state.service_state import Claim, Point, ServiceState
from hadoop_dr.domain.tree.snapshot_diff import merge, visible
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Promoted
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.tree_drift import drift_by_root, lines_by_root
from hadoop_dr.services.ledger.claims import ClaimRequest
from hadoop_dr.services.points.baseline import snapshot_problem
from hadoop_dr.services.points.void import Void
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.recovery.recover import Recover

_MORE_TRIES = 3
_PAUSE_S = 2.0
"""From a failure that passes by itself to the next try."""
_Result = TypeVar("_Result")


class MoveService:
    """Moves one service to the destination of its backups.

    Args:
        context: The service, in the direction in which it was backed up.
        run: Id of the change, for the ledger.
        finish: Carries a staged point of an earlier run to its seal.
        backup: Makes a point now, whoever else works on the service, for a reason.
    """

    def __init__(
        self,
        context: BackupContext,
        run: str,
        finish: Callable[[Claim, Point], None],
        backup: Callable[[str], object],
    ) -> None:
        self._context, self._run, self._finish, self._backup = context, run, finish, backup

    def look(self) -> ServiceOutlook:
        """Says what would become of the service."""
        found = self._outlook()
        newest = self._context.ledger.last_read().points.get(found.point or "")
        if newest is None:
            return found
        as_is = found.ending is Step.NOTHING  # else a run is to change the tree first
        return replace(found, lost=self._lost(newest), differs=self._differs(newest) if as_is else ())

    def roots(self) -> Sequence[str]:
        """The directories of which a point made now would have snapshots.

        Raises:
            Refused: Something cannot be protected.
        """
        return components_of(self._context).roots()

    def back_up(self, reason: str) -> None:
        """Makes a point now.

        Raises:
            DrError: There is none.
        """
        self._backup(reason)

    def end_runs(self, reason: str) -> None:
        """Takes the service over, and ends what its last run left; keeps the claim, so that no run begins meanwhile.

        Raises:
            DrError: What was left can be neither carried on nor undone.
        """
        self._tried(lambda: self._ended(reason))

    def behind(self) -> str:
        """Brings the other copy of the service's ledger in step; says why it cannot, or nothing."""
        self._context.ledger.read()
        return self._context.ledger.chain.follow() or ""

    def make_live(self, reason: str) -> tuple[str | None, Promoted]:
        """Makes the newest point the live data, under the epoch of the new roles; first ends what is not ended yet.

        Returns:
            The point, and what was set and what is left to a person.

        Raises:
            DrError: The service stays closed: its tree is that of no point, or what it only keeps cannot be set.
        """
        return self._tried(lambda: self._live(reason))

    def _live(self, reason: str) -> tuple[str | None, Promoted]:
        context = self._context
        found, state = self._outlook(), context.ledger.last_read()
        if _works_from(state, context.destination.name, context.roles.epoch):
            return found.point, Promoted()
        claim = self._ended(reason)
        with self._given_up(claim):
            found, state = self._outlook(), context.ledger.last_read()
            if found.problem:
                raise Refused(found.service, found.problem, f"See: hadoop-dr points {found.service}")
            point = state.points[found.point or ""]
            differs = self._differs(point)
            made = components_of(context).promote(point, context.documents(point))
        Void(context).void(claim, claim.point, f"its run was a change of roles, which makes no point: {reason}")
        return point.point, replace(made, left=[*differs, *made.left])

    def _ended(self, reason: str) -> Claim:
        """Ends what was left, under a claim that stays; the next backup to the other site ends what is left there."""
        claim = self._claim(reason)
        if pending_the_other_way(self._context.ledger.last_read(), self._context.destination.name):
            return claim
        with self._given_up(claim):
            Recover(self._context, self._finish, origin_lost=True).run(claim)
        return claim

    def _tried(self, work: Callable[[], _Result]) -> _Result:
        """Does what may be repeated, again where what it failed for passes by itself or a lost answer can be read."""
        clock = self._context.tools.clock
        for _ in range(_MORE_TRIES):
            try:
                return work()
            except DrError as error:
                if not error.retryable and not isinstance(error, Unknown):
                    raise
                clock.sleep_until(clock.monotonic_s() + _PAUSE_S)
        return work()

    @contextmanager
    def _given_up(self, claim: Claim) -> Iterator[None]:
        """Ends a claim whose work fails."""
        try:
            yield
        except DrError:
            with suppress(DrError):  # that failure is the one to report
                Void(self._context).void(claim, claim.point, "its service could not be moved")
            raise

    def _outlook(self) -> ServiceOutlook:
        context = self._context
        return outlook(context.policy.service, context.ledger.read(), context.destination.name, LostData())

    def _claim(self, reason: str) -> Claim:
        context = self._context
        mode, transfer = context.policy.mode.value, context.policy.transfer.value
        frozen = FrozenPolicy(context.policy_file.text, context.policy.file, mode, transfer, reason)
        now_ms, me = context.tools.clock.wall_ms(), context.tools.host.me()
        return context.claims.take(ClaimRequest(self._run, 1, now_ms, frozen, me, takeover=True))

    def _differs(self, point: Point) -> tuple[str, ...]:
        """Says in what the live tree is not that of a point: two requests for each root in which nothing changed."""
        context, unread = self._context, list[str]()
        site = context.destination.name
        if point.destination != site:  # the point was made of this tree, which went on since
            return ()

        def changed(kept: SnapshotRef) -> list[str]:
            try:
                if problem := snapshot_problem(context.destination.namenode, kept):
                    unread.append(f"{kept.root}: {problem}")
                    return []
                found = drift_by_root(context, {kept.root: kept.name})
            except DrError as error:
                unread.append(f"{kept.root}: {error.problem}")
                return []
            return [line for lines in lines_by_root(found).values() for line in lines]

        changes = [line for lines in map_bounded(changed, point.live_on(site).values()) for line in lines]
        return differs_from(point.point, site, changes, sorted(unread))

    def _lost(self, point: Point) -> LostData:
        """Names what changed on the origin since a point, as far as the origin answers."""
        origin, files = self._context.origin, list[str]()
        if origin.name in self._context.process.silent:
            return LostData()
        try:
            for root, kept in sorted(point.snapshots_on(origin.name).items()):
                changes = visible(merge(origin.namenode.diff(root, kept.name, "")))
                files += [f"{root}/{path}" for path in paths_told(changes)]
        except DrError:
            return LostData()
        policy = self._context.policy
        beside = len(policy.protect) > len(policy.directories)  # of what is no directory nothing is asked
        return LostData(sorted(set(files))[:SHOWN], (), unknown=beside or len(files) > SHOWN)


def _works_from(state: ServiceState, site: str, epoch: int) -> bool:
    """Whether a run has taken a point of a service on its new primary: then it went live before."""
    return any(point.epoch >= epoch and point.was_taken and point.origin == site for point in state.points.values())
