"""A small model of an HDFS name space: inodes, blocks with ids, snapshots as copies, and the diff a NameNode lists."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from hadoop_dr.domain.paths import join
from hadoop_dr.domain.tree.file_attributes import (
    AclAndXattrs,
    Block,
    Blocks,
    DiffEntry,
    DiffPage,
    FileAttributes,
    FileKind,
)

BLOCK_SIZE = 4


@dataclass
class Node:
    """One inode; a file has ``data`` (pairs of block id and bytes), a directory has ``children``."""

    inode: int
    children: dict[str, int] | None = None
    data: list[tuple[int, bytes]] = field(default_factory=list)
    owner: str = "hdfs"
    group: str = "super"
    mode: int = 0o755
    replication: int = 3
    mtime_ms: int = 0
    acl: tuple[str, ...] = ()
    xattrs: tuple[tuple[str, bytes], ...] = ()
    moves: int = 0

    @property
    def content(self) -> bytes:
        return b"".join(part for _, part in self.data)

    def facts(self) -> FileAttributes:
        is_dir = self.children is not None
        return FileAttributes(
            kind=FileKind.DIRECTORY if is_dir else FileKind.FILE,
            length=len(self.content),
            owner=self.owner,
            group=self.group,
            mode=self.mode,
            replication=0 if is_dir else self.replication,
            block_size=0 if is_dir else BLOCK_SIZE,
            mtime_ms=self.mtime_ms,
            has_acl=bool(self.acl),
        )

    def extras(self) -> AclAndXattrs:
        return AclAndXattrs(self.acl, self.xattrs)

    def blocks(self) -> Blocks:
        return Blocks(tuple(Block(number, len(part)) for number, part in self.data))


class Tree:
    """A directory tree; ``snapshot`` freezes it, and later changes never reach the copy."""

    def __init__(self, first_inode: int = 1000) -> None:
        self.clock = 1
        self.next_inode = first_inode + 1
        self.next_block = first_inode * 1000
        self.root = first_inode
        self.nodes: dict[int, Node] = {first_inode: Node(first_inode, children={})}

    def snapshot(self) -> Tree:
        return copy.deepcopy(self)

    # -- reading
    def at(self, path: str) -> Node | None:
        node = self.nodes[self.root]
        for name in path.split("/") if path else ():
            if node.children is None or name not in node.children:
                return None
            node = self.nodes[node.children[name]]
        return node

    def walk(self) -> Iterator[tuple[str, Node]]:
        """Every item with its path, parents first."""
        todo = [("", self.nodes[self.root])]
        while todo:
            path, node = todo.pop()
            yield path, node
            for name, inode in (node.children or {}).items():
                todo.append((f"{path}/{name}" if path else name, self.nodes[inode]))

    def paths(self) -> dict[int, str]:
        return {node.inode: path for path, node in self.walk()}

    def picture(self) -> dict[str, object]:
        """All that is compared of a copy, by path; inode ids are each tree's own."""
        return {path: (node.content, node.facts(), node.extras()) for path, node in self.walk()}

    # -- changing
    def put(self, path: str, content: bytes) -> Node:
        """Makes a file; one that lies there is replaced by another inode."""
        self.delete(path)
        return self._add(path, Node(self._inode(), data=self._blocks(content)))

    def mkdir(self, path: str) -> Node:
        return self._add(path, Node(self._inode(), children={}))

    def append(self, path: str, content: bytes) -> None:
        node = self._file(path)
        if node.data and len(node.data[-1][1]) < BLOCK_SIZE:
            number, part = node.data.pop()
            room = BLOCK_SIZE - len(part)
            node.data.append((number, part + content[:room]))
            content = content[room:]
        node.data += self._blocks(content)
        node.mtime_ms = self._tick()

    def truncate(self, path: str, length: int) -> None:
        """Cuts a file; a block cut in the middle is written anew because a snapshot holds the old one."""
        node, kept = self._file(path), []
        for number, part in node.data:
            if length >= len(part):
                kept.append((number, part))
            elif length > 0:
                kept += self._blocks(part[:length])
            length -= min(length, len(part))
        node.data = kept
        node.mtime_ms = self._tick()

    def concat(self, path: str, source: str) -> None:
        self._file(path).data += self._file(source).data
        self.delete(source)

    def rename(self, source: str, target: str) -> None:
        node = self.at(source)
        assert node is not None
        assert self.at(target) is None, f"{target} exists"
        assert not f"{target}/".startswith(f"{source}/"), f"{source} cannot move into itself"
        self._unlink(source)
        self._add(target, node)
        node.moves += 1

    def delete(self, path: str) -> None:
        node = self.at(path)
        if node is None:
            return
        self._unlink(path)
        todo = [node]
        while todo:
            gone = todo.pop()
            todo += [self.nodes[inode] for inode in (gone.children or {}).values()]
            del self.nodes[gone.inode]

    # -- within
    def _inode(self) -> int:
        self.next_inode += 1
        return self.next_inode

    def _tick(self) -> int:
        self.clock += 1
        return self.clock

    def _blocks(self, content: bytes) -> list[tuple[int, bytes]]:
        parts = [content[at:at + BLOCK_SIZE] for at in range(0, len(content), BLOCK_SIZE)]
        self.next_block += len(parts)
        return [(self.next_block - at, part) for at, part in enumerate(parts)]

    def _file(self, path: str) -> Node:
        node = self.at(path)
        assert node is not None
        assert node.children is None
        return node

    def _place(self, path: str) -> tuple[Node, str]:
        directory, _, name = path.rpartition("/")
        node = self.at(directory)
        assert node is not None, f"{directory} does not exist"
        assert node.children is not None, f"{directory} is a file"
        return node, name

    def _add(self, path: str, node: Node) -> Node:
        directory, name = self._place(path)
        assert directory.children is not None
        directory.children[name] = node.inode
        directory.mtime_ms = self._tick()
        if node.inode not in self.nodes:
            node.mtime_ms = self._tick()
        self.nodes[node.inode] = node
        return node

    def _unlink(self, path: str) -> None:
        directory, name = self._place(path)
        assert directory.children is not None
        del directory.children[name]
        directory.mtime_ms = self._tick()


