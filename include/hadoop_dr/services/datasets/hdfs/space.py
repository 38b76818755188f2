"""Whether the destination has room for a service's directories: before anything is known, and for a plan (S2.4)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from hadoop_dr.domain.check_results import Result, ok
from hadoop_dr.domain.preflight.free_space import MANY_NAMES, limiting_paths, shortages
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Scope
from hadoop_dr.services.inventory import quota_of
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.stored_plan import RootPlan


def check_space(context: BackupContext, scope: Scope) -> Iterator[Result]:
    """Checks the space that a first copy takes beyond what is there; of an increment it is known once planned."""
    origin, destination = context.origin.namenode, context.destination.namenode
    new = [root for root in scope.roots if scope.baseline is None or root not in scope.baseline.taken.roots]
    more = map_bounded(lambda root: max(0, _used(origin, root) - _used(destination, root)), new)
    needed = dict(zip(new, more, strict=True))
    found = _shortages(context, needed)
    yield from found
    if not found:
        left = destination.room().remaining_bytes if scope.remaining_bytes is None else scope.remaining_bytes
        yield ok("space", f"{context.destination.name} has {left} bytes left")


def fits(context: BackupContext, trees: Sequence[RootPlan]) -> list[Result]:
    """Says what is too small for the plans of a point."""
    destination = context.destination.namenode
    needed = {tree.root: sum(_raw_bytes(item) for item in tree.items) for tree in trees}
    large = {tree.root for tree in trees if tree.names > MANY_NAMES}
    return _shortages(context, needed, lambda: {tree.root: _parked_bytes(destination, tree) for tree in trees}, large)


def _shortages(
    context: BackupContext, needed: Mapping[str, int], moved: Callable[[], Mapping[str, int]] = dict,
    large: Collection[str] = (),
) -> list[Result]:
    """Says what is too small on the destination for so many raw bytes by root.

    Args:
        moved: Gives raw bytes by root that will be moved inside it; asked only if a quota is set.
        large: Roots that are not asked about: nobody waits for a count of millions of names on the way to a seal.
    """
    destination = context.destination.namenode
    if not any(needed.values()):
        return []
    room = destination.room()
    paths = [path for path in limiting_paths(needed, room.names) if path not in large]
    asked = zip(paths, map_bounded(lambda path: quota_of(destination, path), paths), strict=True)
    quotas = {path: quota for path, quota in asked if quota is not None}
    limited = any(quota.space_bytes >= 0 for quota in quotas.values())
    return shortages(context.destination.name, needed, quotas, room.remaining_bytes, moved() if limited else {})


def _used(namenode: NameNode, root: str) -> int:
    quota = quota_of(namenode, root)
    return quota.used_bytes if quota else 0


def _raw_bytes(item: Item) -> int:
    """Bytes on the destination's disks that staging an item takes, all replicas counted."""
    if item.now is None or item.now.is_dir or item.content is Content.SAME:
        return 0
    return (item.now.length - item.keep_bytes) * max(1, item.now.replication)


def _parked_bytes(destination: NameNode, root: RootPlan) -> int:
    """Raw bytes that a quota charges for moves inside the root, beside what is written.

    All that is parked counts twice until it is dropped. And whatever moves is charged once more for that moment, where
    the root has a snapshot: so the largest of what is parked and staged.
    """
    if root.base is None:
        return 0
    parked = frozenset(root.plan.park)
    copies = max((item.now.replication for item in root.items if item.now is not None), default=1)
    sizes: list[int] = []
    for item in root.items:
        if item.inode in parked and item.was is not None:
            below = item.was.length * max(1, item.was.replication)
            if item.is_dir:
                top = root.root if root.waits else f"{root.root}/.snapshot/{root.base}"
                below = destination.quota(f"{top}/{item.old}").used_bytes
            sizes.append(below)
    return sum(sizes) + max([*sizes, *(unit.bytes * max(1, copies) for unit in root.plan.units)], default=0)
