"""Stage: copies the bytes of one shard of a point's plan into the work areas."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.errors import DrError, Failed
from hadoop_dr.domain.plan.work_order import StagedShare
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.points.work_orders import work_order
from hadoop_dr.services.pool import ROOTS_AT_ONCE, map_bounded
from hadoop_dr.services.stored.stored_plan import planned_roots, planned_shards
from hadoop_dr.services.transfer.apply_plan import ApplyPlan


class StagePoint:
    """Moves one point's bytes.

    Args:
        context: The service.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat

    def run(self, claim: Claim, point: Point, shard: int, try_no: int) -> dict[str, Any]:
        """Stages one shard and keeps its record; a shard that is staged already is not copied again.

        Returns:
            ``{"shard", "files", "bytes"}``.
        """
        if point.state is PointState.STAGED:
            return {"shard": shard, "files": 0, "bytes": 0}
        context, documents = self._context, self._context.documents(point)
        context.check_claim(claim)
        shards = planned_shards(documents)
        if shard >= len(shards):
            raise Failed("the plan", f"there is no shard {shard}", "The number of shards comes from the plan stage.")
        roots = {root.index: root for root in planned_roots(documents, {index for index, _ in shards[shard]})}
        stage_records = StageRecords(context, documents, self._heartbeat)
        records = stage_records.of_shard(shard)
        apply = ApplyPlan(context.ends, lambda: context.check_claim_lately(claim), self._heartbeat)

        def one(share: tuple[int, int]) -> tuple[int, StagedShare]:
            index, number = share
            root = roots[index]
            return index, apply.stage(work_order(context, claim, root), root.shares[number], records, try_no)

        try:
            staged = list(map_bounded(one, shards[shard], width=ROOTS_AT_ONCE))
        except DrError:
            with suppress(DrError):  # why it ended is what counts; a later try copies less by it
                records.flush()
            raise
        records.flush()
        stage_records.keep(claim.n, try_no, shard, staged)
        shares = [share for _, share in staged]
        return {
            "shard": shard,
            "files": sum(share.files_copied for share in shares),
            "bytes": sum(share.bytes_copied for share in shares),
        }
