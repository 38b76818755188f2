"""The point an increment builds on: proven on both sites by snapshot id and creation time, never by name (I7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hadoop_dr.domain.check_results import Result, warn
from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.points.baseline import Baseline, RootProblems, choose_baseline
from hadoop_dr.domain.points.lost_snapshots import problem_of
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.pool import map_bounded


def find_baseline(
    context: BackupContext, state: ServiceState, wanted: Collection[str] | None = None, *, on_origin: bool = True
) -> Baseline:
    """Looks at the snapshots of the newest sealed point and says what an increment may build on.

    Args:
        wanted: Only these roots count; one that was taken out of the policy may be gone. None for all.
        on_origin: Ask there, too. Before a moment there is no need: it lists what it finds there, for the plan.
    """
    newest = state.newest_sealed()
    problems = root_problems(context, newest, wanted, on_origin=on_origin) if newest else ()
    return choose_baseline(newest, problems, context.direction)


def held_before(destination: NameNode, root: str, baseline: Baseline) -> Held:
    """How much a root holds on the destination before an increment, as its baseline kept it.

    Only for a point that kept no such figure its snapshot is listed, once.
    """
    kept = baseline.held(root)
    if kept is not None:
        return kept
    base = baseline.destination_snapshot(root)
    listed = [item for _, item in walk(destination, root if base is None else f"{root}/.snapshot/{base}")]
    return Held(sum(not item.facts.is_dir for item in listed), len(listed))


def lost_results(baseline: Baseline) -> list[Result]:
    """Says for people what of the newest point cannot serve."""
    newest = baseline.newest
    ours = newest is not None and bool(newest.gone)  # the ledger says so: it was unprotected, or its roots made way
    remedy = "The next backup compares it whole, which takes longer"
    remedy += "; the ledger says that its snapshots were taken away." if ours else "; find out who deletes snapshots."
    return [warn("baseline", line, remedy) for line in baseline.lost]


def newest_common(context: BackupContext, state: ServiceState) -> Point | None:
    """The newest sealed point that both sites have whole: what they could come back to together."""
    for point in reversed(state.sealed()):
        if not point.damaged and not any(one.any for one in root_problems(context, point)):
            return point
    return None


def root_problems(
    context: BackupContext, point: Point, wanted: Collection[str] | None = None, *, on_origin: bool = True
) -> list[RootProblems]:
    """Looks at a sealed point's snapshots on both sites, root by root, whichever way it went."""
    origin, destination = context.origin, context.destination
    here, there = (_to_build_on(point, side.name) for side in (origin, destination))

    def one(root: str) -> RootProblems:
        here_problem = _problem(origin, root, here, point, ask=on_origin)
        on_destination = base = _problem(destination, root, there, point)
        live = point.live_snapshot_on(destination.name, root)
        if live is not None and there is not None and live != there.get(root):
            base = snapshot_problem(destination.namenode, live)
        return RootProblems(root, here_problem, on_destination, base)

    return list(map_bounded(one, [root for root in point.taken.roots if wanted is None or root in wanted]))


def _problem(
    side: SiteConnections, root: str, recorded: Mapping[str, SnapshotRef] | None, point: Point, *, ask: bool = True
) -> str | None:
    if recorded is None or root not in recorded:
        return f"{side.name} has no snapshot of point {point.point} of {root}"
    return snapshot_problem(side.namenode, recorded[root]) if ask else None


def _to_build_on(point: Point, site: str) -> Mapping[str, SnapshotRef] | None:
    """Snapshots of a point on a site that an increment may build on.

    A point that lost some of its roots on its origin to a change of roots is no point there any more; what it has of
    the others stays until the change has come to its end.
    """
    if site == point.origin and site in point.gone and point.yielded and point.destination not in point.gone:
        return {root: kept for root, kept in point.snapshots_on(site).items() if root not in point.yielded}
    return recorded_snapshots(point, site)


def recorded_snapshots(point: Point, site: str) -> Mapping[str, SnapshotRef] | None:
    """Snapshots of a sealed point on a site as the ledger recorded them, by root; None when it has none there."""
    if site in point.gone or site not in (point.origin, point.destination):
        return None
    return point.snapshots_on(site)


def snapshot_problem(namenode: NameNode, recorded: SnapshotRef) -> str | None:
    """Says why a recorded snapshot cannot be relied on; None when it is the very one that was recorded."""
    return problem_of(recorded, snapshots_of_root(namenode, recorded.root))


def snapshots_of_root(namenode: NameNode, root: str) -> Sequence[Snapshot]:
    """Returns a root's snapshots; none when somebody removed the directory itself."""
    try:
        return namenode.snapshots(root)
    except NotFound:
        return []


def record(snapshot: Snapshot) -> SnapshotRecord:
    """Writes a snapshot the way the ledger keeps it."""
    return SnapshotRecord(snapshot.name, snapshot.id, snapshot.created_ms)
