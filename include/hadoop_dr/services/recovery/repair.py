"""Putting the secondary right again: undo of foreign or half-done changes, repair of what verification found.

Both are ordinary plans carried out at once; only origin and destination differ:
undo leads from the destination's live tree to its own last sealed snapshot, repair from the candidate to the moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from hadoop_dr.domain.plan.work_order import StagedShare
from hadoop_dr.domain.state.service_state import Claim
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.read_items import adopt, gather_from
from hadoop_dr.services.points.work_orders import work_order
from hadoop_dr.services.stored.stored_plan import RootPlan, plan_items
from hadoop_dr.services.transfer.apply_plan import ApplyPlan, Ends
from hadoop_dr.services.transfer.records import Records

UNDO_TURN = 1000
"""Use of a work area for an undo: behind every try of place, also of one that failed under the same claim."""
Note = Callable[[RootPlan, Sequence[StagedShare]], None]


class Repair:
    """Carries out plans that belong to no point of their own.

    Args:
        context: The service.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat, self._working = context, heartbeat, context.claims.heartbeat.working

    def undo(self, claim: Claim, number: int, index: int, root: str, now: str, to: str) -> None:
        """Brings one root of the destination back to an older snapshot of it, with the destination's own bytes.

        Args:
            number: Of the undo.
            index: The root's number inside the undo.
            now: Name of a snapshot of the root as it is now; it stays, and with it what is undone (I10).
            to: Name of the snapshot to come back to.
        """
        destination = self._context.destination.namenode
        items = gather_from(destination, root, now, to)
        plan = RootPlan(
            index=index,
            root=root,
            older=now,
            newer=to,
            base=now,
            items=items,
            plan=plan_items(items, self._working),
        )
        self._carry(claim, plan, self._context.ends_within, f"undo-{number}", UNDO_TURN)

    def repair(self, claim: Claim, root: RootPlan, candidate: str, note: Note) -> None:
        """Compares a whole root of the origin with the candidate and carries over what differs.

        Args:
            note: Told what is about to be done, before the live tree changes.
        """
        context = self._context
        adoption = adopt(context, root.root, root.newer, candidate, self._heartbeat)
        items: Sequence[Item] = adoption.items
        plan = RootPlan(
            index=root.index,
            root=root.root,
            older=None,
            newer=root.newer,
            base=candidate,
            items=items,
            plan=plan_items(items, self._working),
        )
        self._carry(claim, plan, context.ends, f"repair-{claim.n}", note=note)

    def _carry(
        self,
        claim: Claim,
        plan: RootPlan,
        ends: Ends,
        name: str,
        turn: int = 0,
        note: Note = lambda *_: None,
    ) -> None:
        context, destination = self._context, self._context.destination
        documents = f"{context.directory(claim.point)}/{name}"
        order, check_claim = work_order(context, claim, plan, turn), partial(context.check_claim, claim)
        records = Records(destination.files, context.tools.tables, f"{documents}/staged/{plan.index}", self._heartbeat)
        apply = ApplyPlan(ends, check_claim, self._heartbeat)
        apply.run(order, plan.shares, records, lambda staged: note(plan, staged))
