"""Each kind of event touches exactly these objects, with what it tells of them before and after (fault 42)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import ABSENT, OPAQUE, Event, Known, State, Touch
from hadoop_dr.domain.catalog.log.messages import parent_tables, touches
from hadoop_dr.domain.catalog.rows import Kind, Row
from hadoop_dr.domain.catalog.thrift_json import json_of_tree, pack_message
from hadoop_dr.domain.catalog.thrift_struct import get_list, text, text_map, with_field
from support.catalogs import database, foreign_key, function, partition, primary_key, statistics, table

DATABASE, T, CHANGED = database("bill"), table("bill", "t", keys=("p",)), table("bill", "t", keys=("p",), n="ü")
OTHER_COLUMNS = table("bill", "t", keys=("p",), names=("z",))
MOVED = with_field(with_field(T.tree, f.TABLE_NAME, text("New")), f.TABLE_DB, text("Crm"))
DAY, DAY_CHANGED = partition("bill", "t", ("p",), ("a b",)), partition("bill", "t", ("p",), ("a b",), names=("z",))
DAY_NUMBERED = partition("bill", "t", ("p",), ("a b",), n="ü")
DAY_MOVED = partition("bill", "t", ("p",), ("g=1",))
STATS, DAY_STATS = statistics("bill", "t", "", a=1), statistics("bill", "t", "p=a b", a=1)
KEY, WIDE = primary_key("bill", "t", "pk", "a"), primary_key("bill", "t", "pk", "a", "b")
LINK, CODE = foreign_key("bill", "child", "fk", KEY), function("bill", "f ü", "hdfs://east/a.jar")
FUNCTION = json_of_tree(CODE.tree)


def event(kind: str, name: str = "t", **message: object) -> Event:
    return Event(7, 0, kind, "bill", name, pack_message(message), "gzip(json-2.0)")


def image(row: Row) -> State:
    return State(Known.IS, row.tree)


def touch(
    kind: Kind, key: str | None, before: State, after: State, name: str | None = "t", owner: str = "bill"
) -> Touch:
    return Touch(7, kind, owner, name, key, before, after)


def below(before: State, after: State, name: str = "t", owner: str = "bill") -> list[Touch]:
    kinds = (Kind.PARTITION, Kind.TABLE_STATS, Kind.PARTITION_STATS, Kind.CONSTRAINT)
    return [touch(kind, None, before, after, name, owner) for kind in kinds]


def inside(before: State, after: State) -> list[Touch]:
    kinds = (Kind.TABLE, Kind.PARTITION, Kind.TABLE_STATS, Kind.PARTITION_STATS, Kind.CONSTRAINT, Kind.FUNCTION)
    return [touch(kind, None, before, after, None) for kind in kinds]


def items(row: Row, field: int) -> list[str]:
    return [json_of_tree(item) for item in get_list(row.tree, field)]


def altered(after: object) -> Event:
    return event("ALTER_TABLE", tableObjBeforeJson=json_of_tree(T.tree), tableObjAfterJson=after)


def day_altered(after: Row) -> Event:
    return event("ALTER_PARTITION", keyValues={"p": "a b"}, partitionObjBeforeJson=json_of_tree(DAY.tree),
                 partitionObjAfterJson=json_of_tree(after.tree))  # fmt: skip


DB = json_of_tree(DATABASE.tree)
WHOLE = [touch(Kind.TABLE, "", OPAQUE, OPAQUE), *below(OPAQUE, OPAQUE)]
TOUCHED: dict[str, tuple[Event, list[Touch]]] = {
    "an unknown event": (event("NOVEL"), WHOLE),
    "an unknown event of a database": (
        event("NOVEL", ""), [touch(Kind.DATABASE, "", OPAQUE, OPAQUE, ""), *inside(OPAQUE, OPAQUE)]),
    "a database comes": (
        event("CREATE_DATABASE", "", dbJson=DB),
        [touch(Kind.DATABASE, "", ABSENT, image(DATABASE), ""), *inside(ABSENT, ABSENT)]),
    "a database goes": (
        event("DROP_DATABASE", "", dbJson=DB),
        [touch(Kind.DATABASE, "", image(DATABASE), ABSENT, ""), *inside(OPAQUE, ABSENT)]),
    "a database changes": (
        event("ALTER_DATABASE", "", dbObjBeforeJson=DB, dbObjAfterJson=DB),
        [touch(Kind.DATABASE, "", image(DATABASE), image(DATABASE), "")]),
    "a table comes": (
        event("CREATE_TABLE", tableObjJson=json_of_tree(T.tree)),
        [touch(Kind.TABLE, "", ABSENT, image(T)), *below(ABSENT, ABSENT)]),
    "a table goes": (
        event("DROP_TABLE", tableObjJson=json_of_tree(T.tree)),
        [touch(Kind.TABLE, "", image(T), ABSENT), *below(OPAQUE, ABSENT)]),
    "a table gets a parameter": (
        altered(json_of_tree(CHANGED.tree)), [touch(Kind.TABLE, "", image(T), image(CHANGED))]),
    "a table gets other columns": (
        altered(json_of_tree(OTHER_COLUMNS.tree)),
        [touch(Kind.TABLE, "", image(T), image(OTHER_COLUMNS)), *below(OPAQUE, OPAQUE)]),
    "a table moves to another database": (
        altered(json_of_tree(MOVED)),
        [touch(Kind.TABLE, "", image(T), ABSENT), *below(OPAQUE, ABSENT),
         touch(Kind.TABLE, "", ABSENT, State(Known.IS, MOVED), "new", "crm"), *below(ABSENT, OPAQUE, "new", "crm")]),
    "a partition gets a parameter": (
        day_altered(DAY_NUMBERED), [touch(Kind.PARTITION, "p=a b", image(DAY), image(DAY_NUMBERED))]),
    "a partition gets other columns": (
        day_altered(DAY_CHANGED),
        [touch(Kind.PARTITION, "p=a b", image(DAY), image(DAY_CHANGED)),
         touch(Kind.PARTITION_STATS, "p=a b", OPAQUE, OPAQUE)]),
    "a partition gets another name": (
        day_altered(DAY_MOVED),
        [touch(Kind.PARTITION, "p=a b", image(DAY), ABSENT), touch(Kind.PARTITION_STATS, "p=a b", OPAQUE, ABSENT),
         touch(Kind.PARTITION, "p=g%3D1", ABSENT, image(DAY_MOVED)),
         touch(Kind.PARTITION_STATS, "p=g%3D1", ABSENT, OPAQUE)]),
    "partitions come that are not all described": (
        event("ADD_PARTITION", partitions=[{"p": "1"}, {"p": "2"}], partitionListJson=[json_of_tree(DAY.tree)]), WHOLE),
    "statistics of a table": (
        event("UPDATE_TBL_COL_STAT_EVENT", colStatsJson=json_of_tree(STATS.tree), parameters={"n": "2"}),
        [touch(Kind.TABLE_STATS, "", OPAQUE, State(Known.MERGED, STATS.tree)),
         touch(Kind.TABLE, "", OPAQUE, State(Known.SET, {f.TABLE_PARAMETERS: text_map({"n": "2"})}))]),
    "statistics of a partition": (
        event("UPDATE_PART_COL_STAT_EVENT", colStatsJson=json_of_tree(DAY_STATS.tree), parameters={"n": "2"}),
        [touch(Kind.PARTITION_STATS, "p=a b", OPAQUE, State(Known.MERGED, DAY_STATS.tree)),
         touch(Kind.PARTITION, "p=a b", OPAQUE, State(Known.SET, {f.PARTITION_PARAMETERS: text_map({"n": "2"})}))]),
    "statistics of a column go": (
        event("DELETE_TBL_COL_STAT_EVENT", colName="a"),
        [touch(Kind.TABLE_STATS, "", OPAQUE, State(Known.CUT, column="a"))]),
    "a key comes": (
        event("ADD_PRIMARYKEY", primaryKeyListJson=items(KEY, f.PRIMARY)),
        [touch(Kind.CONSTRAINT, "pk", ABSENT, image(KEY))]),
    "a key of several columns comes": (
        event("ADD_PRIMARYKEY", primaryKeyListJson=items(WIDE, f.PRIMARY)),
        [touch(Kind.CONSTRAINT, "pk", ABSENT, OPAQUE)] * 2),
    "a foreign key comes": (
        event("ADD_FOREIGNKEY", foreignKeyListJson=items(LINK, f.FOREIGN)),
        [touch(Kind.CONSTRAINT, "fk", ABSENT, image(LINK), "child")]),
    "a constraint goes": (
        event("DROP_CONSTRAINT", constraintName="pk"), [touch(Kind.CONSTRAINT, "pk", OPAQUE, ABSENT)]),
    "a function comes": (
        event("CREATE_FUNCTION", "", functionObjJson=FUNCTION), [touch(Kind.FUNCTION, "f ü", ABSENT, image(CODE), "")]),
    "a function goes": (
        event("DROP_FUNCTION", "", functionName="f ü"), [touch(Kind.FUNCTION, "f ü", OPAQUE, ABSENT, "")]),
}  # fmt: skip


@pytest.mark.parametrize("what", TOUCHED)
def test_an_event_touches_exactly_what_it_is_about(what: str) -> None:
    happened, expected = TOUCHED[what]
    assert touches(happened) == expected


def test_a_table_that_moves_may_fell_foreign_keys_of_both_names() -> None:
    moved, _ = TOUCHED["a table moves to another database"]
    assert parent_tables(moved) == [("bill", "t"), ("crm", "new")]
