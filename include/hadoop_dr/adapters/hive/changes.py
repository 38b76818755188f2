"""What a metastore is told: objects created, altered and dropped in batches, never with their data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from hadoop_dr.adapters.hive.client import Client
from hadoop_dr.adapters.hive.methods import (
    ADD_CONSTRAINT,
    CAPABILITIES,
    CATALOG,
    CLIENT,
    ENGINE,
    FAST_STATISTICS,
    KEEP_STATISTICS,
    NOT_SENT,
)
from hadoop_dr.adapters.hive.reads import BATCH, Reads, in_batches
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import STRUCTURE, Kind, Row, is_plain_managed
from hadoop_dr.domain.catalog.thrift_struct import (
    Tree,
    flag,
    get_map,
    record,
    records,
    text,
    text_map,
    texts,
    with_field,
    without,
)
from hadoop_dr.domain.errors import Failed, NotFound, Refused

_KEEP = record({1: text_map({KEEP_STATISTICS: "true"})})
_IN_MANAGED = "within managed warehouse"
_Handler = Callable[[Sequence[Row]], None]


class ChangingHalf(Reads):
    """The changing half of ``ports.metastore.Metastore``."""

    _client: Client

    def create(self, rows: Sequence[Row]) -> None:
        """See the port."""
        self._dispatch(rows, {Kind.DATABASE: self._create_databases, Kind.TABLE: self._create_tables,
                              Kind.PARTITION: self._create_partitions, Kind.TABLE_STATS: self._set_statistics,
                              Kind.PARTITION_STATS: self._set_statistics, Kind.CONSTRAINT: self._create_constraints,
                              Kind.FUNCTION: self._create_functions})

    def alter(self, rows: Sequence[Row]) -> None:
        """See the port."""
        self._dispatch(rows, {Kind.DATABASE: self._alter_databases, Kind.TABLE: self._alter_tables,
                              Kind.PARTITION: self._alter_partitions, Kind.TABLE_STATS: self._set_statistics,
                              Kind.PARTITION_STATS: self._set_statistics, Kind.FUNCTION: self._alter_functions})

    def drop(self, rows: Sequence[Row]) -> None:
        """See the port."""
        self._dispatch(rows, {Kind.DATABASE: self._drop_databases, Kind.TABLE: self._drop_tables,
                              Kind.PARTITION: self._drop_partitions, Kind.TABLE_STATS: self._drop_table_statistics,
                              Kind.PARTITION_STATS: self._drop_partition_statistics,
                              Kind.CONSTRAINT: self._drop_constraints, Kind.FUNCTION: self._drop_functions})

    @staticmethod
    def _dispatch(rows: Sequence[Row], handlers: dict[Kind, _Handler]) -> None:
        for kind, some in groupby(rows, key=lambda row: row.key.kind):
            if kind not in handlers:
                raise Refused(kind.value, "cannot be altered", "Drop it and create it again")
            handlers[kind](list(some))

    # -- databases

    def _create_databases(self, rows: Sequence[Row]) -> None:
        for row in rows:
            tree = _sendable(row)
            # The server refuses a database whose managed directory exists, and with the data in place it does.
            self._client.change("create_database", {1: record(without(tree, f.DB_MANAGED_LOCATION))})
            if f.DB_MANAGED_LOCATION in tree:
                self._alter_databases([row])

    def _alter_databases(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("alter_database", {1: text(row.key.database), 2: record(_sendable(row))})

    def _drop_databases(self, rows: Sequence[Row]) -> None:
        for row in rows:
            request = {1: text(row.key.database), 2: text(CATALOG), 3: flag(False), 4: flag(False), 5: flag(False),
                       8: flag(False)}
            self._client.change("drop_database_req", {1: record(request)})

    # -- tables

    def _create_tables(self, rows: Sequence[Row]) -> None:
        for row in rows:
            tree = _sendable(row)
            if is_plain_managed(row):
                self._create_table(tree)                    # the server makes it external ...
                self._alter_table(row, tree)                # ... and takes the word of whoever alters it
                continue
            try:
                self._create_table(tree)
            except Failed as refused:
                if _IN_MANAGED not in refused.problem:
                    raise
                # An external table where only managed ones may be made; the origin has come to have it there as well.
                self._create_table({**tree, f.TABLE_TYPE: text(f.MANAGED), f.TABLE_PARAMETERS: text_map({})})
                self._alter_table(row, tree)

    def _create_table(self, tree: Tree) -> None:
        request = {1: record(tree), 2: _KEEP, 9: texts(CAPABILITIES), 10: text(CLIENT)}
        self._client.change("create_table_req", {1: record(request)})

    def _alter_tables(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._alter_table(row, _sendable(row))

    def _alter_table(self, row: Row, tree: Tree) -> None:
        request = {1: text(CATALOG), 2: text(row.key.database), 3: text(row.key.table), 4: record(tree), 5: _KEEP,
                   8: texts(CAPABILITIES), 9: text(CLIENT)}
        self._client.change("alter_table_req", {1: record(request)})

    def _drop_tables(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("drop_table_with_environment_context",
                                {1: text(row.key.database), 2: text(row.key.table), 3: flag(False), 4: _KEEP})

    # -- partitions

    def _create_partitions(self, rows: Sequence[Row]) -> None:
        """Adds partitions as they are.

        The metastore ignores the wish to keep statistics in this one call and counts the files of directories that
        exist already (measured with 4.0.1); the same word as a parameter of the table does stop it.
        """
        if all(_has_fast_statistics(row) for row in rows):
            self._add_partitions(rows)
            return
        table = self._table(rows[0])
        tree = _sendable(table)
        parameters = get_map(tree, f.TABLE_PARAMETERS)
        marked = with_field(tree, f.TABLE_PARAMETERS, text_map({**parameters, KEEP_STATISTICS: "true"}))
        self._alter_table(table, marked)
        self._add_partitions(rows)
        self._alter_table(table, tree)

    def _table(self, row: Row) -> Row:
        found = self.tables(row.key.database, [row.key.table])
        if not found:
            raise NotFound(f"table {row.key.database}.{row.key.table}", "does not exist",
                           "Run again; the table is made with its partitions")
        return found[0]

    def _add_partitions(self, rows: Sequence[Row]) -> None:
        key = rows[0].key

        def send(some: Sequence[Row]) -> None:
            request = {1: text(key.database), 2: text(key.table), 3: records([_sendable(row) for row in some]),
                       4: flag(False), 5: flag(False), 6: text(CATALOG), 10: _KEEP}
            self._client.change("add_partitions_req", {1: record(request)})

        _in_batches(rows, send)

    def _alter_partitions(self, rows: Sequence[Row]) -> None:
        key = rows[0].key

        def send(some: Sequence[Row]) -> None:
            request = {1: text(CATALOG), 2: text(key.database), 3: text(key.table),
                       4: records([_sendable(row) for row in some]), 5: _KEEP}
            self._client.change("alter_partitions_req", {1: record(request)})

        _in_batches(rows, send)

    def _drop_partitions(self, rows: Sequence[Row]) -> None:
        key = rows[0].key

        def send(some: Sequence[Row]) -> None:
            names = record({1: texts([row.key.name for row in some])})
            request = {1: text(key.database), 2: text(key.table), 3: names, 4: flag(False), 5: flag(False),
                       7: _KEEP, 8: flag(False), 9: text(CATALOG)}
            self._client.change("drop_partitions_req", {1: record(request)})

        _in_batches(rows, send)

    # -- statistics

    def _set_statistics(self, rows: Sequence[Row]) -> None:
        def send(some: Sequence[Row]) -> None:
            request = {1: records([row.tree for row in some]), 2: flag(False), 5: text(ENGINE)}
            self._client.change("set_aggr_stats_for", {1: record(request)})

        _in_batches(rows, send)

    def _drop_table_statistics(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("delete_table_column_statistics",
                                {1: text(row.key.database), 2: text(row.key.table), 4: text(ENGINE)})

    def _drop_partition_statistics(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("delete_partition_column_statistics",
                                {1: text(row.key.database), 2: text(row.key.table), 3: text(row.key.name),
                                 5: text(ENGINE)})

    # -- constraints and functions

    def _create_constraints(self, rows: Sequence[Row]) -> None:
        for row in rows:
            ((members, value),) = row.tree.items()
            self._client.change(ADD_CONSTRAINT[members], {1: record({1: value})})

    def _drop_constraints(self, rows: Sequence[Row]) -> None:
        for row in rows:
            request = {1: text(row.key.database), 2: text(row.key.table), 3: text(row.key.name), 4: text(CATALOG)}
            self._client.change("drop_constraint", {1: record(request)})

    def _create_functions(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("create_function", {1: record(row.tree)})

    def _alter_functions(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("alter_function", {1: text(row.key.database), 2: text(row.key.name),
                                                   3: record(row.tree)})

    def _drop_functions(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._client.change("drop_function", {1: text(row.key.database), 2: text(row.key.name)})


def _in_batches(rows: Sequence[Row], send: Callable[[Sequence[Row]], None]) -> None:
    for _ in in_batches(rows, BATCH, send):
        pass


def _sendable(row: Row) -> Tree:
    return without(row.tree, *NOT_SENT[STRUCTURE[row.key.kind]])


def _has_fast_statistics(row: Row) -> bool:
    return get_map(row.tree, f.PARTITION_PARAMETERS).keys() >= set(FAST_STATISTICS)
