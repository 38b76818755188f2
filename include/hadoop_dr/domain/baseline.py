"""What the next increment builds on, and what foreign changes are told from (I7, I10).

The live tree of the target was left by the newest sealed point, whatever became of its snapshots. So no older point
ever serves in its place: where a snapshot of the newest one is gone, what is there is compared and adopted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadoop_dr.domain.inventory import Held
from hadoop_dr.domain.service_state import Point


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the next increment may build on.

    Attributes:
        point: The newest sealed point, if both sites have its snapshots of some root; None when a run has to be full.
        lost: What of the newest point cannot serve, one sentence each.
        compared: Roots of the point in which a snapshot of it is lost; they are compared whole.
        newest: The newest sealed point, whose work the live tree is.
        told: Roots in which foreign changes can be told from it.
    """

    point: Point | None
    lost: tuple[str, ...] = ()
    compared: frozenset[str] = frozenset()
    newest: Point | None = None
    told: frozenset[str] = frozenset()

    def snapshot(self, root: str) -> str | None:
        """Name of the baseline's snapshot of a root; None when that root was not part of it, or lost one."""
        if self.point is None or root in self.compared:
            return None
        taken = self.point.taken["roots"].get(root)
        return str(taken["snapshot"]) if taken else None

    def target_snapshot(self, root: str) -> str | None:
        """Name of the target's snapshot that a plan on this baseline binds to; after a repair or undo another one."""
        if self.point is None or root in self.compared:
            return None
        base = self.point.bases.get(root)
        return str(base["snapshot"]) if base else None

    def held(self, root: str) -> Held | None:
        """How much its point holds of a root, on both sites; None when the point does not say."""
        return self.point.held(root) if self.point else None


@dataclass(frozen=True, slots=True)
class RootProblems:
    """What is wrong with the snapshots of a sealed point in one root; None where they are the recorded ones.

    Attributes:
        source, target: The two sealed snapshots.
        base: The target's snapshot that has the inodes of its live tree.
    """

    root: str
    source: str | None
    target: str | None
    base: str | None

    @property
    def any(self) -> str | None:
        """The first of them."""
        return self.source or self.target or self.base


def choose_baseline(newest: Point | None, problems: Sequence[RootProblems]) -> Baseline:
    """Decides from the snapshots of the newest sealed point.

    Of a damaged point no root serves: the live tree holds what is damaged, so everything has to be compared.

    Args:
        problems: What is wrong with them, for each of its roots that counts.
    """
    if newest is None:
        return Baseline(None)
    told = frozenset(one.root for one in problems if one.base is None)
    if newest.damaged:
        lost = f"point {newest.point} is marked damaged ({newest.damaged}): everything is compared"
        return Baseline(None, (lost,), newest=newest, told=told)
    compared = frozenset(one.root for one in problems if one.any)
    whole = any(one.root not in compared for one in problems)
    lost_there = tuple(f"point {newest.point}: {one.any}; {one.root} is compared whole" for one in problems if one.any)
    return Baseline(newest if whole else None, lost_there, compared, newest, told)
