"""Copying: a bounded stream of files, one more try for those that failed, and a reason that a person can use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hadoop_dr.domain.errors import BaselineLost, DrError, Failed, NotFound, NotReady, Unknown, Unreachable
from hadoop_dr.domain.plan.work_order import StagedFile
from hadoop_dr.ports.mover import Copy, Did, Digest, Mover, Outcome
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.transfer.records import RootRecords

_GIVE_UP_AFTER = 20
"""So many failures in one pass have one cause (a full disk, a lost site): going on would only repeat it."""
_ROUNDS = 2


class Copying:
    """Copies files and records each as verified.

    Args:
        origin: Asked why a file could not be read.
        records: Where verified files are kept.
        check: Raises Superseded when the work area is not ours any more.
    """

    def __init__(self, origin: NameNode, mover: Mover, records: RootRecords, check: Callable[[], None]) -> None:
        self._origin, self._mover, self._records, self._check = origin, mover, records, check

    def run(self, copies: Sequence[Copy]) -> dict[int, StagedFile]:
        """Copies everything or says what could not be copied.

        What was copied is noted in either case. Writing a file again is harmless: it is only ours.

        Raises:
            BaselineLost: The origin's snapshot does not hold a file any more, or its bytes are gone.
            AccessDenied: A file may not be read.
            Failed: Anything else, with the first file and the number of others.
        """
        proofs: dict[int, StagedFile] = {}
        left = list(copies)
        failed: list[Outcome] = []
        for _ in range(_ROUNDS):
            failed = self._pass(left, proofs)
            left = [copy for copy in left if copy.key not in proofs]
            if not left:
                return proofs
            self._records.flush()
            self._check()
        raise self._reason(next(copy for copy in left if copy.key == failed[0].key), failed)

    def _pass(self, copies: Sequence[Copy], proofs: dict[int, StagedFile]) -> list[Outcome]:
        wanted = {copy.key: copy for copy in copies}
        failed: list[Outcome] = []
        for result in self._until_hopeless(copies, failed):
            proof = StagedFile(result.sha256, result.length, wanted[result.key].offset)
            proofs[result.key] = proof
            self._records.add(result.key, proof)
        return failed

    def _until_hopeless(self, copies: Sequence[Copy], failed: list[Outcome]) -> Iterator[Digest]:
        results = iter(self._mover.copy(copies))
        for result in results:
            if isinstance(result, Digest):
                yield result
                continue
            failed.append(result)
            if len(failed) >= _GIVE_UP_AFTER:
                close = getattr(results, "close", None)
                if close is not None:
                    close()
                return

    def _reason(self, copy: Copy, failed: Sequence[Outcome]) -> DrError:
        """Tells a lost or closed origin file from trouble elsewhere by asking the origin itself."""
        more = f" ({len(failed)} files could not be copied)" if len(failed) > 1 else ""
        detail = failed[0].detail + more
        try:
            length = self._origin.status(copy.origin).facts.length
            if length:
                self._origin.checksum(copy.origin)
        except NotFound:
            return BaselineLost(copy.origin, f"the origin's snapshot does not hold it any more{more}",
                                "The point is void; the next run takes a new one")
        except (Unreachable, NotReady, Unknown) as error:
            return error
        except Failed as error:
            if type(error) is not Failed:
                return error
            return BaselineLost(copy.origin, f"the origin's snapshot cannot be read: {error}",
                                "The point is void; the next run takes a new one")
        if length < copy.offset + copy.length:
            return BaselineLost(copy.origin, f"has {length} bytes, the plan says {copy.offset + copy.length}",
                                "The point is void; the next run takes a new one")
        kind = Unknown if failed[0].did is Did.UNKNOWN else Failed
        return kind(copy.origin, f"could not be copied: {detail}", "Correct what the sites report, then run again")
