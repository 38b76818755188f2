"""Partition names: the metastore's escaping of values, in one place (escaped once, never twice)."""

from __future__ import annotations

import re
from collections.abc import Sequence

DEFAULT_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""Hive's name of the partition for rows without a value."""

_ESCAPED = re.compile(r"[\x01-\x1f\x7f\"#%'*/:=?\\{\[\]^]")


def escape(value: str) -> str:
    """Escapes a column name or value for a partition name; an empty value is the default partition."""
    if not value:
        return DEFAULT_VALUE
    return _ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", value)


def unescape(text: str) -> str:
    """Returns what ``escape`` was given; a ``%`` without two hexadecimal digits stays."""
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)


def partition_name(columns: Sequence[str], values: Sequence[str]) -> str:
    """Builds the name of a partition, e.g. ``ds=2026-01-01/region=a b``.

    Raises:
        ValueError: There are not as many values as columns.
    """
    return "/".join(f"{escape(column.lower())}={escape(value)}"
                    for column, value in zip(columns, values, strict=True))


def partition_values(name: str) -> list[str]:
    """Takes the values out of a partition's name."""
    return [unescape(part.partition("=")[2]) for part in name.split("/")]
