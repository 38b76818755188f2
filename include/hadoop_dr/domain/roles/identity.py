"""What the ZooKeeper documents of a pair say, and how they are written down (S2.19).

Each site's ZooKeeper holds, under ``/hadoop-dr/<pair>``, the site's own *identity* and a copy of the pair's *access*.
Both are one JSON object with a format version; a version this program does not know is refused, never guessed at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.ledger import NO_TEXT
from hadoop_dr.domain.state.pair_state import PairState

FORMAT_VERSION = 1
"""Version of the documents in ZooKeeper; a document of another one is refused."""


class Role(StrEnum):
    """What a site is in its pair."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True)
class Identity:
    """A site's role, as its own ZooKeeper announces it.

    Attributes:
        site: Whose role it is.
        role: The role.
        epoch: The pair's epoch under which the role was given.
        at: When it was written, ISO 8601 UTC; for display only.
        by: Who wrote it, ending in a token nobody else drew, so that a lost answer can be read back.
        reason: Why, in words.
    """

    site: str
    role: Role
    epoch: int
    at: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Access:
    """Which site clients use now, as published in one ZooKeeper.

    Attributes:
        site: The site to use; None while no site may be used.
        epoch: The epoch of the identity that gave the site access; without a site, the one in which access was closed,
            or 0 where nobody ever had it.
        at: When it was written, ISO 8601 UTC; for display only.
        by: Who wrote it, ending in a token nobody else drew.
        reason: Why, in words.
        alarm: What a person must look at; empty when all is well.
    """

    site: str | None
    epoch: int
    at: str
    by: str
    reason: str
    alarm: str = ""


BELIEVED_S = 1.0
"""For so long a client believes what it read of the access without another look."""


def recorded_roles(pair: str, state: PairState, sites: Iterable[str]) -> dict[str, Role]:
    """Gives the roles that the ledger has for the sites of a pair, so that they can be announced.

    Raises:
        Refused: The newest change of roles has not come to its end. Clients follow what is announced, and the data of
            the new primary may not be live yet.
    """
    if state.changing:
        problem = f"the change of roles to {state.primary}, epoch {state.epoch}, has not come to its end"
        raise Refused(pair, problem, f"Run that change again; see: hadoop-dr status {pair}")
    return {site: Role.PRIMARY if site == state.primary else Role.SECONDARY for site in sites}


def identity_path(pair: str) -> str:
    """Names the document of a site's role; the same path in the ZooKeeper of either site."""
    return f"/hadoop-dr/{pair}/identity"


def access_path(pair: str) -> str:
    """Names the document of the pair's access; the same path in the ZooKeeper of either site."""
    return f"/hadoop-dr/{pair}/access"


def encode(document: Identity | Access) -> bytes:
    """Writes a document as the bytes a ZooKeeper node holds."""
    text = json.dumps({"v": FORMAT_VERSION, **asdict(document)}, ensure_ascii=False, sort_keys=True)
    return text.encode(errors=NO_TEXT)


def decode_identity(data: bytes, subject: str) -> Identity:
    """Reads a site's role.

    Args:
        data: What the node held.
        subject: The node and its site, for messages.

    Raises:
        Refused: The format version is not known to this program.
        Protocol: The bytes are no identity.
    """
    fields = _fields(data, subject)
    try:
        return Identity(
            site=_text(fields["site"]),
            role=Role(fields["role"]),
            epoch=_epoch(fields["epoch"]),
            at=_text(fields["at"]),
            by=_text(fields["by"]),
            reason=_text(fields["reason"]),
        )
    except (KeyError, ValueError) as wrong:
        raise _unreadable(subject, "identity", wrong) from wrong


def decode_access(data: bytes, subject: str) -> Access:
    """Reads a published access; arguments and errors as of `decode_identity`."""
    fields = _fields(data, subject)
    try:
        return Access(
            site=None if fields["site"] is None else _text(fields["site"]),
            epoch=_epoch(fields["epoch"]),
            at=_text(fields["at"]),
            by=_text(fields["by"]),
            reason=_text(fields["reason"]),
            alarm=_text(fields["alarm"]),
        )
    except (KeyError, ValueError) as wrong:
        raise _unreadable(subject, "access", wrong) from wrong


def _fields(data: bytes, subject: str) -> dict[str, Any]:
    try:
        fields = json.loads(data)
    except ValueError as wrong:
        raise _unreadable(subject, "JSON", wrong) from wrong
    if not isinstance(fields, dict) or "v" not in fields:
        raise _unreadable(subject, "versioned JSON object", ValueError("no field v"))
    if fields["v"] != FORMAT_VERSION:
        problem = f"format version {fields['v']!r} is not known, this program knows {FORMAT_VERSION}"
        raise Refused(subject, problem, "Use the version of hadoop-dr that wrote it")
    return fields


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not text")
    return value


def _epoch(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{value!r} is not an epoch")
    return value


def _unreadable(subject: str, what: str, wrong: Exception) -> Protocol:
    return Protocol(subject, f"does not hold a readable {what} ({wrong})", "Announce the identity of the site again")
