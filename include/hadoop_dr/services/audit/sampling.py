"""A rotating sample that reads older points back, so that what rots is found while other points still hold it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from heapq import nsmallest

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.ledger.bodies.sealed import Sampled
from hadoop_dr.domain.plan.work_order import StagedFile
from hadoop_dr.domain.points.damage import points_on
from hadoop_dr.domain.points.sampling import next_sample
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.ports.mover import Did, Digest, Outcome, Read
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.points.baseline import snapshot_problem
from hadoop_dr.services.points.damage import mark_damaged, same_file, snapshots_of
from hadoop_dr.services.points.stage_records import StageRecords
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import planned_paths, planned_shards, root_names

SAMPLE = 16
"""So many files of older points are read back in one run."""
_SAMPLE_BYTES = 8 << 20


class SampleOlder:
    """Reads some files of an older point back: points in turn, and other files each time.

    An older point that has rotted is recorded as damaged, and so is every other that holds the same file. If the
    candidate itself does, that is a mismatch, which the repair can put right; if not, it is reported and
    hides no new point.

    Args:
        context: The service.
        heartbeat: Told how many files were read.

    Attributes:
        sampled: What the ledger keeps of it; a sample that could not be read is none that was taken.
    """

    def __init__(self, context: BackupContext, heartbeat: Callable[[int], None]) -> None:
        self._context, self._heartbeat = context, heartbeat
        self.sampled: Sampled | None = None

    def run(self, point: Point, candidates: Mapping[str, str]) -> Verdict:
        """Takes the sample.

        Args:
            point: The point that is being verified.
            candidates: Names of its snapshots on the destination, by root.
        """
        context = self._context
        state = context.ledger.read()
        chosen = next_sample(points_on(state, context.destination.name), state.sealed())
        if chosen is None:
            return Verdict()
        self.sampled = Sampled(chosen.point, taken=False)
        try:
            verdict, bad = self._read(chosen, point.point, candidates)
            if bad and chosen.destination in context.ledger.read().points[chosen.point].gone:
                return Verdict()  # pruned while it was read
            self.sampled = Sampled(chosen.point, taken=len(verdict.cannot_tell) == len(verdict.unreadable))
            if bad:
                mark_damaged(context, point.run, chosen, bad)
                verdict.mismatch += self._in_candidate(chosen, bad, candidates)
        except DrError as error:
            return Verdict(cannot_tell=[Finding("", f"point {chosen.point}", f"could not be sampled ({error})")])
        return verdict

    def _in_candidate(self, chosen: Point, bad: Sequence[Finding], candidates: Mapping[str, str]) -> list[Finding]:
        namenode, taken = self._context.destination.namenode, snapshots_of(chosen)
        return [
            replace(one, what=f"{one.what}, and the same file lies here")
            for one in bad
            if one.root in candidates
            and same_file(namenode, one.root, one.path, taken[one.root], candidates[one.root])
        ]

    def _read(self, chosen: Point, seed: str, wanted: Container[str]) -> tuple[Verdict, list[Finding]]:
        documents = self._context.documents(chosen)
        verdict, bad = Verdict(), list[Finding]()
        if not planned_shards(documents):
            return verdict, bad  # nothing was copied for this point
        proofs = StageRecords(self._context, documents, self._heartbeat).proofs()
        small = _small_files(documents, proofs)
        names = root_names(documents) if small else []
        chosen_files: list[_File] = []
        for index, files in small.items():
            root = names[index]
            kept = chosen.snapshot_on(chosen.destination, root)
            picked = nsmallest(SAMPLE, files, key=lambda inode: _number(f"{seed}{inode}"))
            if kept is None:
                continue
            if problem := snapshot_problem(self._context.destination.namenode, kept):
                # All of it is lost there, which says nothing of the new point; what left the policy may go by hand.
                bad += [Finding(root, "", problem)] if root in wanted else []
                continue
            chosen_files += [_File(root, kept.path, files[inode], proofs[index][inode]) for inode in picked]
        self._read_back(chosen_files, verdict, bad)
        return verdict, bad

    def _read_back(self, files: Sequence[_File], verdict: Verdict, bad: list[Finding]) -> None:
        reads = [
            Read(number, f"{one.top}/{one.path}", one.proof.offset, one.proof.length)
            for number, one in enumerate(files)
        ]
        for answer in self._context.movers.within.digest(reads):
            file = files[answer.key]
            wrong, settled = _verdict_on(answer, file.proof.sha256)
            if wrong:
                verdict.unread(Finding(file.top, file.path, wrong, settled))
            else:
                verdict.match += 1
            if wrong and settled:
                bad.append(Finding(file.root, file.path, wrong))
            self._heartbeat(1)


@dataclass(frozen=True, slots=True)
class _File:
    """A file to be read back: its root, the root's snapshot, its path in that, and what it was when it was staged."""

    root: str
    top: str
    path: str
    proof: StagedFile


def _small_files(documents: Documents, proofs: Mapping[int, Mapping[int, StagedFile]]) -> dict[int, dict[int, str]]:
    """Files that are quickly read back: their paths by root and inode id."""
    small: dict[int, dict[int, str]] = {}
    for index, inode, path in planned_paths(documents) if proofs else ():
        proof = proofs.get(index, {}).get(inode)
        if proof is not None and proof.length <= _SAMPLE_BYTES:
            small.setdefault(index, {})[inode] = path
    return small


def _verdict_on(answer: Digest | Outcome, wanted: str) -> tuple[str, bool]:
    """Returns what is wrong with a file of an older point, and whether that is certain."""
    if isinstance(answer, Outcome):
        text = f"could not be read back ({answer.did.value} {answer.detail})".rstrip()
        return text, answer.did is not Did.UNKNOWN
    rotten = "an older point is damaged: its content differs from what was sealed"
    return ("" if answer.sha256 == wanted else rotten), True


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)
