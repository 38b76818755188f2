"""Catalog objects for tests, and random changes of a catalog as users make them, over any metastore port."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Mapping, Sequence

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.partition_names import partition_name
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, constraint_rows, row_of, statistics_row
from hadoop_dr.domain.catalog.thrift_struct import (
    Tree,
    flag,
    get_list,
    get_map,
    get_record,
    get_text,
    i32,
    i64,
    record,
    records,
    text,
    text_map,
    texts,
    with_field,
)
from hadoop_dr.domain.errors import AlreadyExists, Failed, NotFound
from hadoop_dr.ports.metastore import Metastore

VALUES = ("a b", "e%20", "f+", "g=1", "ü", "__HIVE_DEFAULT_PARTITION__", "x/y:z", "h#", "q?{[]^'\"*\\", "%2F")
DOUBLE = 4
EAST = "hdfs://127.0.0.1:40001"


def columns(*names: str, kind: str = "int") -> tuple[int, object]:
    """A list of columns."""
    return records([{1: text(name), 2: text(kind), 3: text(f"about {name}")} for name in names])


def descriptor(names: Sequence[str] = ("a", "b"), location: str = "", buckets: int = -1) -> Tree:
    """A storage descriptor of a text table."""
    tree: Tree = {1: columns(*names)}
    if location:
        tree[f.SD_LOCATION] = text(location)
    lazy = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    tree |= {3: text("org.apache.hadoop.mapred.TextInputFormat"),
             4: text("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"), 5: flag(False), 6: i32(buckets),
             7: record({2: text(lazy), 3: text_map({"serialization.format": "1"})}), 8: texts([]), 9: records([]),
             10: text_map({})}
    return tree


def database(name: str, location: str = "", **parameters: str) -> Row:
    """A database."""
    tree: Tree = {1: text(name), 2: text("über alles"), 4: text_map(parameters), 6: text("hdfs"), 7: i32(1)}
    if location:
        tree[f.DB_LOCATION] = text(location)
    return row_of(CatalogKey(Kind.DATABASE, name), dict(sorted(tree.items())))


def table(owner: str, name: str, *, location: str = "", keys: Sequence[str] = (), kind: str = f.EXTERNAL,
          names: Sequence[str] = ("a", "b"), **parameters: str) -> Row:
    """A table; external unless said otherwise."""
    given = {"EXTERNAL": "TRUE", **parameters} if kind == f.EXTERNAL else parameters
    tree: Tree = {1: text(name), 2: text(owner), 3: text("hdfs"), 6: i32(0), 7: record(descriptor(names, location)),
                  8: records([{1: text(key), 2: text("string")} for key in keys]), 9: text_map(given), 12: text(kind)}
    return row_of(CatalogKey(Kind.TABLE, owner, name), tree)


def view(owner: str, name: str, query: str) -> Row:
    """A view."""
    tree = table(owner, name, kind=f.VIEW).tree
    return row_of(CatalogKey(Kind.TABLE, owner, name),
                  dict(sorted({**tree, 10: text(query), 11: text(query)}.items())))


def partition(owner: str, name: str, keys: Sequence[str], values: Sequence[str], *, location: str = "",
              names: Sequence[str] = ("a", "b"), **parameters: str) -> Row:
    """A partition."""
    tree: Tree = {1: texts(list(values)), 2: text(owner), 3: text(name), 6: record(descriptor(names, location)),
                  7: text_map(parameters)}
    return row_of(CatalogKey(Kind.PARTITION, owner, name, partition_name(keys, values)), tree)


def statistics(owner: str, name: str, key: str = "", **distinct: int) -> Row:
    """Column statistics: the number of distinct values of each column."""
    kind = Kind.PARTITION_STATS if key else Kind.TABLE_STATS
    row = statistics_row(CatalogKey(kind, owner, name, key), [{1: text(column), 2: text("int"), 3: record({2: record(
        {1: i64(0), 2: i64(99), 3: i64(0), 4: i64(count)})})} for column, count in distinct.items()])
    assert row
    return row


def double(value: float) -> tuple[int, bytes]:
    """A floating-point field."""
    return DOUBLE, struct.pack(">d", value)


def primary_key(owner: str, name: str, constraint: str, *key: str) -> Row:
    """A primary key."""
    items = [{1: text(owner), 2: text(name), 3: text(column), 4: i32(place), 5: text(constraint), 6: flag(False),
              7: flag(False), 8: flag(True), 9: text("hive")} for place, column in enumerate(key, 1)]
    (row,) = constraint_rows(owner, name, {f.PRIMARY: records(items)})
    return row


def foreign_key(owner: str, name: str, constraint: str, parent: Row) -> Row:
    """A foreign key of column ``a`` to the first column of a primary key."""
    _, parent_db, parent_table, parent_key = parent.key
    column = get_text(get_list(parent.tree, f.PRIMARY)[0], 3)
    (row,) = constraint_rows(owner, name, {f.FOREIGN: records([{
        1: text(parent_db), 2: text(parent_table), 3: text(column), 4: text(owner), 5: text(name), 6: text("a"),
        7: i32(1), 8: i32(0), 9: i32(0), 10: text(constraint), 11: text(parent_key), 12: flag(False), 13: flag(False),
        14: flag(True), 15: text("hive")}])})
    return row


def not_null(owner: str, name: str, constraint: str, column: str = "b") -> Row:
    """A NOT NULL constraint."""
    (row,) = constraint_rows(owner, name, {f.NOT_NULL: records([{
        1: text("hive"), 2: text(owner), 3: text(name), 4: text(column), 5: text(constraint), 6: flag(True),
        7: flag(False), 8: flag(True)}])})
    return row


def function(owner: str, name: str, jar: str, java: str = "org.example.F") -> Row:
    """A function with a jar."""
    tree: Tree = {1: text(name), 2: text(owner), 3: text(java), 4: text("hdfs"), 5: i32(1), 6: i32(0), 7: i32(1),
                  8: records([{1: i32(1), 2: text(jar)}]), 9: text("hive")}
    return row_of(CatalogKey(Kind.FUNCTION, owner, "", name), tree)


def everything() -> list[Row]:
    """A small catalog with an object of every kind."""
    key = primary_key("bill", "t", "pk", "a")
    return [database("bill", f"{EAST}/bill.db"), table("bill", "t", keys=("p",), location=f"{EAST}/t ü"),
            partition("bill", "t", ("p",), ("e%20",), location=f"{EAST}/t ü/p=e%2520"),
            statistics("bill", "t", "", a=1), statistics("bill", "t", "p=e%2520", a=1), key,
            not_null("bill", "t", "nn"), function("bill", "fn", f"{EAST}/a b+c.jar"), view("bill", "v", "select 1"),
            table("bill", "child", location=f"{EAST}/child"), foreign_key("bill", "child", "fk", key)]


def with_parameters(row: Row, **parameters: str) -> Row:
    """A table or partition with more parameters."""
    field = f.TABLE_PARAMETERS if row.key.kind is Kind.TABLE else f.PARTITION_PARAMETERS
    return row_of(row.key, with_field(row.tree, field, text_map({**get_map(row.tree, field), **parameters})))


def hashes(rows: Mapping[CatalogKey, Row]) -> dict[str, str]:
    """What two catalogs are compared by, readable in a failure."""
    return {str(key): row.hash for key, row in sorted(rows.items(), key=lambda item: str(item[0]))}


class Ddl:
    """A user who changes one or two databases of a metastore at random; every step is one call, as a user's is."""

    def __init__(self, metastore: Metastore, seed: int, base: str, databases: Sequence[str] = ("bill",)) -> None:
        """Takes a metastore, a seed and an HDFS URI below which locations are made up."""
        self.metastore, self.base, self.databases = metastore, base, databases
        self._random = random.Random(seed)
        self._steps: list[Callable[[str], None]] = [
            self.create_table, self.create_table, self.create_view, self.drop_table, self.rename_table,
            self.set_parameter, self.add_column, self.add_partitions, self.add_partitions, self.add_partitions,
            self.alter_partitions,
            self.drop_partitions, self.set_statistics, self.set_partition_statistics, self.drop_statistics,
            self.add_constraint, self.add_foreign_key, self.drop_constraint, self.function, self.alter_database,
            self.recreate_table, self.turn_managed]

    def run(self, steps: int) -> list[str]:
        """Makes that many changes (some come to nothing) and gives their names."""
        done = []
        for _ in range(steps):
            database_name = self._random.choice(self.databases)
            if database_name not in self.metastore.databases():
                self.metastore.create([database(database_name, f"{self.base}/{database_name}.db", k="v")])
            step = self._random.choice(self._steps)
            try:
                step(database_name)
                done.append(step.__name__)
            except (NotFound, AlreadyExists, IndexError):
                pass                                        # nothing to do it to
            except Failed as refused:
                if "Invalid" not in refused.problem and "already" not in refused.problem:
                    raise
        return done

    def _one(self, database_name: str, *, partitioned: bool | None = None, views: bool = False) -> Row:
        rows = [row for row in self.metastore.tables(database_name, self.metastore.table_names(database_name))
                if (views or not row.is_view)
                and partitioned in (None, bool(get_list(row.tree, f.TABLE_KEYS)))]
        return self._random.choice(rows)

    def _name(self) -> str:
        return self._random.choice(("t1", "t2", "t3", "inv_1", f"t_{self._random.randrange(4)}"))

    def create_table(self, owner: str) -> None:
        name = self._name()
        keys = self._random.choice(((), ("p",), ("p", "q")))
        kind = self._random.choice((f.EXTERNAL, f.EXTERNAL, f.MANAGED))
        place = f"{self.base}/ext/{owner}/{name} ü" if self._random.random() < 0.7 and kind == f.EXTERNAL else ""
        self.metastore.create([table(owner, name, keys=keys, kind=kind, location=place,
                                     **{"avro.schema.url": f"{self.base}/schemas/a b.avsc", "numFiles": "3"})])

    def create_view(self, owner: str) -> None:
        name = f"v{self._random.randrange(3)}"
        other = self._random.choice(self.metastore.table_names(owner))
        self.metastore.create([view(owner, name, f"select `{other}`.`a` from `{owner}`.`{other}`")])

    def drop_table(self, owner: str) -> None:
        self.metastore.drop([self._one(owner, views=True)])

    def recreate_table(self, owner: str) -> None:
        row = self._one(owner, views=True)
        self.metastore.drop([row])
        if row.is_view:
            self.metastore.create([view(row.key.database, row.key.table, "select 7")])
        else:
            self.metastore.create([table(owner, row.key.table, keys=self._random.choice(((), ("p",))), again="1")])

    def rename_table(self, owner: str) -> None:
        row = self._one(owner)
        new = self._name()
        if new in self.metastore.table_names(owner):
            return
        self.metastore.alter([row_of(row.key, with_field(row.tree, f.TABLE_NAME, text(new)))])

    def set_parameter(self, owner: str) -> None:
        row = self._one(owner, views=True)
        self.metastore.alter([with_parameters(row, **{f"k{self._random.randrange(3)}": self._random.choice(VALUES)})])

    def turn_managed(self, owner: str) -> None:
        row = self._one(owner)
        external = row.table_type == f.EXTERNAL
        parameters = {**get_map(row.tree, f.TABLE_PARAMETERS), "EXTERNAL": "FALSE" if external else "TRUE"}
        tree = with_field(row.tree, f.TABLE_TYPE, text(f.MANAGED if external else f.EXTERNAL))
        self.metastore.alter([row_of(row.key, with_field(tree, f.TABLE_PARAMETERS, text_map(parameters)))])

    def add_column(self, owner: str) -> None:
        row = self._one(owner)
        sd = get_record(row.tree, f.TABLE_SD)
        names = [get_text(column, 1) for column in get_list(sd, f.SD_COLUMNS)]
        wider = with_field(sd, f.SD_COLUMNS, columns(*names, f"c{len(names)}"))
        self.metastore.alter([row_of(row.key, with_field(row.tree, f.TABLE_SD, record(wider)))])

    def add_partitions(self, owner: str) -> None:
        row = self._one(owner, partitioned=True)
        _, _, name, _ = row.key
        keys = [get_text(key, 1) for key in get_list(row.tree, f.TABLE_KEYS)]
        count = self._random.randrange(1, 4)
        there = set(self.metastore.partition_names(owner, name))
        rows = {}
        for _ in range(count):
            values = [self._random.choice(VALUES) for _ in keys]
            place = f"{self.base}/elsewhere/{self._random.randrange(9)}" if self._random.random() < 0.1 else ""
            new = partition(owner, name, keys, values, location=place,
                            **({"numFiles": "1", "totalSize": "5", "numRows": "2",
                                "COLUMN_STATS_ACCURATE": '{"BASIC_STATS":"true"}'} if count == 2 else {}))
            if new.key.name not in there:
                rows[new.key] = new
        if rows:
            self.metastore.create(list(rows.values()))

    def _some_partitions(self, owner: str) -> list[Row]:
        row = self._one(owner, partitioned=True)
        names = self.metastore.partition_names(owner, row.key.table)
        chosen = self._random.sample(names, min(len(names), 2))
        return self.metastore.partitions(owner, row.key.table, chosen) if chosen else []

    def alter_partitions(self, owner: str) -> None:
        rows = self._some_partitions(owner)
        if rows:
            self.metastore.alter([with_parameters(row, note=self._random.choice(VALUES)) for row in rows])

    def drop_partitions(self, owner: str) -> None:
        rows = self._some_partitions(owner)
        if rows:
            self.metastore.drop(rows)

    def set_statistics(self, owner: str) -> None:
        row = self._one(owner)
        chosen: dict[str, int] = self._random.choice(({"a": 1}, {"b": 2}, {"a": 3, "b": 4}))
        self.metastore.create([statistics(owner, row.key.table, "", **chosen)])

    def set_partition_statistics(self, owner: str) -> None:
        rows = self._some_partitions(owner)
        if rows:
            self.metastore.create([statistics(owner, row.key.table, row.key.name, a=self._random.randrange(9))
                                   for row in rows])

    def drop_statistics(self, owner: str) -> None:
        row = self._one(owner)
        names = self.metastore.partition_names(owner, row.key.table)
        found = self.metastore.table_statistics(row) + self.metastore.partition_statistics(row, names)
        if found:
            self.metastore.drop([self._random.choice(found)])

    def add_constraint(self, owner: str) -> None:
        row = self._one(owner)
        _, _, name, _ = row.key
        if self._random.random() < 0.7:
            new = primary_key(owner, name, f"pk_{owner}_{name}", *self._random.choice((("a",), ("a", "b"))))
        else:
            new = not_null(owner, name, f"nn_{owner}_{name}")
        if new.key not in {other.key for other in self.metastore.constraints(owner, name)}:
            self.metastore.create([new])

    def add_foreign_key(self, owner: str) -> None:
        child, parent = self._one(owner), self._one(owner)
        keys = [row for row in self.metastore.constraints(owner, parent.key.table)
                if len(get_list(row.tree, f.PRIMARY)) == 1]
        new = foreign_key(owner, child.key.table, f"fk_{owner}_{child.key.table}", keys[0])
        if child.key != parent.key and new.key not in {
                other.key for other in self.metastore.constraints(owner, child.key.table)}:
            self.metastore.create([new])

    def drop_constraint(self, owner: str) -> None:
        row = self._one(owner)
        self.metastore.drop([self._random.choice(self.metastore.constraints(owner, row.key.table))])

    def function(self, owner: str) -> None:
        there = [row for row in self.metastore.functions() if row.key.database == owner]
        if there and self._random.random() < 0.6:
            self.metastore.drop([self._random.choice(there)])
        else:
            new = function(owner, f"f{self._random.randrange(2)}", f"{self.base}/jars/a b+c.jar")
            if new.key not in {row.key for row in there}:
                self.metastore.create([new])

    def alter_database(self, owner: str) -> None:
        row = self.metastore.database(owner)
        tree = with_field(row.tree, f.DB_PARAMETERS, text_map({"k": self._random.choice(VALUES)}))
        if self._random.random() < 0.3:
            tree = with_field(tree, f.DB_MANAGED_LOCATION, text(f"{self.base}/managed/{owner}.db"))
        self.metastore.alter([row_of(row.key, tree)])


def drop_everything(metastore: Metastore, databases: Sequence[str]) -> None:
    """Removes databases with all in them, never their data."""
    for name in databases:
        if name in metastore.databases():
            for row in metastore.tables(name, metastore.table_names(name)):
                metastore.drop([row])
            metastore.drop([row for row in metastore.functions() if row.key.database == name])
            metastore.drop([metastore.database(name)])


