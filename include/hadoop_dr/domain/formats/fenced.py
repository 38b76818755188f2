"""Names of documents that several workers may write: none replaces what another one has written.

A worker may sleep before any write and wake long after others took its work over. So a document bears in its name
either the digest of its content, which the ledger or the manifest gives, or the claim and try that wrote it: then the
ledger names those that count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(r"(?P<stem>.+)-(?P<claim>\d+)\.(?P<try>\d+)(?:\.(?:parquet|json))?")
_DIGITS = 16
_BY_CONTENT = re.compile(rf"(?P<stem>.+)-(?P<digest>[0-9a-f]{{{_DIGITS}}})(?P<ending>\.[a-z]+)")


def fenced_name(stem: str, claim: int, try_no: int, ending: str = ".parquet") -> str:
    """Returns the name of what one try of a claim writes."""
    return f"{stem}-{claim}.{try_no}{ending}"


def newest_of_each(names: Iterable[str], claim: int | None = None) -> dict[str, str]:
    """Picks of each stem the name of the latest claim, and of its latest try; what is named otherwise is nobody's.

    Args:
        claim: Only names of this claim; None for every claim's.
    """
    newest: dict[str, tuple[int, int, str]] = {}
    for name in names:
        if (parts := _NAME.fullmatch(name)) is not None and claim in (None, int(parts["claim"])):
            this = int(parts["claim"]), int(parts["try"]), name
            newest[parts["stem"]] = max(newest.get(parts["stem"], this), this)
    return {stem: name for stem, (_, _, name) in newest.items()}


def stem_of(name: str) -> str:
    """Returns what a name was made of; a name that no try made is its own stem."""
    parts = _NAME.fullmatch(name)
    return parts["stem"] if parts else name


def content_name(name: str, sha256: str) -> str:
    """Returns the name under which a document with this digest lies."""
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{sha256[:_DIGITS]}{dot}{ending}"


def plain_name(name: str) -> str:
    """Returns the name of a document without the digest of its content."""
    parts = _BY_CONTENT.fullmatch(name)
    return parts["stem"] + parts["ending"] if parts else name


def digest_in(name: str) -> str:
    """Returns the beginning of the digest that a name bears; empty where it bears none."""
    parts = _BY_CONTENT.fullmatch(name)
    return parts["digest"] if parts else ""
