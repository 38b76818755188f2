"""Random histories of a directory in which every kind of change a user can make happens, and is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.errors import Failed
from hadoop_dr.ports.namenode import NameNode
from support.stranger import Look
from support.trees import Mischief, Writer, join_root, walk

KINDS = (
    "mkdir", "put", "overwrite", "append", "cut", "rename", "come", "leave", "swap", "delete", "chmod", "chown",
    "acl_set", "acl_removed", "xattr_set", "xattr_removed", "touch", "rewrite_in_place",
)  # fmt: skip
"""What has to happen between points; ``come`` and ``leave`` are renames into and out of the root."""
OF_OLD_ITEMS = frozenset({"acl_removed", "xattr_removed"})
"""Kinds that need an item which the last point held so."""
FEWEST = 30
"""Items below the root before a round."""


class Known:
    """What lies below a root, kept up with the changes that go through here instead of listed after each.

    Attributes:
        items: Whether each is a directory, by path below the root.
    """

    def __init__(self, namenode: NameNode, writer: Writer, root: str) -> None:
        self._namenode, self._writer, self._root = namenode, writer, root
        self.block_size = writer.block_size
        self.items = {path: facts.is_dir for path, _, facts in walk(namenode, root) if path}

    def __getattr__(self, name: str) -> Any:
        """Everything that moves nothing goes straight through."""
        return getattr(self._namenode, name, None) or getattr(self._writer, name)

    def make_directory(self, path: str, mode: int) -> None:
        """A directory, which must be a new one."""
        if self._below(path) in self.items:
            raise Failed(path, "is there already")
        self._namenode.make_directory(path, mode)
        self._comes(path)

    def write(self, path: str, data: bytes) -> None:
        """A file."""
        self._writer.write(path, data)
        self._comes(path)

    def delete(self, path: str, recursive: bool = False) -> None:
        """An item with all below it."""
        self._namenode.delete(path, recursive=recursive)
        self._goes(path)

    def rename(self, old: str, new: str) -> None:
        """An item with all below it, also from outside or to there."""
        self._namenode.rename(old, new)
        self._goes(old)
        self._comes(new)

    def _below(self, path: str) -> str:
        return path.removeprefix(f"{self._root}/")

    def _goes(self, path: str) -> None:
        top = self._below(path)
        self.items = {path: is_dir for path, is_dir in self.items.items() if not f"{path}/".startswith(f"{top}/")}

    def _comes(self, path: str) -> None:
        top = self._below(path)
        if top == path:
            return
        self.items[top] = self._namenode.status(path).facts.is_dir
        if self.items[top]:
            self.items |= {below: facts.is_dir for below, _, facts in walk(self._namenode, self._root, top)}


class History(Mischief):
    """Changes below a root, and traffic with the directory beside it.

    Args:
        aside: A directory outside the root; made here.
        truncate: Cuts a file of the source at any byte and waits until that is done.
    """

    def __init__(
        self, namenode: NameNode, writer: Writer, root: str, aside: str, seed: int,
        truncate: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        self._now = Known(namenode, writer, root)
        super().__init__(self._now, self._now, root, seed)
        self._aside, self._truncate, self._moved = aside, truncate, 0
        self.namenode.make_directory(aside, 0o755)

    def kinds(self) -> list[tuple[Callable[[], None], int]]:
        """More than a mere mischief: what goes out of the root and comes in, and what hides itself."""
        return [(self.come, 4), (self.leave, 2), (self.rewrite_in_place, 2), (self.acl_set, 1), (self.xattr_set, 1),
                *super().kinds()]  # fmt: skip

    def round(self, last: Look, more: int = 8) -> None:
        """One round: each kind once, in random order, and some of anything.

        Args:
            last: The tree as it is, which is what the last point holds; empty before the first one.
            more: How many further changes.
        """
        assert not last or set(last) == {"", *self._now.items}
        self._take_off(last)
        while len(self._items()) < FEWEST:
            self._insist(self.tokens.choice([self.put, self.mkdir]))
        kinds = [kind for kind in KINDS if kind not in OF_OLD_ITEMS]
        self.tokens.shuffle(kinds)
        for kind in kinds:
            self._insist(getattr(self, kind))
        self.run(more)

    def _insist(self, change: Callable[[], None]) -> None:
        """Makes a change; where the cluster refuses (a name taken, no file there), elsewhere."""
        for _ in range(20):
            with suppress(Failed, IndexError):
                return self.make(change)
            with suppress(Failed, IndexError):
                self.make(self.put)
        raise AssertionError(f"{change.__name__} was never possible")

    def _take_off(self, last: Look) -> None:
        """Removes an ACL and an extended attribute that the last point has."""
        listed = [path for path, item in last.items() if item.get("acl")]
        if listed:
            self.namenode.set_acl(join_root(self.root, self.tokens.choice(listed)), ())
            self.done["acl_removed"] += 1
        marked = [(path, name) for path, item in last.items() for name in item["xattrs"]]
        if marked:
            path, name = self.tokens.choice(marked)
            self.namenode.remove_xattr(join_root(self.root, path), name)
            self.done["xattr_removed"] += 1

    def _items(self, *, directories: bool | None = None) -> list[str]:
        return sorted(path for path, is_dir in self._now.items.items() if directories is None or is_dir is directories)

    def _anywhere(self) -> str:
        """An item, now and then the root itself."""
        return self.root if self.tokens.random() < 0.1 else self._any()

    # -- changes
    def leave(self) -> None:
        """Something leaves the root for good, or until it comes back."""
        self._moved += 1
        self.namenode.rename(self._any(), f"{self._aside}/left {self._moved}")

    def come(self) -> None:
        """Something from outside comes in: what left before, or a file that was never here."""
        gone = [entry.name for entry in self.namenode.list(self._aside)]
        if not gone or self.tokens.random() < 0.4:
            self._moved += 1
            gone = [f"new {self._moved}"]
            self.writer.write(f"{self._aside}/{gone[0]}", self._bytes())
        self.namenode.rename(f"{self._aside}/{self.tokens.choice(gone)}", self._free())

    def cut(self) -> None:
        """A truncate inside a block or at its end."""
        path = self._file()
        length = self.namenode.status(path).facts.length
        if length < 2:
            raise Failed(path, "is too short to be cut")
        self._truncate(path, self.tokens.randrange(1, length))

    def rewrite_in_place(self) -> None:
        """Other bytes of the same number, and the old time put back."""
        path = self._file()
        was = self.namenode.status(path).facts
        if not was.length:
            raise Failed(path, "has no bytes")
        old = hashlib.sha256(self.writer.read(path)).digest()
        new = self.tokens.randbytes(was.length)
        if hashlib.sha256(new).digest() == old:
            raise Failed(path, "would stay as it is")
        self.writer.write(path, new)
        self.namenode.set_times(path, was.mtime_ms)

    def chmod(self) -> None:
        """Another mode than it has."""
        path = self._anywhere()
        was = self.namenode.status(path).facts.mode
        modes = [mode for mode in (0o640, 0o755, 0o770, 0o1777, 0o700) if mode != was]
        self.namenode.set_permission(path, self.tokens.choice(modes))

    def chown(self) -> None:
        """Another owner than it has."""
        path = self._anywhere()
        was = self.namenode.status(path).facts.owner
        owners = [owner for owner in ("alice", "bob", "hdfs") if owner != was]
        self.namenode.set_owner(path, self.tokens.choice(owners), self.tokens.choice(["staff", "supergroup"]))

    def acl_set(self) -> None:
        """Rights of a user by name, for a directory sometimes with defaults."""
        path = self._anywhere()
        user = f"user:{self.tokens.choice(['al', 'bo', 'cy'])}:{self.tokens.choice(['rwx', 'r-x', '---'])}"
        access = ("group::r-x", "mask::rwx", "other::---", "user::rwx", user)
        default = tuple(f"default:{entry}" for entry in access)
        wide = self.namenode.status(path).facts.is_dir and self.tokens.random() < 0.5
        self.namenode.set_acl(path, (*access, *default) if wide else access)

    def xattr_set(self) -> None:
        """An extended attribute, new or with another value."""
        self.namenode.set_xattr(self._anywhere(), self.tokens.choice(["user.e%20", "user.Größe", "trusted.t"]),
                                self.tokens.randbytes(5))  # fmt: skip
