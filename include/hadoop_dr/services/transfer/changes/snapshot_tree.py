"""One snapshot of one root, read through the NameNode.

A root, its snapshots and all that lies in them never change while they exist. So whatever cannot be read here means
that a snapshot is gone or ruined, and the error says so and names the path.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

from hadoop_dr.domain.errors import AccessDenied, BaselineLost, Failed, NotFound
from hadoop_dr.domain.paths import WORK_AREA, in_work_area, join, parent
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, AclAndXattrs, Blocks, DirEntry
from hadoop_dr.domain.tree.inventory import Entry, Held
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import AwaitedAnswer
from hadoop_dr.services.pool import BoundedPool

LIVE = ""
"""In place of a snapshot's name: the live tree."""
_FEW = 4
"""So many items of one directory are cheaper to read one by one, however large it is."""
What = TypeVar("What")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """How hard a NameNode may be asked.

    Attributes:
        threads: Requests under way at once.
        ahead: Requests that may wait for a thread, so that endless work needs bounded memory.
    """

    threads: int = 16
    ahead: int = 256

    def pool(self) -> BoundedPool:
        """Returns the threads that ask."""
        return BoundedPool(self.threads, self.ahead, "plan")


class Vanished(BaselineLost):
    """A path that should be in a snapshot is not."""


@contextmanager
def reading(path: str) -> Iterator[None]:
    """Turns the failure to read a snapshot into what it means for the run.

    Raises:
        Vanished: The path is not there.
        BaselineLost: It is there and cannot be read.
    """
    remedy = "The snapshot is gone or ruined; the next run takes a new moment or starts from an older point"
    try:
        yield
    except NotFound as error:
        raise Vanished(path, "is not in the snapshot", remedy) from error
    except (AccessDenied, BaselineLost):
        raise
    except Failed as error:
        if error.retryable:
            raise
        raise BaselineLost(path, f"cannot be read: {error.problem}", remedy) from error


@dataclass(frozen=True, slots=True)
class _Level:
    """One directory on the way down: its children in order, those to be listed soon, and those being listed."""

    entries: Iterator[Entry]
    soon: deque[str]
    ahead: dict[str, AwaitedAnswer[list[Entry]]]


