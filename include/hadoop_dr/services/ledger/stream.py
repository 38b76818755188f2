"""A copy of a chain read entry by entry, from the first or from a later one, in bounded memory whatever its length."""

from __future__ import annotations

from collections.abc import Iterator

from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.ledger import LedgerEntry, decode, entry_path
from hadoop_dr.ports.files import Files
from hadoop_dr.services.pool import BoundedPool

IN_FLIGHT = 64
"""Entries that are asked for before the one that is given: all that is held of a copy at once."""
_THOUSAND = 1000


def contents(files: Files, path: str, first: int = 1) -> Iterator[bytes]:
    """Yields the bytes of a copy's entries in order, from one on.

    Raises:
        Protocol: One between them is missing.
    """
    with BoundedPool(IN_FLIGHT) as pool:
        yield from pool.map(lambda n: files.get(entry_path(path, n)), _numbers(files, path, first))


def entries(files: Files, path: str, first: int = 1) -> Iterator[LedgerEntry]:
    """Yields a copy's entries in order, from one on.

    Raises:
        Protocol: One between them is missing, or is none.
    """
    for n, content in enumerate(contents(files, path, first), first):
        yield decode(content, entry_path(path, n))


def newest_number(files: Files, path: str) -> int:
    """Returns the number of a copy's newest entry; 0 if it has none."""
    for thousand in reversed(_thousands(files, path)):
        if numbers := _listed(files, path, thousand):
            return numbers[-1]
    return 0


def _numbers(files: Files, path: str, first: int) -> Iterator[int]:
    """Lists numbers a thousand at a time, and says which one is missing."""
    n, thousands = first, _thousands(files, path)
    last = max(thousands, default=-1)
    while n // _THOUSAND <= last:
        thousand = n // _THOUSAND
        for number in (one for one in _listed(files, path, thousand) if one >= n):
            if number != n:
                raise _missing(files, path, n)
            yield n
            n += 1
        if n // _THOUSAND == thousand:
            break
    if n // _THOUSAND < last:
        raise _missing(files, path, n)


def _missing(files: Files, path: str, n: int) -> Protocol:
    return Protocol(
        entry_path(path, n),
        f"ledger entry is missing on {files.site}",
        "Restore it from the other site: hadoop-dr ledger check.",
    )


def _thousands(files: Files, path: str) -> list[int]:
    return sorted(int(name) for name in files.names(path) if name.isdigit())


def _listed(files: Files, path: str, thousand: int) -> list[int]:
    return sorted(int(name[:12]) for name in files.names(f"{path}/{thousand}") if name[:12].isdigit())
