"""Whether the snapshots that a point is sealed with are those that were read, and not others of their names (I7).

A point is made over minutes, and anybody with the rights can remove a snapshot meanwhile and take another one under its
name. What was read from it then is of no use. Ids are never given twice: a snapshot that has the recorded id now had it
all along. One list of a site shows the time of every root, which making and removing a snapshot sets; so only roots
whose time is another one than they were left with are asked for their snapshots.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import BaselineLost, NotReady, Unreachable
from hadoop_dr.domain.formats.manifest import StoredPlan
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.points.baseline import snapshot_problem
from hadoop_dr.services.pool import map_bounded, together
from hadoop_dr.services.snapshot_cache import ask_snapshots_again


def refuse_exchanged(
    context: BackupContext, point: Point, plan: StoredPlan, candidates: Mapping[str, SnapshotRecord]
) -> None:
    """Looks on both sites; one that was read and is silent by now takes nothing back.

    Args:
        candidates: The destination's snapshots of the point, as verify recorded them.

    Raises:
        BaselineLost: One of them is gone, or another one has its name.
    """
    times = {root: taken.snapshot.created_ms for root, taken in point.taken.roots.items()}
    base = context.ledger.last_read().points.get(plan.baseline or "")

    def problem(site: str, own: Mapping[str, SnapshotRecord]) -> str | None:
        refs = [SnapshotRef(site, root, kept.name, kept.id, kept.created_ms) for root, kept in own.items()]
        refs += _built_on(base, plan, site) if base is not None else ()
        try:
            return _problem(context.sides[site], refs, times)
        except (Unreachable, NotReady):
            if site == point.destination:
                raise
            return None

    found = together(
        lambda: problem(point.origin, point.taken.snapshots), lambda: problem(point.destination, candidates)
    )
    for exchanged in filter(None, found):
        raise BaselineLost(
            f"point {point.point}",
            f"{exchanged}, and the point was made with it",
            "Find out who removes snapshots; the next run gives this point up and takes a new moment",
        )


def _built_on(base: Point, plan: StoredPlan, site: str) -> Iterator[SnapshotRef]:
    """The snapshots of the baseline that differences were read from."""
    for root in plan.roots:
        for name in (root.older, root.base):
            found = base.live_snapshot_on(site, root.root)
            if root.older is not None and found is not None and found.name == name:
                yield found


def _problem(side: SiteConnections, refs: list[SnapshotRef], times: Mapping[str, int]) -> str | None:
    """The first of some snapshots that is not what it was.

    Args:
        times: What the roots' times were when all of them were known to be there.
    """
    now = side.namenode.root_times()
    doubtful = {ref.root for ref in refs if now.get(ref.root) != times.get(ref.root)}
    ask_snapshots_again(side.namenode, doubtful)
    asked = [ref for ref in refs if ref.root in doubtful]
    found = map_bounded(lambda ref: snapshot_problem(side.namenode, ref), asked)
    return next(filter(None, list(found)), None)
