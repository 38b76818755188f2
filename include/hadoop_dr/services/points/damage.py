"""Sealed points that turned out to be unreadable or different: recorded, so that nobody relies on them (fault 80).

A file that did not change since lies in later points, too, as the same inode with the same bytes: those are marked with
it. A mark is lifted when a later verification of the whole point reads everything back as it was sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from hadoop_dr.domain.check_results import Result, fail
from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged
from hadoop_dr.domain.ledger.bodies.values import RootPath
from hadoop_dr.domain.roots.decision import inside
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext

_LOOKED_FOR = 100
_KEPT = 1000


def mark_damaged(context: BackupContext, run: str, point: Point, bad: Sequence[Finding]) -> list[str]:
    """Records that a point is damaged, and every other one that holds one of the same files.

    Returns:
        The points that are marked now.
    """
    marked = {point.point: list(bad)}
    for other in points_on(context.ledger.read(), point.destination):
        if other.point != point.point and (shared := list(_shared(context, point, other, bad))):
            marked[other.point] = shared
    for name, files in sorted(marked.items()):
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        paths = tuple((one.root, one.path) for one in files[:_KEPT])
        _append(context, run, PointDamaged(name, f"{files[0]}{more}", paths))
    return sorted(marked)


def lift_damage(context: BackupContext, run: str, point: Point, read: Collection[RootPath]) -> None:
    """Records that a point that was marked reads back as it was sealed, and all that were marked only for its files.

    Args:
        read: Files that were read in it.
    """
    for other in points_on(context.ledger.read(), point.destination):
        if other.damaged and (other.point == point.point or _only_shares(context, point, other, read)):
            _append(context, run, PointDamaged(other.point, ""))


def _only_shares(context: BackupContext, point: Point, other: Point, read: Collection[RootPath]) -> bool:
    bad = [Finding(root, path, "") for root, path in other.bad_files if path and (root, path) in read]
    return 0 < len(bad) == len(other.bad_files) == len(list(_shared(context, point, other, bad)))


def points_on(state: ServiceState, site: str) -> list[Point]:
    """Gives the sealed points whose copy is on a site, oldest first."""
    return [point for point in state.sealed() if point.destination == site and site not in point.gone]


def damage_warnings(state: ServiceState, site: str) -> list[str]:
    """Says for people which points of a site are damaged."""
    return [f"point {point.point} is damaged: {point.damaged}" for point in points_on(state, site) if point.damaged]


def rotten_origin(context: BackupContext, state: ServiceState) -> list[Result]:
    """Refuses to copy what is known to be damaged over the good copy: after an exchange of roles the damage is ours.

    A file counts while the live tree still has the very one that was found damaged.
    """
    site = context.origin
    for point in reversed(points_on(state, site.name)):
        for root, path in point.bad_files[:_LOOKED_FOR]:
            kept = point.live_snapshot_on(site.name, root)
            if kept is not None and path and _still_lives(site.namenode, kept, path):
                said = f"{site.name}:{root}/{path} is damaged since point {point.point}, and would replace a good copy"
                return [fail("points", said, f"Replace it by the copy of {context.destination.name} first.")]
    return []


def _still_lives(namenode: NameNode, kept: SnapshotRef, path: str) -> bool:
    try:
        there, now = (namenode.status(f"{at}/{path}") for at in (kept.path, kept.root))
    except NotFound:
        return False
    return (there.inode, there.facts.length, there.facts.mtime_ms) == (now.inode, now.facts.length, now.facts.mtime_ms)


def distrusted(state: ServiceState, site: str, root: str) -> frozenset[str]:
    """Gives the files of a root, by path, that no run may take over from what a site has without copying them."""
    bad = (f"{at}/{path}" for point in points_on(state, site) for at, path in point.bad_files)
    return frozenset(path[len(root) + 1 :] for path in bad if inside(path, root))


def same_file(namenode: NameNode, root: str, path: str, one: str, other: str) -> bool:
    """Whether two snapshots of a root hold the same bytes under a path: one inode, not written to in between."""
    try:
        first, second = (namenode.status(f"{root}/.snapshot/{name}/{path}".rstrip("/")) for name in (one, other))
    except NotFound:
        return False
    return (first.inode, first.facts.length, first.facts.mtime_ms) == (
        second.inode, second.facts.length, second.facts.mtime_ms)  # fmt: skip


def _shared(context: BackupContext, point: Point, other: Point, bad: Sequence[Finding]) -> Iterator[Finding]:
    mine, theirs = snapshots_of(point), snapshots_of(other)
    namenode = context.sides[point.destination].namenode
    for one in bad[:_LOOKED_FOR]:
        names = mine.get(one.root), theirs.get(one.root)
        if names[0] and names[1] and one.path and same_file(namenode, one.root, one.path, names[0], names[1]):
            yield one


def snapshots_of(point: Point) -> Mapping[str, str]:
    """Names of a sealed point's snapshots on the site it was copied to, by root."""
    return {root: kept.name for root, kept in point.sealed.snapshots.items()}


def _append(context: BackupContext, run: str, body: PointDamaged) -> None:
    """Appends unless the ledger says as much already; loses to nobody, because it is true whoever works."""

    def unsaid(state: ServiceState) -> PointDamaged | None:
        point = state.points.get(body.point)
        return None if point is None or _says(point, body) else body

    context.ledger.append_decided(run, unsaid)


def _says(point: Point, body: PointDamaged) -> bool:
    return bool(point.damaged) is bool(body.reason) and all(one in point.bad_files for one in body.files)
