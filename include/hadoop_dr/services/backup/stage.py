"""Stage: the bytes of a share of a point's plan, into the work areas (DESIGN.md section 4.4)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.errors import DrError, Failed
from hadoop_dr.domain.plan.work_order import StagedShard
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.points.work_orders import work_order
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.stored_plan import planned_roots, planned_tasks
from hadoop_dr.services.transfer.apply_plan import ApplyPlan

_ROOTS_AT_ONCE = 8


class StagePoint:
    """Moves one point's bytes.

    Args:
        context: The service.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat

    def run(self, claim: Claim, point: Point, task: int, try_no: int) -> dict[str, Any]:
        """Stages what one task has to and keeps its record; staged already, it copies nothing again.

        Returns:
            ``{"shard", "files", "bytes"}``.
        """
        if point.state is PointState.STAGED:
            return {"shard": task, "files": 0, "bytes": 0}
        context, documents = self._context, self._context.documents(point)
        context.check_claim(claim)
        tasks = planned_tasks(documents)
        if task >= len(tasks):
            raise Failed("the plan", f"there is no shard {task}", "The number of shards comes from the plan stage.")
        roots = {root.index: root for root in planned_roots(documents, {index for index, _ in tasks[task]})}
        stage_records = StageRecords(context, documents, self._heartbeat)
        records = stage_records.of_task(task)
        apply = ApplyPlan(context.ends, lambda: context.check_claim_lately(claim), self._heartbeat)

        def one(share: tuple[int, int]) -> tuple[int, StagedShard]:
            index, number = share
            root = roots[index]
            return index, apply.stage(work_order(context, claim, root), root.shards[number], records, try_no)

        try:
            staged = list(map_bounded(one, tasks[task], width=_ROOTS_AT_ONCE))
        except DrError:
            with suppress(DrError):  # why it ended is what counts; a later try copies less by it
                records.flush()
            raise
        records.flush()
        stage_records.keep(claim.n, try_no, task, staged)
        shards = [shard for _, shard in staged]
        return {
            "shard": task,
            "files": sum(shard.files_copied for shard in shards),
            "bytes": sum(shard.bytes_copied for shard in shards),
        }
