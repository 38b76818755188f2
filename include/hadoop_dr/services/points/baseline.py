"""The point an increment builds on: proven on both sites by snapshot id and creation time, never by name (I7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hadoop_dr.domain.baseline import Baseline, RootProblems, choose_baseline
from hadoop_dr.domain.checks import Result, warn
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.facts import Snapshot
from hadoop_dr.domain.service_state import Point, ServiceState
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext, SiteConnections


def find_baseline(context: BackupContext, state: ServiceState, wanted: Collection[str] | None = None) -> Baseline:
    """Looks at the snapshots of the newest sealed point and says what an increment may build on.

    Args:
        wanted: Only these roots count; one that was taken out of the policy may be gone. None for all.
    """
    newest = state.newest_sealed()
    return choose_baseline(newest, root_problems(context, newest, wanted) if newest else ())


def lost_results(baseline: Baseline) -> list[Result]:
    """Says for people what of the newest point cannot serve."""
    newest = baseline.newest
    ours = newest is not None and bool(newest.gone)  # the ledger says so: it was unprotected, or its roots made way
    remedy = "The next backup compares it whole and makes a point of it, which takes longer"
    remedy += "; the ledger says that its snapshots were taken away." if ours else "; see who deletes snapshots."
    return [warn("baseline", line, remedy) for line in baseline.lost]


def newest_common(context: BackupContext, state: ServiceState) -> Point | None:
    """The newest sealed point that both sites have whole: what they could come back to together."""
    for point in reversed(state.sealed()):
        if not point.damaged and not any(one.any for one in root_problems(context, point)):
            return point
    return None


def root_problems(context: BackupContext, point: Point, wanted: Collection[str] | None = None) -> list[RootProblems]:
    """Looks at a sealed point's snapshots, root by root."""
    taken, sealed = (_to_build_on(point, side.name) for side in (context.source, context.target))
    found: list[RootProblems] = []
    for root in point.taken["roots"]:
        if wanted is None or root in wanted:
            source = _problem(context.source, root, taken, point)
            target = _problem(context.target, root, sealed, point)
            base = target
            if context.target.name == point.target and root in point.base:
                base = snapshot_problem(context.target.namenode, root, point.base[root])
            found.append(RootProblems(root, source, target, base))
    return found


def _problem(
    side: SiteConnections, root: str, recorded: Mapping[str, Mapping[str, Any]] | None, point: Point
) -> str | None:
    if recorded is None or root not in recorded:
        return f"{side.name} has no snapshot of point {point.point} of {root}"
    return snapshot_problem(side.namenode, root, recorded[root])


def _to_build_on(point: Point, site: str) -> Mapping[str, Mapping[str, Any]] | None:
    """Snapshots of a point on a site that an increment may build on.

    A point that lost some of its roots on the primary to a change of roots is no point there any more; what it has of
    the others stays until the change has come to its end.
    """
    if site == point.source and site in point.gone and point.yielded and point.target not in point.gone:
        return {root: kept for root, kept in point.taken["roots"].items() if root not in point.yielded}
    return recorded_snapshots(point, site)


def recorded_snapshots(point: Point, site: str) -> Mapping[str, Mapping[str, Any]] | None:
    """Snapshots of a sealed point on a site as the ledger recorded them, by root; None when it has none there."""
    if site in point.gone:
        return None
    if site == point.source:
        return point.taken.get("roots")
    if site == point.target:
        return point.sealed.get("snapshots")
    return None


def snapshot_problem(namenode: NameNode, root: str, recorded: Mapping[str, Any]) -> str | None:
    """Says why a recorded snapshot cannot be relied on; None when it is the very one that was recorded."""
    for found in snapshots_of_root(namenode, root):
        if found.name == recorded["snapshot"]:
            if (found.id, found.created_ms) != (recorded["id"], recorded["created_ms"]):
                return f"{namenode.site}:{root}/.snapshot/{found.name} is another snapshot than the recorded one"
            return f"{namenode.site}:{root}/.snapshot/{found.name} is marked for deletion" if found.deleted else None
    return f"{namenode.site}:{root}/.snapshot/{recorded['snapshot']} is gone"


def snapshots_of_root(namenode: NameNode, root: str) -> Sequence[Snapshot]:
    """Gives a root's snapshots; none when somebody removed the directory itself."""
    try:
        return namenode.snapshots(root)
    except NotFound:
        return []


def record(snapshot: Snapshot) -> dict[str, Any]:
    """Writes a snapshot the way the ledger keeps it."""
    return {"snapshot": snapshot.name, "id": snapshot.id, "created_ms": snapshot.created_ms}
