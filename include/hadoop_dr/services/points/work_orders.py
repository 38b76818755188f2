"""What stage and place are asked to do for one planned root."""

from __future__ import annotations

from hadoop_dr.domain.plan.work_order import WorkOrder
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.stored.stored_plan import RootPlan


def work_order(context: BackupContext, claim: Claim, root: RootPlan, turn: int = 0) -> WorkOrder:
    """Writes the order for one root under a claim.

    Args:
        turn: Which use of the work area within the claim it is.
    """
    top = next((item.now for item in root.items if item.new == "" and item.now), None)
    cache = context.process.cache
    return WorkOrder(
        index=root.index,
        root=root.root,
        origin_root=root.root,
        snapshot=root.newer,
        base=root.base,
        items={item.inode: item for item in root.items},
        plan=root.plan,
        root_now=top or _root_facts(context, root),
        service=context.policy.service,
        epoch=claim.epoch,
        claim=claim.n,
        turn=turn,
        untouched=cache.as_left == claim.n and root.root in cache.no_area,
    )


def _root_facts(context: BackupContext, root: RootPlan) -> FileAttributes:
    """Nothing in the root was touched; its own attributes are then those the destination had before the run."""
    path = root.root if root.base is None else f"{root.root}/.snapshot/{root.base}"
    return context.destination.namenode.status(path).facts
