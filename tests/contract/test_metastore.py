"""What every metastore promises: the memory twin and the lab's real one run the same tests (faults 40-47)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import uuid4

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import Event, Known
from hadoop_dr.domain.catalog.log.messages import touches
from hadoop_dr.domain.catalog.partition_names import partition_name
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import get_map, get_record, get_text, text, with_field
from hadoop_dr.domain.errors import AlreadyExists, Failed, NotFound, Refused
from hadoop_dr.ports.metastore import Metastore
from support.catalogs import (
    VALUES,
    database,
    drop_everything,
    foreign_key,
    function,
    not_null,
    partition,
    primary_key,
    statistics,
    table,
    view,
    with_parameters,
)
from support.live_catalogs import live, live_hdfs


@dataclass
class Bench:
    """A metastore, a database name of the test's own and a place for its data."""

    store: Metastore
    name: str
    base: str

    def table(self, name: str, *, keys: Sequence[str] = (), **parameters: str) -> Row:
        """Creates a database and an external table with a location, and reads the table."""
        if self.name not in self.store.databases():
            self.store.create([database(self.name, f"{self.base}/db", k="v")])
        self.store.create([table(self.name, name, location=f"{self.base}/{name} ü", keys=keys, **parameters)])
        return self.read(name)

    def read(self, name: str) -> Row:
        (row,) = self.store.tables(self.name, [name])
        return row

    def made(self, event: Event) -> bool:
        """Whether an event is of this test: others work on the same metastore meanwhile."""
        return event.database == self.name


@pytest.fixture(params=["twin", pytest.param("real", marks=pytest.mark.lab)])
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    name = f"con_{uuid4().hex[:8]}"
    store: Metastore = MemoryMetastore("east") if request.param == "twin" else live("east")
    site = "hdfs://east" if request.param == "twin" else live_hdfs("east")
    yield Bench(store, name, f"{site}/t/catalog/{name}")
    drop_everything(store, [name])
    store.close()


def test_all_databases_are_told_as_one_by_one_and_where_each_lies(bench: Bench) -> None:
    given = database(bench.name, f"{bench.base}/d b%20")
    bench.store.create([given])
    bench.store.alter([row_of(given.key, with_field(given.tree, f.DB_MANAGED_LOCATION, text(f"{bench.base}/man")))])
    found = {row.key.database: row for row in bench.store.every_database()}
    assert list(found) == sorted(found)
    assert found[bench.name].tree == bench.store.database(bench.name).tree
    places = [get_text(found[bench.name].tree, field) for field in (f.DB_LOCATION, f.DB_MANAGED_LOCATION)]
    assert places == [f"{bench.base}/d b%20", f"{bench.base}/man"]


def test_a_database_keeps_what_it_was_given(bench: Bench) -> None:
    given = database(bench.name, f"{bench.base}/db", **{"a b": "ü"})
    tree = with_field(given.tree, f.DB_MANAGED_LOCATION, text(f"{bench.base}/managed"))
    bench.store.create([row_of(given.key, tree)])
    found = bench.store.database(bench.name).tree
    assert {number: found[number] for number in (1, 2, 3, 4, 6, 7, 10)} == {n: tree[n] for n in (1, 2, 3, 4, 6, 7, 10)}
    bench.store.alter([row_of(given.key, with_field(found, 4, with_parameters(table("x", "y"), e="1").tree[9]))])
    assert get_map(bench.store.database(bench.name).tree, 4)["e"] == "1"


def test_what_does_not_exist_is_not_found_or_left_out(bench: Bench) -> None:
    with pytest.raises(NotFound):
        bench.store.database(bench.name)
    assert bench.store.table_names(bench.name) == []
    assert bench.store.tables(bench.name, ["nothing"]) == []
    assert bench.store.partition_names(bench.name, "nothing") == []
    assert bench.store.constraints(bench.name, "nothing") == []
    bench.store.create([database(bench.name, f"{bench.base}/db")])
    with pytest.raises(NotFound):
        bench.store.drop([table(bench.name, "nothing")])
    with pytest.raises(Failed):
        bench.store.alter([table(bench.name, "nothing", location=f"{bench.base}/x")])


