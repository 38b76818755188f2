"""Rows to bytes and back without any library."""

from __future__ import annotations

import ast
import threading
from typing import cast

from hadoop_dr.domain.errors import Protocol

_TURN = threading.Lock()
"""Python 3.11 loses count when two threads parse at once: ``AST constructor recursion depth mismatch``."""


class MemoryTables:
    """Implements ``ports.files.Tables``; the rows' own text is the format."""

    def pack(self, schema: tuple[tuple[str, str], ...], rows: list[tuple[object, ...]], stamp: str = "") -> bytes:
        """Writes rows, and what form they have."""
        if any(len(row) != len(schema) for row in rows):
            raise ValueError("a row does not fit the schema")
        return repr((stamp, [name for name, _ in schema], rows)).encode()

    def unpack(self, content: bytes, columns: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
        """Reads rows back."""
        _, names, rows = _read(content)
        places = [names.index(name) for name in columns or names]
        return [tuple(row[place] for place in places) for row in rows]

    def stamp(self, content: bytes) -> str:
        """Reads what form the rows have."""
        return _read(content)[0]


def _read(content: bytes) -> tuple[str, list[str], list[tuple[object, ...]]]:
    try:
        with _TURN:
            stamp, names, rows = ast.literal_eval(content.decode())
    except (ValueError, SyntaxError, TypeError) as damage:
        raise Protocol("table", f"{len(content)} bytes cannot be read: {damage}", "Restore it from the other site"
                       ) from damage
    return cast(tuple[str, list[str], list[tuple[object, ...]]], (stamp, names, rows))
