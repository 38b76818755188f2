"""Void: a point is given up, then what it left is removed (I2, I8)."""

from __future__ import annotations

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ids import point_of_snapshot
from hadoop_dr.domain.ledger import SWEEP
from hadoop_dr.domain.ledger.bodies.ends import PointsPruned
from hadoop_dr.domain.ledger.bodies.runs import PointVoided
from hadoop_dr.domain.state.service_state import Claim, Point, PointState, ServiceState
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.points.remove_snapshots import remove_snapshots
from hadoop_dr.services.pool import map_bounded


class Void:
    """Gives points up.

    Args:
        context: The service.
    """

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def void(self, claim: Claim, point: str, reason: str) -> None:
        """Gives a point up: the ledger says so, then its snapshots and documents go.

        In this order, because a point without snapshots must never look alive.
        """
        self._context.ledger.append_mine(claim, PointVoided(claim.n, point, reason))
        self.sweep(self._context.ledger.last_read())

    def sweep(self, state: ServiceState) -> list[str]:
        """Removes snapshots and documents of void points; only names the ledger made are touched.

        Returns:
            What could not be removed, one sentence each; the next run tries again.
        """
        left: list[str] = []
        for point in state.points.values():
            if point.state is PointState.VOID and set(point.gone) != set(self._context.sides):
                left += self._sweep_point(point)
        return left

    def _sweep_point(self, point: Point) -> list[str]:
        left: list[str] = []
        context, service = self._context, self._context.policy.service
        # Every directory that the service ever had snapshots in; a cluster may have thousands of others.
        ours = context.ledger.last_read().roots().union(context.owners.mine, context.policy.directories)
        for side in context.sides.values():
            try:
                roots = sorted(ours.intersection(side.namenode.snapshottable()))
                found = [
                    (root, snapshot.name)
                    for root, snapshots in zip(roots, map_bounded(side.namenode.snapshots, roots), strict=True)
                    for snapshot in snapshots
                    if point_of_snapshot(service, snapshot.name) == point.point
                ]
                remove_snapshots(side.namenode, context.ledger.last_read(), found)
                side.files.remove(context.directory(point.point))
                self._note_gone(side, point.point)
            except DrError as error:
                left.append(f"void point {point.point} is not cleared away on {side.name}: {error}")
        return left

    def _note_gone(self, side: SiteConnections, name: str) -> None:
        def gone(state: ServiceState) -> PointsPruned | None:
            point = state.points.get(name)
            return None if point is None or side.name in point.gone else PointsPruned(((side.name, name),))

        self._context.ledger.append_decided(SWEEP, gone)
