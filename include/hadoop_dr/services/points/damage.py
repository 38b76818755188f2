"""Sealed points that turned out to be unreadable or different: recorded, so that nobody relies on them (fault 80).

A file that did not change since lies in later points, too, as the same inode with the same bytes: those are marked with
it. Where more files are damaged than are looked for one by one, every point that holds the root is marked. A mark is
lifted when a later verification of the whole point reads everything back as it was sealed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged
from hadoop_dr.domain.ledger.bodies.values import RootPath
from hadoop_dr.domain.points.damage import MOST_FILES, Damage, known_damage, points_on, with_more
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.pool import map_bounded


def mark_damaged(
    context: BackupContext, run: str, point: Point, bad: Sequence[Finding], read: Collection[RootPath] = ()
) -> list[str]:
    """Records that a point is damaged, and every other one that holds one of the same files.

    Args:
        bad: Files that the point itself copied, and roots.
        read: What else was read in it just now, and is sound.

    Returns:
        The points that are marked now.
    """
    files, name = [one for one in bad if one.path], point.point
    looked_for, beyond = files[:MOST_FILES], sorted({one.root for one in files[MOST_FILES:]})
    marked = {name: (_reason(bad), Damage(tuple((one.root, one.path) for one in bad)))}
    there = _files_of(context, point, looked_for)
    for other in points_on(context.ledger.read(), point.destination) if files else ():
        if other.point == name:
            continue
        shared = _shared(context, other, looked_for, there)
        doubted = [root for root in beyond if other.snapshot_on(point.destination, root) is not None]
        if shared or doubted:
            why = f"more files of {' and '.join(doubted)} are damaged in point {name} than are looked for in others"
            found = Damage(tuple((one.root, one.path) for one in shared), tuple((root, name) for root in doubted))
            marked[other.point] = _reason(shared) if shared else why, found
    for which, (reason, damage) in sorted(marked.items()):
        _append(context, run, which, reason, damage, name, read if which == name else ())
    return sorted(marked)


def mark_lost(context: BackupContext, run: str, lost: Mapping[str, Sequence[Finding]]) -> None:
    """Records points whose snapshots are not there any more; no other point lacks anything for it."""
    for name, found in sorted(lost.items()):
        _append(context, run, name, _reason(found), Damage(tuple((one.root, "") for one in found)), name, ())


def lift_damage(context: BackupContext, run: str, point: Point, read: Collection[RootPath]) -> None:
    """Records that a point that was marked reads back as it was sealed, and all that were marked only for its files.

    Args:
        read: Files that were read in it, and its roots, with an empty path.
    """
    for other in points_on(context.ledger.read(), point.destination):
        if other.damaged and (other.point == point.point or _only_shares(context, point, other, read)):
            _clear(context, run, PointDamaged(other.point, ""))


def _only_shares(context: BackupContext, point: Point, other: Point, read: Collection[RootPath]) -> bool:
    bad = [Finding(root, path, "") for root, path in other.bad_files if path and (root, path) in read]
    if len(bad) < len(other.bad_files) or not (bad or other.unnamed):
        return False
    if any(by != point.point or (root, "") not in read for root, by in other.unnamed):
        return False
    return len(_shared(context, other, bad, _files_of(context, point, bad))) == len(bad)


def rotten_origin(context: BackupContext, state: ServiceState) -> list[Result]:
    """Refuses to copy what is known to be damaged over the good copy: after an exchange of roles the damage is ours.

    A file counts while the live tree still has the very one that was found damaged. Where the ledger does not name all
    of them, those that it names speak for the rest.
    """
    site, unnamed = context.origin, list[Result]()
    for point in reversed(points_on(state, site.name)):
        kept = ((point.live_snapshot_on(site.name, root), path) for root, path in point.bad_files if path)
        files = [(at, path) for at, path in kept if at is not None]
        live = map_bounded(lambda one: _still_lives(site.namenode, *one), files)
        for at, path in [one for one, lives in zip(files, live, strict=True) if lives]:
            said = f"{site.name}:{at.root}/{path} is damaged since point {point.point}, and would replace a good copy"
            return [fail("points", said, f"Replace it by the copy of {context.destination.name} first.")]
        if point.unnamed:
            roots = sorted({root for root, _ in point.unnamed})
            said = f"more of {site.name}:{' and '.join(roots)} may be damaged since point {point.point} than is known"
            which = point.unnamed[0][1] or point.point
            remedy = f"List it: hadoop-dr verify {context.policy.service} --point {which}; replace all of it."
            unnamed.append(warn("points", said, remedy))
    return unnamed[:1]


def _still_lives(namenode: NameNode, kept: SnapshotRef, path: str) -> bool:
    there, now = (_status(namenode, f"{at}/{path}") for at in (kept.path, kept.root))
    return there is not None and now is not None and _same(there, now)


def same_file(namenode: NameNode, root: str, path: str, one: str, other: str) -> bool:
    """Whether two snapshots of a root hold the same bytes under a path: one inode, not written to in between."""
    first, second = (_status(namenode, f"{root}/.snapshot/{name}/{path}".rstrip("/")) for name in (one, other))
    return first is not None and second is not None and _same(first, second)


def _same(first: DirEntry, second: DirEntry) -> bool:
    return (first.inode, first.facts.length, first.facts.mtime_ms) == (
        second.inode, second.facts.length, second.facts.mtime_ms)  # fmt: skip


def _status(namenode: NameNode, path: str) -> DirEntry | None:
    try:
        return namenode.status(path)
    except NotFound:
        return None


def _files_of(context: BackupContext, point: Point, files: Sequence[Finding]) -> list[DirEntry | None]:
    """Looks files up in a point's snapshots, side by side; None where its root has none or the file is not in it."""
    namenode, tops = context.sides[point.destination].namenode, snapshots_of(point)
    paths = (f"{one.root}/.snapshot/{tops[one.root]}/{one.path}" if one.root in tops else "" for one in files)
    return list(map_bounded(lambda path: _status(namenode, path) if path else None, paths))


def _shared(
    context: BackupContext, other: Point, files: Sequence[Finding], there: Sequence[DirEntry | None]
) -> list[Finding]:
    """Those of some files that another point holds, too.

    Args:
        there: What they are in the point that they are known from.
    """
    here = _files_of(context, other, files)
    every = zip(files, there, here, strict=True)
    return [one for one, first, second in every if first is not None and second is not None and _same(first, second)]


def snapshots_of(point: Point) -> Mapping[str, str]:
    """Names of a sealed point's snapshots on the site it was copied to, by root."""
    return {root: kept.name for root, kept in point.sealed.snapshots.items()}


def _reason(found: Sequence[Finding]) -> str:
    return f"{found[0]} and {len(found) - 1} more" if len(found) > 1 else str(found[0])


def _append(
    context: BackupContext, run: str, name: str, reason: str, found: Damage, copied_by: str, read: Collection[RootPath]
) -> None:
    """Appends unless the ledger says as much already, or the point is gone there; true whoever works."""

    def unsaid(state: ServiceState) -> PointDamaged | None:
        point = state.points.get(name)
        if point is None or point.destination in point.gone:
            return None
        more = with_more(point, found, copied_by, read)
        if point.damaged and known_damage(point).says(more):
            return None
        return PointDamaged(name, reason, more.files, more.unnamed)

    context.ledger.append_decided(run, unsaid)


def _clear(context: BackupContext, run: str, sound: PointDamaged) -> None:
    def unsaid(state: ServiceState) -> PointDamaged | None:
        point = state.points.get(sound.point)
        return sound if point is not None and point.damaged else None

    context.ledger.append_decided(run, unsaid)
