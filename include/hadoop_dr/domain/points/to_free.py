"""Which snapshots of a service the primary can do without while the secondary is away (I7, I8).

A snapshot keeps the blocks of what was deleted or replaced since alive. With the secondary away no run takes one or
lets one go, so what the newest ones hold grows with every change.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState


@dataclass(frozen=True, slots=True)
class ToFree:
    """What goes and what stays.

    Attributes:
        snapshots: What goes, by point, oldest first.
        stays: Why a point's snapshots stay, by point.
    """

    snapshots: dict[str, tuple[SnapshotRef, ...]] = field(default_factory=dict)
    stays: dict[str, str] = field(default_factory=dict)


def to_free(state: ServiceState, site: str, *, newest: bool) -> ToFree:
    """Decides by what a copy of the ledger says, and by nothing else: a snapshot that it does not record stays.

    A point that was copied to the site lives there and stays in any case: behind a failover it may be the only copy.

    Args:
        newest: Also what the next run would build on; it compares everything then.
    """
    found, held = ToFree(), _held(state, newest=newest)
    for point in state.points.values():
        every = (*point.snapshots_on(site).values(), *point.live_on(site).values())
        refs = {(one.root, one.name): one for one in every}
        if not refs or site in point.gone:
            continue
        if why := _LIVES.format(site) if site == point.destination else held.get(point.point):
            found.stays[point.point] = why
        else:
            found.snapshots[point.point] = tuple(refs[key] for key in sorted(refs))
    return found


def _held(state: ServiceState, *, newest: bool) -> dict[str, str]:
    last = state.newest_sealed()
    held = dict.fromkeys(state.pinned(), "it is pinned")
    if newest:
        return held
    unfinished = {point.point: _WORKS for point in state.points.values() if _is_unfinished(point)}
    return {**({last.point: _BASELINE} if last else {}), **unfinished, **held}


def _is_unfinished(point: Point) -> bool:
    return point.state not in (PointState.SEALED, PointState.VOID)


_BASELINE = "the next backup copies only what changed since it"
_LIVES = "it was copied to {} and lives there"
_WORKS = "its run may still be finished"
