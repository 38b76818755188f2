"""The memory cluster: paths, the live tree and its rules."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence

from hadoop_dr.adapters.memory.hdfs import acls
from hadoop_dr.adapters.memory.hdfs.nodes import Node, Piece, Shot
from hadoop_dr.domain.errors import AccessDenied, AlreadyExists, Failed, NotFound, OverQuota
from hadoop_dr.domain.tree.file_attributes import FileKind

_FIRST_INODE = 16386
_RESERVED = "/.reserved/.inodes/"
_LONGEST_NAME_BYTES = 255


def split(path: str) -> list[str]:
    """Cuts an absolute path into names.

    Raises:
        Failed: The path is not one that HDFS accepts.
    """
    names = [name for name in path.split("/") if name]
    if not path.startswith("/") or any(name in (".", "..") or ":" in name for name in names):
        raise Failed(path, "not a valid HDFS path")
    return names


def _cell_of(policy: str) -> int:
    """The cell size of an erasure coding policy, which its name ends with: ``XOR-2-1-1024k``."""
    return int(policy.rpartition("-")[2].removesuffix("k")) << 10


class MemoryCluster:
    """Name space and blocks of one cluster; single steps are atomic, as on a NameNode."""

    def __init__(self, site: str, now_ms: Callable[[], int] | None = None, first_inode: int = _FIRST_INODE) -> None:
        """Makes an empty cluster.

        Args:
            site: Its name.
            now_ms: The NameNode's clock; without it, a clock that moves one millisecond a reading.
            first_inode: Where inode numbers begin, so that two clusters give one item different ids.
        """
        ticks = itertools.count(1_700_000_000_000)
        self.site = site
        self.lock = threading.RLock()
        self.now_ms: Callable[[], int] = now_ms or (lambda: next(ticks))
        self.root = Node(16385, FileKind.DIRECTORY, "", "hdfs", "supergroup", 0o755, self.now_ms())
        self.nodes: dict[int, Node] = {self.root.id: self.root}
        self.lost_paths: dict[int, str] = {}
        self.remaining_bytes = self.capacity_bytes = 1 << 40
        self.snapshot_limit = self.directory_limit = 65_536
        self.datanodes = {f"{site} dn:1": 0.0}
        self.shots = 0
        self.tick = 0
        self._inodes = itertools.count(first_inode)
        self._blocks = itertools.count(1_073_741_825)

    # -- snapshots
    def count_snapshots(self) -> int:
        """How many all directories have."""
        return sum(len(node.snapshots or ()) for node in self.root.walk())

    def refuse_snapshot(self, node: Node) -> None:
        """Raises OverQuota where one more is over what a directory, or all of them, may have."""
        every = self.count_snapshots() if self.shots >= self.snapshot_limit else 0  # no more than ever were
        for many, limit, where in ((len(node.snapshots or ()), self.directory_limit, "per directory"),
                                   (every, self.snapshot_limit, "file system")):
            if many >= limit:
                raise OverQuota(node.path(), "SnapshotException: Failed to create snapshot: there are already "
                                             f"{many} snapshot(s) and the {where} snapshot limit is {limit}")

    # -- paths
    def find(self, path: str) -> Node:
        """Returns the node of a path, live or in a snapshot.

        Raises:
            NotFound: Nothing lies there.
        """
        node = self.root
        names = split(self.plain(path))
        for at, name in enumerate(names):
            if name == ".snapshot" and node.snapshots is not None:
                return self._in_snapshot(node, names[at + 1:], path)
            if name not in node.children:
                raise NotFound(path, "does not exist")
            node = node.children[name]
        return node

    def plain(self, path: str) -> str:
        """Resolves ``/.reserved/.inodes/<id>``.

        An inode that only a snapshot holds leads to its former path, whatever lies there now, unless it was moved
        between the snapshot and its removal: then the NameNode stumbles over it. Both measured.
        """
        if not path.startswith(_RESERVED):
            return path
        number, _, rest = path[len(_RESERVED):].partition("/")
        node = self.nodes.get(int(number))
        top = node.path() if node is not None else self.lost_paths.get(int(number))
        if top is None:
            raise NotFound(path, "no inode of that id")
        if not top:
            raise Failed(path, "IllegalArgumentException")
        return f"{top}/{rest}" if rest else top

    def _in_snapshot(self, root: Node, names: list[str], path: str) -> Node:
        if not names:
            shots = {s.name: s.tree for s in root.snapshots or ()}
            return Node(root.id, FileKind.DIRECTORY, ".snapshot", root.owner, root.group, root.mode, 0, children=shots)
        node = next((s.tree for s in root.snapshots or () if s.name == names[0]), None)
        for name in names[1:]:
            node = node.children.get(name) if node else None
        if node is None:
            raise NotFound(path, "does not exist")
        return node

    def writable(self, path: str) -> str:
        """Resolves a path that is to be changed.

        Raises:
            AccessDenied: It lies in a snapshot.
        """
        path = self.plain(path)
        if ".snapshot" in split(path):
            raise AccessDenied(path, "a snapshot is read-only")
        return path

    def live(self, path: str) -> Node:
        """Returns a live node that is to be changed."""
        return self.find(self.writable(path))

    def _place(self, path: str) -> tuple[Node, str]:
        """Parent and name for a new entry at a path."""
        names = split(self.writable(path))
        if not names:
            raise AlreadyExists(path, "is the root of the file system")
        parent = self.find("/" + "/".join(names[:-1]))
        if not parent.is_dir:
            raise Failed(path, "its parent is not a directory")
        if len(names[-1].encode()) > _LONGEST_NAME_BYTES:
            raise Failed(path, f"the name is longer than {_LONGEST_NAME_BYTES} bytes")
        return parent, names[-1]

    # -- making
    def make_directory(self, path: str, mode: int, *, parents: bool, above: int = 0o755) -> Node:
        """Makes a directory; with ``parents`` also those above, with a mode of their own, and existing is fine."""
        try:
            node = self.live(path)
        except NotFound:
            node = None
        if node is not None:
            if node.is_dir and parents:
                return node
            raise AlreadyExists(path, "exists already")
        names = split(self.writable(path))
        if parents and len(names) > 1:
            self.make_directory("/" + "/".join(names[:-1]), above, parents=True, above=above)
        return self._add(path, FileKind.DIRECTORY, mode)

    def make_file(self, path: str, *, replication: int, block_size: int, overwrite: bool) -> Node:
        """Makes an empty file in an existing directory; an overwritten one loses its inode."""
        policy = self._place(path)[0].effective_erasure_coding()
        if policy is not None and block_size < (cell := _cell_of(policy)):
            raise Failed(path, f"block size {block_size} is less than the cell size {cell} of {policy}")
        try:
            node = self.live(path)
        except NotFound:
            node = None
        if node is not None:
            if not overwrite or node.is_dir:
                raise AlreadyExists(path, "exists already")
            self.delete(path, recursive=False)
        made = self._add(path, FileKind.FILE, 0o644)
        made.erasure_coding = policy
        made.replication, made.block_size = 1 if made.erasure_coding else replication, block_size
        return made

    def set_erasure_coding(self, path: str, policy: str) -> None:
        """Sets what new files of a directory are striped by; those that are there stay as they are."""
        self.record(self.live(path)).erasure_coding = policy

    def _add(self, path: str, kind: FileKind, mode: int) -> Node:
        parent, name = self._place(path)
        self.charge(parent, 1, 0)
        node = Node(next(self._inodes), kind, name, "hdfs", parent.group, mode, self.now_ms(), parent)
        acls.inherit(parent, node)
        self._gain(parent, node)
        parent.mtime_ms = node.mtime_ms
        self.nodes[node.id] = node
        return node

    def record(self, node: Node) -> Node:
        """Notes that a node was changed in itself: the snapshots so far keep its attributes from now on."""
        node.recorded = self.tick
        return node

    def _gain(self, parent: Node, child: Node) -> None:
        """Adds a child. Snapshots that hold no attributes of the directory yet see its time follow, as on live ones."""
        parent.children[child.name] = child
        if child.mtime_ms <= parent.mtime_ms:
            return
        for root in parent.line():
            for shot in root.snapshots or ():
                if shot.tick > parent.recorded and root is not parent:
                    for held in shot.tree.walk():
                        held.mtime_ms = child.mtime_ms if held.id == parent.id else held.mtime_ms

    def extend(self, node: Node, data: bytes) -> None:
        """Appends bytes: the last block grows under its own id, then new blocks follow.

        A writer who has the file open fills the block it was given, whatever a quota says since (measured).
        """
        pieces = list(node.pieces)
        given = node.block_size - len(pieces[-1].data) if node.is_open and pieces else 0
        self.charge(node, 0, max(0, len(data) - given) * node.replication)
        if pieces and len(pieces[-1].data) < node.block_size:
            last = pieces.pop()
            room = node.block_size - len(last.data)
            pieces.append(Piece(last.id, last.data + data[:room]))
            data = data[room:]
        for at in range(0, len(data), max(1, node.block_size)):
            pieces.append(Piece(next(self._blocks), data[at:at + node.block_size]))
        node.pieces, node.mtime_ms = tuple(pieces), self.now_ms()

    # -- moving and removing
    def rename(self, source: str, target: str) -> None:
        """Moves an item without overwrite; its own times stay, both parents' change."""
        node = self.live(source)
        target = self.writable(target)
        if node.parent is None:
            raise Failed(source, "the root of the file system cannot be moved")
        if target == node.path() or self._exists(target):
            raise AlreadyExists(target, "exists already")
        if target.startswith(node.path() + "/"):
            raise Failed(source, f"cannot be moved below itself, to {target}")
        parent, name = self._place(target)
        self._guard(node, source)
        if not set(parent.line()) <= set(node.parent.line()):
            below = list(node.walk())
            self.charge(parent, len(below), sum(n.length * n.replication for n in below), above=node.parent)
        self._charge_move(node, parent)
        del node.parent.children[node.name]
        self.record(node.parent)
        self.record(node)
        self._gain_renamed(node, parent, name)
        self.tick += 1
        node.moves.append(self.tick)

    def _charge_move(self, node: Node, parent: Node) -> None:
        """Refuses a move that a quota above both places has no room for: where there is a snapshot, it is charged anew.

        What the snapshot holds goes on counting at both places; the rest only while it moves. Measured.
        """
        assert node.parent is not None
        both = set(node.parent.line())
        common = next(above for above in parent.line() if above in both)
        if not any(above.quota_names >= 0 or above.quota_bytes >= 0 for above in common.line()):
            return
        if any(root.snapshots for root in node.parent.line()):
            below = list(node.walk())
            self.charge(common, len(below), sum(n.length * n.replication for n in below))

    def _gain_renamed(self, node: Node, parent: Node, name: str) -> None:
        assert node.parent is not None
        left, node.parent, node.name = node.parent, parent, name
        self._gain(parent, node)
        left.mtime_ms = parent.mtime_ms = self.now_ms()

    def delete(self, path: str, *, recursive: bool) -> bool:
        """Removes an item and all below it."""
        path = self.writable(path)
        if not self._exists(path):
            return False
        node = self.find(path)
        if node.parent is None or (node.children and not recursive):
            raise Failed(path, "is a directory that is not empty")
        self._guard(node, path)
        held = [(shot.tick, _ids(shot.tree)) for shot in self._shots()]
        for gone in list(node.walk()):
            self.nodes.pop(gone.id)
            ticks = [tick for tick, ids in held if gone.id in ids]
            if ticks:
                moved = any(tick > min(ticks) for above in gone.line() for tick in above.moves)
                self.lost_paths[gone.id] = "" if moved else gone.path()
        del node.parent.children[node.name]
        self.record(node.parent).mtime_ms = self.now_ms()
        return True

    def _exists(self, path: str) -> bool:
        try:
            self.find(path)
        except NotFound:
            return False
        return True

    def _guard(self, node: Node, path: str) -> None:
        for below in node.walk():
            if below.snapshots:
                raise Failed(path, f"{below.path()} has snapshots, so it can be neither moved nor removed",
                             "Remove the snapshots first")

    def _shots(self) -> list[Shot]:
        return [shot for node in self.root.walk() for shot in node.snapshots or ()]

    # -- blocks
    def truncate(self, path: str, length: int) -> None:
        """Cuts a file. A block that is cut in the middle gets a new id when a snapshot holds the file.

        A file that left the root whose snapshot holds it takes the snapshot's bytes with it, as measured on live ones.
        """
        node = self.live(path)
        if node.is_dir or length > node.length:
            raise Failed(path, f"cannot be cut to {length} bytes")
        if length == node.length:
            return
        holders = [root for root in self.root.walk() for shot in root.snapshots or () if node.id in _ids(shot.tree)]
        if holders and not any(root in holders for root in node.line()):
            _ruin(holders, node.id)
        kept, left = [], length
        for piece in node.pieces:
            if left >= len(piece.data):
                kept.append(piece)
            elif left:
                kept.append(Piece(next(self._blocks) if holders else piece.id, piece.data[:left]))
            left = max(0, left - len(piece.data))
        node.pieces, node.mtime_ms = tuple(kept), self.now_ms()

    def concat(self, path: str, sources: Sequence[str]) -> None:
        """Joins files of the same directory behind another one."""
        node = self.live(path)
        parts = [self.live(source) for source in sources]
        if not parts or node.is_dir or not node.pieces or node in parts or len(set(map(id, parts))) != len(parts):
            raise Failed(path, "is no target for joining files")
        for part, source in zip(parts, sources, strict=True):
            if part.parent is not node.parent:
                raise Failed(source, f"does not lie in the directory of {path}")
            if part.is_dir or not part.pieces or part.block_size > node.block_size:
                raise Failed(source, f"cannot be joined to {path}: empty, a directory, or of larger blocks")
            if any(part.id in _ids(shot.tree) for shot in self._shots()):
                raise AccessDenied(source, "is held by a snapshot, so it cannot be joined to another file")
        assert node.parent is not None
        for part in parts:
            node.pieces += part.pieces
            del node.parent.children[part.name]
            del self.nodes[part.id]
        node.mtime_ms = node.parent.mtime_ms = self.now_ms()

    # -- quotas
    def usage(self, node: Node) -> tuple[int, int]:
        """Names and raw bytes a directory uses; what only its snapshots hold counts too.

        What a snapshot holds and was moved since counts at both places, also inside one root (measured).
        """
        counted: dict[tuple[int, str], Node] = {}
        tops = [(node, "")] + [(shot.tree, root.path()) for root in node.walk() for shot in root.snapshots or ()]
        for top, above in tops:
            for below in top.walk():
                counted.setdefault((below.id, (above + below.path()).rstrip("/")), below)
        return len(counted), sum(n.length * n.replication for n in counted.values())

    def charge(self, at: Node, names: int, size: int, above: Node | None = None) -> None:
        """Refuses what a quota on the way up forbids.

        Args:
            at: Node that gets the names and bytes.
            above: Where they come from: directories above it have them already.
        """
        have = set(above.line()) if above else set()
        for node in at.line():
            if node in have or (node.quota_names < 0 and node.quota_bytes < 0):
                continue
            used_names, used_bytes = self.usage(node)
            if names and 0 <= node.quota_names < used_names + names:
                raise OverQuota(node.path(), f"the quota of {node.quota_names} names is used up")
            if size and 0 <= node.quota_bytes < used_bytes + size:
                raise OverQuota(node.path(), f"the quota of {node.quota_bytes} bytes is used up")


def _ids(tree: Node) -> set[int]:
    return {node.id for node in tree.walk()}


def _ruin(roots: list[Node], inode: int) -> None:
    for root in roots:
        for shot in root.snapshots or ():
            for held in shot.tree.walk():
                held.broken = held.broken or held.id == inode
