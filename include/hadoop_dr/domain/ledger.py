"""Entries of a ledger chain: their form, their closed table of kinds, what makes a chain whole (DESIGN.md section 7).

An entry is one JSON file. Its bytes are canonical (sorted keys, no blanks), and ``prev`` is the SHA-256 of the bytes of
the entry before it, so a chain read from either site can be proven to be the same chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import Protocol, Refused

FORMAT = 1
CHECKPOINT_EVERY = 100
"""Entries between two checkpoints; a run makes about ten, and every stage of it begins by reading from the newest."""
PAIR_CHECKPOINT_EVERY = 20
"""The same for the pair's ledger, which every process reads from both sites before it does anything."""
SWEEP = "sweep"
"""In place of a run's id: what a moment left that became no point is cleared."""
GENESIS = "0" * 64

SERVICE_KINDS: Mapping[str, frozenset[str]] = {
    "claim": frozenset({"try", "point", "moment_ms", "owner", "frozen"}),
    "rearmed": frozenset({"claim", "point", "moment_ms", "void"}),
    "taken": frozenset({"claim", "point", "moment_ms", "late_by_ms", "skew_ms", "proof", "source", "target", "roots"}),
    "staged": frozenset({"claim", "point", "entries", "files", "bytes", "documents"}),
    "sealed": frozenset({"claim", "point", "baseline", "verified", "snapshots", "retention", "summary"}),
    "void": frozenset({"claim", "point", "reason"}),
    "released": frozenset({"claim", "reason"}),
    "pruned": frozenset({"points"}),
    "unprotected": frozenset({"claim", "sites", "points", "reason"}),
    "damaged": frozenset({"point", "reason"}),
    "undoing": frozenset({"claim", "point", "to", "roots", "kept", "reason"}),
    "kept": frozenset({"claim", "point", "number", "site", "snapshots", "found", "count", "rule"}),
    "unkept": frozenset({"kept"}),
    "undone": frozenset({"claim", "to", "site", "kept", "found", "base"}),
    "root_change": frozenset({"claim", "site", "old", "new", "points", "reason"}),
}
PAIR_KINDS: Mapping[str, frozenset[str]] = {
    "roles": frozenset({"primary", "deciding", "by", "reason"}),
    "fence": frozenset({"site", "grade", "quotas"}),
    "unfence": frozenset({"site"}),
    "approval": frozenset({"what", "by", "reason"}),
    "settings": frozenset({"settings"}),
    "policy": frozenset({"service", "policy"}),
    "node_map": frozenset({"node_map"}),
    "roots_owned": frozenset({"service", "roots"}),
    "roots_released": frozenset({"service", "roots"}),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a chain.

    Attributes:
        n: Its number, from 1.
        epoch: Epoch of the roles it was made under.
        run: Run that wrote it.
        at: Wall time, ISO 8601 UTC, for people only.
        kind: A key of the table of kinds.
        body: What happened; its required fields stand in the table.
        prev: SHA-256 (hexadecimal) of the bytes of the entry before; 64 zeros for the first.
        pair_n: Number of the pair entry it was made under; 0 in the pair ledger itself.
    """

    n: int
    epoch: int
    run: str
    at: str
    kind: str
    body: Mapping[str, Any]
    prev: str
    pair_n: int


NO_TEXT = "backslashreplace"
"""Bytes that a command line or a file's name hands over and that are no text become JSON's own escapes, which read back
as what they were."""


def encode(entry: Entry) -> bytes:
    """Writes an entry in its one canonical form."""
    fields = {
        "v": FORMAT,
        "n": entry.n,
        "epoch": entry.epoch,
        "run": entry.run,
        "at": entry.at,
        "kind": entry.kind,
        "body": entry.body,
        "prev": entry.prev,
        "pair_n": entry.pair_n,
    }
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    return text.encode(errors=NO_TEXT)


def decode(content: bytes, where: str) -> Entry:
    """Reads an entry.

    Args:
        content: The bytes of its file.
        where: Path of the file, for messages.

    Raises:
        Refused: It was written by a newer version of this product.
        Protocol: It is not an entry.
    """
    try:
        fields = json.loads(content)
        version = fields["v"]
        if version != FORMAT:
            raise Refused(
                where,
                f"ledger format {version} is not known here, only {FORMAT}",
                "Use the version of hadoop-dr that wrote it, or a newer one.",
            )
        entry = Entry(
            fields["n"],
            fields["epoch"],
            fields["run"],
            fields["at"],
            fields["kind"],
            fields["body"],
            fields["prev"],
            fields["pair_n"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Protocol(
            where,
            f"not a ledger entry ({type(error).__name__})",
            "Compare with the other site: hadoop-dr ledger check.",
        ) from error
    missing = (SERVICE_KINDS.get(entry.kind) or PAIR_KINDS.get(entry.kind) or frozenset({"?"})) - set(entry.body)
    if missing:
        raise Protocol(
            where,
            f"entry of kind {entry.kind!r} lacks {sorted(missing)}",
            "Compare with the other site: hadoop-dr ledger check.",
        )
    return entry


def digest(content: bytes) -> str:
    """SHA-256 of an entry's bytes: what the next entry's ``prev`` must be."""
    return hashlib.sha256(content).hexdigest()


def entry_path(chain: str, n: int) -> str:
    """Path of entry ``n`` below its chain's directory."""
    return f"{chain}/{n // 1000}/{n:012d}.json"


def service_chain(pair: str, service: str) -> str:
    """Directory of a service's ledger."""
    return f"/.hadoop-dr/{pair}/services/{service}/ledger"


def pair_chain(pair: str) -> str:
    """Directory of the pair's ledger."""
    return f"/.hadoop-dr/{pair}/ledger"


def point_directory(pair: str, service: str, point: str) -> str:
    """Directory of a point's documents: items, catalog, staged records."""
    return f"/.hadoop-dr/{pair}/services/{service}/points/{point}"


def kept_document(pair: str, service: str, name: str) -> str:
    """Path of a document that keeps what somebody else had in a catalog; no point is pruned with it."""
    return f"/.hadoop-dr/{pair}/services/{service}/kept/{name}"


def broken_at(start_n: int, start_prev: str, contents: Sequence[bytes]) -> tuple[int, str] | None:
    """Finds the first entry that does not belong where it stands.

    Args:
        start_n: Number that the first of ``contents`` must have.
        start_prev: Digest that its ``prev`` must have.
        contents: Bytes of successive entries.

    Returns:
        Number and reason, or None when all of it is one chain.
    """
    prev = start_prev
    for n, content in enumerate(contents, start_n):
        try:
            entry = decode(content, f"entry {n}")
        except (Protocol, Refused) as error:
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
