"""Inodes and blocks of the memory cluster."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind


@dataclass(frozen=True, slots=True)
class Piece:
    """One block: an id and its bytes. It is replaced, never changed, so trees may share it."""

    id: int
    data: bytes


@dataclass(slots=True, eq=False)
class Node:
    """One inode, live or as a snapshot holds it.

    Attributes:
        acl: Full ACL in the form of ``AclAndXattrs.acl``; empty when there is none.
        policy: The node's own storage policy; 0 inherits.
        snapshots: None unless the directory is snapshottable.
        recorded: Tick of the cluster up to which snapshots hold the directory's own attributes; those taken later see
            its time change when it gains a child.
        moves: Ticks of the cluster at which the inode was renamed; tells a round trip from rest.
        broken: A snapshot's view whose bytes an outside truncate destroyed.
        erasure_coding: Policy that was set on a directory, or that a file was made under.
    """

    id: int
    kind: FileKind
    name: str
    owner: str
    group: str
    mode: int
    mtime_ms: int
    parent: Node | None = None
    acl: tuple[str, ...] = ()
    xattrs: dict[str, bytes] = field(default_factory=dict)
    policy: int = 0
    children: dict[str, Node] = field(default_factory=dict)
    pieces: tuple[Piece, ...] = ()
    replication: int = 0
    block_size: int = 0
    is_open: bool = False
    quota_names: int = -1
    quota_bytes: int = -1
    snapshots: list[Shot] | None = None
    recorded: int = 0
    moves: list[int] = field(default_factory=list)
    broken: bool = False
    erasure_coding: str | None = None

    @property
    def is_dir(self) -> bool:
        """Whether the node is a directory."""
        return self.kind is FileKind.DIRECTORY

    @property
    def length(self) -> int:
        """Bytes of a file."""
        return sum(len(piece.data) for piece in self.pieces)

    @property
    def content(self) -> bytes:
        """All bytes of a file."""
        return b"".join(piece.data for piece in self.pieces)

    def line(self) -> Iterator[Node]:
        """The node and its ancestors, nearest first."""
        node: Node | None = self
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """The node and everything below it, parents first."""
        yield self
        for child in list(self.children.values()):
            yield from child.walk()

    def path(self) -> str:
        """Absolute path within the node's own tree."""
        names = [node.name for node in self.line()][:-1]
        return "/" + "/".join(reversed(names))

    def effective_policy(self) -> int:
        """The nearest storage policy set on the node or above it."""
        return next((node.policy for node in self.line() if node.policy), 0)

    def effective_erasure_coding(self) -> str | None:
        """A file's own policy; of a directory the nearest one, which new files in it get."""
        if not self.is_dir:
            return self.erasure_coding
        return next((node.erasure_coding for node in self.line() if node.erasure_coding), None)

    def facts(self) -> FileAttributes:
        """Returns what a directory listing says of the node."""
        return FileAttributes(
            self.kind,
            self.length,
            self.owner,
            self.group,
            self.mode,
            self.replication,
            self.block_size,
            self.mtime_ms,
            self.effective_policy(),
            bool(self.acl),
            self.effective_erasure_coding(),
        )


@dataclass(slots=True, eq=False)
class Shot:
    """A snapshot: a frozen copy of the tree below its root, and when it was taken."""

    name: str
    id: int
    created_ms: int
    tick: int
    tree: Node


def freeze(node: Node, parent: Node | None = None) -> Node:
    """Copies a tree as a snapshot sees it; blocks are shared.

    The top keeps its effective storage policy as its own, because its ancestors are not part of the copy.
    """
    copy = Node(node.id, node.kind, node.name, node.owner, node.group, node.mode, node.mtime_ms, parent, node.acl,
                dict(node.xattrs), node.policy if parent else node.effective_policy(), {}, node.pieces,
                node.replication, node.block_size, node.is_open, node.quota_names, node.quota_bytes)
    copy.erasure_coding = node.erasure_coding if parent else node.effective_erasure_coding()
    copy.children = {name: freeze(child, copy) for name, child in node.children.items()}
    return copy
