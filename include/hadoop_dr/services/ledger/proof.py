"""Proves a chain whole, and the same on both sites, while it is read: two copies side by side, entry by entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hadoop_dr.domain.errors import DrError, NotFound, Refused, Unreachable
from hadoop_dr.domain.ledger import GENESIS, broken_at, digest, entry_path
from hadoop_dr.ports.files import Files
from hadoop_dr.services.ledger.stream import contents

NOBODY: Mapping[str, DrError] = {}
"""Every site answers."""


class CopyProof:
    """One site's copy of a chain, as far as it was read.

    Attributes:
        n: Number of the newest entry read.
        problem: The first thing that is wrong with it; empty when nothing is.
        is_whole: Whether it could be read to its end.
    """

    def __init__(self, files: Files, path: str) -> None:
        self.n, self.problem, self.is_whole = 0, "", True
        self._path, self._contents, self._prev = path, contents(files, path), GENESIS

    def next_digest(self) -> str | None:
        """Reads one entry more and gives its digest; None when there is none that can be read."""
        try:
            content = next(self._contents, None)
        except DrError as error:
            self.problem, self.is_whole = self.problem or str(error), False
            return None
        if content is None:
            return None
        self.n += 1
        self.problem = self.problem or self._wrong(content)
        self._prev = digest(content)
        return self._prev

    def _wrong(self, content: bytes) -> str:
        try:
            wrong = broken_at(self.n, self._prev, (content,), self._path)
        except Refused as error:
            return str(error)
        return f"entry {wrong[0]}: {wrong[1]}" if wrong else ""


def check_chain(
    path: str, copies: Mapping[str, Files], silent: Mapping[str, DrError] = NOBODY, deciding: str = ""
) -> dict[str, Any]:
    """Reads a chain from its first entry on every site and proves it whole and the same.

    Args:
        silent: Sites that gave no answer a moment ago, which nobody waits for again.
        deciding: The site whose copy is appended first, so that it is never the shorter one.

    Returns:
        ``{"chain", "ok", "entries": {site: n}, "problems": [...]}``; another copy that is only shorter is no problem.
    """
    proofs = {site: CopyProof(files, path) for site, files in copies.items() if site not in silent}
    common = _read_side_by_side(list(proofs.values()))
    said = {site: str(Unreachable(site, error.problem, error.remedy)) for site, error in silent.items()}
    said |= {site: f"{site}: {proof.problem}" for site, proof in proofs.items() if proof.problem}
    problems = [said[site] for site in copies if site in said]
    whole = {site: proof.n for site, proof in proofs.items() if proof.is_whole}
    if common is not None and len(whole) == len(proofs):
        lengths = " and ".join(map(str, whole.values()))
        problems.append(f"the copies went apart after entry {common} ({' and '.join(whole)} have {lengths} entries)")
    elif deciding in whole and (has := max(whole, key=lambda site: whole[site])) != deciding:
        n = whole[deciding]
        if whole[has] > n and _lacks(copies[deciding], path, n):
            lost = f"lost what follows entry {n}: {has} has {whole[has]} entries"
            problems.append(f"{deciding}, whose copy decides, {lost}")
    return {"chain": path, "ok": not problems, "entries": whole, "problems": problems}


def _lacks(files: Files, path: str, n: int) -> bool:
    """Whether a copy still ends where it was read to; another run may have gone on in all of them."""
    try:
        files.get(entry_path(path, n + 1))
    except NotFound:
        return True
    return False


def _read_side_by_side(proofs: Sequence[CopyProof]) -> int | None:
    """Reads copies to their ends; gives the number of the last entry that they have in common if they went apart."""
    common, n = None, 0
    while any(digests := [proof.next_digest() for proof in proofs]):
        read = {one for one in digests if one}
        if common is None and len(read) > 1:
            common = n
        n += 1
    return common
