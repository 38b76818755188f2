"""What makes a chain whole, and two copies of it the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.ledger.document_paths import entry_path
from hadoop_dr.domain.ledger.entry import decode, digest


def broken_at(start_n: int, start_prev: str, contents: Sequence[bytes], path: str) -> tuple[int, str] | None:
    """Finds the first entry that does not belong where it stands.

    Args:
        start_n: Number that the first of ``contents`` must have.
        start_prev: Digest that its ``prev`` must have.
        contents: Bytes of successive entries.
        path: Directory of the chain, for messages.

    Returns:
        Number and reason, or None when all of it is one chain.

    Raises:
        Refused: A newer version of this product wrote one of them; that is no damage.
    """
    prev = start_prev
    for n, content in enumerate(contents, start_n):
        try:
            entry = decode(content, entry_path(path, n))
        except Protocol as error:
            return n, error.problem
        if entry.n != n:
            return n, f"its number says {entry.n}"
        if entry.prev != prev:
            return n, "it does not follow the entry before it (prev differs)"
        prev = digest(content)
    return None


@dataclass(frozen=True, slots=True)
class Fork:
    """Two copies of one chain that went apart; carries what an operator needs to see.

    Attributes:
        common: Number of the last entry that both have.
        first: Length of the first copy.
        second: Length of the second copy.
    """

    common: int
    first: int
    second: int


def find_fork(first: Sequence[str], second: Sequence[str], start_n: int = 1) -> Fork | None:
    """Says whether two copies, as digests of their entries from ``start_n`` on, are a fork; a prefix is none."""
    for offset, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return Fork(start_n + offset - 1, start_n + len(first) - 1, start_n + len(second) - 1)
    return None
