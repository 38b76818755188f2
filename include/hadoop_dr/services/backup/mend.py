"""Putting the secondary right again: undo of foreign or half-done changes, repair of what verification found.

Both are ordinary plans carried out at once; only source and destination differ (DESIGN.md section 5):
undo leads from the target's live tree to its own last sealed snapshot, repair from the candidate to the moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hadoop_dr.domain.items import Item
from hadoop_dr.domain.service_state import Claim, Point
from hadoop_dr.domain.work import WorkOrder
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.backup.ground import Ground
from hadoop_dr.services.backup.planned import RootPlan, plan_items
from hadoop_dr.services.backup.planning import adopt, gather_from
from hadoop_dr.services.transfer.place import Place
from hadoop_dr.services.transfer.stage import Stage


class Mend:
    """Carries out plans that belong to no point of their own.

    Args:
        ground: The service.
        beat: Told how much was achieved.
    """

    def __init__(self, ground: Ground, beat: Callable[[int], None]) -> None:
        self._ground, self._beat = ground, beat

    def undo(self, claim: Claim, baseline: Point, now: str) -> None:
        """Brings the target's live tree back to a sealed point, with the target's own bytes.

        Args:
            now: Name of snapshots of the target's roots as they are now; they stay, and with them what is undone (I10).
        """
        target = self._ground.target.namenode
        for index, (root, kept) in enumerate(sorted(baseline.sealed["snapshots"].items())):
            items = gather_from(target, root, now, kept["snapshot"])
            plan = RootPlan(index, root, now, kept["snapshot"], now, items, plan_items(items))
            self._carry(claim, plan, target, self._ground.local_mover, f"undo-{claim.n}")

    def repair(self, claim: Claim, root: RootPlan, candidate: str) -> None:
        """Compares a whole root of the source with the candidate and carries over what differs."""
        ground = self._ground
        adoption = adopt(ground, root.root, root.newer, candidate, self._beat)
        items: Sequence[Item] = adoption.items
        plan = RootPlan(root.index, root.root, None, root.newer, candidate, items, plan_items(items))
        self._carry(claim, plan, ground.source.namenode, ground.mover, f"repair-{claim.n}")

    def _carry(self, claim: Claim, plan: RootPlan, source: NameNode, mover: Mover, name: str) -> None:
        ground, target = self._ground, self._ground.target
        documents = f"{ground.directory(claim.point)}/{name}"
        top = next((item.now for item in plan.items if item.new == "" and item.now), None)
        order = WorkOrder(
            plan.index,
            plan.root,
            plan.root,
            plan.newer,
            plan.base,
            {item.inode: item for item in plan.items},
            plan.plan,
            top or target.namenode.status(plan.root).facts,
            claim.epoch,
            claim.n,
        )

        def still_mine() -> None:
            ground.ledger.require(claim)

        stage = Stage(source, target.namenode, mover, target.files, ground.tables, still_mine, self._beat)
        staged = [stage.run(order, shard, 1, documents) for shard in plan.shards]
        Place(target.namenode, ground.local_mover, still_mine, self._beat).run(order, staged, 1)
