"""What a policy protects in a catalog: whole databases, tables, patterns of tables (S2.1, S2.15)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from hadoop_dr.domain.catalog.rows import CatalogKey, Kind
from hadoop_dr.domain.errors import BadInput

_PATTERN = re.compile(r"[^\s./\[\]?]+(\.[^\s./\[\]?]+)?")


@dataclass(frozen=True, slots=True)
class Selection:
    """Databases and tables that belong to a service, and nothing else.

    Attributes:
        parts: (pattern of databases, pattern of tables); the second is None for whole databases, with their functions.
    """

    parts: tuple[tuple[str, str | None], ...]

    def database(self, name: str) -> bool:
        """Whether anything in a database may belong to the service."""
        return any(fnmatchcase(name, owner) for owner, _ in self.parts)

    def whole(self, database: str) -> bool:
        """Whether the database itself, with all that is in it, belongs to the service."""
        return any(pattern is None and fnmatchcase(database, owner) for owner, pattern in self.parts)

    def table(self, database: str, table: str) -> bool:
        """Whether a table belongs to the service."""
        return any(fnmatchcase(database, owner) and (pattern is None or fnmatchcase(table, pattern))
                   for owner, pattern in self.parts)

    def owns(self, key: CatalogKey) -> bool:
        """Whether an object may be altered or dropped on the service's behalf."""
        if key.kind in (Kind.DATABASE, Kind.FUNCTION):
            return self.whole(key.database)
        return self.table(key.database, key.table)

    def keeps(self, key: CatalogKey) -> bool:
        """Whether an object belongs in the export: what is owned, and the database a selected table needs."""
        return self.owns(key) or (key.kind is Kind.DATABASE and self.database(key.database))


def selection_of(texts: Iterable[str]) -> Selection:
    """Reads the entries of a policy: ``billing``, ``billing.invoices``, ``billing.inv*``; their order is no matter.

    Raises:
        BadInput: An entry is none of these.
    """
    parts: list[tuple[str, str | None]] = []
    for text in texts:
        if not _PATTERN.fullmatch(text):
            raise BadInput(text, "is not a database, a table or a pattern of tables",
                           "Write billing, billing.invoices or billing.inv*")
        database, dot, table = text.lower().partition(".")
        parts.append((database, table if dot else None))
    return Selection(tuple(sorted(set(parts), key=lambda part: (part[0], part[1] or ""))))


def no_longer_owned(keys: Iterable[CatalogKey], earlier: Selection, now: Selection) -> list[str]:
    """Names the databases, tables and functions that one selection owned and a later one does not, sorted.

    What hangs on a table is told by its table.
    """
    kinds = (Kind.DATABASE, Kind.TABLE, Kind.FUNCTION)
    return sorted(str(key) for key in keys if key.kind in kinds and earlier.owns(key) and not now.owns(key))
