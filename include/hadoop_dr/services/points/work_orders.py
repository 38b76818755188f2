"""What stage and place are asked to do for one planned root."""

from __future__ import annotations

from hadoop_dr.domain.plan.work_order import WorkOrder
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.stored_plan import RootPlan


def work_order(context: BackupContext, claim: Claim, root: RootPlan, turn: int = 0) -> WorkOrder:
    """Writes the order for one root under a claim.

    Args:
        turn: Which use of the work area within the claim it is.
    """
    top = next((item.now for item in root.items if item.new == "" and item.now), None)
    return WorkOrder(
        root.index,
        root.root,
        root.root,
        root.newer,
        root.base,
        {item.inode: item for item in root.items},
        root.plan,
        top or _root_facts(context, root),
        context.policy.service,
        claim.epoch,
        claim.n,
        turn,
    )


def _root_facts(context: BackupContext, root: RootPlan) -> FileAttributes:
    """Nothing in the root was touched; its own attributes are then those the destination had before the run."""
    path = root.root if root.base is None else f"{root.root}/.snapshot/{root.base}"
    return context.destination.namenode.status(path).facts
