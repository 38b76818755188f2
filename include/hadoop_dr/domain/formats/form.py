"""A kind of JSON document: a value with a version, written in one way and read back only by who knows that version."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Generic, TypeVar

from hadoop_dr.domain.codec import UnknownField, WrongShape, codec_of
from hadoop_dr.domain.errors import Protocol, Refused
from hadoop_dr.domain.ledger import NEWER, NO_TEXT

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JsonForm(Generic[T]):
    """A kind of document.

    Attributes:
        what: What it is, for messages.
        kind: The type of its value.
        version: Stands in each document; another one is refused.
    """

    what: str
    kind: type[T]
    version: int = 1

    def encode(self, value: T) -> bytes:
        """Writes a value; equal values give equal bytes."""
        fields = {"v": self.version, **codec_of(self.kind).dump(value)}
        return json.dumps(fields, sort_keys=True, ensure_ascii=False).encode(errors=NO_TEXT)

    def decode(self, content: bytes, where: str) -> T:
        """Reads a value back.

        Args:
            where: Path of the file, for messages.

        Raises:
            Refused: Another version of this product wrote it.
            Protocol: It is no such document.
        """
        try:
            fields = json.loads(content)
            if (version := fields.pop("v")) != self.version:
                said = f"{self.what} of format {version!r} is not known to this version, only {self.version}"
                raise Refused(where, said, NEWER)
            return codec_of(self.kind).load(fields)
        except UnknownField as error:
            raise Refused(where, f"{self.what} {error}", NEWER) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            why = str(error) if isinstance(error, WrongShape) else type(error).__name__
            raise Protocol(where, f"not a {self.what} ({why})", "Restore it from the other site.") from error
