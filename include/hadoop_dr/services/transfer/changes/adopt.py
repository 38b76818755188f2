"""Adoption: in full mode, what already lies on the destination and proves identical is kept, not copied (S2.10).

A first run over an existing copy, and every full run, compare the whole tree of the origin's snapshot with what the
destination has. The destination's side is a snapshot, too, so that a run that is interrupted finds its baseline again.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.paths import parent
from hadoop_dr.domain.plan.unchanged_bytes import within
from hadoop_dr.domain.tree.file_attributes import NO_ACL_OR_XATTRS, DirEntry, FileAttributes, FileKind
from hadoop_dr.domain.tree.items import Content, Item
from hadoop_dr.ports.mover import Digest, Mover, Read
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import BoundedPool

_THREADS = 16


@dataclass(frozen=True, slots=True)
class Trees:
    """Where both sides are read.

    Attributes:
        origin: Absolute path of the origin's snapshot, ``<root>/.snapshot/<name>``.
        destination: Absolute path of a snapshot of the destination's root as it is before the run.
    """

    origin: str
    destination: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What is left to plan where the destination already has a copy.

    Attributes:
        items: Items for the planner: identical ones as ``Content.SAME`` where they lie, others as ``Content.WHOLE``,
            and what the origin does not have as items that go, under the negative of their inode id on the destination.
        reused_files, reused_bytes: What need not be copied.
        existing: Files on the destination before (I8).
        names: Names there that the items build on: those they keep, and the tops of what they take away.
        below: Paths of files that go with a directory above them and are no items of their own.
    """

    items: tuple[Item, ...]
    reused_files: int
    reused_bytes: int
    existing: int
    names: int
    below: tuple[str, ...] = ()


class Adopt:
    """Compares an origin tree with what the destination has.

    Args:
        origin, destination: Name spaces.
        read_origin, read_destination: Read files of either site back, for those whose checksums cannot be compared.
        heartbeat: Told how many items were looked at.
    """

    def __init__(
        self,
        origin: NameNode,
        destination: NameNode,
        read_origin: Mover,
        read_destination: Mover,
        heartbeat: Callable[[int], None],
    ) -> None:
        self._origin, self._destination, self._heartbeat = origin, destination, heartbeat
        self._read_origin, self._read_destination = read_origin, read_destination

    def run(
        self,
        trees: Trees,
        items: Sequence[Item],
        existing: Mapping[str, DirEntry],
        distrusted: Container[str] = frozenset(),
    ) -> Adoption:
        """Turns a tree that is all new into one that keeps what is there.

        Args:
            items: Every item of the origin's snapshot, the root among them.
            existing: Every item of the destination's snapshot by relative path, without the root and the work area.
            distrusted: Files known to be damaged there, though their checksums may not tell: they are copied again.
        """
        root = self._destination.status(trees.destination)
        there = {"": root, **existing}
        pairs = [(item, there[item.new]) for item in items if item.new in there and same_kind(item, there[item.new])]
        files = [pair for pair in pairs if not pair[0].is_dir and pair[0].new not in distrusted]
        identical = self._identical(trees, files)
        adopted: dict[int, Item] = {}
        with BoundedPool(_THREADS, name="adopt") as pool:
            for item in pool.map(lambda pair: self._adopted(trees, pair[0], pair[1], identical), pairs):
                adopted[item.inode] = item
                self._heartbeat(1)
        wanted = {item.new for item in items if item.inode in adopted}
        tops, below = left_over(existing, wanted)
        kept = [item.now.length for item in adopted.values() if item.inode in identical and item.now]
        return Adoption(
            (*(adopted.get(item.inode, item) for item in items), *tops), len(kept), sum(kept),
            sum(not listed.facts.is_dir for listed in existing.values()),
            sum(bool(path) for path in wanted) + len(tops), below,
        )

    def _adopted(self, trees: Trees, item: Item, listed: DirEntry, identical: set[int]) -> Item:
        if not item.is_dir and item.inode not in identical:
            return replace(item, old=item.new, was=listed.facts, was_extras=NO_ACL_OR_XATTRS, content=Content.WHOLE)
        before = self._destination.extras(f"{trees.destination}/{item.new}".rstrip("/"), acl=listed.facts.has_acl)
        return replace(item, old=item.new, was=listed.facts, was_extras=before, content=Content.SAME)

    def _identical(self, trees: Trees, pairs: Sequence[tuple[Item, DirEntry]]) -> set[int]:
        """Finds the files of equal bytes: by checksum when that says something, else by reading both."""
        likely = [item for item, listed in pairs if item.now is not None and could_be_equal(item.now, listed.facts)]
        same: set[int] = set()
        unclear: list[Item] = []
        with BoundedPool(_THREADS, name="adopt") as pool:
            verdicts = pool.map(lambda item: self._by_checksum(trees, item), likely)
            for item, verdict in zip(likely, verdicts, strict=True):
                if verdict is None:
                    unclear.append(item)
                elif verdict:
                    same.add(item.inode)
        ours = _digests(self._read_destination, trees.destination, unclear)
        theirs = _digests(self._read_origin, trees.origin, [item for item in unclear if item.inode in ours])
        return same | {inode for inode, digest in theirs.items() if ours[inode] == digest}

    def _by_checksum(self, trees: Trees, item: Item) -> bool | None:
        """Whether both files have one checksum; None when checksums say nothing."""
        assert item.now is not None
        if not item.now.length:
            return True
        here, there = f"{trees.destination}/{item.new}", f"{trees.origin}/{item.new}"
        try:
            lengths = [[block.length for block in within(nn.blocks(path), item.now.length).blocks]
                       for nn, path in ((self._origin, there), (self._destination, here))]
            if lengths[0] != lengths[1]:
                return None
            sums = [self._origin.checksum(there), self._destination.checksum(here)]
        except Failed:
            return None
        return sums[0] == sums[1] if sums[0].algorithm == sums[1].algorithm else None


def left_over(
    existing: Mapping[str, DirEntry], wanted: Container[str | None]
) -> tuple[list[Item], tuple[str, ...]]:
    """Finds what only the destination has.

    Returns:
        Items for the tops of it, and the paths of the files below those.
    """
    gone = {path: listed for path, listed in existing.items() if path not in wanted}
    tops = [Item(-listed.inode, path, None, listed.facts, None) for path, listed in gone.items()
            if parent(path) not in gone]
    return tops, tuple(path for path, listed in gone.items() if parent(path) in gone and not listed.facts.is_dir)


def same_kind(item: Item, listed: DirEntry) -> bool:
    """Whether both are files or both are directories: one can take the place of the other."""
    return item.now is not None and item.now.kind is listed.facts.kind and listed.facts.kind is not FileKind.SYMLINK


def could_be_equal(now: FileAttributes, there: FileAttributes) -> bool:
    """Length decides; block size and coding, too, because they cannot be changed on a file that is kept."""
    return (now.length, now.block_size, now.erasure_coding, now.encrypted) == (
        there.length, there.block_size, there.erasure_coding, there.encrypted)


def _digests(mover: Mover, top: str, items: Iterable[Item]) -> dict[int, str]:
    """Digests of files; one that cannot be read has none and is copied."""
    reads = [Read(item.inode, f"{top}/{item.new}", 0, item.now.length) for item in items if item.now is not None]
    return {result.key: result.sha256 for result in mover.digest(reads) if isinstance(result, Digest)}
