"""An event tells what it touched; one that cannot be read touches all it may have (faults 41, 42, 45)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog.log.events import ABSENT, OPAQUE, Event, Known, LostHistory, State, Touch, row_between
from hadoop_dr.domain.catalog.log.messages import parent_tables, touches
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind
from hadoop_dr.domain.catalog.thrift_json import json_of_tree, pack_message
from hadoop_dr.domain.catalog.thrift_struct import get_map, record, text_map
from support.catalogs import partition, statistics, table, view

FORM = "gzip(json-2.0)"
T = table("bill", "t", keys=("p",), n="1")


def event(kind: str, database: str = "bill", name: str = "t", **message: object) -> Event:
    return Event(7, 0, kind, database, name, pack_message(message), FORM)


def kinds(found: list[Touch]) -> set[Kind]:
    return {touch.kind for touch in found}


@pytest.mark.parametrize("quiet", [event("INSERT"), event("OPEN_TXN", "", ""), event("RELOAD"),
                                   event("CREATE_CATALOG", "", "")])
def test_events_that_change_no_object_touch_none(quiet: Event) -> None:
    assert touches(quiet) == []
    assert parent_tables(quiet) == []


def test_an_event_nobody_knows_touches_the_whole_table_or_database() -> None:
    novel = touches(event("UPDATE_PART_COL_STAT_EVENT_BATCH"))
    assert kinds(novel) == {Kind.TABLE, Kind.PARTITION, Kind.TABLE_STATS, Kind.PARTITION_STATS, Kind.CONSTRAINT}
    assert {(touch.table, touch.before, touch.after) for touch in novel} == {("t", OPAQUE, OPAQUE)}
    wide = touches(event("NOVEL", "bill", ""))
    assert kinds(wide) == set(Kind)
    assert {touch.table for touch in wide if touch.kind is not Kind.DATABASE} == {None}


@pytest.mark.parametrize("message", [b"not base 64", pack_message({}), pack_message({"tableObjBeforeJson": "{"}),
                                     pack_message({"tableObjBeforeJson": 5})])
def test_a_message_that_cannot_be_read_touches_the_whole_table(message: bytes) -> None:
    found = touches(Event(7, 0, "ALTER_TABLE", "bill", "t", message, FORM))
    assert len(found) == 5
    assert found[0].before == OPAQUE


def test_parents_of_foreign_keys_are_named_by_what_may_fell_them() -> None:
    gone = event("DROP_TABLE", tableObjJson=json_of_tree(T.tree))
    assert parent_tables(gone) == [("bill", "t")]
    assert parent_tables(event("DROP_CONSTRAINT", constraintName="pk")) == [("bill", "t")]
    assert parent_tables(event("ADD_PARTITION", partitions=[], partitionListJson=[])) == []


# -- how an object was


def touch(before: State, after: State, kind: Kind = Kind.TABLE) -> Touch:
    return Touch(1, kind, "bill", "t", "", before, after)


def test_the_first_late_message_tells_or_the_early_ones_do() -> None:
    later = touch(OPAQUE, OPAQUE)
    assert row_between(T.key, None, [], [touch(State(Known.IS, T.tree), OPAQUE), later]) == T
    assert row_between(T.key, T, [], [touch(ABSENT, OPAQUE), later]) is None
    assert row_between(T.key, T, [], [later]) == T
    assert row_between(T.key, T, [touch(OPAQUE, ABSENT)], [later]) is None
    assert row_between(T.key, None, [touch(OPAQUE, OPAQUE), touch(OPAQUE, State(Known.IS, T.tree))], [later]) == T
    with pytest.raises(LostHistory, match=r"table bill\.t") as lost:
        row_between(T.key, T, [touch(OPAQUE, OPAQUE)], [later])
    assert lost.value.key == T.key
    with pytest.raises(LostHistory):
        row_between(T.key, None, [touch(OPAQUE, State(Known.SET, {9: text_map({})}))], [later])


def test_parameters_and_columns_of_statistics_are_replayed() -> None:
    later = touch(OPAQUE, OPAQUE)
    row = row_between(T.key, T, [touch(OPAQUE, State(Known.SET, {9: text_map({"n": "2", "m": "3"})}))], [later])
    assert row
    assert get_map(row.tree, 9) == {"EXTERNAL": "TRUE", "n": "2", "m": "3"}
    part = partition("bill", "t", ("p",), ("a b",), n="1")
    row = row_between(part.key, part, [touch(OPAQUE, State(Known.SET, {7: text_map({"n": "2"})}))], [later])
    assert row
    assert get_map(row.tree, 7) == {"n": "2"}
    key = CatalogKey(Kind.TABLE_STATS, "bill", "t")
    one, two = statistics("bill", "t", "", a=1), statistics("bill", "t", "", a=1, b=2)
    merge = touch(OPAQUE, State(Known.MERGED, statistics("bill", "t", "", b=2).tree))
    assert row_between(key, one, [merge], [later]) == two
    assert row_between(key, None, [merge, touch(OPAQUE, State(Known.CUT, column="b"))], [later]) is None
    assert row_between(key, two, [touch(OPAQUE, State(Known.CUT, column="b"))], [later]) == one
    assert row_between(key, one, [touch(OPAQUE, State(Known.MERGED))], [later]) == one
    assert row_between(key, one, [touch(OPAQUE, State(Known.CUT, column="never"))], [later]) == one
    both = touch(OPAQUE, State(Known.MERGED, statistics("bill", "t", "", b=2, c=3).tree))
    assert row_between(key, one, [both], [later]) == statistics("bill", "t", "", a=1, b=2, c=3)
    for unknown in (touch(OPAQUE, State(Known.SET, {9: text_map({})})), touch(OPAQUE, State(Known.CUT, column="a"))):
        with pytest.raises(LostHistory):
            row_between(key, one, [touch(OPAQUE, OPAQUE), unknown], [later])


def test_deleted_statistics_of_one_column_or_all() -> None:
    (cut,) = touches(event("DELETE_TBL_COL_STAT_EVENT", colName="a"))
    assert (cut.kind, cut.after) == (Kind.TABLE_STATS, State(Known.CUT, column="a"))
    (gone,) = touches(event("DELETE_PART_COL_STAT_EVENT", colName=None, partName="p=a b"))
    assert (gone.kind, gone.key, gone.after) == (Kind.PARTITION_STATS, "p=a b", ABSENT)


def test_views_are_tables_to_the_log() -> None:
    found = touches(event("CREATE_TABLE", name="v", tableObjJson=json_of_tree(view("bill", "v", "select 1").tree)))
    assert found[0].after.tree
    assert record({})[1] == {}


def test_partitions_come_and_go_each_with_its_statistics() -> None:
    one, two = (partition("bill", "t", ("p",), (value,)) for value in ("a b", "ü=%"))
    values = [{"p": "a b"}, {"p": "ü=%"}]
    came = touches(event("ADD_PARTITION", partitions=values,
                         partitionListJson=[json_of_tree(row.tree) for row in (one, two)]))  # fmt: skip
    assert [(touch.kind, touch.key, touch.before, touch.after.how) for touch in came] == [
        (Kind.PARTITION, one.key.name, ABSENT, Known.IS), (Kind.PARTITION_STATS, one.key.name, ABSENT, Known.ABSENT),
        (Kind.PARTITION, two.key.name, ABSENT, Known.IS), (Kind.PARTITION_STATS, two.key.name, ABSENT, Known.ABSENT),
    ]  # fmt: skip
    went = touches(event("DROP_PARTITION", partitions=values))
    assert [(touch.key, touch.before, touch.after) for touch in went if touch.kind is Kind.PARTITION] == [
        (one.key.name, OPAQUE, ABSENT), (two.key.name, OPAQUE, ABSENT)]  # fmt: skip
    assert {touch.after for touch in went} == {ABSENT}