def test_what_exists_is_not_created_again(bench: Bench) -> None:
    row = bench.table("t", keys=("p",))
    with pytest.raises(AlreadyExists):
        bench.store.create([row])
    with pytest.raises(AlreadyExists):
        bench.store.create([bench.store.database(bench.name)])
    part = partition(bench.name, "t", ("p",), ("a b",))
    bench.store.create([part])
    with pytest.raises(AlreadyExists):
        bench.store.create([part])


def test_a_row_read_created_elsewhere_and_read_again_has_the_same_hash(bench: Bench) -> None:
    row = bench.table("t", keys=("p",), numFiles="3", totalSize="7")
    bench.store.drop([row])
    bench.store.create([row])
    again = bench.read("t")
    assert again.hash == row.hash
    assert again.identity != row.identity


def test_managed_tables_become_external_unless_they_say_where_they_lie(bench: Bench) -> None:
    bench.table("x")
    bench.store.create([table(bench.name, "moved", kind=f.MANAGED),
                        table(bench.name, "kept", kind=f.MANAGED, location=f"{bench.base}/kept")])
    moved = bench.read("moved")
    assert moved.table_type == f.EXTERNAL
    assert get_map(moved.tree, f.TABLE_PARAMETERS)["TRANSLATED_TO_EXTERNAL"] == "TRUE"
    assert get_text(get_record(moved.tree, f.TABLE_SD), f.SD_LOCATION).endswith("/db/moved")
    assert bench.read("kept").table_type == f.MANAGED


def test_hostile_partition_values_come_back_whole(bench: Bench) -> None:
    bench.table("t", keys=("p", "q"))
    rows = [partition(bench.name, "t", ("p", "q"), (value, other)) for value in VALUES for other in ("ü", "")]
    bench.store.create(rows)
    names = bench.store.partition_names(bench.name, "t")
    assert names == sorted(partition_name(("p", "q"), (value, other)) for value in VALUES for other in ("ü", ""))
    found = bench.store.partitions(bench.name, "t", names)
    assert sorted(row.key.name for row in found) == names
    bench.store.drop(found[:3])
    assert len(bench.store.partition_names(bench.name, "t")) == len(names) - 3


def test_partitions_keep_exact_statistics_in_directories_that_exist(bench: Bench) -> None:
    bench.table("t", keys=("p",))
    exact = {"COLUMN_STATS_ACCURATE": '{"BASIC_STATS":"true"}', "numRows": "7"}
    rows = [partition(bench.name, "t", ("p",), ("a b",), numFiles="1", totalSize="2", **exact),
            partition(bench.name, "t", ("p",), ("g=1",), **exact)]
    bench.store.create(rows)
    names = bench.store.partition_names(bench.name, "t")
    before = {row.key: row.hash for row in bench.store.partitions(bench.name, "t", names)}
    parameters = bench.read("t").hash
    found = bench.store.partitions(bench.name, "t", names)
    bench.store.drop(found)
    bench.store.create(found)
    again = bench.store.partitions(bench.name, "t", names)
    assert {row.key: row.hash for row in again} == before
    assert all(get_map(row.tree, f.PARTITION_PARAMETERS)["numRows"] == "7" for row in again)
    assert bench.read("t").hash == parameters


def test_column_statistics_gain_columns_and_go_as_a_whole(bench: Bench) -> None:
    row = bench.table("t", keys=("p",))
    bench.store.create([partition(bench.name, "t", ("p",), (value,)) for value in ("a b", "ü")])
    names = bench.store.partition_names(bench.name, "t")
    whole = [statistics(bench.name, "t", "", a=1, b=2)]
    parts = [statistics(bench.name, "t", name, a=3) for name in names]
    bench.store.create([statistics(bench.name, "t", "", a=9)])
    bench.store.create(whole)
    bench.store.create(parts)
    assert [found.hash for found in bench.store.table_statistics(row)] == [whole[0].hash]
    assert {found.key: found.hash for found in bench.store.partition_statistics(row, names)} == {
        given.key: given.hash for given in parts}
    accurate = get_map(bench.read("t").tree, f.TABLE_PARAMETERS)["COLUMN_STATS_ACCURATE"]
    assert accurate == '{"COLUMN_STATS":{"a":"true","b":"true"}}'
    bench.store.drop(whole)
    bench.store.drop(parts[:1])
    assert bench.store.table_statistics(row) == []
    assert [found.key for found in bench.store.partition_statistics(row, names)] == [parts[1].key]


