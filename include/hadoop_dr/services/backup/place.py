"""Place: the secondary could finish alone, then its tree and all else change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadoop_dr.domain.ledger.bodies.staged import PointStaged
from hadoop_dr.domain.plan.work_order import Area, Placed, StagedShare, Token
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.domain.tree.inventory import Audit
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.foreign.what_goes import is_untouched, look_at_what_goes
from hadoop_dr.services.points.inodes import known_inodes
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.points.work_orders import work_order
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.roots.switch import SwitchRoots
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan, planned_roots, stored_plan
from hadoop_dr.services.transfer.apply_plan import ApplyPlan
from hadoop_dr.services.transfer.work_area import WorkArea


class PlacePoint:
    """Changes the live tree of the secondary, and what else a point holds there.

    Args:
        context: The service.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat

    def run(self, claim: Claim, point: Point, try_no: int) -> dict[str, Any]:
        """Records that the secondary could now finish alone, then changes its tree and all else.

        Raises:
            Failed: A shard was never staged.
        """
        if point.state is PointState.STAGED and self._is_placed(point):
            return {"parked": 0, "moved_in": 0, "attributes": 0, "deleted": 0}
        documents = self._context.documents(point)
        roots = planned_roots(documents)
        components = components_of(self._context)
        records = StageRecords(self._context, documents, self._heartbeat)
        staged = {root.index: records.shares(root) for root in roots}
        looked, begun = False, point.staged.looked
        if point.state is PointState.TAKEN:
            records.collect_checksums(claim.n, try_no, roots)
            looked = not any(root.waits for root in roots) and is_untouched(self._context, roots)
            if not looked:  # another worker of this stage may be at it
                begun = self._context.ledger.read().points[point.point].staged.looked
            self._record_staged(claim, point, documents, records, staged, looked=looked or begun)
        else:
            self._context.check_claim(claim)
        SwitchRoots(self._context, self._heartbeat).run(claim, documents, roots)
        if not looked:
            look_at_what_goes(self._context, claim, point, documents, roots, staged, begun=begun)
        components.before_tree(point, documents, lambda: self._context.check_claim(claim))
        known = known_inodes(self._context, documents, roots)
        apply = ApplyPlan(self._context.ends, lambda: self._context.check_claim_lately(claim), self._heartbeat)

        def one(root: RootPlan) -> Placed:
            if not root.items and not self._has_area(claim, root):
                return Placed()
            order = work_order(self._context, claim, root)
            return apply.place(order, staged[root.index], try_no, known.get(root.root))

        placed = list(map_bounded(one, roots))
        components.after_tree(point, documents, lambda: self._context.check_claim(claim))
        site = self._context.destination.name
        self._context.ledger.notes += [
            f"{site}:{path} is not one of our work areas: it is in no point and was not touched; move it elsewhere"
            for one in placed
            for path in one.strays
        ]
        return {
            "parked": sum(p.parked for p in placed),
            "moved_in": sum(p.moved_in for p in placed),
            "attributes": sum(p.attributes for p in placed),
            "deleted": sum(p.deleted for p in placed),
        }

    def _has_area(self, claim: Claim, root: RootPlan) -> bool:
        """Whether a run that died left work in a root that is as it was: none of it may get into the candidate.

        Where this process saw that none had, only somebody who slept since can have; a candidate that is listed whole
        shows it then.
        """
        cache = self._context.process.cache
        if cache.as_left == claim.n and root.audit is Audit.WHOLE and root.root in cache.no_area:
            return False
        area = Area(root.root, Token(self._context.policy.service, claim.epoch, claim.n))
        return WorkArea(self._context.destination.namenode, area).present()

    def _is_placed(self, point: Point) -> bool:
        """Whether every root has its candidate snapshot: it is taken only once all of place is done.

        Placing once more would do no harm to the tree, but the snapshot would no longer be of the live inodes' names.
        """
        name = self._context.candidate_name(point)
        namenode = self._context.destination.namenode
        return all(any(s.name == name for s in namenode.snapshots(root)) for root in point.taken.roots)

    def _record_staged(
        self, claim: Claim, point: Point, documents: Documents, records: StageRecords,
        staged: dict[int, list[StagedShare]], *, looked: bool,
    ) -> None:
        plan = stored_plan(documents)
        every = [share for shares in staged.values() for share in shares]
        body = PointStaged(
            claim.n,
            point.point,
            plan.summary.entries,
            sum(share.files_copied for share in every),
            sum(share.bytes_copied for share in every),
            {**documents.digests(), **records.digests},
            looked,
        )
        self._context.ledger.append_mine(claim, body)
