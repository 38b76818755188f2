"""Rows to bytes and back without any library."""

from __future__ import annotations

import ast
from typing import cast


class MemoryTables:
    """Implements ``ports.files.Tables``; the rows' own text is the format."""

    def pack(self, schema: tuple[tuple[str, str], ...], rows: list[tuple[object, ...]]) -> bytes:
        """Writes rows."""
        if any(len(row) != len(schema) for row in rows):
            raise ValueError("a row does not fit the schema")
        return repr(([name for name, _ in schema], rows)).encode()

    def unpack(self, content: bytes, columns: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
        """Reads rows back."""
        names, rows = cast(tuple[list[str], list[tuple[object, ...]]], ast.literal_eval(content.decode()))
        places = [names.index(name) for name in columns or names]
        return [tuple(row[place] for place in places) for row in rows]
