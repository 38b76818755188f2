"""What has to change, read with the tools of a service: between two snapshots, or against what the destination has."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.points.damage import distrusted
from hadoop_dr.domain.tree.inventory import Audit
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.seen import UNSEEN, Seen
from hadoop_dr.domain.tree.xattrs import Xattrs
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.transfer.changes.adopt import Adopt, Adoption, Trees
from hadoop_dr.services.transfer.changes.read_changes import ReadChanges


def adopt(context: BackupContext, root: str, newer: str, base: str, heartbeat: Callable[[int], None]) -> Adoption:
    """Compares the whole of an origin's snapshot with a snapshot of what the destination has; equal files are kept."""
    origin, destination = context.origin.namenode, context.destination.namenode
    items, _ = gather_listed(context, root, None, newer, audit=Audit.NO)
    trees = Trees(f"{root}/.snapshot/{newer}", f"{root}/.snapshot/{base}")
    existing = dict(walk(destination, trees.destination))
    bad = distrusted(context.ledger.read(), context.destination.name, root)
    adopt = Adopt(origin, destination, context.movers.of_origin, context.movers.within, heartbeat)
    return adopt.run(trees, items, existing, bad)


def gather_from(namenode: NameNode, root: str, older: str, newer: str) -> Sequence[Item]:
    """Reads what has to change from one snapshot of a site to another of the same site, listing both whole."""
    found: Sequence[Item] = ReadChanges(namenode).items(root, older, newer, audit=True)
    return found


def gather_listed(
    context: BackupContext, root: str, older: str | None, newer: str, *, audit: Audit,
    older_xattrs: Xattrs | None = None, older_seen: Seen = UNSEEN,
) -> tuple[Sequence[Item], ReadChanges]:
    """Reads what changed in a root between two snapshots of the origin.

    Args:
        audit: Whether full listings are compared, too: that finds what the snapshot diff hides.
        older_xattrs: Extended attributes of the items of the older snapshot that have some; None to ask for them.
        older_seen: What that snapshot showed.

    Returns:
        What changed, and the reader, which tells what it found and what it could not compare.
    """
    reader = ReadChanges(context.origin.namenode, data=True)
    whole, small = audit is not Audit.NO, audit is Audit.WHOLE
    items = reader.items(
        root, older, newer, audit=whole, blocks=small, older_xattrs=older_xattrs,
        older_seen=older_seen if small else None,
    )
    return items, reader


def seen_before(context: BackupContext, baseline: Baseline) -> Mapping[str, Seen]:
    """Returns what the baseline's snapshots of small roots on this origin showed when it was planned, by root."""
    point = baseline.point
    if point is None or point.origin != context.origin.name:
        return {}
    try:
        plan = context.documents(point).plan()
    except BaselineLost:
        return {}
    kept = {} if plan is None else {one.root: one for one in plan.roots}
    return {root: one.seen for root, one in kept.items() if one.newer == baseline.origin_snapshot(root)}
