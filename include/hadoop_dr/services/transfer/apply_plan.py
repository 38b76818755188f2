"""One plan carried out: what a snapshot of the origin holds becomes the tree of the destination.

Backup, undo and repair do it today; they differ in where the bytes come from and in what stands at the ends. The
destination's root may be another directory than the origin's, as a drill or a restore aside needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.plan.work_order import Placed, Share, StagedShare, WorkOrder
from hadoop_dr.domain.tree.bound_inodes import Inodes
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.place_root import Place
from hadoop_dr.services.transfer.records import Records
from hadoop_dr.services.transfer.stage_share import Stage


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends of a direction; for an undo they are one site.

    Attributes:
        origin: Name space whose snapshots are read.
        destination: Name space whose tree changes.
        across: Moves bytes from the origin to the destination.
        within: Moves bytes and runs operations inside the destination.
    """

    origin: NameNode
    destination: NameNode
    across: Mover
    within: Mover


class ApplyPlan:
    """Carries out plans of one direction, under one claim.

    Args:
        ends: Where the bytes come from and go to.
        check_claim: Raises Superseded when a later try owns the work; asked before each batch.
        heartbeat: Told how much was achieved.
    """

    def __init__(self, ends: Ends, check_claim: Callable[[], None], heartbeat: Callable[[int], None]) -> None:
        self._ends, self._check_claim, self._heartbeat = ends, check_claim, heartbeat

    def stage(self, order: WorkOrder, share: Share, records: Records, try_no: int = 1) -> StagedShare:
        """Moves the bytes of one share into the work area; see ``Stage.run``. Whoever made the records flushes them."""
        ends = self._ends
        stage = Stage(ends.origin, ends.destination, ends.across, self._check_claim, self._heartbeat, records)
        return stage.run(order, share, try_no)

    def place(
        self, order: WorkOrder, staged: Sequence[StagedShare], try_no: int = 1, inodes: Inodes | None = None
    ) -> Placed:
        """Changes the live tree by metadata alone; see ``Place.run``."""
        place = Place(self._ends.destination, self._ends.within, self._check_claim, self._heartbeat)
        return place.run(order, staged, try_no, inodes)

    def run(
        self,
        order: WorkOrder,
        shares: Iterable[Share],
        records: Records,
        before_place: Callable[[Sequence[StagedShare]], None] = lambda staged: None,
    ) -> Placed:
        """Stages everything, then places it.

        Args:
            before_place: Told what was staged, before the live tree changes.
        """
        try:
            staged = [self.stage(order, share, records) for share in shares]
        except DrError:
            records.flush()
            raise
        records.flush()
        before_place(staged)
        return self.place(order, staged)
