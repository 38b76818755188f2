"""The name space of a memory cluster behind the port of a NameNode."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence

from hadoop_dr.adapters.memory.hdfs import acls
from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.nodes import Node, Shot, freeze
from hadoop_dr.adapters.memory.hdfs.snapshots import SnapshotComparison
from hadoop_dr.domain.errors import AlreadyExists, BaselineLost, Failed, NotFound
from hadoop_dr.domain.preflight.snapshot_room import DIRECTORY, FILE_SYSTEM
from hadoop_dr.domain.tree.file_attributes import (
    AclAndXattrs,
    Block,
    Blocks,
    Checksum,
    DiffPage,
    DirEntry,
    Quota,
    Snapshot,
)
from hadoop_dr.domain.tree.inventory import namenode_order
from hadoop_dr.ports.namenode import DataNode, Room, Service

_PAGE_ENTRIES = 3
_SETTINGS = {"dfs.namenode.snapshot.capture.openfiles": "true", "dfs.blocksize": "134217728",
             "dfs.namenode.file.close.num-committed-allowed": "0"}


class MemoryNameNode:
    """Implements ``ports.namenode.NameNode`` over a ``MemoryCluster``."""

    def __init__(self, cluster: MemoryCluster, wall_ms: Callable[[], int] | None = None) -> None:
        """Serves one cluster.

        Args:
            wall_ms: The caller's clock; without it, it never differs from the cluster's.
        """
        self.cluster, self._wall_ms = cluster, wall_ms
        self.site = cluster.site

    # -- reading
    def service(self) -> Service:
        """Says who serves and how it is."""
        still_open = sum(node.is_open for node in self.cluster.nodes.values())
        names = len(self.cluster.nodes)
        room = self.cluster.remaining_bytes, self.cluster.capacity_bytes, self.cluster.count_snapshots()
        return Service(f"CID-{self.site}", "", len(self.cluster.datanodes), *room, still_open, names)

    def datanodes(self) -> Sequence[DataNode]:
        """Those of the cluster."""
        return [DataNode(name, silent_s) for name, silent_s in sorted(self.cluster.datanodes.items())]

    def version(self) -> str:
        """It is none."""
        return "twin"

    def room(self) -> Room:
        """Says how much there is."""
        return Room(self.cluster.remaining_bytes, len(self.cluster.nodes))

    def settings(self, *names: str) -> Mapping[str, str]:
        """Returns the settings the twin behaves by."""
        limits = {FILE_SYSTEM: self.cluster.snapshot_limit, DIRECTORY: self.cluster.directory_limit}
        told = {**_SETTINGS, **{name: str(limit) for name, limit in limits.items()}}
        return {name: told[name] for name in names if name in told}

    def status(self, path: str) -> DirEntry:
        """Attributes of one path."""
        with self.cluster.lock:
            node = self.cluster.find(path)
            return DirEntry("", node.id, node.facts())

    def list(self, path: str) -> Iterator[DirEntry]:
        """Children of a directory, or the file itself."""
        with self.cluster.lock:
            node = self.cluster.find(path)
            if not node.is_dir:
                return iter([DirEntry("", node.id, node.facts())])
            return iter([DirEntry(name, child.id, child.facts())
                         for name, child in sorted(node.children.items(), key=lambda pair: pair[0].encode())])

    def extras(self, path: str, *, acl: bool = True, xattrs: bool = True) -> AclAndXattrs:
        """ACL and extended attributes."""
        with self.cluster.lock:
            node = self.cluster.find(path)
            return AclAndXattrs(node.acl if acl else (), tuple(sorted(node.xattrs.items())) if xattrs else ())

    def blocks(self, path: str) -> Blocks:
        """Block ids and lengths; of a block that has grown since, a snapshot tells its length of now."""
        node = self._file(path)
        live = self.cluster.nodes.get(node.id, node)
        now = {piece.id: len(piece.data) for piece in live.pieces}
        blocks = (Block(piece.id, max(len(piece.data), now.get(piece.id, 0))) for piece in node.pieces)
        return Blocks(tuple(blocks), node.is_open)

    def block_ids(self, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Block ids of every file below a directory."""
        with self.cluster.lock:
            found = list(_files_below(self.cluster.find(path), ""))
        return iter((name, tuple(piece.id for piece in node.pieces)) for name, node in found if node.pieces)

    def checksum(self, path: str) -> Checksum:
        """A checksum that, like the real one, depends on block boundaries."""
        node = self._file(path)
        if node.broken:
            raise Failed(path, "its blocks cannot be read")
        parts = b"".join(hashlib.md5(piece.data, usedforsecurity=False).digest() for piece in node.pieces)
        return Checksum("MD5-of-0MD5-of-512CRC32C", hashlib.md5(parts, usedforsecurity=False).hexdigest())

    def quota(self, path: str) -> Quota:
        """Quotas and usage; the quotas are those of now, also of a directory in a snapshot."""
        with self.cluster.lock:
            node = self.cluster.find(path)
            now = self.cluster.nodes.get(node.id, node)
            return Quota(now.quota_names, now.quota_bytes, *self.cluster.usage(node))

    def open_files(self, path: str) -> Sequence[str]:
        """Files below a directory that are marked as open."""
        with self.cluster.lock:
            return sorted(node.path() for node in self.cluster.find(path).walk() if node.is_open)

    def snapshots(self, path: str) -> Sequence[Snapshot]:
        """Snapshots of a root, oldest first."""
        return [Snapshot(shot.name, shot.id, shot.created_ms) for shot in self.cluster.find(path).snapshots or ()]

    def snapshottable(self) -> Sequence[str]:
        """Every snapshottable directory."""
        return [node.path() for node in self.cluster.root.walk() if node.snapshots is not None]

    def snapshot_counts(self) -> Mapping[str, int]:
        """How many snapshots every snapshottable directory has."""
        return {node.path(): len(node.snapshots) for node in self.cluster.root.walk() if node.snapshots is not None}

    def root_times(self) -> Mapping[str, int]:
        """The times of every snapshottable directory."""
        return {node.path(): node.mtime_ms for node in self.cluster.root.walk() if node.snapshots is not None}

    def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
        """Pages of the diff listing."""
        with self.cluster.lock:
            first, second = self._shot(path, older), self._shot(path, newer) if newer else self._now(path)
            if first.id > second.id:
                raise Failed(path, f"snapshot {older} is younger than {newer}")
            moved = {node.id for node in self.cluster.nodes.values()
                     if any(first.tick < tick <= second.tick for tick in node.moves)}
            return iter(SnapshotComparison(first, second, moved).pages(_PAGE_ENTRIES))

    def clock_offset_ms(self, directory: str, within_ms: float = 0.0) -> float:
        """The cluster's clock minus the caller's."""
        self.make_all(directory, 0o700)
        return float(self.cluster.now_ms() - self._wall_ms()) if self._wall_ms else 0.0

    def may_administer(self) -> bool:
        """The twin's only user is its superuser."""
        return True

    def _file(self, path: str) -> Node:
        with self.cluster.lock:
            node = self.cluster.find(path)
            if node.is_dir:
                raise Failed(path, "is a directory")
            return node

    def _changed(self, path: str) -> Node:
        return self.cluster.record(self.cluster.live(path))

    def _shot(self, path: str, name: str) -> Shot:
        shot = next((shot for shot in self.cluster.find(path).snapshots or () if shot.name == name), None)
        if shot is None:
            raise NotFound(f"{path}/.snapshot/{name}", "no such snapshot")
        return shot

    def _now(self, path: str) -> Shot:
        """The live tree, in the place of a snapshot that nobody takes."""
        cluster, now = self.cluster, self.cluster.now_ms()
        return Shot("", cluster.shots + 1, now, cluster.tick, freeze(cluster.live(path)))

    # -- changing
    def make_directory(self, path: str, mode: int) -> None:
        """Makes a directory and missing parents; one that exists keeps its mode."""
        with self.cluster.lock:
            try:
                there = self.cluster.live(path)
            except NotFound:
                acls.set_mode(self.cluster.make_directory(path, mode, parents=True), mode)
                return
            if not there.is_dir:
                raise AlreadyExists(path, "is not a directory")

    def make_all(self, path: str, mode: int) -> None:
        """Makes a directory and all that is missing above it with one mode."""
        with self.cluster.lock:
            self.cluster.make_directory(path, mode, parents=True, above=mode)

    def rename(self, source: str, target: str, inode: int | None = None) -> None:
        """Moves one item without overwrite."""
        with self.cluster.lock:
            self.cluster.rename(source, target)

    def delete(self, path: str, *, recursive: bool = False, inode: int | None = None) -> bool:
        """Removes a path."""
        with self.cluster.lock:
            return self.cluster.delete(path, recursive=recursive)

    def discard(self, path: str) -> None:
        """Removes a path and all below it."""
        with self.cluster.lock:
            self.cluster.delete(path, recursive=True)

    def allow_snapshot(self, path: str) -> None:
        """Makes a directory snapshottable, unless one above or below it is."""
        with self.cluster.lock:
            node = self.cluster.live(path)
            if node.snapshots is not None:
                return
            for other in [*node.walk(), *node.line()]:
                if other.snapshots is not None:
                    raise Failed(path, f"{other.path()} is snapshottable, and nesting is refused")
            node.snapshots = []

    def disallow_snapshot(self, path: str) -> None:
        """Makes a directory an ordinary one again; refused while it has snapshots."""
        with self.cluster.lock:
            node = self.cluster.live(path)
            if node.snapshots:
                raise Failed(path, "has snapshots", "Remove all its snapshots first")
            node.snapshots = None

    def create_snapshot(self, path: str, name: str) -> None:
        """Takes a snapshot."""
        with self.cluster.lock:
            node = self.cluster.live(path)
            if node.snapshots is None:
                raise Failed(path, "is not snapshottable")
            if any(shot.name == name for shot in node.snapshots):
                raise AlreadyExists(f"{path}/.snapshot/{name}", "exists already")
            self.cluster.refuse_snapshot(node)
            self.cluster.shots += 1
            self.cluster.tick += 1
            now_ms = self.cluster.now_ms()
            node.mtime_ms = max(node.mtime_ms, now_ms)      # as a NameNode does, and no diff names it
            node.snapshots.append(Shot(name, self.cluster.shots, now_ms, self.cluster.tick, freeze(node)))

    def delete_snapshot(self, path: str, name: str) -> bool:
        """Removes a snapshot."""
        with self.cluster.lock:
            node = self.cluster.live(path)
            kept = [shot for shot in node.snapshots or () if shot.name != name]
            removed = len(kept) < len(node.snapshots or ())
            if node.snapshots is not None:
                node.snapshots = kept
            if removed:
                node.mtime_ms = max(node.mtime_ms, self.cluster.now_ms())
            return removed

    def set_permission(self, path: str, mode: int) -> None:
        """Sets the permission bits."""
        acls.set_mode(self._changed(path), mode)

    def set_owner(self, path: str, owner: str, group: str) -> None:
        """Sets owner and group."""
        node = self._changed(path)
        node.owner, node.group = owner, group

    def set_times(self, path: str, mtime_ms: int) -> None:
        """Sets the modification time."""
        self._changed(path).mtime_ms = mtime_ms

    def set_replication(self, path: str, replication: int) -> None:
        """Sets the number of copies of a file."""
        node = self.cluster.live(path)
        if not node.is_dir:
            node.replication = replication

    def set_acl(self, path: str, acl: tuple[str, ...]) -> None:
        """Replaces the whole ACL."""
        acls.set_list(self._changed(path), acl)

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        """Creates or replaces one extended attribute."""
        if not name.startswith(("user.", "trusted.")):
            raise Failed(path, f"extended attribute {name} is in no name space of users")
        self._changed(path).xattrs[name] = value

    def remove_xattr(self, path: str, name: str) -> None:
        """Removes one extended attribute."""
        self._changed(path).xattrs.pop(name, None)

    def set_storage_policy(self, path: str, policy: int) -> None:
        """Sets the node's own storage policy."""
        self._changed(path).policy = policy

    def set_quota(self, path: str, namespace: int, space_bytes: int) -> None:
        """Sets both quotas."""
        node = self.cluster.live(path)
        node.quota_names, node.quota_bytes = namespace, space_bytes

    def truncate(self, path: str, length: int) -> None:
        """Cuts a file."""
        with self.cluster.lock:
            self.cluster.truncate(path, length)

    def concat(self, path: str, sources: Sequence[str]) -> None:
        """Joins files of one directory."""
        with self.cluster.lock:
            self.cluster.concat(path, sources)


def readable(node: Node, path: str) -> bytes:
    """Bytes of a file.

    Raises:
        BaselineLost: A truncate outside its root destroyed what the snapshot held.
    """
    if node.broken:
        raise BaselineLost(path, "the snapshot's blocks are gone: the file was cut outside its root")
    return node.content


def _files_below(node: Node, path: str) -> Iterator[tuple[str, Node]]:
    for name, child in sorted(node.children.items(), key=lambda child: namenode_order(child[0])):
        below = f"{path}/{name}" if path else name
        if child.is_dir:
            yield from _files_below(child, below)
        else:
            yield below, child
