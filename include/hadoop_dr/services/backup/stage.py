"""Stage: the bytes of a share of a point's plan, into the work area (DESIGN.md section 4.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.service_state import Claim, Point, PointState
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.documents import Documents
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.points.stored_plan import RootPlan, planned_roots
from hadoop_dr.services.points.work_orders import work_order
from hadoop_dr.services.transfer.stage import Stage


@dataclass(frozen=True, slots=True)
class _Share:
    """One shard of a point, by its number over all roots."""

    root: RootPlan
    number: int


class StagePoint:
    """Moves one point's bytes.

    Args:
        context: The service.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat

    def run(self, claim: Claim, point: Point, shard: int, try_no: int) -> dict[str, Any]:
        """Stages one shard and keeps its record; staged already, it copies nothing again.

        Returns:
            ``{"shard", "files", "bytes"}``.
        """
        documents = Documents(self._context, point)
        roots = planned_roots(documents)
        share = _share(roots, shard)
        if point.state is PointState.STAGED:
            return {"shard": shard, "files": 0, "bytes": 0}
        order = work_order(self._context, claim, share.root)
        context = self._context
        stage = Stage(
            context.source.namenode,
            context.target.namenode,
            context.mover,
            context.target.files,
            context.tables,
            lambda: context.check_claim(claim),
            self._heartbeat,
        )
        staged = stage.run(order, share.root.shards[share.number], try_no, documents.directory)
        StageRecords(context, documents, self._heartbeat).keep(share.root, share.number, staged)
        return {"shard": shard, "files": staged.files_copied, "bytes": staged.bytes_copied}


def _share(roots: Sequence[RootPlan], shard: int) -> _Share:
    left = shard
    for root in roots:
        if left < len(root.shards):
            return _Share(root, left)
        left -= len(root.shards)
    raise Failed("the plan", f"there is no shard {shard}", "The number of shards comes from the plan stage.")