class Tree:
    """The tree of one snapshot, by paths relative to the root.

    Args:
        namenode: Site of the root.
        root: Absolute path of the root.
        snapshot: Its name; ``LIVE`` for the tree as it is now.

    Attributes:
        held: How much it has, without the work area; None until ``walk`` has been through all of it.
    """

    def __init__(self, namenode: NameNode, root: str, snapshot: str) -> None:
        self._namenode = namenode
        self._top = root if snapshot == LIVE else f"{root.rstrip('/')}/.snapshot/{snapshot}"
        self._is_fixed = snapshot != LIVE
        self._root: Entry | None = None
        self._wanted: set[str] = set()
        self._kept: dict[str, list[Entry]] = {}
        self.held: Held | None = None

    def absolute(self, path: str) -> str:
        """Returns the path by which the NameNode knows an item of this snapshot."""
        return f"{self._top}/{path}" if path else self._top

    def entry(self, path: str) -> Entry:
        """Reads one item; the root's own entry once, where it cannot change."""
        if not path and self._root is not None:
            return self._root
        with reading(self.absolute(path)):
            found = _entry(path, self._namenode.status(self.absolute(path)))
        if not path and self._is_fixed:
            self._root = found
        return found

    def entries(self, paths: Iterable[str], pool: BoundedPool) -> dict[str, Entry]:
        """Reads many items, by listings of their directories where that is cheaper."""
        groups: defaultdict[str, set[str]] = defaultdict(set)
        for path in paths:
            groups[parent(path)].add(path)
        single = [path for group in groups.values() if len(group) < _FEW or "" in group for path in group]
        lists = [(above, group) for above, group in groups.items() if len(group) >= _FEW and "" not in group]
        found = {entry.path: entry for entry in pool.map(self.entry, single)}
        for children in pool.map(lambda one: [e for e in self.children(one[0]) if e.path in one[1]], lists):
            found.update((entry.path, entry) for entry in children)
        return found

    def remember(self, directories: Iterable[str]) -> None:
        """Keeps the children of these directories when ``walk`` lists them, for whoever asks for them afterwards."""
        self._wanted.update(directories)

    def children(self, path: str) -> list[Entry]:
        """Lists a directory of the snapshot."""
        kept = self._kept.get(path)
        return self._list(path) if kept is None else kept

    def walk(self, pool: BoundedPool) -> Iterator[Entry]:
        """Lists everything, in the order of inventories; what comes soon is listed ahead, the top at once."""
        return self._walk(pool, pool.begin(self.entry, ""), pool.begin(self._list, ""))

    def _walk(
        self, pool: BoundedPool, asked: AwaitedAnswer[Entry], children: AwaitedAnswer[list[Entry]]
    ) -> Iterator[Entry]:
        top = asked.result()
        yield top
        if not top.facts.is_dir:
            return
        levels, files, names = [self._level("", children.result())], 0, 0
        while levels:
            level = levels[-1]
            while level.soon and len(level.ahead) < 2 * pool.width:
                path = level.soon.popleft()
                level.ahead[path] = pool.begin(self._list, path)
            for entry in level.entries:
                yield entry
                names += (ours := not in_work_area(entry.path))
                if entry.facts.is_dir:
                    levels.append(self._level(entry.path, level.ahead.pop(entry.path).result()))
                    break
                files += ours
            else:
                levels.pop()
        self.held = Held(files, names)

    def _level(self, path: str, children: list[Entry]) -> _Level:
        if path in self._wanted:
            self._kept[path] = children
        children = sorted(children, key=lambda child: child.path)
        return _Level(iter(children), deque(child.path for child in children if child.facts.is_dir), {})

    def _list(self, path: str) -> list[Entry]:
        with reading(self.absolute(path)):
            return [_entry(join(path, one.name), one) for one in self._namenode.list(self.absolute(path))]

    def below(self, tops: Iterable[Entry], pool: BoundedPool, enter: Callable[[int], bool]) -> Iterator[Entry]:
        """Lists everything below some items, level by level, not entering directories that ``enter`` refuses."""
        level = [top.path for top in tops if top.facts.is_dir]
        while level:
            following: list[str] = []
            for children in pool.map(self.children, level):
                yield from children
                following += [child.path for child in children if child.facts.is_dir and enter(child.inode)]
            level = following

    def extras(self, entry: Entry, *, xattrs: bool) -> AclAndXattrs:
        """Reads what a listing does not carry, with as few requests as may be."""
        if not xattrs and not entry.facts.has_acl:
            return NO_ACL_OR_XATTRS
        path = self.absolute(entry.path)
        with reading(path):
            found = self._namenode.extras(path, acl=entry.facts.has_acl, xattrs=xattrs)
        return found if found.acl or found.xattrs else NO_ACL_OR_XATTRS

    def blocks(self, entry: Entry) -> Blocks:
        """Reads the blocks of a file."""
        path = self.absolute(entry.path)
        with reading(path):
            return self._namenode.blocks(path)

    def block_ids(self) -> dict[str, tuple[int, ...]]:
        """Reads the block ids of all files that have blocks."""
        with reading(self._top):
            return dict(self._namenode.block_ids(self._top))


def _entry(path: str, listed: DirEntry) -> Entry:
    return Entry(path, listed.inode, listed.facts)


def without_work_area(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Leaves out the work area and all in it."""
    return (entry for entry in entries if entry.path != WORK_AREA and not entry.path.startswith(WORK_AREA + "/"))


def names(paths: Sequence[str], shown: int = 3) -> str:
    """Writes the first few of many paths."""
    rest = len(paths) - shown
    return ", ".join(paths[:shown]) + (f" and {rest} more" if rest > 0 else "")
