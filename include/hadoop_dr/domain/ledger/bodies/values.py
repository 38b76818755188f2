"""Values that several kinds of entries are made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

SitePoint = tuple[str, str]
"""A site and the id of a point: the copy of the point on that site."""
RootPath = tuple[str, str]
"""A root, and a path relative to it."""
RootPoint = tuple[str, str]
"""A root, and the id of a point."""

Part = Mapping[str, Any]
"""What one kind of data sets keeps in an entry; that kind alone knows its form, and has a codec for it."""


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """A snapshot as it was when it was recorded: another one of the same name is not the same.

    Attributes:
        name: Its name.
        id: The NameNode's own number for it.
        created_ms: Creation time by the NameNode's clock.
    """

    name: str
    id: int
    created_ms: int


@dataclass(frozen=True, slots=True)
class FrozenPolicy:
    """The policy of a run as its claim froze it, with what was ordered for this run alone.

    Attributes:
        text, file: The policy file. A run that dies is finished without it, so the ledger has its text: once, as long
            as the claims that follow froze the same (a policy of 1,500 roots is 100 kB long, and each run claims).
        mode, transfer: What the run uses of it after the overrides of its call.
        reason: Why the run was started by hand.
        wanted_ms: The moment that somebody wanted; None for now.
        approve_deletions: A person approved more deletions than the policy allows.
        unprotects: The run takes the service's snapshots away.
        exclusions: Paths relative to the roots that the run leaves out. No policy can say that yet.
        same_text: SHA-256 of the text where the claim before has it and this one leaves it out.
    """

    text: str
    file: str
    mode: str
    transfer: str
    reason: str = ""
    wanted_ms: int | None = None
    approve_deletions: bool = False
    unprotects: bool = False
    exclusions: tuple[str, ...] = ()
    same_text: str = ""

    def after(self, earlier: FrozenPolicy) -> FrozenPolicy:
        """Returns it as an entry behind the claim that froze an earlier one has it: without a text that is equal."""
        if not self.text or self.text != earlier.text:
            return self
        return replace(self, text="", same_text=_digest(self.text))

    def whole(self, earlier: FrozenPolicy) -> FrozenPolicy | None:
        """Returns what ``after`` shortened, with its text; None where the earlier one has another."""
        if not self.same_text:
            return self
        return replace(self, text=earlier.text, same_text="") if _digest(earlier.text) == self.same_text else None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


NO_POLICY = FrozenPolicy("", "", "", "")
"""Of a point that came to its end: nobody goes on with it."""
