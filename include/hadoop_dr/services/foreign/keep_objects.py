"""Keeps objects of somebody else's that lie in no directory: in a document, then in the ledger (I10).

Each kind of data sets finds and writes its own; what becomes of them is the same for all. The document comes first and
is named after what it holds, and the entry is looked for before it is appended: both exist once, however often it is
tried. While the policy says ``refuse`` the run ends there, and the next one asks the kind whether all is still so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import LATER_GOES_ON, DrError, Superseded
from hadoop_dr.domain.ledger import kept_document
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept, KeptDocument
from hadoop_dr.domain.ledger.kept_changes import MAX_LINES, Kept
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.kept import refusal


class KeepObjects:
    """What of one kind is kept during the run of one point.

    Args:
        context: The service.
        point: The point.
        kind: The kind.
    """

    def __init__(self, context: BackupContext, point: str, kind: str) -> None:
        self._context, self._point, self._kind = context, point, kind

    def entries(self, rule: Drift) -> list[Kept]:
        """What entries of this point keep of the kind, also an earlier try's."""
        every: Sequence[Kept] = self._context.ledger.read().kept
        return [one for one in every if one.point == self._point and self._is_mine(one) and one.rule == rule.value]

    def write(self, content: bytes, lines: Sequence[str]) -> str:
        """Writes a document on both sites, named after what it holds.

        Args:
            lines: What it holds, each thing in a line that is another one once the thing is.

        Returns:
            Its path.
        """
        context = self._context
        digest = hashlib.sha256("\n".join(lines).encode(errors="surrogateescape")).hexdigest()[:12]
        name = f"{self._point}-{self._kind}-{digest}.parquet"
        path = kept_document(context.pair.name, context.policy.service, name)
        context.destination.files.put(path, content)
        for again in (True, False):  # a lost answer does no harm: the file is replaced by the same one
            try:
                context.origin.files.put(path, content)
                break
            except DrError as error:
                if not again:
                    context.ledger.notes.append(f"{context.origin.name} has no copy of {path}: {error}")
        return path

    def record(self, document: str, position: int, number: int, lines: Sequence[str], rule: Drift) -> None:
        """Says in the ledger that the document keeps what was found.

        Args:
            position: Where the kind stands on the destination.
            number: Of the candidate that showed it.
            lines: What was found, for people.

        Raises:
            ForeignFound: The rule is to leave it to a person.
            Superseded: Another run has ended the claim of this one.
        """
        kept = self._recorded(document, number, rule)
        if kept is None:
            claim = self._context.ledger.read().claim
            if claim is None:
                problem = "superseded: another run has ended the claim of this one"
                raise Superseded(f"point {self._point}", problem, LATER_GOES_ON)
            body = ChangesKept(
                claim=claim.n,
                point=self._point,
                number=number,
                site=self._context.destination.name,
                snapshots={},
                found=tuple(lines[:MAX_LINES]),
                count=len(lines),
                rule=rule.value,
                document=KeptDocument(self._kind, document, position),
            )
            self._context.ledger.append_mine(claim, body)
            kept = self._recorded(document, number, rule)
        assert kept is not None
        if rule is Drift.REFUSE:
            raise refusal(self._context, kept)

    def _recorded(self, document: str, number: int, rule: Drift) -> Kept | None:
        """The entry that says so; what is undone is told once, whichever verb comes upon it again."""
        mine = (one for one in self.entries(rule) if rule is Drift.RESTORE or one.number == number)
        return next((one for one in mine if one.document and one.document.path == document), None)

    def _is_mine(self, kept: Kept) -> bool:
        return kept.document is not None and kept.document.kind == self._kind
