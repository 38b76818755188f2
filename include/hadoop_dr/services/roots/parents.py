"""Directories above a root on the secondary: made as the primary has them, and compared where both have them (I8, I9).

They are in no snapshot, and they decide who reaches what lies below: a file that everybody may read is private while
its grandparent is.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from hadoop_dr.domain.check_results import Result, warn
from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.roots.decision import CLOSED
from hadoop_dr.domain.roots.layout import climb
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.inventory import facts_of
from hadoop_dr.services.pool import map_bounded

_NAME = "above roots"
_SHOWN = 5


def allow_snapshots(namenode: NameNode, roots: Collection[str]) -> None:
    """Makes directories snapshottable; HDFS takes its write lock, and writes to its log, for one that is so already."""
    for _ in map_bounded(namenode.allow_snapshot, sorted(set(roots).difference(namenode.snapshottable()))):
        pass


def make_roots(context: BackupContext, roots: Collection[str]) -> None:
    """Makes roots on the destination, closed to all others, and snapshottable; one that is there keeps its attributes.

    What is missing above them gets owner, group, mode and ACL of the primary's, and comes first, one after the other:
    roots share it. Whatever ends this in between leaves directories that are closed to all others, and `check` names
    them.
    """
    destination, wanted = context.destination.namenode, sorted(roots)
    found = map_bounded(lambda root: facts_of(destination, root), wanted)
    missing = [root for root, facts in zip(wanted, found, strict=True) if facts is None]
    for root in {parent(root): root for root in missing}.values():
        _make_above(context.origin.namenode, destination, root)
    make = (lambda root: destination.make_directory(root, CLOSED), missing)
    for making in make, (destination.allow_snapshot, wanted):
        for _ in map_bounded(*making):
            pass


def _make_above(origin: NameNode, destination: NameNode, root: str) -> None:
    missing = list[str]()
    for path in islice(climb(root), 1, None):
        if path == "/" or facts_of(destination, path) is not None:
            break
        missing.append(path)
    for path in reversed(missing):
        wanted = origin.status(path).facts
        destination.make_directory(path, CLOSED)
        destination.set_owner(path, wanted.owner, wanted.group)
        if wanted.has_acl or destination.status(path).facts.has_acl:  # one that is inherited here need not be so there
            destination.set_acl(path, origin.extras(path, xattrs=False).acl)
        destination.set_permission(path, wanted.mode)


def look_above(context: BackupContext, roots: Collection[str]) -> list[Result]:
    """Says where directories above roots let others through than on the origin; they are never changed.

    Two requests for each such directory, side by side.
    """
    paths = sorted({path for root in roots for path in islice(climb(root), 1, None) if path != "/"})
    both = map_bounded(
        lambda path: [facts_of(side.namenode, path) for side in (context.origin, context.destination)], paths
    )
    found = [
        f"{path} is {_owner_and_mode(there)}, on {context.origin.name} {_owner_and_mode(here)}"
        for path, (here, there) in zip(paths, both, strict=True)
        if here is not None and there is not None and _owner_and_mode(here) != _owner_and_mode(there)
    ]
    if not found:
        return []
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    said = f"on {context.destination.name} {'; '.join(found[:_SHOWN])}{more}"
    remedy = "They control access to everything below, and no run changes an existing one: hdfs dfs -chown, -chmod."
    return [warn(_NAME, said, remedy)]


def _owner_and_mode(facts: FileAttributes) -> str:
    return f"{facts.owner}:{facts.group} {facts.mode:o}{'+' if facts.has_acl else ''}"
