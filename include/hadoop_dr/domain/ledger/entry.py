"""One entry of a ledger chain: its form in the file, and what it says.

An entry is one JSON file. Its bytes are canonical (sorted keys, no blanks), and ``prev`` is the SHA-256 of the bytes of
the entry before it, so a chain read from either site can be proven to be the same chain.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.codec import UnknownField, WrongShape, codec_of
from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.taken import PointTaken
from hadoop_dr.domain.ledger.entry_kinds import KINDS, OPTIONAL, Body, Skipped, kind_of
from hadoop_dr.domain.ledger.packed_bodies import (
    PackedSealed,
    PackedTaken,
    pack_sealed,
    pack_taken,
    unpack_sealed,
    unpack_taken,
)

FORMAT = 1
"""Version of an entry's form; an entry of another one is refused."""
SWEEP = "sweep"
"""In place of a run's id: what a moment left that became no point is cleared."""
GENESIS = "0" * 64
"""In place of a digest of the entry before: it is the first."""
NEWER = "Use the version of this product that wrote it, or a newer one."
"""The remedy where an entry or a document has a newer form."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of a chain.

    Attributes:
        n: Its number, from 1.
        epoch: Epoch of the roles it was made under.
        run: Run that wrote it.
        at: Wall time, ISO 8601 UTC, for people only.
        body: What happened.
        prev: SHA-256 (hexadecimal) of the bytes of the entry before; 64 zeros for the first.
        pair_n: Number of the pair entry it was made under; 0 in the pair ledger itself.
    """

    n: int
    epoch: int
    run: str
    at: str
    body: Body
    prev: str
    pair_n: int

    @property
    def kind(self) -> str:
        """The word for what happened."""
        return kind_of(self.body)


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of the file around the body."""

    v: int
    n: int
    epoch: int
    run: str
    at: str
    kind: str
    prev: str
    pair_n: int
    optional: bool = False


_FORM = codec_of(_Form)
NO_TEXT = "backslashreplace"
"""Bytes that a command line or a file's name hands over and that are no text become JSON's own escapes, which read back
as what they were."""


def encode(entry: LedgerEntry) -> bytes:
    """Writes an entry in its one canonical form."""
    kind, optional = entry.kind, entry.kind in OPTIONAL or isinstance(entry.body, Skipped)
    form = _Form(FORMAT, entry.n, entry.epoch, entry.run, entry.at, kind, entry.prev, entry.pair_n, optional)
    fields = {**_FORM.dump(form), "body": _dump(entry.body)}
    text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"
    return text.encode(errors=NO_TEXT)


def decode(content: bytes, where: str) -> LedgerEntry:
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
        if (version := fields["v"]) != FORMAT:
            raise Refused(where, f"ledger format {version!r} is not known to this version, only {FORMAT}", NEWER)
        body = fields.pop("body")
        form = _FORM.load(fields)
        return LedgerEntry(form.n, form.epoch, form.run, form.at, _load(form, body, where), form.prev, form.pair_n)
    except UnknownField as error:
        raise Refused(where, f"ledger entry {error}", NEWER) from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        why = str(error) if isinstance(error, WrongShape) else type(error).__name__
        raise Protocol(
            where, f"not a ledger entry ({why})", "Compare with the other site: hadoop-dr ledger check."
        ) from error


def _dump(body: Body) -> Any:
    match body:
        case Skipped():
            return body.content
        case PointTaken():
            return codec_of(PackedTaken).dump(pack_taken(body))
        case PointSealed():
            return codec_of(PackedSealed).dump(pack_sealed(body))
        case _:
            return codec_of(type(body)).dump(body)


def _load(form: _Form, body: Any, where: str) -> Body:
    body_type = KINDS.get(form.kind)
    if body_type is None:
        if form.optional:
            return Skipped(form.kind, body)
        raise Refused(where, f"ledger entries of kind {form.kind!r} are not known to this version", NEWER)
    try:
        return _read(body_type, body)
    except WrongShape as wrong:
        raise wrong.below(form.kind) from None


def _read(body_type: type[Any], body: Any) -> Body:
    if body_type is PointTaken:
        return unpack_taken(codec_of(PackedTaken).load(body))
    if body_type is PointSealed:
        return unpack_sealed(codec_of(PackedSealed).load(body))
    read: Body = codec_of(body_type).load(body)
    return read


def digest(content: bytes) -> str:
    """SHA-256 of an entry's bytes: what the next entry's ``prev`` must be."""
    return hashlib.sha256(content).hexdigest()
