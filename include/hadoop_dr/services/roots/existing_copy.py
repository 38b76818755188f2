"""Looks at what the secondary already has where nothing tells what is foreign, before a run (S2.10, I8, I10).

So it is in roots that are new to the service, and in those of a former primary that has lost its snapshots.

Both live trees are listed side by side, one directory of each at a time: a request for each directory and none for a
file, and a directory that is not there or empty costs one. Bytes are compared by the run, which looks once more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain

from hadoop_dr.domain.check_results import Result
from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.paths import WORK_AREA, join
from hadoop_dr.domain.roots.decision import nestings
from hadoop_dr.domain.roots.existing_copy import (
    ExistingCopy,
    There,
    compare_file,
    copy_results,
    divergence_results,
    is_new,
    may_have_diverged,
)
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileAttributes
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.inventory import walk
from hadoop_dr.services.pool import map_bounded


def existing_results(
    context: BackupContext, state: ServiceState, roots: Iterable[str], told: Collection[str]
) -> list[Result]:
    """Says what is foreign in roots that are new to the service, and what a run would replace there.

    A root around or inside others that have snapshots is looked at by the change of roots.

    Args:
        told: Roots in which a snapshot tells what is foreign; in others of a former primary all that differs may be.
    """
    site, held = context.destination.name, state.held_roots(context.destination.name)
    refuse = context.policy.drift is Drift.REFUSE
    diverged = refuse and may_have_diverged(state, context.roles.epoch)
    new = [root for root in roots if is_new(state, site, root) or (diverged and root not in told)]
    around = nestings(new, held)
    new = [root for root in new if root not in around]
    copies = map_bounded(lambda root: look_at_copy(context.origin.namenode, context.destination.namenode, root), new)
    return divergence_results(site, copies) if diverged else copy_results(site, copies, refuse=refuse)


def look_at_copy(origin: NameNode, destination: NameNode, root: str) -> ExistingCopy:
    """Compares the live trees of a root by names, lengths and times."""
    found, level = ExistingCopy(root), [""]
    while level:
        deeper: list[str] = []
        listings = map_bounded(_children(origin, destination, root), level)
        for directory, (here, there) in zip(level, listings, strict=True):
            for listed in there:
                path = join(directory, listed.name)
                if _is_common(found, path, here.get(listed.name), listed.facts, destination):
                    deeper.append(path)
        level = deeper
    return found


def _is_common(
    found: ExistingCopy, path: str, origin: FileAttributes | None, listed: FileAttributes, destination: NameNode
) -> bool:
    """Takes in one item; whether it is a directory of both."""
    if origin is None or origin.kind is not listed.kind:
        top = f"{found.root}/{path}"
        found.add(There.ONLY, path, sum(not one.is_dir for one in chain([listed], _below(destination, top, listed))))
    elif not listed.is_dir and origin.length != listed.length:
        found.add(compare_file(origin, listed, unequal=True), path)
    else:
        return listed.is_dir
    return False


def _below(destination: NameNode, top: str, facts: FileAttributes) -> Iterator[FileAttributes]:
    return (listed.facts for _, listed in walk(destination, top)) if facts.is_dir else iter(())


def _children(
    origin: NameNode, destination: NameNode, root: str
) -> Callable[[str], tuple[dict[str, FileAttributes], Sequence[DirEntry]]]:
    """Lists a directory of both; of the primary only where the secondary has something."""

    def both(directory: str) -> tuple[dict[str, FileAttributes], Sequence[DirEntry]]:
        path = join(root, directory).rstrip("/")
        there = [one for one in _listing(destination, path) if directory or one.name != WORK_AREA]
        return {one.name: one.facts for one in _listing(origin, path)} if there else {}, there

    return both


def _listing(namenode: NameNode, path: str) -> Iterator[DirEntry]:
    try:
        yield from namenode.list(path)
    except NotFound:  # it has none, or none any more
        return
