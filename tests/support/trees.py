"""Reading whole trees through the ports, and random changes with hostile names."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.paths import WORK_AREA, join
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, FileAttributes, FileKind
from hadoop_dr.ports.namenode import NameNode

KEEPING_NAMES = frozenset({"append", "cut", "cut_and_refill", "chmod", "chown", "acl", "xattr", "replicate", "touch"})
"""Changes after which every item is still where it was."""
STRIPED, CELL = "XOR-2-1-1024k", 1 << 20
"""An erasure coding policy for which two DataNodes are enough, and its cell: no block may be smaller."""
NAMES = ("a b", "e%20", "f+", "g=1", "h#", "ü", "~t", "c&d", "x;y", "q?", "%2F", "'s")


class Writer(Protocol):
    """Puts content into files, as a user would."""

    block_size: int

    def write(self, path: str, data: bytes, block_size: int | None = None) -> None:
        """Makes or replaces a file, in blocks of the writer's size unless another is given."""

    def stripe(self, path: str) -> None:
        """Gives a directory the erasure coding policy ``STRIPED``."""

    def append(self, path: str, data: bytes) -> None:
        """Adds bytes."""

    def read(self, path: str) -> bytes:
        """Reads a file, also in a snapshot."""


@dataclass(frozen=True)
class Seen:
    """One item as a reader of the tree sees it."""

    inode: int
    facts: FileAttributes
    extras: AclAndXattrs
    digest: str


def walk(namenode: NameNode, top: str, path: str = "") -> Iterator[tuple[str, int, FileAttributes]]:
    """Every item of a tree by relative path, the root first, the work area left out."""
    if not path:
        root = namenode.status(top)
        yield "", root.inode, root.facts
    for entry in namenode.list(join_root(top, path)):
        at = join(path, entry.name)
        if at == WORK_AREA:
            continue
        yield at, entry.inode, entry.facts
        if entry.facts.is_dir:
            yield from walk(namenode, top, at)


def join_root(top: str, path: str) -> str:
    return f"{top}/{path}" if path else top


def read_tree(namenode: NameNode, writer: Writer, top: str) -> dict[str, Seen]:
    """A tree with everything a reader can tell."""
    seen = {}
    for path, inode, facts in walk(namenode, top):
        full = join_root(top, path)
        digest = hashlib.sha256(writer.read(full)).hexdigest() if facts.kind is FileKind.FILE else ""
        seen[path] = Seen(inode, facts, namenode.extras(full), digest)
    return seen


def comparable(tree: dict[str, Seen]) -> dict[str, tuple[FileAttributes, AclAndXattrs, str]]:
    """A tree without inode ids, to be compared across sites; a root's time is that of its newest snapshot there."""
    return {path: (seen.facts if path else replace(seen.facts, mtime_ms=0), seen.extras, seen.digest)
            for path, seen in tree.items()}