def test_constraints_come_one_by_one_and_foreign_keys_fall_with_their_parent(bench: Bench) -> None:
    bench.table("parent")
    bench.table("child")
    key = primary_key(bench.name, "parent", f"pk_{bench.name}", "a", "b")
    single = primary_key(bench.name, "child", f"pk_{bench.name}_2", "a")
    link = foreign_key(bench.name, "parent", f"fk_{bench.name}", single)
    for row in (key, single, link, not_null(bench.name, "child", f"nn_{bench.name}")):
        bench.store.create([row])
    assert {row.key.name: row.hash for row in bench.store.constraints(bench.name, "parent")} == {
        key.key.name: key.hash, link.key.name: link.hash}
    with pytest.raises(Refused):
        bench.store.alter([key])
    bench.store.drop([bench.read("child")])
    assert [row.key.name for row in bench.store.constraints(bench.name, "parent")] == [key.key.name]
    bench.store.drop([key])
    assert bench.store.constraints(bench.name, "parent") == []


def test_functions_keep_their_jars(bench: Bench) -> None:
    bench.store.create([database(bench.name, f"{bench.base}/db")])
    given = function(bench.name, "f1", f"{bench.base}/a b+c.jar")
    bench.store.create([given])

    def mine() -> list[Row]:
        return [row for row in bench.store.functions() if row.key.database == bench.name]

    assert [row.hash for row in mine()] == [given.hash]
    other = function(bench.name, "f1", f"{bench.base}/a b+c.jar", "org.example.Other")
    bench.store.alter([other])
    assert [row.hash for row in mine()] == [other.hash]
    bench.store.drop([other])
    assert mine() == []


def test_a_renamed_table_keeps_partitions_statistics_and_constraints(bench: Bench) -> None:
    row = bench.table("t", keys=("p",))
    bench.store.create([partition(bench.name, "t", ("p",), ("a b",))])
    bench.store.create([statistics(bench.name, "t", "p=a b", a=1)])
    key = primary_key(bench.name, "t", f"pk_{bench.name}", "a")
    bench.store.create([key])
    bench.table("child")
    bench.store.create([foreign_key(bench.name, "child", f"fk_{bench.name}", key)])
    bench.store.alter([row_of(row.key, with_field(row.tree, f.TABLE_NAME, text("other")))])
    renamed = bench.read("other")
    assert bench.store.tables(bench.name, ["t"]) == []
    assert bench.store.partition_names(bench.name, "other") == ["p=a b"]
    assert [found.key.table for found in bench.store.partition_statistics(renamed, ["p=a b"])] == ["other"]
    assert [found.key.table for found in bench.store.constraints(bench.name, "other")] == ["other"]
    (link,) = bench.store.constraints(bench.name, "child")
    assert get_text(link.tree[f.FOREIGN][1].values[0], f.FK_PARENT_TABLE) == "other"


def test_partition_columns_cannot_be_altered_and_views_have_none(bench: Bench) -> None:
    row = bench.table("t", keys=("p",))
    with pytest.raises(Failed):
        bench.store.alter([row_of(row.key, with_field(row.tree, f.TABLE_KEYS, table("x", "y", keys=("z",)).tree[8]))])
    bench.store.create([view(bench.name, "v", "select 1")])
    assert bench.read("v").is_view


def test_a_database_with_tables_is_not_dropped(bench: Bench) -> None:
    row = bench.table("t")
    with pytest.raises(Failed):
        bench.store.drop([bench.store.database(bench.name)])
    bench.store.drop([row])
    bench.store.drop([bench.store.database(bench.name)])
    with pytest.raises(NotFound):
        bench.store.drop([database(bench.name)])


def events_of(
    bench: Bench, action: Callable[[], None]
) -> list[tuple[str, list[tuple[CatalogKey | str, Known, Known]]]]:
    """The events an action makes: type, and each touch with what is known before and after."""
    start = bench.store.current_event()
    action()
    found = bench.store.events(start)
    assert [event.id for event in found] == [start + 1 + at for at in range(len(found))]
    return [(event.type, [(touch.kind.value + (f" {touch.key}" if touch.key else ""), touch.before.how, touch.after.how)
                          for touch in touches(event)]) for event in found if bench.made(event)]


