"""One site's copy of a ledger chain: its entries from the first, or from a checkpoint on, read and proven."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from hadoop_dr.domain.errors import NotFound, Protocol
from hadoop_dr.domain.ledger import GENESIS, broken_at, digest, entry_path
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.checkpoints import newest_checkpoint
from hadoop_dr.services.pool import BoundedPool

AT_ONCE = 16
"""Entries of a copy that are read or written at once."""

_FULL = 999
"""The last entry of a chain's first directory."""


@dataclass(frozen=True, slots=True)
class ChainCopy:
    """One site's copy of a chain from some entry on, as bytes.

    Attributes:
        start_n: Number of the first entry of ``contents``; entries before it are vouched for by a checkpoint.
        start_prev: Digest of the entry before ``start_n``.
        state: Reduced state at the checkpoint, as written by the caller; None when read from the first entry.
    """

    start_n: int
    start_prev: str
    contents: tuple[bytes, ...]
    state: Mapping[str, Any] | None = None

    @property
    def head_n(self) -> int:
        """Number of the newest entry; 0 for an empty chain."""
        return self.start_n + len(self.contents) - 1

    @property
    def head_digest(self) -> str:
        """Digest of the newest entry."""
        return digest(self.contents[-1]) if self.contents else self.start_prev

    def digests(self) -> list[str]:
        """Digests of the entries, in order."""
        return [digest(content) for content in self.contents]


def refuse_broken(site: str, path: str, start_n: int, start_prev: str, contents: Sequence[bytes]) -> None:
    """Makes sure that entries follow an entry, and one another.

    Raises:
        Protocol: One does not.
    """
    wrong = broken_at(start_n, start_prev, contents, path)
    if wrong:
        raise Protocol(
            entry_path(path, wrong[0]),
            f"broken chain on {site}: {wrong[1]}",
            "Compare both copies: hadoop-dr ledger check.",
        )


def entry_there(files: Files, path: str, n: int) -> bytes | None:
    """Reads one entry of a copy, or None."""
    try:
        return files.get(entry_path(path, n))
    except NotFound:
        return None


def entry_digest(files: Files, path: str, n: int) -> str | None:
    """Returns the digest of one entry of a copy, of the one before the first the one that every chain begins with."""
    if n == 0:
        return GENESIS
    content = entry_there(files, path, n)
    return None if content is None else digest(content)


def numbers_from(files: Files, path: str, start_n: int, names: Callable[[str], list[str]] | None = None) -> list[int]:
    """Lists the numbers of a copy's entries from one on.

    Args:
        names: Lists a directory, where the caller keeps what was listed before.

    Raises:
        Protocol: One between them is missing.
    """
    numbers: list[int] = []
    n, names = start_n, names or files.names
    while True:
        found = sorted(int(name[:12]) for name in names(f"{path}/{n // 1000}") if name[:12].isdigit())
        fresh = [number for number in found if number >= n]
        numbers += fresh
        if not fresh or fresh[-1] % 1000 != 999:
            break
        n = fresh[-1] + 1
    if numbers != list(range(start_n, start_n + len(numbers))):
        missing = sorted(set(range(start_n, numbers[-1])) - set(numbers))
        raise Protocol(
            entry_path(path, missing[0]),
            f"ledger entry is missing on {files.site}",
            "Restore it from the other site: hadoop-dr ledger check.",
        )
    return numbers


def refuse_partial(site: str, path: str, n: int, names: Callable[[str], list[str]]) -> None:
    """Refuses a copy whose checkpoint says more than its entries: one of today beside entries of last week.

    Args:
        n: Number of the checkpoint's entry; 0 without one.
        names: Lists a directory of the copy.

    Raises:
        Protocol: The entry, or one before it in its directory, is missing.
    """
    if n == 0:
        return
    first = max(1, n // 1000 * 1000)
    there = {int(name[:12]) for name in names(f"{path}/{n // 1000}") if name[:12].isdigit()}
    missing = next((one for one in range(first, n + 1) if one not in there), None)
    if missing is not None:
        raise Protocol(
            entry_path(path, missing),
            f"this entry is missing on {site}, and its checkpoint of entry {n} is newer: it was restored in part",
            "Restore the whole ledger from the other site: hadoop-dr ledger check.",
        )


def newest_before(files: Files, path: str, start_n: int) -> int:
    """Returns the number of a copy's newest entry where it has none from this one on; 0 if it has none at all."""
    for thousand in range((start_n - 1) // 1000, -1, -1):
        if found := [int(name[:12]) for name in files.names(f"{path}/{thousand}") if name[:12].isdigit()]:
            return max(found)
    return 0


def newest_entry(files: Files, path: str) -> tuple[int, bytes]:
    """Returns number and bytes of the newest entry of a chain in its first directory; (0, b"") of a longer one."""
    numbers = [int(name[:12]) for name in files.names(f"{path}/0") if name[:12].isdigit()]
    n = max(numbers, default=0)
    return (0, b"") if n in (0, _FULL) else (n, files.get(entry_path(path, n)))


def from_checkpoint(files: Files, path: str) -> ChainCopy:
    """Returns a copy of a chain as its newest checkpoint vouches for it, without any entry; empty if it has none.

    Raises:
        Protocol: The checkpoint is none.
    """
    kept = newest_checkpoint(files, path)
    return ChainCopy(1, GENESIS, ()) if kept is None else ChainCopy(kept.n + 1, kept.digest, (), kept.state)


def read_shortened(files: Files, path: str, checkpoint_every: int) -> ChainCopy:
    """Reads one site's copy from its newest checkpoint; a chain too short to have one costs no look for it.

    Raises:
        Protocol: An entry does not follow the one before it.
    """
    names = cache(files.names)
    kept = ChainCopy(1, GENESIS, ()) if len(names(f"{path}/0")) < checkpoint_every else from_checkpoint(files, path)
    refuse_partial(files.site, path, kept.head_n, names)
    contents = read_contents(files, path, kept.start_n, names)
    refuse_broken(files.site, path, kept.start_n, kept.start_prev, contents)
    return ChainCopy(kept.start_n, kept.start_prev, contents, kept.state)


def read_copy(files: Files, path: str, start_n: int, start_prev: str) -> ChainCopy:
    """Reads one site's copy of a chain from an entry on."""
    return ChainCopy(start_n, start_prev, read_contents(files, path, start_n))


def read_contents(
    files: Files, path: str, start_n: int, names: Callable[[str], list[str]] | None = None
) -> tuple[bytes, ...]:
    """Reads the entries of a copy from one on; they are fetched side by side, in order."""
    numbers = numbers_from(files, path, start_n, names)
    if len(numbers) <= 2:
        return tuple(files.get(entry_path(path, number)) for number in numbers)
    with BoundedPool(min(AT_ONCE, len(numbers))) as pool:
        return tuple(pool.map(lambda number: files.get(entry_path(path, number)), numbers))
