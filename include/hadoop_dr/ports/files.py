"""Small documents beside the data: ledger chains, plans, facts, catalogs."""

from __future__ import annotations

from typing import Protocol

ASIDE = ".aside-"
"""Begins the name of a document that is not finished yet; one that is left over by a dead process is nobody's."""


class Files(Protocol):
    """Whole small files on one site, below directories of mode 700 that the adapter makes as needed.

    Raises Unreachable, NotReady, AccessDenied or Unknown like ``NameNode``.
    """

    site: str

    def append_new(self, path: str, content: bytes) -> bool:
        """Publishes a durable file at a path where none exists: written aside, synced, renamed without overwrite.

        Returns:
            True when this call made it; False when a file was there first (also when it has equal content).

        Raises:
            Unknown: The rename's answer was lost and could not be read back.
        """

    def prepare(self, path: str, content: bytes) -> None:
        """Brings the bytes of an ``append_new`` that follows to the site ahead of it, so that many go side by side.

        Nothing is published by it. Where no ``append_new`` of the same path and content follows, an unfinished document
        stays, which is nobody's.
        """

    def put(self, path: str, content: bytes) -> None:
        """Publishes a whole file, replacing an older one; readers see the old or the new, never a part."""

    def get(self, path: str) -> bytes:
        """Reads a whole file.

        Raises:
            NotFound: It does not exist.
        """

    def names(self, directory: str) -> list[str]:
        """Names of the entries of a directory, sorted, without unfinished ones; empty when it does not exist."""

    def move(self, source: str, target: str) -> None:
        """Renames a file or directory; parents of the target are made.

        Raises:
            NotFound: No source. AlreadyExists: Something is at the target.
        """

    def remove(self, path: str) -> None:
        """Removes a file or a whole directory; absence is fine."""


class Tables(Protocol):
    """Rows to bytes and back (Parquet). A schema is a tuple of (column, type) with the types of ``COLUMN_TYPES``."""

    def pack(self, schema: tuple[tuple[str, str], ...], rows: list[tuple[object, ...]], stamp: str = "") -> bytes:
        """Writes rows, compressed, in order, and beside them what form they have."""

    def unpack(self, content: bytes, columns: tuple[str, ...] = ()) -> list[tuple[object, ...]]:
        """Reads the rows back in order: all of their columns, or those that are named, in that order."""

    def stamp(self, content: bytes) -> str:
        """Reads what form the rows have; empty when nothing was written of it.

        Raises:
            Protocol: The bytes are no table.
        """


COLUMN_TYPES = ("int64", "string", "binary", "bool", "float64", "strings", "pairs")
"""``strings`` is a list of text, ``pairs`` a list of (text, bytes); every column may hold None."""