def test_the_log_tells_every_change_with_objects_before_and_after(bench: Bench) -> None:
    bench.table("t", keys=("p",))
    store, name = bench.store, bench.name
    full = {"numFiles": "1", "totalSize": "1", "numFilesErasureCoded": "0"}
    part = partition(name, "t", ("p",), ("e%20",), **full)
    is_, absent, opaque = Known.IS, Known.ABSENT, Known.OPAQUE
    assert events_of(bench, lambda: store.create([part])) == [
        ("ADD_PARTITION", [("partition p=e%2520", absent, is_), ("partition stats p=e%2520", absent, absent)])]
    changed = [with_parameters(row, n="1") for row in store.partitions(name, "t", ["p=e%2520"])]
    assert events_of(bench, lambda: store.alter(changed)) == [("ALTER_PARTITION", [("partition p=e%2520", is_, is_)])]
    assert events_of(bench, lambda: store.create([statistics(name, "t", "p=e%2520", a=1)])) == [
        ("UPDATE_PART_COL_STAT_EVENT", [("partition stats p=e%2520", opaque, Known.MERGED),
                                        ("partition p=e%2520", opaque, Known.SET)])]
    assert events_of(bench, lambda: store.drop([statistics(name, "t", "p=e%2520", a=1)])) == [
        ("DELETE_PART_COL_STAT_EVENT", [("partition stats p=e%2520", opaque, absent)])]
    assert events_of(bench, lambda: store.drop([part])) == [
        ("DROP_PARTITION", [("partition p=e%2520", opaque, absent), ("partition stats p=e%2520", opaque, absent)])]
    assert events_of(bench, lambda: store.alter([with_parameters(bench.read("t"), n="1")])) == [
        ("ALTER_TABLE", [("table", is_, is_)])]
    assert events_of(bench, lambda: store.create([statistics(name, "t", "", a=1)])) == [
        ("UPDATE_TBL_COL_STAT_EVENT", [("table stats", opaque, Known.MERGED), ("table", opaque, Known.SET)])]
    fn = function(name, "f1", f"{bench.base}/x.jar")
    assert events_of(bench, lambda: store.create([fn])) == [("CREATE_FUNCTION", [("function f1", absent, is_)])]
    assert events_of(bench, lambda: store.alter([fn])) == []
    assert events_of(bench, lambda: store.drop([fn])) == [("DROP_FUNCTION", [("function f1", opaque, absent)])]
    below = [(kind, opaque, absent) for kind in ("partition", "table stats", "partition stats", "constraint")]
    assert events_of(bench, lambda: store.drop([bench.read("t")])) == [("DROP_TABLE", [("table", is_, absent), *below])]


def test_a_foreign_keys_event_names_the_parent_and_the_touch_the_child(bench: Bench) -> None:
    bench.table("parent")
    bench.table("child")
    key = primary_key(bench.name, "parent", f"pk_{bench.name}", "a")
    bench.store.create([key])
    start = bench.store.current_event()
    bench.store.create([foreign_key(bench.name, "child", f"fk_{bench.name}", key)])
    (event,) = filter(bench.made, bench.store.events(start))
    (touch,) = touches(event)
    assert (event.table, touch.table) == ("parent", "child")


def test_the_log_beyond_its_end_is_empty_and_pages_are_bounded(bench: Bench) -> None:
    assert bench.store.events(bench.store.current_event() + 1000) == []
    start = bench.store.current_event()
    for name in ("t1", "t2", "t3"):
        bench.table(name)
    assert len(bench.store.events(start, 2)) == 2
    made = list(filter(bench.made, bench.store.events(start)))
    assert Kind.TABLE in {touch.kind for touch in touches(made[1])}


def test_settings_and_version_can_be_asked(bench: Bench) -> None:
    listeners = "metastore.transactional.event.listeners"
    assert bench.store.version() == "4.0.1"
    assert "DbNotificationListener" in bench.store.settings(listeners, "nobody.has.this")[listeners]
    assert bench.store.settings("nobody.has.this") == {}
