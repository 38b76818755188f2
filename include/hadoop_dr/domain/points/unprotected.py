"""What goes when a service is unprotected: its own snapshots by its ledger, and nothing that lies beside (I8, I10)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.ids import point_of_snapshot
from hadoop_dr.domain.state.service_state import PointState, ServiceState


@dataclass(frozen=True, slots=True)
class Freed:
    """What became of one site.

    Attributes:
        snapshots: How many of ours were removed.
        free: Directories that HDFS lets be deleted and renamed again.
        left: Directories that it does not, with the snapshots that are not ours.
    """

    snapshots: int = 0
    free: tuple[str, ...] = ()
    left: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def ours_and_others(service: str, points: Collection[str], names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Parts the snapshots of a directory, keeping their order.

    Args:
        service: The service that is unprotected.
        points: Every point its ledger remembers. A name like ours of a point that it does not is of somebody else: a
            cluster may be a site of another pair, too.
        names: Names of the snapshots.

    Returns:
        Ours, and those of others. What was kept aside for a person counts among these, until the person removes it.
    """
    ours, others = list[str](), list[str]()
    for name in names:
        mine = point_of_snapshot(service, name) in points
        (ours if mine else others).append(name)
    return ours, others


def points_that_go(state: ServiceState, sites: Iterable[str]) -> list[tuple[str, str]]:
    """Lists what the ledger has to say first: site and point, of all that have snapshots on these sites."""
    return [
        (site, point.point)
        for site in sites
        for point in state.points.values()
        if point.state is PointState.SEALED and site in (point.origin, point.destination) and site not in point.gone
    ]


def stands_against(state: ServiceState) -> str:
    """Says what an earlier run left in the secondary's live tree that only a backup ends; empty when nothing did."""
    if state.undo is not None:
        return f"an undo to point {state.undo.to} is not finished"
    half = next((point for point in state.unfinished() if point.state is PointState.STAGED), None)
    return f"point {half.point} of run {half.run} may lie half placed on {half.destination}" if half else ""


def live_alone_on(state: ServiceState, site: str) -> str:
    """Says that behind a change of roles the points live on the present primary alone; empty when others are sealed.

    Args:
        site: The present primary, whose snapshots would go.
    """
    brought = [point for point in state.sealed() if point.destination == site and site not in point.gone]
    is_elsewhere = any(point.origin == site and point.destination not in point.gone for point in state.sealed())
    if is_elsewhere or not brought:
        return ""
    return f"points of it ({len(brought)}) live on {site} alone, which is the primary now"


def whose(service: str, names: Iterable[str]) -> str:
    """Says of snapshots that stay whose they are: somebody else's, or what we kept for a person."""
    kept = all(name.startswith(f"dr-{service}-kept-") for name in names)
    return "keep what an undo undid, until a person removes them" if kept else "are not this service's"