class Mischief:
    """Changes a tree at random, the same way for the same seed."""

    def __init__(self, namenode: NameNode, writer: Writer, root: str, seed: int) -> None:
        self.namenode, self.writer, self.root = namenode, writer, root
        self.tokens = random.Random(seed)
        self.time = 1_600_000_000_000
        self.least = 15
        self.done: Counter[str] = Counter()
        self._known: list[tuple[str, FileAttributes]] | None = None

    def run(self, steps: int) -> None:
        """Makes so many changes; a change that the cluster refuses counts too, and is not among the ``done``."""
        self._known = None
        for _ in range(steps):
            kinds = self.kinds()
            if len(self._items()) < self.least:
                kinds = kinds[-2:]
            change: Callable[[], None] = self.tokens.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
            with suppress(Failed, IndexError):
                self.make(change)

    def kinds(self) -> list[tuple[Callable[[], None], int]]:
        """What may happen and how often; the last two bring something."""
        return [
            (self.overwrite, 3), (self.append, 4), (self.cut, 2), (self.rename, 5), (self.swap, 2),
            (self.delete, 2),
            (self.chmod, 2), (self.chown, 1), (self.acl, 2), (self.xattr, 2), (self.replicate, 1), (self.touch, 2),
            (self.cut_and_refill, 1), (self.replace_kind, 1), (self.put, 6), (self.mkdir, 4),
        ]  # fmt: skip

    def make(self, change: Callable[[], None]) -> None:
        """Makes one change and counts it."""
        try:
            change()
        finally:
            if change.__name__ not in KEEPING_NAMES:
                self._known = None
        self.done[change.__name__] += 1

    # -- choosing
    def _items(self, *, directories: bool | None = None) -> list[str]:
        if self._known is None:
            self._known = [(path, facts) for path, _, facts in walk(self.namenode, self.root) if path]
        return [path for path, facts in self._known if directories is None or facts.is_dir is directories]

    def _file(self) -> str:
        return join_root(self.root, self.tokens.choice(self._items(directories=False)))

    def _any(self) -> str:
        return join_root(self.root, self.tokens.choice(self._items()))

    def _free(self) -> str:
        parent = self.tokens.choice(["", *self._items(directories=True)])
        return join_root(self.root, join(parent, self.tokens.choice(NAMES)))

    def _bytes(self) -> bytes:
        block = self.writer.block_size
        return self.tokens.randbytes(self.tokens.choice([0, 1, block - 1, block, 2 * block, 2 * block + 3, 4 * block]))

    # -- changes
    def put(self) -> None:
        path = self._free()
        if _there(self.namenode, path):
            raise Failed(path, "is there already")
        self.writer.write(path, self._bytes())

    def mkdir(self) -> None:
        self.namenode.make_directory(self._free(), self.tokens.choice([0o755, 0o700, 0o1777]))

    def overwrite(self) -> None:
        self.writer.write(self._file(), self._bytes())

    def append(self) -> None:
        self.writer.append(self._file(), self._bytes() or b"+")

    def cut(self) -> None:
        path = self._file()
        length = self.namenode.status(path).facts.length
        self.namenode.truncate(path, length // self.writer.block_size // 2 * self.writer.block_size)

    def cut_and_refill(self) -> None:
        path = self._file()
        length = self.namenode.status(path).facts.length
        keep = max(0, length - 1) // self.writer.block_size * self.writer.block_size
        if length:
            self.namenode.truncate(path, keep)
            self.writer.append(path, self.tokens.randbytes(length - keep))

    def rename(self) -> None:
        self.namenode.rename(self._any(), self._free())

    def swap(self) -> None:
        first, second = self._any(), self._any()
        if first.startswith(second) or second.startswith(first):
            raise Failed(first, "is the other, or holds it")
        aside = f"{self.root}/aside"
        self.namenode.rename(first, aside)
        self.namenode.rename(second, first)
        self.namenode.rename(aside, second)

    def replace_kind(self) -> None:
        path = self._file()
        self.namenode.delete(path)
        self.namenode.make_directory(path, 0o755)
        self.writer.write(f"{path}/was a file", self._bytes())

    def delete(self) -> None:
        self.namenode.delete(self._any(), recursive=True)

    def chmod(self) -> None:
        self.namenode.set_permission(self._any(), self.tokens.choice([0o640, 0o755, 0o770, 0o1777]))

    def chown(self) -> None:
        self.namenode.set_owner(self._any(), self.tokens.choice(["alice", "bob"]), "staff")

    def acl(self) -> None:
        path = self._any()
        access = ("group::r-x", "mask::rwx", "other::---", "user::rwx", f"user:{self.tokens.choice(['al', 'bo'])}:rwx")
        default = tuple(f"default:{entry}" for entry in access)
        is_dir = self.namenode.status(path).facts.is_dir
        self.namenode.set_acl(path, self.tokens.choice([(), access, (*access, *default)] if is_dir else [(), access]))

    def xattr(self) -> None:
        path, name = self._any(), self.tokens.choice(["user.note", "user.Größe", "trusted.t"])
        if self.tokens.random() < 0.3:
            self.namenode.remove_xattr(path, name)
        else:
            self.namenode.set_xattr(path, name, self.tokens.randbytes(3))

    def replicate(self) -> None:
        self.namenode.set_replication(self._file(), self.tokens.choice([1, 2]))

    def touch(self) -> None:
        self.time += 1000
        self.namenode.set_times(self._any(), self.time)


def _there(namenode: NameNode, path: str) -> bool:
    try:
        namenode.status(path)
    except Failed:
        return False
    return True
