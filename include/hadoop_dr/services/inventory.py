"""Walking a tree: every item below a directory, breadth first, several directories in flight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.tree.file_attributes import DirEntry, FileAttributes, Quota
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import AwaitedAnswer
from hadoop_dr.services.pool import BoundedPool

_THREADS = 8
_AHEAD = 64


def facts_of(namenode: NameNode, path: str) -> FileAttributes | None:
    """Returns the attributes of an item; None when there is nothing at the path."""
    try:
        return namenode.status(path).facts
    except NotFound:
        return None


def quota_of(namenode: NameNode, path: str) -> Quota | None:
    """Returns the quota and the use of a directory; None when nothing lies there, which the check of the roots says."""
    try:
        return namenode.quota(path)
    except NotFound:
        return None


def is_directory(namenode: NameNode, path: str) -> bool:
    """Whether a directory lies there."""
    facts = facts_of(namenode, path)
    return facts is not None and facts.is_dir


def _children(namenode: NameNode, path: str) -> list[DirEntry]:
    return list(namenode.list(path))


def walk(
    namenode: NameNode, top: str, skip: Collection[str] = (), met: Callable[[DirEntry], None] = lambda _: None
) -> Iterator[tuple[str, DirEntry]]:
    """Yields every item below ``top`` with its path relative to it; a directory before its children.

    The work area of a root is left out. At most 64 listings are held at once.

    Args:
        skip: Directories, by relative path, into which nobody looks.
        met: Told of a work area.

    Raises:
        NotFound: ``top``, or a directory that vanished meanwhile, does not exist.
    """
    waiting: deque[str] = deque([""])
    flying: deque[tuple[str, AwaitedAnswer[list[DirEntry]]]] = deque()
    with BoundedPool(_THREADS, name="walk") as pool:
        while waiting or flying:
            while waiting and len(flying) < _AHEAD:
                directory = waiting.popleft()
                path = f"{top}/{directory}".rstrip("/")
                flying.append((directory, pool.begin(_children, namenode, path)))
            directory, listing = flying.popleft()
            for child in listing.result():
                if not directory and child.name == WORK_AREA:
                    met(child)
                    continue
                below = f"{directory}/{child.name}" if directory else child.name
                yield below, child
                if child.facts.is_dir and below not in skip:
                    waiting.append(below)
