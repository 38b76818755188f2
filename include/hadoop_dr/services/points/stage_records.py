"""What stage recorded of a point: digests, inodes on the destination, the origin's checksums (S3.2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, cast

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.formats.fenced import fenced_name, newest_of_each, stem_of
from hadoop_dr.domain.formats.tables import CHECKSUMS, SHARES
from hadoop_dr.domain.plan.work_order import StagedFile, StagedShare
from hadoop_dr.domain.tree.attribute_comparison import OriginChecksum
from hadoop_dr.domain.tree.file_attributes import Checksum
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan, planned_shards
from hadoop_dr.services.transfer.records import Records
from hadoop_dr.services.verify_candidate import needs_checksum, origin_checksum

_CHECKSUMS = "checksums"
_SHARES = "shards"
_OF_UNITS = ("root", "shard", "inode", "staged", "whole", "directory", "files", "bytes")
_OF_FILES = ("root", "inode", "sha256", "length", "offset")
"""Read apart: place does not need the digests, and of a million files they are hundreds of megabytes."""
_Row = tuple[Any, ...]


class StageRecords:
    """The records of stage among a point's documents; what was read once is remembered.

    Inode ids are the origin's. A file that was moved while the snapshots were taken is in two roots: each has its own.

    Args:
        context: The service.
        documents: Those of the point.
        heartbeat: Told how much was read or written.
    """

    def __init__(
        self, context: BackupContext, documents: Documents, heartbeat: Callable[[int], None] = lambda count: None
    ) -> None:
        self._context, self._documents, self._heartbeat = context, documents, heartbeat
        # Where the point was copied to, whichever way the pair works by now.
        self._files = context.sides.get(documents.point.destination, context.destination).files
        self._proofs: dict[int, dict[int, StagedFile]] | None = None
        self._shares: dict[tuple[int, int], StagedShare] | None = None
        self._sums: dict[int, dict[int, OriginChecksum]] | None = None
        self.digests: dict[str, str] = {}
        """SHA-256 of what was read or written here; the ledger keeps them, and from then on nothing else counts."""

    def of_shard(self, shard: int) -> Records:
        """Returns the records of the files that a shard stages, for its later tries."""
        top = f"{self._documents.directory}/staged/{shard}"
        cache = self._context.process.cache
        is_first = self._documents.directory in cache.begun and top not in cache.begun_shards
        cache.begun_shards.add(top)
        return Records(self._files, self._context.tools.tables, top, self._heartbeat, is_empty=is_first)

    def proofs(self) -> Mapping[int, Mapping[int, StagedFile]]:
        """Returns the digest of every file that was staged, by the root's number in the plan and origin inode id."""
        if self._proofs is None:
            self._proofs = defaultdict(dict)
            for rows in map_bounded(partial(self._read_share, columns=_OF_FILES), self._share_names()):
                for index, inode, sha256, length, offset in cast(list[_Row], rows):
                    if sha256 is not None:
                        self._proofs[index][inode] = StagedFile(sha256, length, offset)
        return self._proofs

    def staged(self, root: RootPlan) -> tuple[dict[int, int], frozenset[int]]:
        """Returns the inodes on the destination of what was staged by itself, and which tails were staged whole."""
        every = self.shares(root)
        units = {inode: there for share in every for inode, there in share.units.items()}
        return units, frozenset(inode for share in every for inode in share.whole)

    def checksums(self, root: RootPlan) -> Mapping[int, OriginChecksum]:
        """Returns the origin's checksums of large files and tails, those of a root among them."""
        if not any(needs_checksum(item) for item in root.items):
            return {}
        if self._sums is None:
            self._sums = self._read_checksums()
        return self._sums.get(root.index, {})

    def _read_checksums(self) -> dict[int, dict[int, OriginChecksum]]:
        found = defaultdict[int, dict[int, OriginChecksum]](dict)
        for name, sha256 in self._documents.recorded.items():
            rows = self._documents.read_proven(name, CHECKSUMS, sha256) if stem_of(name) == _CHECKSUMS else []
            for index, inode, algorithm, value, lengths in rows:
                found[cast(int, index)][cast(int, inode)] = OriginChecksum(
                    Checksum(cast(str, algorithm), cast(str, value)),
                    tuple(int(length) for length in cast(list[str], lengths)),
                )
        return found

    def keep(self, claim: int, try_no: int, shard: int, shares: Sequence[tuple[int, StagedShare]]) -> None:
        """Keeps what one try of a shard staged, by its roots' numbers."""
        rows: list[tuple[object, ...]] = []
        for index, one in shares:
            of, nothing = (index, one.number), ("", 0, 0)
            rows.append((*of, None, None, False, one.directory, one.files_copied, one.bytes_copied, None, 0, 0))
            rows += [
                (*of, inode, there, inode in one.whole, *nothing, None, 0, 0) for inode, there in one.units.items()
            ]
            rows += [
                (*of, inode, None, False, *nothing, file.sha256, file.length, file.offset)
                for inode, file in one.files.items()
            ]
        self._documents.write_loose(fenced_name(f"{_SHARES}/{shard}", claim, try_no), SHARES, rows)

    def shares(self, root: RootPlan) -> list[StagedShare]:
        """Reads what was staged of a root.

        Raises:
            Failed: A share of it never was.
        """
        numbers = [share.number for share in root.shares]
        if not numbers:
            return []
        if self._shares is None:
            self._shares = self._read_shares()
        if missing := [number for number in numbers if (root.index, number) not in self._shares]:
            raise Failed(root.root, f"share {missing[0]} was never staged", "Run the stage tasks of the run again.")
        return [self._shares[root.index, number] for number in numbers]

    def _read_shares(self) -> dict[tuple[int, int], StagedShare]:
        found = dict[tuple[int, int], StagedShare]()
        for rows in map_bounded(partial(self._read_share, columns=_OF_UNITS), self._share_names()):
            units, whole = defaultdict[object, dict[int, int]](dict), defaultdict[object, set[int]](set)
            for index, number, inode, there, was_whole, *_ in rows:
                if there is not None:
                    units[index, number][cast(int, inode)] = cast(int, there)
                    whole[index, number].update([cast(int, inode)] if was_whole else [])
            for index, number, inode, _, _, directory, files, size in cast(list[_Row], rows):
                if inode is None:
                    key = index, number
                    found[key] = StagedShare(
                        number=number,
                        directory=directory,
                        units=units[key],
                        whole=frozenset(whole[key]),
                        files={},
                        files_copied=files,
                        bytes_copied=size,
                    )
        return found

    def _share_names(self) -> list[str]:
        """Those that the ledger names; before it does, the latest of each shard."""
        documents = self._documents
        if documents.point.was_staged:
            return [name for name in documents.recorded if name.startswith(f"{_SHARES}/")]
        if not planned_shards(documents):
            return []
        names = documents.names_in(_SHARES)
        return [f"{_SHARES}/{name}" for name in newest_of_each(names).values()]

    def _read_share(self, name: str, columns: tuple[str, ...]) -> Sequence[tuple[object, ...]]:
        if (recorded := self._documents.recorded.get(name)) is not None:
            return self._documents.read_proven(name, SHARES, recorded, columns)
        rows, self.digests[name] = self._documents.read_new(name, SHARES, columns)
        return rows

    def collect_checksums(self, claim: int, try_no: int, roots: Sequence[RootPlan]) -> None:
        """While the origin is there: sums of what is too large to read back, so the destination can prove it alone."""
        paths = {
            (root.index, item.inode): f"{root.root}/.snapshot/{root.newer}/{item.new}"
            for root in roots
            for item in root.items
            if needs_checksum(item)
        }
        if not paths:
            return
        namenode = self._context.origin.namenode
        rows: list[tuple[object, ...]] = []
        sums = map_bounded(lambda path: origin_checksum(namenode, path), paths.values())
        for place, found in zip(paths, sums, strict=True):
            lengths = [str(length) for length in found.block_lengths]
            rows.append((*place, found.checksum.algorithm, found.checksum.value, lengths))
            self._heartbeat(1)
        name = fenced_name(_CHECKSUMS, claim, try_no)
        self.digests[name] = self._documents.write_loose(name, CHECKSUMS, rows)
