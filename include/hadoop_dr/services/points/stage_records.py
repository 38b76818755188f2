"""What stage recorded of a point: digests, inodes on the target, the source's checksums (S3.2, DESIGN.md section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from hadoop_dr.domain.errors import Failed
from hadoop_dr.domain.facts import Checksum
from hadoop_dr.domain.verify import SourceChecksum
from hadoop_dr.domain.work import StagedFile, StagedShard
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.documents import Documents
from hadoop_dr.services.points.stored_plan import RootPlan
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.transfer.records import Records
from hadoop_dr.services.verify import needs_checksum, source_checksum

_SHARD = (("inode", "int64"), ("staged", "int64"), ("whole", "bool"))
_SUMS = (("inode", "int64"), ("algorithm", "string"), ("value", "string"), ("lengths", "strings"))


class StageRecords:
    """The records of stage among a point's documents.

    Args:
        context: The service.
        documents: Those of the point.
        heartbeat: Told how much was read or written.
    """

    def __init__(
        self, context: BackupContext, documents: Documents, heartbeat: Callable[[int], None] = lambda count: None
    ) -> None:
        self._context, self._documents, self._heartbeat = context, documents, heartbeat

    def proofs(self, index: int) -> dict[int, StagedFile]:
        """Gives the digest of every file staged for a root, by source inode id.

        Args:
            index: The root's number in the plan.
        """
        found: dict[int, StagedFile] = {}
        files, staged = self._context.target.files, f"{self._documents.directory}/staged"
        for shard in files.names(staged):
            if shard.startswith(f"{index}-"):
                found |= Records(files, self._context.tables, f"{staged}/{shard}", self._heartbeat).read()
        return found

    def staged(self, root: RootPlan) -> tuple[dict[int, int], frozenset[int]]:
        """Gives the inodes on the target of what was staged by itself, and which tails were staged whole."""
        every = [self.shard(root, shard.number) for shard in root.shards]
        units = {inode: there for shard in every for inode, there in shard.units.items()}
        return units, frozenset(inode for shard in every for inode in shard.whole)

    def checksums(self, root: RootPlan) -> dict[int, SourceChecksum]:
        """Gives the source's checksums of a root's large files and tails."""
        rows = self._documents.read_loose(f"checksums-{root.index}.parquet")
        return {
            cast(int, inode): SourceChecksum(
                Checksum(cast(str, algorithm), cast(str, value)),
                tuple(int(length) for length in cast(list[str], lengths)),
            )
            for inode, algorithm, value, lengths in rows or []
        }

    def keep(self, root: RootPlan, number: int, staged: StagedShard) -> None:
        """Keeps what a shard staged."""
        rows = [(inode, there, inode in staged.whole) for inode, there in staged.units.items()]
        name = f"shards/{root.index}-{number}"
        self._documents.write_loose(f"{name}.parquet", _SHARD, rows)
        self._documents.put_json(
            f"{name}.json", {"directory": staged.directory, "files": staged.files_copied, "bytes": staged.bytes_copied}
        )

    def shard(self, root: RootPlan, number: int) -> StagedShard:
        """Reads what a shard staged.

        Raises:
            Failed: It was never staged.
        """
        name = f"shards/{root.index}-{number}"
        head, rows = self._documents.get_json(f"{name}.json"), self._documents.read_loose(f"{name}.parquet")
        if head is None or rows is None:
            raise Failed(root.root, f"shard {number} was never staged", "Run the stage task of that shard again.")
        units = {cast(int, inode): cast(int, there) for inode, there, _ in rows}
        whole = frozenset(cast(int, inode) for inode, _, was_whole in rows if was_whole)
        return StagedShard(number, head["directory"], units, whole, {}, head["files"], head["bytes"])

    def collect_checksums(self, roots: Sequence[RootPlan]) -> None:
        """While the source is there: sums of what is too large to read back, so that proof needs only the target."""
        for root in roots:
            base = f"{root.root}/.snapshot/{root.newer}"
            items = [item for item in root.items if needs_checksum(item)]
            sums = map_bounded(
                lambda item, base=base: source_checksum(self._context.source.namenode, f"{base}/{item.new}"),  # type: ignore[misc]
                items,
            )
            rows: list[tuple[object, ...]] = []
            for item, found in zip(items, sums, strict=True):
                lengths = [str(length) for length in found.block_lengths]
                rows.append((item.inode, found.checksum.algorithm, found.checksum.value, lengths))
                self._heartbeat(1)
            self._documents.write_loose(f"checksums-{root.index}.parquet", _SUMS, rows)
