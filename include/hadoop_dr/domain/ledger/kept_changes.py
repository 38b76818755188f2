"""What is kept of foreign changes until a person removes it, as the ledger tells it (I10).

Of directories that is a snapshot; of what lies in none a document with the objects, which lies on both sites.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from functools import singledispatch

from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept, KeptRemoved, UndoBegun, UndoDone

DIVERGENCE = "divergence"
"""In place of the drift rule: the site wrote it as primary, and it never crossed."""
MAX_LINES = 200
"""So many foreign changes are written out in one entry; their number is always there."""
BEFORE = "before"
"""In place of the drift rule: it lay there before the point, which takes it away or replaces it."""


@dataclass(frozen=True, slots=True)
class Kept(ChangesKept):
    """What holds that which somebody else had done, as its entry says. No program removes it.

    Of an undo the point is empty, as is the rule; what was found is known once it is done.

    Attributes:
        n: Number of the ledger entry.
    """

    n: int = field(kw_only=True)

    @property
    def places(self) -> list[str]:
        """Paths of all that is kept."""
        documents = [self.document.path] if self.document else []
        return [*(f"{root}/.snapshot/{name}" for root, name in sorted(self.snapshots.items())), *documents]

    def text(self) -> str:
        """Writes it for a person."""
        if not self.count:
            return f"{self.where()}: the content before an undo"
        what = counted(self.count, "foreign change")
        if self.rule == DIVERGENCE:
            what = f"{counted(self.count, 'change')} that {self.site} made as primary and that never crossed"
        if self.rule == BEFORE:
            what = f"{counted(self.count, 'thing')} that point {self.point} deleted or replaced"
        return f"{self.where()}: {what} ({self.changes()})"

    def where(self) -> str:
        """Writes where it lies."""
        return ", ".join(f"{self.site}:{path}" for path in self.places)

    def changes(self) -> str:
        """Writes the first of what was found."""
        more = f" and {self.count - 3} more" if self.count > 3 else ""
        return "; ".join(self.found[:3]) + more if self.found else "what was there before"

    @property
    def removals(self) -> list[str]:
        """Commands that remove it, to be given on its site; the document lies on both sites."""
        snapshots = [shlex.join(["hdfs", "dfs", "-deleteSnapshot", *one]) for one in sorted(self.snapshots.items())]
        return [*snapshots, *([shlex.join(["hdfs", "dfs", "-rm", self.document.path])] if self.document else [])]

    def removal_text(self) -> str:
        """Writes them for a person."""
        commands = self.removals
        more = f" and so on for {len(commands) - 3} more" if len(commands) > 3 else ""
        where = f"on {self.site}" + (", the file on the other site, too" if self.document else "")
        return f"Copy what you need out of it, then remove it ({where}): {' ; '.join(commands[:3])}{more}"


def kept_after(entry: LedgerEntry, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """Returns what is kept after an entry."""
    return _fold(entry.body, entry.n, kept)


@singledispatch
def _fold(body: object, n: int, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """What is said of anything else keeps and removes nothing."""
    return kept


@_fold.register
def _kept(body: ChangesKept, n: int, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    said = {one.name: getattr(body, one.name) for one in fields(body)}
    one = Kept(**{**said, "found": _lines(body.found)}, n=n)
    return (*kept, one)


@_fold.register
def _unkept(body: KeptRemoved, n: int, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    return tuple(one for one in kept if one.n != body.kept)


@_fold.register
def _undoing(body: UndoBegun, n: int, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    """Announced before it is kept, and before anybody knows what is in it; a divergence is kept already."""
    snapshots = dict.fromkeys(body.roots, body.kept)
    if any(one.rule == DIVERGENCE and one.site == body.site and body.kept in one.snapshots.values() for one in kept):
        return kept
    return (*kept, Kept(body.claim, "", 0, body.site, snapshots, (), 0, "", n=n))


@_fold.register
def _undone(body: UndoDone, n: int, kept: tuple[Kept, ...]) -> tuple[Kept, ...]:
    found = _lines(body.found)
    return tuple(
        replace(one, found=found, count=len(body.found))
        if body.kept in one.snapshots.values() and one.rule != DIVERGENCE
        else one
        for one in kept
    )


def _lines(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(found)[:MAX_LINES]
