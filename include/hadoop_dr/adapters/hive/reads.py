"""What a metastore is asked: objects as rows, the notification log, its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeVar

from hadoop_dr.adapters.hive.client import Client
from hadoop_dr.adapters.hive.methods import CAPABILITIES, CATALOG, CLIENT, CLIENT_CAPABILITIES, ENGINE
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.partition_names import partition_name, unescape
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, constraint_rows, row_of, statistics_row
from hadoop_dr.domain.catalog.thrift_struct import (
    I16,
    I32,
    LIST,
    Items,
    Tree,
    get_list,
    get_number,
    get_record,
    get_text,
    get_texts,
    i32,
    i64,
    record,
    text,
    texts,
)
from hadoop_dr.domain.errors import DrError, Failed, NotFound

BATCH = 1000
"""So many names go into one request."""
_TABLES_BATCH = 100
_SMALLEST = 25

T = TypeVar("T")
R = TypeVar("R")

CLIENT_FIELD = record({1: (LIST, Items(I32, list(CLIENT_CAPABILITIES)))})
"""``ClientCapabilities``, as it is sent with a request for tables."""
_NO_SETTING = "\x01absent"


def in_batches(items: Sequence[T], size: int, call: Callable[[Sequence[T]], R]) -> Iterator[R]:
    """Calls with pieces of at most ``size`` items; a piece the metastore fails on is tried again in halves.

    Metastores have limits of their own: of partitions in a request, of the message, and with an embedded Derby of the
    stack its statements need. A refused call has changed nothing, so a smaller one is no repetition.
    """
    for start in range(0, len(items), size):
        yield from _halving(items[start:start + size], call)


def _halving(items: Sequence[T], call: Callable[[Sequence[T]], R]) -> Iterator[R]:
    try:
        result = call(items)
    except Failed as refused:
        if type(refused) is not Failed or len(items) <= _SMALLEST:
            raise
    else:
        yield result
        return
    middle = len(items) // 2
    yield from _halving(items[:middle], call)
    yield from _halving(items[middle:], call)


def _text(value: bytes) -> str:
    return value.decode(errors="surrogateescape")


def named(values: list[bytes]) -> list[str]:
    """Sorted names out of a list of texts."""
    return sorted(map(_text, values))


class Reads:
    """The reading half of ``ports.metastore.Metastore``."""

    _client: Client

    def version(self) -> str:
        """See the port."""
        return _text(self._client.read("getVersion"))

    def settings(self, *names: str) -> Mapping[str, str]:
        """See the port."""
        found = {}
        for name in names:
            try:
                value = self._client.read("get_config_value", {1: text(name), 2: text(_NO_SETTING)}).decode()
            except Failed as refused:
                if refused.retryable:
                    raise
                continue                                    # the metastore tells settings of its own only
            if value != _NO_SETTING:
                found[name] = value
        return found

    def current_event(self) -> int:
        """See the port."""
        return get_number(self._client.read_light("get_current_notificationEventId"), 1)

    def events(self, after: int, limit: int = BATCH) -> list[Event]:
        """See the port."""
        answer = self._client.read("get_next_notification", {1: record({1: i64(after), 2: i32(limit)})})
        return sorted((_event(item) for item in get_list(answer, 1)), key=lambda event: event.id)

    def databases(self) -> list[str]:
        """See the port."""
        return named(self._client.read("get_all_databases").values)

    def database(self, name: str) -> Row:
        """See the port."""
        return row_of(CatalogKey(Kind.DATABASE, name), self._client.read("get_database_req", _of_database(name)))

    def every_database(self) -> list[Row]:
        """See the port."""
        names = self.databases()
        found = self._client.read_each("get_database_req", [_of_database(name) for name in names])
        for answer in found:
            if isinstance(answer, DrError) and not isinstance(answer, NotFound):
                raise answer
        return [row_of(CatalogKey(Kind.DATABASE, name), answer) for name, answer in zip(names, found, strict=True)
                if not isinstance(answer, NotFound)]

    def table_names(self, database: str) -> list[str]:
        """See the port."""
        return named(self._client.read("get_all_tables", {1: text(database)}).values)

    def tables(self, database: str, names: Sequence[str]) -> list[Row]:
        """See the port."""
        try:
            return [row_of(CatalogKey(Kind.TABLE, database, get_text(tree, f.TABLE_NAME).lower()), tree)
                    for trees in in_batches(names, _TABLES_BATCH, lambda some: self._some_tables(database, some))
                    for tree in trees]
        except NotFound:
            return []                                       # the database itself is gone, and its tables with it

    def _some_tables(self, database: str, names: Sequence[str]) -> list[Tree]:
        request = {1: text(database), 2: texts(list(names)), 3: CLIENT_FIELD, 4: text(CATALOG), 5: texts(CAPABILITIES),
                   6: text(CLIENT)}
        return get_list(self._client.read("get_table_objects_by_name_req", {1: record(request)}), 1)

    def partition_names(self, database: str, table: str) -> list[str]:
        """See the port."""
        return named(self._client.read("get_partition_names",
                                       {1: text(database), 2: text(table), 3: (I16, -1)}).values)

    def partitions(self, database: str, table: str, names: Sequence[str]) -> list[Row]:
        """See the port."""
        if not names:
            return []
        columns = [unescape(part.partition("=")[0]) for part in names[0].split("/")]
        return [row_of(CatalogKey(Kind.PARTITION, database, table, partition_name_of(columns, tree)), tree)
                for trees in in_batches(names, BATCH, lambda some: self._some_partitions(database, table, some))
                for tree in trees]

    def _some_partitions(self, database: str, table: str, names: Sequence[str]) -> list[Tree]:
        request = {1: text(database), 2: text(table), 3: texts(list(names)), 5: texts(CAPABILITIES), 6: text(CLIENT)}
        return get_list(self._client.read("get_partitions_by_names_req", {1: record(request)}), 1)

    def table_statistics(self, table: Row) -> list[Row]:
        """See the port."""
        _, database, name, _ = table.key
        request = {1: text(database), 2: text(name), 3: texts(columns_of(table)), 4: text(CATALOG), 6: text(ENGINE)}
        answer = self._client.read("get_table_statistics_req", {1: record(request)})
        row = statistics_row(CatalogKey(Kind.TABLE_STATS, database, name), get_list(answer, 1))
        return [row] if row else []

    def partition_statistics(self, table: Row, names: Sequence[str]) -> list[Row]:
        """See the port."""
        found = (statistics_row(CatalogKey(Kind.PARTITION_STATS, *table.key[1:3], name), objects)
                 for some in in_batches(names, BATCH, lambda names: self._some_statistics(table, names))
                 for name, objects in some)
        return [row for row in found if row]

    def _some_statistics(self, table: Row, names: Sequence[str]) -> list[tuple[str, list[Tree]]]:
        _, database, name, _ = table.key
        request = {1: text(database), 2: text(name), 3: texts(columns_of(table)), 4: texts(list(names)),
                   5: text(CATALOG), 7: text(ENGINE)}
        answer = self._client.read("get_partitions_statistics_req", {1: record(request)})
        return [(_text(key), objects.values) for key, objects in answer[1][1].pairs]

    def constraints(self, database: str, table: str) -> list[Row]:
        """See the port."""
        request = {1: text(database), 2: text(table), 3: text(CATALOG)}
        answer = self._client.read("get_all_table_constraints", {1: record(request)})
        return constraint_rows(database, table, get_record(answer, 1))

    def functions(self) -> list[Row]:
        """See the port."""
        return [
            row_of(
                CatalogKey(Kind.FUNCTION, get_text(tree, f.FUNCTION_DB).lower(), "", get_text(tree, f.FUNCTION_NAME)),
                tree,
            )
            for tree in get_list(self._client.read("get_all_functions"), 1)
        ]


def _of_database(name: str) -> Tree:
    return {1: record({1: text(name), 2: text(CATALOG), 3: texts(CAPABILITIES), 4: text(CLIENT)})}


def columns_of(table: Row) -> list[str]:
    """Names of a table's data columns."""
    return [get_text(column, f.COLUMN_NAME) for column in get_list(get_record(table.tree, f.TABLE_SD), f.SD_COLUMNS)]


def partition_name_of(columns: Sequence[str], tree: Tree) -> str:
    """The name of a partition, from its values."""
    return partition_name(columns, get_texts(tree, f.PARTITION_VALUES))


def _event(tree: Tree) -> Event:
    message = tree[6][1] if 6 in tree else b""
    return Event(get_number(tree, 1), get_number(tree, 2), get_text(tree, 3), get_text(tree, 4).lower(),
                 get_text(tree, 5).lower(), message, get_text(tree, 7))


