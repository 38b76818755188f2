"""Names of documents that several tries may write: each has its own, so none replaces what another one has written.

A worker may sleep before any write and wake long after others took its work over. What it writes then has its own
name, and the ledger names the documents that count (DESIGN.md section 4).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_NAME = re.compile(r"(?P<stem>.+)-(?P<claim>\d+)\.(?P<try>\d+)\.parquet")


def fenced_name(stem: str, claim: int, try_no: int) -> str:
    """Gives the name of what one try of a claim writes."""
    return f"{stem}-{claim}.{try_no}.parquet"


def newest_of_each(names: Iterable[str]) -> dict[str, str]:
    """Picks of each stem the name of the latest claim, and of its latest try; what is named otherwise is nobody's."""
    newest: dict[str, tuple[int, int, str]] = {}
    for name in names:
        if (parts := _NAME.fullmatch(name)) is not None:
            this = int(parts["claim"]), int(parts["try"]), name
            newest[parts["stem"]] = max(newest.get(parts["stem"], this), this)
    return {stem: name for stem, (_, _, name) in newest.items()}


def stem_of(name: str) -> str:
    """Gives what a name was made of; a name that no try made is its own stem."""
    parts = _NAME.fullmatch(name)
    return parts["stem"] if parts else name
