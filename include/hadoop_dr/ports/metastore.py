"""One metastore of one site: read whole, followed by its notification log, changed in batches (S2.3, S2.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.rows import Row


class Metastore(Protocol):
    """Catalog objects as rows that keep every field; names are lower case as the metastore keeps them.

    Any call may raise Unreachable (nothing was sent), AccessDenied, Failed with the metastore's own words, or Protocol.
    Reading calls are repeated on the other addresses of the metastore when an answer is lost. Changing calls never are:
    a lost answer is Unknown, and the caller reads back.

    Every call declares all client capabilities, because a partial list makes the metastore distort its answers.
    """

    site: str
    name: str

    # -- reading
    def version(self) -> str:
        """Version text of the metastore's software."""

    def settings(self, *names: str) -> Mapping[str, str]:
        """Effective settings of the metastore; one that it does not know or will not tell is absent."""

    def current_event(self) -> int:
        """Id of the newest event; 0 means no event yet, or no notification log at all.

        A light question: a metastore that hangs is found out by it in seconds, unless it has answered something before.
        """

    def events(self, after: int, limit: int = 1000) -> list[Event]:
        """Events with greater ids, oldest first, at most ``limit``; none when ``after`` is the newest or beyond it."""

    def databases(self) -> list[str]:
        """Names of all databases, sorted."""

    def database(self, name: str) -> Row:
        """One database.

        Raises:
            NotFound: There is none of that name.
        """

    def every_database(self) -> list[Row]:
        """All databases, by name, in two round trips a hundred of them; one that goes meanwhile is left out."""

    def table_names(self, database: str) -> list[str]:
        """Names of tables and views, sorted; none when the database does not exist."""

    def tables(self, database: str, names: Sequence[str]) -> list[Row]:
        """Tables and views by name; those that do not exist are left out."""

    def partition_names(self, database: str, table: str) -> list[str]:
        """Names of all partitions, sorted; none when the table does not exist or has no partition columns."""

    def partitions(self, database: str, table: str, names: Sequence[str]) -> list[Row]:
        """Partitions by name; those that do not exist are left out."""

    def table_statistics(self, table: Row) -> list[Row]:
        """Column statistics of a table: one row, or none."""

    def partition_statistics(self, table: Row, names: Sequence[str]) -> list[Row]:
        """Column statistics of partitions: a row for each that has any."""

    def constraints(self, database: str, table: str) -> list[Row]:
        """Constraints of a table, one row for each name; foreign keys belong to the table that has them."""

    def functions(self) -> list[Row]:
        """All permanent functions of all databases."""

    # -- changing: done, not done (raises Failed) or Unknown
    def create(self, rows: Sequence[Row]) -> None:
        """Creates objects of one kind and, below tables, of one table; statistics are set.

        The content arrives as it is: the metastore is told to compute no statistics of its own, and a managed table
        that says where it lies stays managed (one that does not becomes external, as the metastore wants it).
        Directories that the metastore makes are its own business, so data is to be in place before.

        Raises:
            AlreadyExists: One exists; those before it in the sequence may have been created.
            NotFound: The database or table they belong to does not exist.
        """

    def alter(self, rows: Sequence[Row]) -> None:
        """Replaces objects of one kind and, below tables, of one table by new content of the same name.

        Constraints cannot be altered, and statistics only gain or replace columns.

        Raises:
            NotFound: One does not exist.
        """

    def drop(self, rows: Sequence[Row]) -> None:
        """Drops objects of one kind and, below tables, of one table. Never deletes data, whatever the table's type.

        Raises:
            NotFound: One does not exist; those before it may have been dropped.
            Failed: A database still has tables.
        """

    def close(self) -> None:
        """Closes the connection."""