def listed_diff(older: Tree, newer: Tree, *, page: int = 3, renames_also_created: bool = False) -> list[DiffPage]:
    """The pages a NameNode lists: a walk of the older tree, so that everything is named as it was called there."""
    found = _Lister(older, newer)
    found.visit(older.root, 0, "")
    renamed = {entry.inode for entry in found.deleted if entry.target is not None}
    created = [entry for entry in found.created if renames_also_created or entry.inode not in renamed]
    lists = (found.modified, created, found.deleted)
    count = max(-(-len(entries) // page) for entries in lists) or 1
    return [DiffPage(*(tuple(entries[at * page:(at + 1) * page]) for entries in lists)) for at in range(count)]


class _Lister:
    def __init__(self, older: Tree, newer: Tree) -> None:
        self.older, self.newer = older, newer
        self.paths = newer.paths()
        self.modified: list[DiffEntry] = []
        self.created: list[DiffEntry] = []
        self.deleted: list[DiffEntry] = []

    def visit(self, inode: int, above: int, path: str) -> None:
        """Compares one inode that lives on; what is new or gone is named and not entered."""
        was, now = self.older.nodes[inode], self.newer.nodes[inode]
        before, after = was.children or {}, now.children or {}
        stay = {(name, child) for name, child in before.items() & after.items() if not self._moved(child)}
        came, went = after.items() - stay, before.items() - stay
        if came or went or _differs(was, now):
            self.modified.append(DiffEntry(inode, above, path))
        self.created += [DiffEntry(child, inode, join(path, name)) for name, child in sorted(came)]
        for name, child in sorted(went):
            self.deleted.append(DiffEntry(child, inode, join(path, name), self.paths.get(child)))
        for name, child in before.items():
            if child in self.paths:
                self.visit(child, inode, join(path, name))

    def _moved(self, inode: int) -> bool:
        """An item that went away and came back is listed as moved to where it was."""
        return self.older.nodes[inode].moves != self.newer.nodes[inode].moves


def _differs(was: Node, now: Node) -> bool:
    """What a NameNode looks at: not the times, and of the content only the length."""
    plain = [(n.owner, n.group, n.mode, n.replication, n.acl, n.xattrs, len(n.content)) for n in (was, now)]
    return plain[0] != plain[1]
