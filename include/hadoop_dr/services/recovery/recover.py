"""Ends what earlier runs left, before a run makes a point of its own (I2, I6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from hadoop_dr.domain.errors import DrError, Superseded, Unknown
from hadoop_dr.domain.plan.work_order import Token
from hadoop_dr.domain.points.recovery import Left, Step, next_step
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.kept import left_to_a_person
from hadoop_dr.services.points.void import Void
from hadoop_dr.services.recovery.undo import UndoChanges, come_back_to
from hadoop_dr.services.transfer.work_area import has_area, place_has_begun, set_aside


class Recover:
    """Carries out, step by step, what the ledger and the work areas say has to become of what was left.

    Args:
        context: The service.
        finish: Carries a staged or taken point of an earlier run to its seal.
        origin_lost: The origin is given up, as in a failover: what only it has cannot be waited for.
    """

    def __init__(
        self, context: BackupContext, finish: Callable[[Claim, Point], None], *, origin_lost: bool = False
    ) -> None:
        self._context, self._finish, self._void = context, finish, Void(context)
        self._origin_lost = origin_lost

    def run(self, claim: Claim) -> list[str]:
        """Finishes or gives up every point that earlier runs left.

        Returns:
            The points that were carried to their seal.

        Raises:
            DrError: Something passes by itself or cannot be told; the next run goes on from there.
        """
        finished: list[str] = []
        undo = UndoChanges(self._context, self._context.claims.heartbeat_for(claim).beat)
        state = self._context.ledger.last_read()  # as of the claim
        if state.undo and next_step(Left(state.points[state.undo.to].state, undoing=True)) is Step.FINISH_UNDO:
            undo.finish(claim)
        for left in self._context.ledger.last_read().unfinished():
            if left.point != claim.point and self._end(claim, left, undo):
                finished.append(left.point)
        self._void.sweep(self._context.ledger.last_read())
        return finished

    def _end(self, claim: Claim, point: Point, undo: UndoChanges) -> bool:
        """Whether a point was carried to its seal; else it is void afterwards."""
        left = Left(point.state, origin_lost=self._origin_lost)
        why, step = f"run {point.run} ended before its moment was taken", next_step(left)
        if step is Step.ROLL_FORWARD:
            try:
                self._finish(claim, point)
                return True
            except DrError as error:
                if error.retryable or isinstance(error, Superseded | Unknown) or left_to_a_person(self._context, error):
                    raise
                why = f"could not be finished: {error}"
        elif point.state is not PointState.CLAIMED:
            why = f"not all of it is on {self._context.destination.name}, and {self._context.origin.name} is given up"
        if point.state is not PointState.CLAIMED:
            point = self._context.ledger.read().points[point.point]
            step = next_step(self._stuck(point))
        if step is Step.UNDO:
            # Roots that the undo does not come to, because the sealed point has none of them, are parted from it first.
            to = self._context.ledger.read().newest_sealed()
            back = come_back_to(self._context, to, point.taken.roots)
            self._set_aside(claim, set(point.taken.roots).difference(back))
            if to is not None and undo.give_up(claim, point, to, back, why):
                return False
        self._set_aside(claim, point.taken.roots)
        self._void.void(claim, point.point, why)
        return False

    def _stuck(self, point: Point) -> Left:
        """Returns what is left of a point that cannot go on: only then the work areas count."""
        destination, roots = self._context.destination.namenode, point.taken.roots
        return Left(
            point.state,
            stuck=True,
            placing=any(place_has_begun(destination, root, self._context.policy.service) for root in roots),
            whole=bool(come_back_to(self._context, self._context.ledger.read().newest_sealed(), roots)),
        )

    def _set_aside(self, claim: Claim, roots: Iterable[str]) -> None:
        destination, service = self._context.destination.namenode, self._context.policy.service
        for root in sorted(roots):
            if has_area(destination, root, service):
                set_aside(destination, root, Token(service, claim.epoch, claim.n))
