"""What the next increment builds on, and what foreign changes are told from (I7, I10).

The live tree of the destination was left by the newest sealed point, whatever became of its snapshots. So no older
point ever serves in its place: where a snapshot of the newest one is gone, what is there is compared and adopted. That
point may have gone the other way: both sites hold it, so it serves in either direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadoop_dr.domain.direction import Direction
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.inventory import Held


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the next increment may build on.

    Attributes:
        point: The newest sealed point, if both sites have its snapshots of some root; None when a run has to be full.
        lost: What of the newest point cannot serve, one sentence each.
        compared: Roots of the point in which a snapshot of it is lost; they are compared whole.
        newest: The newest sealed point, whose work the live tree is.
        with_base: Roots in which foreign changes can be told from it.
        direction: Which way the next run goes.
    """

    point: Point | None
    lost: tuple[str, ...] = ()
    compared: frozenset[str] = frozenset()
    newest: Point | None = None
    with_base: frozenset[str] = frozenset()
    direction: Direction | None = None

    def origin_snapshot(self, root: str) -> str | None:
        """Name of its snapshot of a root on the origin; None when that root was not part of it, or lost one."""
        if self.point is None or self.direction is None or root in self.compared:
            return None
        found = self.point.snapshot_on(self.direction.origin, root)
        return found.name if found else None

    def destination_snapshot(self, root: str) -> str | None:
        """Name of the destination's snapshot that a plan binds to; after a repair or undo another one."""
        if self.point is None or self.direction is None or root in self.compared:
            return None
        found = self.point.live_snapshot_on(self.direction.destination, root)
        return found.name if found else None

    def held(self, root: str) -> Held | None:
        """How much its point holds of a root, on both sites; None when the point does not say."""
        return self.point.held(root) if self.point else None


@dataclass(frozen=True, slots=True)
class RootProblems:
    """What is wrong with the snapshots of a sealed point in one root; None where they are the recorded ones.

    Attributes:
        origin, destination: The two sealed snapshots.
        base: The destination's snapshot that has the inodes of its live tree.
    """

    root: str
    origin: str | None
    destination: str | None
    base: str | None

    @property
    def any(self) -> str | None:
        """The first of them."""
        return self.origin or self.destination or self.base


def choose_baseline(newest: Point | None, problems: Sequence[RootProblems], direction: Direction) -> Baseline:
    """Decides from the snapshots of the newest sealed point.

    Of a damaged point no root serves: the live tree holds what is damaged, so everything has to be compared. Where only
    snapshots of it are lost, the live tree is what it was, and the roots that have theirs serve.

    Args:
        problems: What is wrong with them, for each of its roots that counts.
        direction: Which way the next run goes.
    """
    if newest is None:
        return Baseline(None, direction=direction)
    with_base = frozenset(one.root for one in problems if one.base is None)
    if newest.damaged and not _only_lost(newest, problems):
        lost = f"point {newest.point} is marked damaged ({newest.damaged}): everything is compared"
        return Baseline(None, (lost,), newest=newest, with_base=with_base, direction=direction)
    compared = frozenset(one.root for one in problems if one.any)
    whole = any(one.root not in compared for one in problems)
    lost_there = tuple(f"point {newest.point}: {one.any}; {one.root} is compared whole" for one in problems if one.any)
    if newest.is_nowhere:  # somebody had it taken away on both sites, so nothing is lost that anybody expects
        lost_there = ()
    return Baseline(newest if whole else None, lost_there, compared, newest, with_base, direction)


def _only_lost(newest: Point, problems: Sequence[RootProblems]) -> bool:
    """Whether nothing is known against a damaged point but that snapshots of it are not the recorded ones."""
    lost = {(one.root, "") for one in problems if one.destination}
    return bool(newest.bad_files) and not newest.unnamed and lost.issuperset(newest.bad_files)
