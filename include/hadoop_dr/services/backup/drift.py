"""Foreign changes on the secondary since its last point (DESIGN.md section 4.1, faults 21 and 8)."""

from __future__ import annotations

from collections.abc import Iterator

from hadoop_dr.domain.diff import Change, Changes, merge, visible
from hadoop_dr.domain.service_state import Claim, Point
from hadoop_dr.domain.verify import differing_fields
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.backup.ground import Ground
from hadoop_dr.services.inventory import walk


def find_drift(ground: Ground, baseline: Point) -> list[str]:
    """Lists what changed on the target since the baseline, by name.

    A temporary snapshot makes the present comparable; it is removed whatever happens, and the root gets back the time
    that both changed.
    """
    found: list[str] = []
    namenode = ground.target.namenode
    for root, kept in baseline.bases.items():
        name, mtime_ms = look_name(ground), namenode.status(root).facts.mtime_ms
        namenode.create_snapshot(root, name)
        try:
            changes = visible(merge(namenode.diff(root, kept["snapshot"], name)))
            found += _say(namenode, root, changes, kept["snapshot"], name)
        finally:
            namenode.delete_snapshot(root, name)
            namenode.set_times(root, mtime_ms)
    return found


def look_name(ground: Ground) -> str:
    """Name of a temporary snapshot, unlike that of any point."""
    return f"dr-{ground.policy.service}-look-{ground.chance.token()}"


def trees_differ(namenode: NameNode, root: str, wanted: str, found: str) -> list[str]:
    """Compares two snapshots of one root as readers see them, whatever inodes they have.

    Returns:
        What differs, one sentence each.
    """
    left = dict(walk(namenode, f"{root}/.snapshot/{wanted}"))
    different: list[str] = []
    for path, item in walk(namenode, f"{root}/.snapshot/{found}"):
        want = left.pop(path, None)
        if want is None:
            different.append(f"{root}/{path} is too many")
        elif fields := differing_fields(want.facts, item.facts):
            different.append(f"{root}/{path} differs in {', '.join(fields)}")
    return different + [f"{root}/{path} is missing" for path in left]


def kept_name(ground: Ground, claim: Claim) -> str:
    """Name of the snapshots that keep what an undo undoes, until a person removes them (I10)."""
    return f"dr-{ground.policy.service}-kept-{claim.epoch}-{claim.n}"


def _say(namenode: NameNode, root: str, changes: Changes, older: str, newer: str) -> Iterator[str]:
    yield from (f"{root}/{change.new} was made" for change in changes.created)
    yield from (f"{root}/{change.old} was deleted" for change in changes.deleted)
    for change in changes.renamed:
        # A worker that replays its steps takes an item out and puts it back; that is no change.
        if change.old != change.new:
            yield f"{root}/{change.old} was moved to {change.new}"
    yield from (
        f"{root}/{change.old} was changed"
        for change in changes.modified
        if _differs(namenode, root, change, older, newer)
    )


def _differs(namenode: NameNode, root: str, change: Change, older: str, newer: str) -> bool:
    """Whether an item itself differs: a directory is also modified whenever a child comes or goes."""
    if not change.old or not change.new:
        return False
    was, now = f"{root}/.snapshot/{older}/{change.old}", f"{root}/.snapshot/{newer}/{change.new}"
    before, after = namenode.status(was), namenode.status(now)
    if before.facts.is_dir:
        fields = [name for name in differing_fields(before.facts, after.facts) if name != "mtime_ms"]
        return bool(fields) or namenode.extras(was) != namenode.extras(now)
    return True
