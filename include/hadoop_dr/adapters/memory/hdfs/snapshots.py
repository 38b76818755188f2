"""The snapshot diff listing of the memory cluster, with what the real one shows and hides."""

from __future__ import annotations

from dataclasses import dataclass, field

from hadoop_dr.adapters.memory.hdfs.nodes import Node, Shot
from hadoop_dr.domain.tree.file_attributes import DiffEntry, DiffPage, FileKind


def _metadata(node: Node) -> tuple[object, ...]:
    """Returns what decides whether an inode counts as modified: never its times, never its bytes at equal length."""
    return (node.owner, node.group, node.mode, node.acl, sorted(node.xattrs.items()), node.policy,
            node.erasure_coding, node.quota_names, node.quota_bytes, node.replication, node.block_size, node.length)


@dataclass(slots=True)
class _Report:
    modified: list[DiffEntry] = field(default_factory=list)
    created: list[DiffEntry] = field(default_factory=list)
    deleted: list[DiffEntry] = field(default_factory=list)


class SnapshotComparison:
    """Two snapshots of one root, walked in the names of the older one."""

    def __init__(self, older: Shot, newer: Shot, moved: set[int]) -> None:
        """Compares; ``moved`` are the inodes renamed between the two, even when they came back."""
        self._moved, self._report = moved, _Report()
        self._newer: dict[int, tuple[str, Node]] = {}
        self._index(newer.tree, "")
        self._visit(older.tree, "")

    def pages(self, size: int) -> list[DiffPage]:
        """Cuts the listing into pages of at most ``size`` entries."""
        report = self._report
        rows = ([("m", e) for e in report.modified] + [("c", e) for e in report.created]
                + [("d", e) for e in report.deleted])
        cuts = [rows[at:at + size] for at in range(0, len(rows), size)] or [[]]
        return [DiffPage(*(tuple(e for kind, e in cut if kind == wanted) for wanted in "mcd")) for cut in cuts]

    def _index(self, node: Node, path: str) -> None:
        self._newer[node.id] = (path, node)
        for name, child in node.children.items():
            self._index(child, f"{path}/{name}" if path else name)

    def _visit(self, old: Node, path: str) -> None:
        """Reports one inode that both snapshots hold, and what lies below it. New directories are not entered."""
        _, new = self._newer[old.id]
        if old.kind is not FileKind.DIRECTORY:
            if _metadata(old) != _metadata(new):
                self._report.modified.append(DiffEntry(old.id, old.id, path))
            return
        created, gone = self._children(old, new, path)
        if created or gone or _metadata(old) != _metadata(new):
            self._report.modified.append(DiffEntry(old.id, old.id, path))
        self._report.created += created
        self._report.deleted += gone.values()
        for name, child in sorted(old.children.items()):
            if name not in gone or gone[name].target is not None:
                self._visit(child, f"{path}/{name}" if path else name)

    def _children(self, old: Node, new: Node, path: str) -> tuple[list[DiffEntry], dict[str, DiffEntry]]:
        prefix = f"{path}/" if path else ""
        stays = {name for name, child in old.children.items()
                 if name in new.children and new.children[name].id == child.id and child.id not in self._moved}
        created = [DiffEntry(child.id, new.id, prefix + name)
                   for name, child in sorted(new.children.items()) if name not in stays]
        gone = {name: DiffEntry(child.id, old.id, prefix + name,
                                self._newer[child.id][0] if child.id in self._newer else None)
                for name, child in sorted(old.children.items()) if name not in stays}
        return created, gone
