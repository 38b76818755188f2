"""How one object of a catalog differs from the one it should be: values, written as a sentence where people read it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from hadoop_dr.domain.catalog.rows import CatalogKey
from hadoop_dr.domain.findings import Finding

_SECRET = re.compile(
    r"pass(word|wd|phrase)|pwd|\bpw\b|[._-]pass\b|secret|token|credential|jaas|(access|account|private|api)[._-]?key",
    re.IGNORECASE,
)
_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]*@")
_HARMLESS = re.compile(r"[\w .,+-]*")
"""What a value of a free parameter may consist of to be shown: an address or an assignment may hold anything."""
_SHOWN = 60
_MOST = 10


class HowDifferent(Enum):
    """What is the matter with an object."""

    MISSING = "is missing"
    TOO_MANY = "is not part of the recovery point"
    DIFFERS = "differs in"
    NOT_KEPT = "the metastore did not keep fields this version does not know:"


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field in which two objects differ.

    Attributes:
        field: Its name, such as ``sd.cols`` or ``parameters[owner ü]``.
        expected: Its value as it should be, as Thrift has it; None when it should not be there.
        found: Its value as it is; None when it is not there.
    """

    field: str
    expected: Any
    found: Any

    def text(self) -> str:
        """Writes it for a person, with both values where they are short and neither is a secret, or has one in it.

        What is written here goes into logs, messages and ledgers, which more people read than the metastore.
        """
        values = (self.found, self.expected)
        if _SECRET.search(self.field) or any(_has_secret(value) for value in values):
            return self.field
        if "parameters[" in self.field and not all(_is_harmless(value) for value in values):
            return self.field
        shown = [_shown(value) for value in values]
        return self.field if None in shown else f"{self.field} ({shown[0]} instead of {shown[1]})"


@dataclass(frozen=True, slots=True)
class ObjectDifference:
    """One object that is not as it should be.

    Attributes:
        key: Which.
        how: What is the matter.
        fields: Where it differs, by name.
    """

    key: CatalogKey
    how: HowDifferent
    fields: Sequence[FieldDifference] = ()

    @property
    def what(self) -> str:
        """Returns what is the matter with it, in words."""
        return " ".join((self.how.value, fields_text(self.fields))).rstrip()

    def finding(self) -> Finding:
        """The same as a finding of a verification."""
        return Finding("", str(self.key), self.what)

    def __str__(self) -> str:
        return str(self.finding())


def fields_text(fields: Sequence[FieldDifference]) -> str:
    """Writes fields for a person: the first of them with their values, and how many more there are."""
    more = f" and {len(fields) - _MOST} more" if len(fields) > _MOST else ""
    return ", ".join(field.text() for field in fields[:_MOST]) + more


def _has_secret(value: Any) -> bool:
    text = value.decode(errors="replace") if isinstance(value, bytes) else ""
    return bool(_IN_ADDRESS.search(text) or _SECRET.search(text))


def _is_harmless(value: Any) -> bool:
    return not isinstance(value, bytes) or _HARMLESS.fullmatch(value.decode(errors="replace")) is not None


def _shown(value: Any) -> str | None:
    """Writes a number, a truth or a short text; None for a structure, which nobody reads in a line."""
    if value is None:
        return "none"
    if isinstance(value, bytes):
        text = repr(value.decode(errors="replace"))
        return text if len(text) <= _SHOWN else None
    return str(value) if isinstance(value, int) else None
