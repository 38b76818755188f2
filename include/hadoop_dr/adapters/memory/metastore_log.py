"""The twin's notification log: events with the same messages the real listener writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.partition_names import partition_values
from hadoop_dr.domain.catalog.rows import CatalogKey
from hadoop_dr.domain.catalog.thrift_json import json_of_tree, pack_message
from hadoop_dr.domain.catalog.thrift_struct import Tree, get_list, get_text

FORMAT = "gzip(json-2.0)"
"""Format of the messages, as a metastore of Hive 4 sends them."""
_ADD = {f.PRIMARY: ("ADD_PRIMARYKEY", "primaryKeyListJson"), f.FOREIGN: ("ADD_FOREIGNKEY", "foreignKeyListJson"),
        f.UNIQUE: ("ADD_UNIQUECONSTRAINT", "uniqueConstraintListJson"),
        f.NOT_NULL: ("ADD_NOTNULLCONSTRAINT", "notNullConstraintListJson"),
        f.DEFAULT: ("ADD_DEFAULTCONSTRAINT", "defaultConstraintListJson"),
        f.CHECK: ("ADD_CHECKCONSTRAINT", "checkConstraintListJson")}


class Log:
    """Events in order, ids without gaps."""

    def __init__(self, now_s: Callable[[], int]) -> None:
        """Starts empty; ``now_s`` is the metastore's clock."""
        self.events: list[Event] = []
        self.newest = 0
        self._now_s = now_s

    def write(self, kind: str, database: str, table: str = "", /, **message: Any) -> None:
        """Adds an event."""
        self.newest += 1
        content = {"server": "", "servicePrincipal": "", "timestamp": self._now_s(), **message}
        self.events.append(Event(self.newest, self._now_s(), kind, database, table, pack_message(content), FORMAT))

    def database(self, kind: str, name: str, tree: Tree) -> None:
        """A database came or went."""
        self.write(kind, name, db=name, dbJson=json_of_tree(tree))

    def database_altered(self, name: str, before: Tree, after: Tree) -> None:
        """A database changed."""
        self.write("ALTER_DATABASE", name, db=name, dbObjBeforeJson=json_of_tree(before),
                   dbObjAfterJson=json_of_tree(after))

    def table(self, kind: str, database: str, name: str, tree: Tree) -> None:
        """A table came or went."""
        self.write(kind, database, name, db=database, table=name, tableObjJson=json_of_tree(tree))

    def table_altered(self, database: str, before: Tree, after: Tree) -> None:
        """A table changed; the event carries the new name, the message's ``table`` the old one."""
        self.write("ALTER_TABLE", database, get_text(after, f.TABLE_NAME), db=database,
                   table=get_text(before, f.TABLE_NAME), tableObjBeforeJson=json_of_tree(before),
                   tableObjAfterJson=json_of_tree(after), isTruncateOp="false")

    def partitions(self, kind: str, database: str, table: Tree, added: dict[str, Tree]) -> None:
        """Partitions came (with their objects) or went (with their values only)."""
        message: dict[str, Any] = {"partitions": [_values(table, key) for key in added]}
        if kind == "ADD_PARTITION":
            message["partitionListJson"] = [json_of_tree(tree) for tree in added.values()]
        self.write(kind, database, get_text(table, f.TABLE_NAME), tableObjJson=json_of_tree(table), **message)

    def partition_altered(self, database: str, table: Tree, key: str, before: Tree, after: Tree) -> None:
        """One partition changed."""
        self.write("ALTER_PARTITION", database, get_text(table, f.TABLE_NAME), keyValues=_values(table, key),
                   tableObjJson=json_of_tree(table), partitionObjBeforeJson=json_of_tree(before),
                   partitionObjAfterJson=json_of_tree(after))

    def statistics(self, key: CatalogKey, stats: Tree, parameters: dict[str, str]) -> None:
        """Column statistics were set."""
        kind = "UPDATE_PART_COL_STAT_EVENT" if key.name else "UPDATE_TBL_COL_STAT_EVENT"
        self.write(kind, key.database, key.table, colStatsJson=json_of_tree(stats), parameters=parameters)

    def statistics_dropped(self, key: CatalogKey) -> None:
        """All column statistics of a table or partition went."""
        if key.name:
            self.write("DELETE_PART_COL_STAT_EVENT", key.database, key.table, colName=None, partName=key.name)
        else:
            self.write("DELETE_TBL_COL_STAT_EVENT", key.database, key.table, colName=None)

    def constraint(self, key: CatalogKey, tree: Tree) -> None:
        """A constraint came; a foreign key's event names the parent, as the real one does."""
        ((members, _),) = tree.items()
        kind, name = _ADD[members]
        items = get_list(tree, members)
        database, table = key.database, key.table
        if members == f.FOREIGN:
            database, table = get_text(items[0], f.FK_PARENT_DB), get_text(items[0], f.FK_PARENT_TABLE)
        self.write(kind, database, table, **{name: [json_of_tree(item) for item in items]})

    def constraint_dropped(self, key: CatalogKey) -> None:
        """A constraint went."""
        self.write("DROP_CONSTRAINT", key.database, key.table, dbName=key.database, tableName=key.table,
                   constraintName=key.name)

    def function(self, kind: str, key: CatalogKey, tree: Tree) -> None:
        """A function came or went."""
        self.write(kind, key.database, functionName=key.name, functionObjJson=json_of_tree(tree))


def _values(table: Tree, key: str) -> dict[str, str]:
    columns = [get_text(column, f.COLUMN_NAME) for column in get_list(table, f.TABLE_KEYS)]
    return dict(zip(columns, partition_values(key), strict=True))
