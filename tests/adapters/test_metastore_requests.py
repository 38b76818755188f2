"""What a metastore is asked and told: the requests of its own interface, and nothing with its data (I4, I8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hadoop_dr.adapters.hive import HiveMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, constraint_rows, row_of
from hadoop_dr.domain.catalog.thrift_struct import (
    I16,
    I32,
    LIST,
    STRING,
    STRUCT,
    Items,
    Pairs,
    Tree,
    flag,
    i32,
    i64,
    record,
    records,
    text,
    text_map,
    texts,
    with_field,
)
from hadoop_dr.domain.errors import AlreadyExists, DrError, Failed, NotFound, NotReady, Refused, Unknown
from support.catalogs import database, function, not_null, partition, primary_key, statistics, table, with_parameters

CAN = texts(["EXTREAD", "EXTWRITE", "HIVEBUCKET2", "HIVEFULLACIDREAD", "HIVEFULLACIDWRITE", "HIVEMANAGEDINSERTREAD",
             "HIVEMANAGEDINSERTWRITE", "HIVECACHEINVALIDATE", "HIVEMANAGESTATS", "HIVEMQT", "HIVEONLYMQTWRITE",
             "HIVESQL", "CONNECTORREAD", "CONNECTORWRITE"])  # fmt: skip
KEEP = record({1: text_map({"DO_NOT_UPDATE_STATS": "true"})})
FAST = {"numFiles": "1", "totalSize": "2", "numFilesErasureCoded": "0"}
NO, BILL, T, US, HIVE = flag(False), text("bill"), text("t ü"), text("hadoop-dr"), text("hive")
Request = tuple[str, Tree]


class Scripted:
    """A client that is told what to answer, and then answers nothing for ever.

    Attributes:
        asked: The requests, in order.
        answers: What the next ones get.
    """

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked, self.closed = list(answers), list[Request](), 0

    def read(self, method: str, arguments: Tree | None = None) -> Any:
        self.asked.append((method, arguments or {}))
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer

    change = read_light = read

    def read_each(self, method: str, every: Sequence[Tree]) -> list[Any]:
        self.asked += [(method, one) for one in every]
        return self.answers.pop(0)  # type: ignore[no-any-return]

    def close(self) -> None:
        self.closed += 1


def told(verb: str, rows: Sequence[Row], *answers: object) -> list[Request]:
    """What a metastore is told when rows are created, altered or dropped."""
    client = Scripted(*answers)
    assert getattr(HiveMetastore("east", "hive", client), verb)(rows) is None  # type: ignore[arg-type]
    return client.asked


def read(ask: Callable[[HiveMetastore], Any], *answers: object) -> tuple[Any, list[Request]]:
    """What is made of an answer, and what was asked."""
    client = Scripted(*answers)
    return ask(HiveMetastore("east", "hive", client)), client.asked  # type: ignore[arg-type]


DATABASE = database("bill", "hdfs://east/d ü")
MANAGED_PLACE = row_of(DATABASE.key, with_field(DATABASE.tree, f.DB_MANAGED_LOCATION, text("hdfs://east/m")))
TABLE = table("bill", "t ü", location="hdfs://east/t ü", keys=("p",))
MANAGED = table("bill", "t ü", location="hdfs://east/t ü", kind=f.MANAGED)
PART = partition("bill", "t ü", ("p",), ("a b",), **FAST)
SLOW = partition("bill", "t ü", ("p",), ("g=1",), numFiles="1", totalSize="2")
STATS, PART_STATS = statistics("bill", "t ü", a=7), statistics("bill", "t ü", "p=a b", a=7)
KEY = primary_key("bill", "t ü", "pk ü", "a")
FUNCTION = function("bill", "fn ü", "hdfs://east/x.jar")


def altered(row: Row, tree: Tree | None = None) -> Request:
    request = {1: HIVE, 2: BILL, 3: T, 4: record(tree or row.tree), 5: KEEP, 8: CAN, 9: US}
    return "alter_table_req", {1: record(request)}


def created(tree: Tree) -> Request:
    return "create_table_req", {1: record({1: record(tree), 2: KEEP, 9: CAN, 10: US})}


def added(*rows: Row) -> Request:
    request = {1: BILL, 2: T, 3: records([row.tree for row in rows]), 4: NO, 5: NO, 6: HIVE, 10: KEEP}
    return "add_partitions_req", {1: record(request)}


CHANGES: dict[str, tuple[str, Row, list[Request]]] = {
    "database": ("create", DATABASE, [("create_database", {1: record(DATABASE.tree)})]),
    "database with a managed directory": ("create", MANAGED_PLACE, [
        ("create_database", {1: record(DATABASE.tree)}),
        ("alter_database", {1: BILL, 2: record(MANAGED_PLACE.tree)})]),
    "altered database": ("alter", DATABASE, [("alter_database", {1: BILL, 2: record(DATABASE.tree)})]),
    "dropped database": ("drop", DATABASE, [
        ("drop_database_req", {1: record({1: BILL, 2: HIVE, 3: NO, 4: NO, 5: NO, 8: NO})})]),
    "table": ("create", TABLE, [created(TABLE.tree)]),
    "managed table": ("create", MANAGED, [created(MANAGED.tree), altered(MANAGED)]),
    "altered table": ("alter", TABLE, [altered(TABLE)]),
    "dropped table": ("drop", TABLE, [
        ("drop_table_with_environment_context", {1: BILL, 2: T, 3: NO, 4: KEEP})]),
    "partition": ("create", PART, [added(PART)]),
    "altered partition": ("alter", PART, [
        ("alter_partitions_req", {1: record({1: HIVE, 2: BILL, 3: T, 4: records([PART.tree]), 5: KEEP})})]),
    "dropped partition": ("drop", PART, [("drop_partitions_req", {1: record({
        1: BILL, 2: T, 3: record({1: texts(["p=a b"])}), 4: NO, 5: NO, 7: KEEP, 8: NO, 9: HIVE})})]),
    **{f"{verb}d {name}": (verb, row, [
        ("set_aggr_stats_for", {1: record({1: records([row.tree]), 2: NO, 5: HIVE})})])
       for verb in ("create", "alter") for name, row in (("statistics", STATS), ("partition statistics", PART_STATS))},
    "dropped statistics": ("drop", STATS, [("delete_table_column_statistics", {1: BILL, 2: T, 4: HIVE})]),
    "dropped partition statistics": ("drop", PART_STATS, [
        ("delete_partition_column_statistics", {1: BILL, 2: T, 3: text("p=a b"), 5: HIVE})]),
    "primary key": ("create", KEY, [("add_primary_key", {1: record({1: KEY.tree[1]})})]),
    "constraint": ("create", not_null("bill", "t ü", "nn"), [
        ("add_not_null_constraint", {1: record({1: not_null("bill", "t ü", "nn").tree[4]})})]),
    "dropped constraint": ("drop", KEY, [
        ("drop_constraint", {1: record({1: BILL, 2: T, 3: text("pk ü"), 4: HIVE})})]),
    "function": ("create", FUNCTION, [("create_function", {1: record(FUNCTION.tree)})]),
    "altered function": ("alter", FUNCTION, [
        ("alter_function", {1: BILL, 2: text("fn ü"), 3: record(FUNCTION.tree)})]),
    "dropped function": ("drop", FUNCTION, [("drop_function", {1: BILL, 2: text("fn ü")})]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_says_what_the_object_is_to_be_and_leaves_data_and_statistics_alone(change: str) -> None:
    verb, row, wanted = CHANGES[change]
    assert told(verb, [row]) == wanted


def test_of_several_objects_none_is_left_out_and_each_of_those_above_partitions_has_its_request() -> None:
    for verb, row, wanted in CHANGES.values():
        if row.key.kind in (Kind.DATABASE, Kind.TABLE, Kind.CONSTRAINT, Kind.FUNCTION):
            assert told(verb, [row, row]) == wanted * 2
    assert told("drop", [DATABASE, FUNCTION]) == told("drop", [DATABASE]) + told("drop", [FUNCTION])


def test_what_cannot_be_altered_is_refused_before_it_is_sent() -> None:
    with pytest.raises(Refused) as refused:
        told("alter", [KEY])
    assert str(refused.value) == "constraint: cannot be altered. Drop it and create it again"


@pytest.mark.parametrize(("row", "field"), [(DATABASE, 9), (TABLE, 25), (PART, 4)])
def test_what_the_metastore_computes_by_itself_is_not_sent_back(row: Row, field: int) -> None:
    assert told("alter", [row_of(row.key, {**row.tree, field: i32(7)})]) == told("alter", [row])


# -- tables and partitions that the metastore has ideas of its own about

IN_MANAGED = Failed("m", "create_table_req: MetaException: external table must not be within managed warehouse ü")


def test_an_external_table_below_the_managed_warehouse_is_made_managed_and_then_what_it_is() -> None:
    """Only managed ones may be made there; the origin has come to have it there as well."""
    asked = told("create", [TABLE], IN_MANAGED)
    other = {**TABLE.tree, f.TABLE_TYPE: text("MANAGED_TABLE"), f.TABLE_PARAMETERS: text_map({})}
    assert asked == [created(TABLE.tree), created(other), altered(TABLE)]


@pytest.mark.parametrize("error", [
    Failed("m", "MetaException: no"), AlreadyExists("m", "exists"), Unknown("m", "within managed warehouse")])
def test_any_other_refusal_of_a_table_is_raised_and_nothing_more_is_sent(error: DrError) -> None:
    client = Scripted(error)
    with pytest.raises(type(error)) as raised:
        HiveMetastore("east", "hive", client).create([TABLE])  # type: ignore[arg-type]
    assert raised.value is error
    assert client.asked == [created(TABLE.tree)]


def test_partitions_without_all_figures_are_added_while_their_table_says_to_keep_them() -> None:
    """Else the metastore counts the files of the directory, and overwrites what is sent (measured)."""
    found = {1: records([TABLE.tree])}
    asked = told("create", [PART, SLOW], found)
    marked = with_parameters(TABLE, DO_NOT_UPDATE_STATS="true")
    assert asked[1:] == [altered(marked), added(PART, SLOW), altered(TABLE)]
    assert asked[0] == ("get_table_objects_by_name_req", {1: record({
        1: BILL, 2: texts(["t ü"]), 3: record({1: (LIST, Items(I32, [1, 2]))}), 4: HIVE, 5: CAN, 6: US})})


def test_partitions_of_a_table_that_is_not_there_are_not_found() -> None:
    with pytest.raises(NotFound) as missing:
        told("create", [SLOW], {1: records([])})
    assert str(missing.value) == "table bill.t ü: does not exist. Run again; the table is made with its partitions"


# -- batches


MANY = {
    kind: [make(number) for number in range(1001)] for kind, make in {
        Kind.PARTITION: lambda number: partition("bill", "t ü", ("p",), (f"{number}",), **FAST),
        Kind.PARTITION_STATS: lambda number: statistics("bill", "t ü", f"p={number}", a=number),
    }.items()
}  # fmt: skip


@pytest.mark.parametrize(("verb", "kind"), [
    *((verb, Kind.PARTITION) for verb in ("create", "alter", "drop")),
    *((verb, Kind.PARTITION_STATS) for verb in ("create", "alter"))])
def test_a_thousand_objects_go_into_one_request_and_each_into_one(verb: str, kind: Kind) -> None:
    lists = [found for _, arguments in told(verb, MANY[kind]) for found in _lists(arguments) if len(found) in (1, 1000)]
    assert [len(one) for one in lists] == [1000, 1]
    wanted = [row.key.name.encode() if verb == "drop" else row.tree for row in MANY[kind]]
    assert [item for one in lists for item in one] == wanted


def test_statistics_of_partitions_are_dropped_one_by_one() -> None:
    assert len(told("drop", MANY[Kind.PARTITION_STATS][:30])) == 30


def _lists(tree: Tree) -> list[list[Any]]:
    """The lists that a request has one or two structures deep."""
    found = list[list[Any]]()
    for kind, value in tree.values():
        if kind == LIST:
            found.append(value.values)
        elif kind == STRUCT and len(found) < 9:
            found += _lists(value)
    return found


def test_a_batch_that_is_refused_is_tried_in_halves_down_to_a_few() -> None:
    names, client = [f"p={number}" for number in range(101)], Scripted(*[Failed("m", "too many")] * 9)
    with pytest.raises(Failed, match="too many"):
        HiveMetastore("east", "hive", client).partitions("bill", "t ü", names)  # type: ignore[arg-type]
    sizes = [len(arguments[1][1][3][1].values) for _, arguments in client.asked]
    assert sizes == [101, 50, 25]


@pytest.mark.parametrize("error", [NotFound("m", "gone"), NotReady("m", "later"), Unknown("m", "lost")])
def test_a_batch_that_a_smaller_one_would_not_help_is_not_tried_again(error: DrError) -> None:
    client = Scripted(error)
    rows = [partition("bill", "t ü", ("p",), (f"{n}",), **FAST) for n in range(100)]
    with pytest.raises(type(error)):
        HiveMetastore("east", "hive", client).create(rows)  # type: ignore[arg-type]
    assert len(client.asked) == 1


# -- reads


def test_names_are_sorted_and_bytes_that_are_no_text_stay_what_they_are() -> None:
    names = (LIST, Items(STRING, [b"\xff", "ü".encode(), b"a b"]))[1]
    wanted = ["a b", "ü", "\udcff"]
    assert read(lambda store: store.databases(), names) == (wanted, [("get_all_databases", {})])
    assert read(lambda store: store.table_names("bill"), names) == (wanted, [("get_all_tables", {1: BILL})])
    assert read(lambda store: store.partition_names("bill", "t ü"), names) == (
        wanted, [("get_partition_names", {1: BILL, 2: T, 3: (I16, -1)})])
    assert read(lambda store: store.version(), "4.0.1 ü".encode()) == ("4.0.1 ü", [("getVersion", {})])


def of_database(name: str) -> Request:
    return "get_database_req", {1: record({1: text(name), 2: HIVE, 3: CAN, 4: US})}


def test_a_database_is_told_whole_and_of_all_of_them_those_that_went_meanwhile_are_left_out() -> None:
    assert read(lambda store: store.database("bill"), DATABASE.tree) == (DATABASE, [of_database("bill")])
    names = Items(STRING, [b"bill", "gone ü".encode()])
    found, asked = read(lambda store: store.every_database(), names, [DATABASE.tree, NotFound("m", "gone")])
    assert found == [DATABASE]
    assert asked[1:] == [of_database("bill"), of_database("gone ü")]
    with pytest.raises(ValueError, match="shorter"):  # one without an answer is not taken for gone
        read(lambda store: store.every_database(), names, [DATABASE.tree])
    with pytest.raises(Failed, match="no"):
        read(lambda store: store.every_database(), names, [DATABASE.tree, Failed("m", "no")])


@pytest.mark.parametrize("error", [NotReady("m", "later"), Failed("m", "no")])
def test_settings_that_cannot_be_asked_for_now_are_not_taken_for_absent(error: Failed) -> None:
    asked = {1: text("a ü"), 2: text("\x01absent")}
    if error.retryable:
        with pytest.raises(NotReady):
            read(lambda store: store.settings("a ü", "b"), error)
        return
    found = read(lambda store: store.settings("a ü", "b", "c"), error, b"\x01absent", "x ü".encode())
    assert found[0] == {"c": "x ü"}
    assert found[1][0] == ("get_config_value", asked)
    assert len(found[1]) == 3


def test_events_are_told_in_order_with_their_messages_as_they_came() -> None:
    def event(number: int, message: Tree) -> Tree:
        return {1: i64(number), 2: i32(99), 3: text("ADD_PARTITION"), 4: text("Bill"), 5: text("T Ü"), **message,
                7: text("json-0.2")}  # fmt: skip

    answer = {1: records([event(8, {}), event(7, {6: (STRING, b"\xff{}")})])}
    found, asked = read(lambda store: store.events(6, 20), answer)
    assert found == [Event(7, 99, "ADD_PARTITION", "bill", "t ü", b"\xff{}", "json-0.2"),
                     Event(8, 99, "ADD_PARTITION", "bill", "t ü", b"", "json-0.2")]
    assert asked == [("get_next_notification", {1: record({1: i64(6), 2: i32(20)})})]
    assert read(lambda store: store.events(6), {1: records([])})[1][0][1] == {1: record({1: i64(6), 2: i32(1000)})}
    assert read(lambda store: store.current_event(), {1: i64(41)}) == (41, [("get_current_notificationEventId", {})])


def test_tables_are_asked_for_a_hundred_at_once_and_none_is_there_without_its_database() -> None:
    upper = row_of(TABLE.key, {**TABLE.tree, f.TABLE_NAME: text("T Ü")})
    answer = {1: records([upper.tree])}
    found, asked = read(lambda store: store.tables("bill", [f"t{n}" for n in range(201)]), answer, answer, answer)
    assert found == [row_of(CatalogKey(Kind.TABLE, "bill", "t ü"), upper.tree)] * 3
    assert [len(arguments[1][1][2][1].values) for _, arguments in asked] == [100, 100, 1]
    assert read(lambda store: store.tables("bill", ["t"]), NotFound("m", "no database"))[0] == []


def test_partitions_are_named_by_their_values_and_the_columns_of_the_names_asked_for() -> None:
    rows = [partition("bill", "t ü", ("p q", "r=s"), ("a b", value)) for value in ("g=1", "ü/x")]
    names = [row.key.name for row in rows]
    found, asked = read(lambda store: store.partitions("bill", "t ü", names), {1: records([row.tree for row in rows])})
    assert found == rows
    assert asked == [("get_partitions_by_names_req", {1: record({1: BILL, 2: T, 3: texts(names), 5: CAN, 6: US})})]
    assert read(lambda store: store.partitions("bill", "t ü", names[:1]), {1: records([rows[0].tree])})[0] == rows[:1]
    assert read(lambda store: store.partitions("bill", "t ü", [])) == ([], [])


def test_statistics_are_asked_for_all_columns_and_nothing_is_made_of_none() -> None:
    objects = STATS.tree[f.STATS_OBJECTS]
    request = {1: BILL, 2: T, 3: texts(["a", "b"]), 4: HIVE, 6: HIVE}
    assert read(lambda store: store.table_statistics(TABLE), {1: objects}) == (
        [STATS], [("get_table_statistics_req", {1: record(request)})])
    assert read(lambda store: store.table_statistics(TABLE), {1: records([])})[0] == []
    names = ["p=a b", "p=none ü"]
    answer = {1: (13, Pairs(STRING, LIST, [(b"p=a b", objects[1]), ("p=none ü".encode(), records([])[1])]))}
    no_text = {1: (13, Pairs(STRING, LIST, [(b"p=\xff", objects[1])]))}
    [found] = read(lambda store: store.partition_statistics(TABLE, ["p=\udcff"]), no_text)[0]
    assert found.key.name == "p=\udcff"
    request = {1: BILL, 2: T, 3: texts(["a", "b"]), 4: texts(names), 5: HIVE, 7: HIVE}
    assert read(lambda store: store.partition_statistics(TABLE, names), answer) == (
        [PART_STATS], [("get_partitions_statistics_req", {1: record(request)})])
    thousands = [f"p={n}" for n in range(1001)]
    assert len(read(lambda store: store.partition_statistics(TABLE, thousands), answer, answer)[1]) == 2


def test_constraints_and_functions_are_told_by_their_names() -> None:
    lists = {**KEY.tree, **not_null("bill", "t ü", "nn").tree}
    assert read(lambda store: store.constraints("bill", "t ü"), {1: record(lists)}) == (
        constraint_rows("bill", "t ü", lists),
        [("get_all_table_constraints", {1: record({1: BILL, 2: T, 3: HIVE})})])
    tree = {**FUNCTION.tree, f.FUNCTION_DB: text("BILL")}
    assert read(lambda store: store.functions(), {1: records([tree])}) == (
        [row_of(FUNCTION.key, tree)], [("get_all_functions", {})])


def test_the_connection_is_given_back() -> None:
    client = Scripted()
    store = HiveMetastore("east ü", "hive", client)  # type: ignore[arg-type]
    store.close()
    assert (client.closed, store.site, store.name) == (1, "east ü", "hive")
