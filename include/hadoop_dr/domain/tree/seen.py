"""What a full look at a snapshot of a small root showed, in a few characters: equal digests, nothing changed (I9).

A plan looks through the newer snapshot, and keeps these. The next plan builds on that snapshot: as long as its own one
shows the same, it need not look through that one again; nor does whoever compares the copy with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.domain.tree.inventory import Entry

_CHARACTERS = 32
_VALUES = attrgetter(*(name for name in FileAttributes.__slots__ if name != "kind"))


@dataclass(frozen=True, slots=True)
class Seen:
    """Digests of a listing of everything below a root; each is empty where it is not known.

    Attributes:
        listing: Of paths, inode ids and attributes.
        blocks: Of the block ids, see ``block_digest``.
        facts: Of paths and attributes, which a copy has as well.
    """

    listing: str = ""
    blocks: str = ""
    facts: str = ""


UNSEEN = Seen()
"""Of a root that nobody looked through."""


def facts_digest(entries: Iterable[tuple[str, FileAttributes]]) -> str:
    """Says it of paths and attributes, in the order of ``inventory.order``."""
    return _digest(f"{path}\0{_text(facts)}\0" for path, facts in entries)


def listing_digests(entries: Iterable[Entry]) -> tuple[str, str]:
    """Returns ``listing`` and ``facts`` of entries in the order of inventories; the root itself does not count."""
    below = [entry for entry in entries if entry.path]
    return (
        _digest(f"{one.path}\0{one.inode}\0{_text(one.facts)}\0" for one in below),
        facts_digest((one.path, one.facts) for one in below),
    )


def _text(facts: FileAttributes) -> str:
    return f"{facts.kind.value}|{'|'.join(map(str, _VALUES(facts)))}"


def _digest(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode(errors="surrogatepass"))
    return digest.hexdigest()[:_CHARACTERS]
