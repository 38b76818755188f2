"""What had to be lowered on the destination, and how it was meant: a way back degrades nothing.

Only erasure coding is: a copy is striped where the destination's directory has a policy, else it is replicated.
Everything else that cannot be set as it is on the origin ends the run; quotas are kept apart and set at a promotion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, cast

from hadoop_dr.domain.config.quantities import counted
from hadoop_dr.domain.paths import Moves
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.items import Item

ERASURE_CODING = "erasure coding"
"""Name of the attribute that may have to be lowered."""
_SHOWN = 3
KEPT = 10
"""So many of a point's lowered objects its ledger entry names; the point's document has all of them."""


@dataclass(frozen=True, slots=True, order=True)
class Lowered:
    """One attribute of one object.

    Attributes:
        root: The root.
        path: Relative to it.
        attribute: Which.
        wanted: What the origin has.
        given: What the destination has instead.
    """

    root: str
    path: str
    attribute: str
    wanted: str
    given: str

    def text(self) -> str:
        """Writes it for a person."""
        return f"{self.root}/{self.path}: {self.attribute} {self.given} instead of {self.wanted}".replace("/:", ":")


def lowered(root: str, path: str, wanted: FileAttributes, given: FileAttributes) -> list[Lowered]:
    """Says what of an object that counts as equal is lowered."""
    if wanted.erasure_coding is None or wanted.erasure_coding == given.erasure_coding:
        return []
    instead = "none" if given.is_dir else f"none, replication {given.replication}"
    return [Lowered(root, path, ERASURE_CODING, wanted.erasure_coding, given.erasure_coding or instead)]


def still_lowered(earlier: Iterable[Lowered], items: Mapping[str, Sequence[Item]]) -> list[Lowered]:
    """Takes what an earlier point kept to where it is now; what was touched since is told of anew.

    Args:
        items: What changed since, by root; of other roots nothing is known.
    """
    moves = {root: Moves({one.old: one.new for one in every if one.old is not None}) for root, every in items.items()}
    touched = {(root, item.new) for root, every in items.items() for item in every}
    here = [replace(one, path=there) for one in earlier
            if one.root in moves and (there := moves[one.root].of(one.path)) is not None]  # fmt: skip
    return [one for one in here if (one.root, one.path) not in touched]


def lowered_rows(every: Iterable[Lowered]) -> list[tuple[object, ...]]:
    """Writes them as rows, in order."""
    return [(one.root, one.path, one.attribute, one.wanted, one.given) for one in sorted(every)]


def lowered_from_rows(rows: Iterable[tuple[object, ...]]) -> list[Lowered]:
    """Reads them back."""
    return [Lowered(*cast(tuple[str, str, str, str, str], row)) for row in rows]


def first_lowered(every: Iterable[Lowered]) -> tuple[Lowered, ...]:
    """Returns those that the ledger names."""
    return tuple(sorted(every)[:KEPT])


def lowered_warnings(site: str, count: int, first: Sequence[Lowered]) -> list[str]:
    """Says it in one line, if there is anything to say: how many, and the first of them.

    Args:
        count: How many there are.
        first: Those that the ledger names.
    """
    if not count:
        return []
    named = first[:_SHOWN]
    more = f" and {count - len(named)} more" if count > len(named) else ""
    names = "; ".join(one.text() for one in named)
    return [f"{site} has {counted(count, 'object')} with less than was intended, which the point keeps: {names}{more}"]


def lowered_document(count: int, first: Iterable[Lowered]) -> dict[str, Any]:
    """Writes it for ``points --json``."""
    return {"count": count, "objects": [asdict(one) for one in first]}
