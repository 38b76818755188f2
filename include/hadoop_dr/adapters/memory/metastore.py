"""A metastore in memory that behaves like Hive 4.0.1 where it was measured: the twin of ``adapters.hive``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence

from hadoop_dr.adapters.memory.metastore_log import Log
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.partition_names import partition_name
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of, statistics_row
from hadoop_dr.domain.catalog.thrift_struct import (
    LIST,
    MAP,
    STRING,
    Items,
    Pairs,
    Tree,
    flag,
    get_list,
    get_map,
    get_number,
    get_record,
    get_text,
    get_texts,
    i32,
    i64,
    record,
    records,
    text,
    text_map,
    with_field,
    without,
)
from hadoop_dr.domain.errors import AlreadyExists, Failed, NotFound, Refused

_ACCURATE = "COLUMN_STATS_ACCURATE"
_TRANSLATED = {"EXTERNAL": "TRUE", "TRANSLATED_TO_EXTERNAL": "TRUE", "external.table.purge": "TRUE"}
_NO_SKEW = record({1: (LIST, Items(STRING, [])), 2: (LIST, Items(LIST, [])), 3: (MAP, Pairs(LIST, STRING, []))})
_BELOW = (Kind.PARTITION, Kind.TABLE_STATS, Kind.PARTITION_STATS, Kind.CONSTRAINT)


class MemoryMetastore:
    """See ``ports.metastore.Metastore``.

    Attributes:
        objects: Every object by its key.
        directories: Locations that exist; data copied there by others is added by hand.
    """

    def __init__(self, site: str, name: str = "hive", *, settings: Mapping[str, str] | None = None) -> None:
        """Starts empty. Locations that nobody names lie below ``hdfs://<site>/warehouse``."""
        self.site, self.name = site, name
        self.objects: dict[CatalogKey, Tree] = {}
        self.directories: set[str] = set()
        self._settings = dict(settings or {"metastore.transactional.event.listeners": "DbNotificationListener"})
        self._now_s, self._table_id = 1_700_000_000, 0
        self.log = Log(lambda: self._now_s)

    # -- reading

    def version(self) -> str:
        """See the port."""
        return "4.0.1"

    def settings(self, *names: str) -> Mapping[str, str]:
        """See the port."""
        return {name: self._settings[name] for name in names if name in self._settings}

    def current_event(self) -> int:
        """See the port."""
        return self.log.newest

    def events(self, after: int, limit: int = 1000) -> list[Event]:
        """See the port."""
        return [event for event in self.log.events if event.id > after][:limit]

    def databases(self) -> list[str]:
        """See the port."""
        return sorted(key.database for key in self.objects if key.kind is Kind.DATABASE)

    def database(self, name: str) -> Row:
        """See the port."""
        return row_of(CatalogKey(Kind.DATABASE, name), self._get(CatalogKey(Kind.DATABASE, name)))

    def every_database(self) -> list[Row]:
        """See the port."""
        return [self.database(name) for name in self.databases()]

    def table_names(self, database: str) -> list[str]:
        """See the port."""
        return sorted(key.table for key in self.objects if key.kind is Kind.TABLE and key.database == database)

    def tables(self, database: str, names: Sequence[str]) -> list[Row]:
        """See the port."""
        return self._rows(CatalogKey(Kind.TABLE, database, name) for name in names)

    def partition_names(self, database: str, table: str) -> list[str]:
        """See the port."""
        return sorted(key.name for key in self.objects if key[:3] == (Kind.PARTITION, database, table))

    def partitions(self, database: str, table: str, names: Sequence[str]) -> list[Row]:
        """See the port."""
        return self._rows(CatalogKey(Kind.PARTITION, database, table, name) for name in names)

    def table_statistics(self, table: Row) -> list[Row]:
        """See the port."""
        return self._rows([CatalogKey(Kind.TABLE_STATS, *table.key[1:3])])

    def partition_statistics(self, table: Row, names: Sequence[str]) -> list[Row]:
        """See the port."""
        return self._rows(CatalogKey(Kind.PARTITION_STATS, *table.key[1:3], name) for name in names)

    def constraints(self, database: str, table: str) -> list[Row]:
        """See the port."""
        return self._rows([key for key in self.objects if key[:3] == (Kind.CONSTRAINT, database, table)])

    def functions(self) -> list[Row]:
        """See the port."""
        return self._rows([key for key in self.objects if key.kind is Kind.FUNCTION])

    def close(self) -> None:
        """See the port."""

    # -- changing

    def create(self, rows: Sequence[Row]) -> None:
        """See the port."""
        handlers: dict[Kind, Callable[[Row], None]] = {
            Kind.DATABASE: self._create_database, Kind.TABLE: self._create_table,
            Kind.TABLE_STATS: self._set_statistics, Kind.PARTITION_STATS: self._set_statistics,
            Kind.CONSTRAINT: self._create_constraint, Kind.FUNCTION: self._create_function}
        if rows and rows[0].key.kind is Kind.PARTITION:
            self._create_partitions(rows)
            return
        for row in rows:
            self._now_s += 1
            handlers[row.key.kind](row)

    def alter(self, rows: Sequence[Row]) -> None:
        """See the port."""
        handlers: dict[Kind, Callable[[Row], None]] = {
            Kind.DATABASE: self._alter_database, Kind.TABLE: self._alter_table, Kind.PARTITION: self._alter_partition,
            Kind.TABLE_STATS: self._set_statistics, Kind.PARTITION_STATS: self._set_statistics,
            Kind.FUNCTION: self._alter_function}
        for row in rows:
            self._now_s += 1
            if row.key.kind not in handlers:
                raise Refused(str(row.key), "cannot be altered", "Drop it and create it again")
            handlers[row.key.kind](row)

    def drop(self, rows: Sequence[Row]) -> None:
        """See the port."""
        handlers: dict[Kind, Callable[[CatalogKey], None]] = {
            Kind.DATABASE: self._drop_database, Kind.TABLE: self._drop_table,
            Kind.TABLE_STATS: self._drop_statistics, Kind.PARTITION_STATS: self._drop_statistics,
            Kind.CONSTRAINT: self._drop_constraint, Kind.FUNCTION: self._drop_function}
        if rows and rows[0].key.kind is Kind.PARTITION:
            self._drop_partitions([row.key for row in rows])
            return
        for row in rows:
            self._now_s += 1
            handlers[row.key.kind](row.key)

    # -- databases

    def _create_database(self, row: Row) -> None:
        self._new(row.key)
        tree = {**row.tree, 8: text("hive"), 9: i32(self._now_s), f.DB_TYPE: i32(1)}
        if not get_text(tree, f.DB_LOCATION):
            tree[f.DB_LOCATION] = text(f"hdfs://{self.site}/warehouse/{row.key.database}.db")
        self.objects[row.key] = tree
        self.log.database("CREATE_DATABASE", row.key.database, tree)

    def _alter_database(self, row: Row) -> None:
        before = self._get(row.key)
        self.objects[row.key] = {**row.tree, 9: before[9]}
        self.log.database_altered(row.key.database, before, self.objects[row.key])

    def _drop_database(self, key: CatalogKey) -> None:
        tree = self._get(key)
        if any(other.database == key.database and other.kind is not Kind.DATABASE for other in self.objects):
            raise Failed(str(key), "InvalidOperationException: Database is not empty")
        del self.objects[key]
        self.log.database("DROP_DATABASE", key.database, tree)

    # -- tables

    def _create_table(self, row: Row) -> None:
        database = self._get(CatalogKey(Kind.DATABASE, row.key.database))
        self._new(row.key)
        self._table_id += 1
        tree = without(row.tree, 13, 20, 21, 22, 23, 24, 28)
        parameters = {"transient_lastDdlTime": str(self._now_s), **get_map(tree, f.TABLE_PARAMETERS)}
        located = get_text(get_record(tree, f.TABLE_SD), f.SD_LOCATION)
        transactional = parameters.get("transactional", "").lower() == "true"
        if get_text(tree, f.TABLE_TYPE) == f.MANAGED and not transactional and not located:
            tree[f.TABLE_TYPE] = text(f.EXTERNAL)
            parameters |= _TRANSLATED
        tree[f.TABLE_PARAMETERS] = text_map(parameters)
        default = f"{get_text(database, f.DB_LOCATION)}/{row.key.table}"
        if get_text(tree, f.TABLE_TYPE) != f.VIEW:
            tree = self._with_location(tree, f.TABLE_SD, default)
        tree |= {f.TABLE_CREATED: i32(self._now_s), f.TABLE_ID: i64(self._table_id), 15: flag(False), 17: text("hive")}
        self.objects[row.key] = tree
        self.log.table("CREATE_TABLE", row.key.database, row.key.table, tree)

    def _with_location(self, tree: Tree, field: int, default: str) -> Tree:
        descriptor = {f.SD_SKEWED: _NO_SKEW, 12: flag(False), **get_record(tree, field)}
        if not get_text(descriptor, f.SD_LOCATION):
            descriptor[f.SD_LOCATION] = text(default)
        self.directories.add(get_text(descriptor, f.SD_LOCATION))
        return with_field(tree, field, record(descriptor))

    def _alter_table(self, row: Row) -> None:
        before = self._get(row.key)
        after = {**row.tree, f.TABLE_CREATED: before[f.TABLE_CREATED], f.TABLE_ID: before[f.TABLE_ID]}
        new = CatalogKey(Kind.TABLE, get_text(after, f.TABLE_DB), get_text(after, f.TABLE_NAME))
        if get_list(before, f.TABLE_KEYS) != get_list(after, f.TABLE_KEYS):
            raise Failed(str(row.key), "InvalidOperationException: partition keys can not be changed")
        if new != row.key:
            self._rename(row.key, new)
        self.objects[new] = after
        self.log.table_altered(row.key.database, before, after)

    def _rename(self, old: CatalogKey, new: CatalogKey) -> None:
        self._new(new)
        for key in [key for key in self.objects if key[1:3] == old[1:3] and key.table]:
            tree = self.objects.pop(key)
            self.objects[CatalogKey(key.kind, new.database, new.table, key.name)] = _renamed(key.kind, tree, new)
        for key, tree in self.objects.items():
            columns = get_list(tree, f.FOREIGN) if key.kind is Kind.CONSTRAINT else []
            if columns and (get_text(columns[0], f.FK_PARENT_DB), get_text(columns[0], f.FK_PARENT_TABLE)) == old[1:3]:
                self.objects[key] = {f.FOREIGN: records([{**column, f.FK_PARENT_DB: text(new.database),
                                                          f.FK_PARENT_TABLE: text(new.table)} for column in columns])}

    def _drop_table(self, key: CatalogKey) -> None:
        tree = self._get(key)
        for other in [other for other in self.objects if other.kind in _BELOW and other[1:3] == key[1:3]]:
            del self.objects[other]
        self._drop_foreign_keys(key)
        del self.objects[key]
        self.log.table("DROP_TABLE", key.database, key.table, tree)

    def _drop_foreign_keys(self, parent: CatalogKey) -> None:
        """Foreign keys fall with their parent, silently."""
        for key, tree in list(self.objects.items()):
            keys = get_list(tree, f.FOREIGN) if key.kind is Kind.CONSTRAINT else []
            if keys and (get_text(keys[0], f.FK_PARENT_DB), get_text(keys[0], f.FK_PARENT_TABLE)) == parent[1:3]:
                del self.objects[key]

    # -- partitions

    def _create_partitions(self, rows: Sequence[Row]) -> None:
        self._now_s += 1
        table = self._get(CatalogKey(Kind.TABLE, *rows[0].key[1:3]))
        for row in rows:
            self._new(row.key)
        columns = [get_text(column, f.COLUMN_NAME) for column in get_list(table, f.TABLE_KEYS)]
        added = {}
        for row in rows:
            key = partition_name(columns, get_texts(row.tree, f.PARTITION_VALUES))
            base = get_text(get_record(table, f.TABLE_SD), f.SD_LOCATION)
            # The real server would count files here; the adapter keeps it from doing so, and so the twin does not.
            tree = self._with_location(row.tree, f.PARTITION_SD, f"{base}/{key}")
            parameters = {**get_map(tree, f.PARTITION_PARAMETERS), "transient_lastDdlTime": str(self._now_s)}
            tree = with_field(tree, f.PARTITION_PARAMETERS, text_map(parameters))
            added[key] = self.objects[row.key] = {**tree, 4: i32(self._now_s), 9: text("hive"), 10: i64(-1)}
        self.log.partitions("ADD_PARTITION", rows[0].key.database, table, added)

    def _alter_partition(self, row: Row) -> None:
        before, table = self._get(row.key), self._get(CatalogKey(Kind.TABLE, *row.key[1:3]))
        self.objects[row.key] = {**row.tree, 4: i32(get_number(before, 4))}
        self.log.partition_altered(row.key.database, table, row.key.name, before, self.objects[row.key])

    def _drop_partitions(self, keys: Sequence[CatalogKey]) -> None:
        self._now_s += 1
        table = self._get(CatalogKey(Kind.TABLE, *keys[0][1:3]))
        gone = {key.name: self._get(key) for key in keys}
        for key in keys:
            del self.objects[key]
            self.objects.pop(key._replace(kind=Kind.PARTITION_STATS), None)
        self.log.partitions("DROP_PARTITION", keys[0].database, table, gone)

    # -- statistics

    def _set_statistics(self, row: Row) -> None:
        owner = row.key._replace(kind=Kind.PARTITION if row.key.name else Kind.TABLE)
        tree = self._get(owner)
        columns = {get_text(item, f.OBJECT_COLUMN): item
                   for item in get_list(self.objects.get(row.key, {}), f.STATS_OBJECTS)}
        given = {get_text(item, f.OBJECT_COLUMN): item for item in get_list(row.tree, f.STATS_OBJECTS)}
        new = statistics_row(row.key, (columns | given).values())
        if new:
            self.objects[row.key] = new.tree
        field = f.PARTITION_PARAMETERS if row.key.name else f.TABLE_PARAMETERS
        parameters = get_map(tree, field)
        accurate = json.loads(parameters.get(_ACCURATE, "{}"))
        accurate.setdefault("COLUMN_STATS", {}).update(dict.fromkeys(given, "true"))
        changed = {_ACCURATE: json.dumps(accurate, separators=(",", ":"))}
        self.objects[owner] = with_field(tree, field, text_map(parameters | changed))
        self.log.statistics(row.key, row.tree, changed)

    def _drop_statistics(self, key: CatalogKey) -> None:
        self._get(key)
        del self.objects[key]
        self.log.statistics_dropped(key)

    # -- constraints and functions

    def _create_constraint(self, row: Row) -> None:
        self._get(CatalogKey(Kind.TABLE, *row.key[1:3]))
        if row.key in self.objects:
            raise Failed(str(row.key), "InvalidObjectException: Constraint name already exists")
        self.objects[row.key] = row.tree
        self.log.constraint(row.key, row.tree)

    def _drop_constraint(self, key: CatalogKey) -> None:
        self._get(key)
        del self.objects[key]
        self.log.constraint_dropped(key)

    def _create_function(self, row: Row) -> None:
        self._get(CatalogKey(Kind.DATABASE, row.key.database))
        self._new(row.key)
        self.objects[row.key] = {**row.tree, 6: i32(self._now_s)}
        self.log.function("CREATE_FUNCTION", row.key, self.objects[row.key])

    def _alter_function(self, row: Row) -> None:
        self._get(row.key)
        self.objects[row.key] = {**row.tree, 6: i32(self._now_s)}        # no event: measured

    def _drop_function(self, key: CatalogKey) -> None:
        tree = self._get(key)
        del self.objects[key]
        self.log.function("DROP_FUNCTION", key, tree)

    # -- keys

    def _rows(self, keys: Iterable[CatalogKey]) -> list[Row]:
        return [row_of(key, self.objects[key]) for key in keys if key in self.objects]

    def _get(self, key: CatalogKey) -> Tree:
        if key not in self.objects:
            raise NotFound(str(key), "does not exist")
        return self.objects[key]

    def _new(self, key: CatalogKey) -> None:
        if key in self.objects:
            raise AlreadyExists(str(key), "exists already")


def _renamed(kind: Kind, tree: Tree, new: CatalogKey) -> Tree:
    """Returns what hangs on a table, when the table gets another name."""
    names = {f.PARTITION_DB: text(new.database), f.PARTITION_TABLE: text(new.table)}
    if kind is Kind.PARTITION:
        return {**tree, **names}
    if kind in (Kind.TABLE_STATS, Kind.PARTITION_STATS):
        return with_field(tree, f.STATS_DESC, record({**get_record(tree, f.STATS_DESC), **names}))
    if kind is Kind.CONSTRAINT:
        ((members, value),) = tree.items()
        database, table = f.CONSTRAINT_OWNER[members]
        owner = {database: text(new.database), table: text(new.table)}
        return {members: records([{**item, **owner} for item in value[1].values])}
    return tree
