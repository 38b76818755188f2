"""What the diff cannot show: full inventories of both sides, and a rotating sample that reads older points too."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.facts import Listed
from hadoop_dr.domain.service_state import Point
from hadoop_dr.domain.verify import Verdict, differing_fields, say_difference
from hadoop_dr.ports.mover import Outcome, Read
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.backup.ground import Ground
from hadoop_dr.services.backup.planning import planned_roots, point_documents
from hadoop_dr.services.backup.transfer import Transfer
from hadoop_dr.services.inventory import walk

SAMPLE = 16
_SAMPLE_BYTES = 8 << 20


def audit(
    source: NameNode, root: str, snapshot: str, known: Mapping[str, Listed], taken_ms: int, beat: Callable[[int], None]
) -> Verdict:
    """Compares the whole of a root with a full listing of its copy, attribute by attribute.

    Args:
        snapshot: The source's.
        known: Everything in the candidate, by path relative to the root.
        taken_ms: When the source's snapshot was taken, by its NameNode's clock. Making a child in a directory sets the
            directory's time in its newest snapshot, too (measured), so a later time there says nothing.
    """
    verdict, left = Verdict(), dict(known)
    for path, want in walk(source, f"{root}/.snapshot/{snapshot}"):
        found = left.pop(path, None)
        if found is None:
            verdict.mismatch.append(f"{root}/{path}: missing")
        elif want.facts == found.facts:
            verdict.match += 1
        else:
            late = want.facts.is_dir and want.facts.mtime_ms > taken_ms
            fields = differing_fields(want.facts, found.facts, untimed=late)
            if fields:
                verdict.mismatch.append(say_difference(f"{root}/{path}", fields, want.facts, found.facts))
            else:
                verdict.match += 1
        beat(1)
    verdict.mismatch += [f"{root}/{path}: is not on the source" for path in left]
    return verdict


def sample_older(ground: Ground, point: Point, transfer: Transfer, beat: Callable[[int], None]) -> Verdict:
    """Reads some files of an older point back from its snapshot; which point and which files rotates with the moment.

    An older snapshot that has rotted does not hide the new point: it is reported as something that cannot be told.
    """
    older = [
        p for p in ground.ledger.read().sealed() if ground.target.name not in p.gone and p.target == ground.target.name
    ]
    if not older:
        return Verdict()
    chosen = older[_number(point.point) % len(older)]
    try:
        return _read_sample(ground, chosen, point.point, transfer, beat)
    except DrError as error:
        return Verdict(cannot_tell=[f"point {chosen.point}: could not be sampled ({error})"])


def _read_sample(ground: Ground, chosen: Point, seed: str, transfer: Transfer, beat: Callable[[int], None]) -> Verdict:
    documents = point_documents(ground, chosen)
    verdict = Verdict()
    for root in planned_roots(documents):
        kept = chosen.sealed["snapshots"].get(root.root)
        proofs = transfer.proofs(documents, root)
        items = {
            i.inode: i for i in root.items if i.inode in proofs and i.new and proofs[i.inode].length <= _SAMPLE_BYTES
        }
        picked = sorted(items, key=lambda inode: _number(f"{seed}{inode}"))[:SAMPLE]
        if kept is None or not picked:
            continue

        base = f"{root.root}/.snapshot/{kept['snapshot']}"
        reads = [Read(i, f"{base}/{items[i].new}", proofs[i].offset, proofs[i].length) for i in picked]
        for answer in ground.local_mover.digest(reads):
            path = f"{base}/{items[answer.key].new}"
            if isinstance(answer, Outcome):
                verdict.cannot_tell.append(
                    f"{path}: could not be read back ({answer.did.value} {answer.detail})".rstrip()
                )
            elif answer.sha256 != proofs[answer.key].sha256:
                verdict.cannot_tell.append(f"{path}: an older point has rotted, its content is not what was sealed")
            else:
                verdict.match += 1
            beat(1)
    return verdict


def _number(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16)
