"""Stage: the bytes of a share of a point's plan, into the work area (DESIGN.md section 4.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.service_state import Claim, Point, PointState
from hadoop_dr.services.context import Ground
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
        ground: The service.
        beat: Told how much was achieved.
    """

    def __init__(self, ground: Ground, beat: Callable[[int], None]) -> None:
        self._ground, self._beat = ground, beat

    def run(self, claim: Claim, point: Point, shard: int, try_no: int) -> dict[str, Any]:
        """Stages one shard and keeps its record; staged already, it copies nothing again.

        Returns:
            ``{"shard", "files", "bytes"}``.
        """
        documents = Documents(self._ground, point)
        roots = planned_roots(documents)
        share = _share(roots, shard)
        if point.state is PointState.STAGED:
            return {"shard": shard, "files": 0, "bytes": 0}
        order = work_order(self._ground, claim, share.root)
        ground = self._ground
        stage = Stage(
            ground.source.namenode,
            ground.target.namenode,
            ground.mover,
            ground.target.files,
            ground.tables,
            lambda: ground.check_claim(claim),
            self._beat,
        )
        staged = stage.run(order, share.root.shards[share.number], try_no, documents.directory)
        StageRecords(ground, documents, self._beat).keep(share.root, share.number, staged)
        return {"shard": shard, "files": staged.files_copied, "bytes": staged.bytes_copied}


def _share(roots: Sequence[RootPlan], shard: int) -> _Share:
    left = shard
    for root in roots:
        if left < len(root.shards):
            return _Share(root, left)
        left -= len(root.shards)
    raise Failed("the plan", f"there is no shard {shard}", "The number of shards comes from the plan stage.")
