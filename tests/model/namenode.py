"""Snapshots of a model tree behind the reading half of a NameNode's port."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from hadoop_dr.domain.errors import Failed, NotFound
from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, Block, Blocks, DiffPage, DirEntry, Snapshot
from model.tree import Node, Tree, listed_diff

ROOT = "/data/r"


class TreeNameNode:
    """Serves the snapshots of one root.

    Args:
        snapshots: By name, oldest first.
        diff_fails: Refuse every diff.
        pages: Changes what a diff lists, to be wrong on purpose.
    """

    site = "model"

    def __init__(self, snapshots: Mapping[str, Tree], *, diff_fails: bool = False) -> None:
        self._snapshots = dict(snapshots)
        self._diff_fails = diff_fails
        self.asked: list[tuple[str, str]] = []

    def settings(self, *names: str) -> Mapping[str, str]:
        return {}

    def snapshots(self, path: str) -> Sequence[Snapshot]:
        return [Snapshot(name, at, at) for at, name in enumerate(self._snapshots)]

    def status(self, path: str) -> DirEntry:
        node = self._node("status", path)
        return DirEntry("", node.inode, node.facts())

    def list(self, path: str) -> Iterator[DirEntry]:
        """In the order of a NameNode, which sorts names by signed bytes."""
        tree, node = self._tree(path), self._node("list", path)
        for name in sorted(node.children or {}, key=lambda name: bytes(b ^ 0x80 for b in name.encode())):
            child = tree.nodes[(node.children or {})[name]]
            yield DirEntry(name, child.inode, child.facts())

    def extras(self, path: str, *, acl: bool = True, xattrs: bool = True) -> AclAndXattrs:
        node = self._node("extras", path)
        return AclAndXattrs(node.acl if acl else (), node.xattrs if xattrs else ())

    def blocks(self, path: str) -> Blocks:
        """A block that grew since the snapshot is shown as long as it is now, as a NameNode does."""
        lengths: dict[int, int] = {}
        for tree in self._snapshots.values():
            for node in tree.nodes.values():
                for number, part in node.data:
                    lengths[number] = max(len(part), lengths.get(number, 0))
        shown = self._node("blocks", path).blocks()
        return Blocks(tuple(Block(block.id, lengths[block.id]) for block in shown.blocks))

    def block_ids(self, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        for child in self.list(path):
            if child.facts.is_dir:
                yield from ((f"{child.name}/{name}", ids) for name, ids in self.block_ids(f"{path}/{child.name}"))
            elif blocks := self.blocks(f"{path}/{child.name}").blocks:
                yield child.name, tuple(block.id for block in blocks)

    def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
        assert path == ROOT
        if self._diff_fails:
            raise Failed(path, "the diff repeats its cursor")
        names = list(self._snapshots)
        assert names.index(older) <= names.index(newer)
        yield from self.pages(listed_diff(self._snapshots[older], self._snapshots[newer]))

    def pages(self, pages: Sequence[DiffPage]) -> Sequence[DiffPage]:
        return pages

    def _tree(self, path: str) -> Tree:
        name = path.removeprefix(f"{ROOT}/.snapshot/").partition("/")[0]
        return self._snapshots[name]

    def _node(self, what: str, path: str) -> Node:
        self.asked.append((what, path))
        node = self._tree(path).at(path.removeprefix(f"{ROOT}/.snapshot/").partition("/")[2])
        if node is None:
            raise NotFound(path, "does not exist")
        return node
