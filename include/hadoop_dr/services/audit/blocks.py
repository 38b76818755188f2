"""Files of a large root that were cut and refilled since its last audit, with nothing to show for it (I9)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.plan.unchanged_bytes import within
from hadoop_dr.domain.tree.attribute_comparison import OriginChecksum, Verdict, checksum_answer
from hadoop_dr.domain.tree.inventory import refilled
from hadoop_dr.domain.tree.snapshot_diff import Changes
from hadoop_dr.ports.mover import Digest, Mover, Read
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.pool import map_bounded


class SameBytes:
    """Compares single files of both sites by HDFS checksum, and by their bytes where that says nothing.

    Args:
        origin, destination: The sites.
        readers: Read files of the origin and of the destination.
    """

    def __init__(self, origin: NameNode, destination: NameNode, readers: tuple[Mover, Mover] | None = None) -> None:
        self._origin, self._destination, self._readers = origin, destination, readers

    def compare(self, there: str, here: str) -> bool | None:
        """Says whether a file of the origin and one of the destination have the same bytes; None when nothing tells."""
        answer = checksum_answer(self._sum(self._origin, there), self._sum(self._destination, here))
        return self._by_reading(there, here) if answer is None else answer

    def of_each(self, paths: Iterable[str], there: str, here: str) -> Iterator[tuple[str, bool | None]]:
        """Compares many, side by side, given the directories they lie below; what one side lacks is left out.

        That is named by what compares the trees.
        """

        def one(path: str) -> tuple[str, bool | None] | None:
            try:
                return path, self.compare(f"{there}/{path}", f"{here}/{path}")
            except NotFound:
                return None

        return (answer for answer in map_bounded(one, paths) if answer is not None)

    def _by_reading(self, there: str, here: str) -> bool | None:
        """Compares the bytes; None when they cannot be read."""
        if self._readers is None:
            return None
        length = self._origin.status(there).facts.length
        found = [
            result.sha256
            for reader, path in zip(self._readers, (there, here), strict=True)
            for result in reader.digest([Read(0, path, 0, length)])
            if isinstance(result, Digest)
        ]
        return found[0] == found[1] if len(found) == len(self._readers) else None

    def origin_kept(self, then: str, now: str) -> bool:
        """Whether a file of the origin has the bytes it had: no run between two snapshots had any to write."""
        try:
            one, other = (
                within(self._origin.blocks(path), self._origin.status(path).facts.length) for path in (then, now)
            )
        except NotFound:
            return False
        return one == other

    @staticmethod
    def _sum(namenode: NameNode, path: str) -> OriginChecksum:
        blocks = within(namenode.blocks(path), namenode.status(path).facts.length)
        return OriginChecksum(namenode.checksum(path), tuple(block.length for block in blocks.blocks))


class FindRefilled:
    """Compares the block ids of all files with those of the last audit; small roots are compared so in every run.

    Memory is for what moved in between, however large the root is. What has other blocks though no diff says so is
    compared with its copy, by checksum.

    Args:
        origin, destination: The sites.
        heartbeat: Called for every file with other blocks.
        readers: Read files of the origin and of the destination, for those whose checksums say nothing.
    """

    def __init__(
        self,
        origin: NameNode,
        destination: NameNode,
        heartbeat: Callable[[int], None],
        readers: tuple[Mover, Mover] | None = None,
    ) -> None:
        self._origin, self._heartbeat = origin, heartbeat
        self._bytes = SameBytes(origin, destination, readers)

    def run(
        self, root: str, audited: str, newer: str, candidate: str, since: Callable[[], Changes],
        verified: Collection[str] = frozenset(),
    ) -> Verdict:
        """Says which copies differ; what could not be asked is told and takes nothing back.

        Args:
            root: The directory.
            audited: The origin's snapshot of the last audit.
            newer: The origin's snapshot that is copied.
            candidate: The destination's snapshot with the copy.
            since: Gives what changed on the origin between the two, see ``changes_with_moves``.
            verified: Paths of files that are compared anyway.
        """
        verdict = Verdict()
        try:
            was, now = (self._origin.block_ids(f"{root}/.snapshot/{name}") for name in (audited, newer))
            self._compare(root, refilled(was, now, since(), verified), newer, candidate, verdict)
        except (DrError, ValueError) as problem:  # the second: the NameNode's order is another one
            verdict.cannot_tell.append(Finding(root, "", f"refilled files were not searched any further ({problem})"))
        return verdict

    def _compare(self, root: str, others: Iterable[str], newer: str, candidate: str, verdict: Verdict) -> None:
        for path, answer in self._bytes.of_each(others, f"{root}/.snapshot/{newer}", f"{root}/.snapshot/{candidate}"):
            self._heartbeat(1)
            if answer is None:
                what = "has new blocks, and block lengths other than its copy"
                verdict.cannot_tell.append(Finding(root, path, what))
            elif answer:
                verdict.match += 1
            else:
                verdict.mismatch.append(Finding(root, path, "was refilled on the origin and nothing else shows it"))
