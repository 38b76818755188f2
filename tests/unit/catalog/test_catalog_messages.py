"""An event tells what it touched; one that cannot be read touches all it may have (faults 41, 42, 45)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.events import ABSENT, OPAQUE, Event, Known, LostHistory, State, Touch, row_between
from hadoop_dr.domain.catalog.log.messages import parent_tables, touches
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind
from hadoop_dr.domain.catalog.thrift_json import json_of_tree, pack_message
from hadoop_dr.domain.catalog.thrift_struct import get_list, get_map, record, text, text_map, with_field
from support.catalogs import foreign_key, function, partition, primary_key, statistics, table, view

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


def test_a_changed_column_touches_all_below_and_a_parameter_does_not() -> None:
    def alter(after: object) -> list[Touch]:
        return touches(event("ALTER_TABLE", tableObjBeforeJson=json_of_tree(T.tree), tableObjAfterJson=after))

    assert len(alter(json_of_tree(with_field(T.tree, 9, text_map({"n": "2"}))))) == 1
    assert len(alter(json_of_tree(table("bill", "t", keys=("p",), names=("a",)).tree))) == 5
    renamed = alter(json_of_tree(with_field(T.tree, f.TABLE_NAME, text("New"))))
    assert {(touch.table, touch.before.how, touch.after.how) for touch in renamed if touch.kind is Kind.TABLE} == {
        ("t", Known.IS, Known.ABSENT), ("new", Known.ABSENT, Known.IS)}


def test_databases_come_change_and_go() -> None:
    plain = '{"1":{"str":"bill"}}'
    came = touches(event("CREATE_DATABASE", name="", dbJson=plain))
    assert (came[0].before, came[0].after.how, came[1].after) == (ABSENT, Known.IS, ABSENT)
    went = touches(event("DROP_DATABASE", name="", dbJson=plain))
    assert (went[0].before.how, went[0].after, went[1].before) == (Known.IS, ABSENT, OPAQUE)
    (changed,) = touches(event("ALTER_DATABASE", name="", dbObjBeforeJson=plain, dbObjAfterJson=plain))
    assert changed.kind is Kind.DATABASE


def test_a_partition_that_gets_another_name_or_other_columns() -> None:
    old = partition("bill", "t", ("p",), ("a b",))

    def alter(new: object) -> list[Touch]:
        return touches(event("ALTER_PARTITION", keyValues={"p": "a b"}, partitionObjBeforeJson=json_of_tree(old.tree),
                             partitionObjAfterJson=new))

    assert [touch.key for touch in alter(json_of_tree(old.tree))] == ["p=a b"]
    assert len(alter(json_of_tree(partition("bill", "t", ("p",), ("a b",), names=("z",)).tree))) == 2
    moved = alter(json_of_tree(partition("bill", "t", ("p",), ("g=1",)).tree))
    assert [(touch.key, touch.after.how) for touch in moved if touch.kind is Kind.PARTITION] == [
        ("p=a b", Known.ABSENT), ("p=g%3D1", Known.IS)]


def test_a_key_of_several_columns_is_one_constraint_whose_message_does_not_tell_it() -> None:
    wide = primary_key("bill", "t", "pk", "a", "b")
    found = touches(event("ADD_PRIMARYKEY", primaryKeyListJson=[
        json_of_tree(item) for item in get_list(wide.tree, f.PRIMARY)]))
    assert {(touch.key, touch.after) for touch in found} == {("pk", OPAQUE)}
    link = foreign_key("bill", "child", "fk", primary_key("bill", "t", "pk", "a"))
    (touch,) = touches(event("ADD_FOREIGNKEY", foreignKeyListJson=[json_of_tree(get_list(link.tree, f.FOREIGN)[0])]))
    assert (touch.table, touch.key) == ("child", "fk")


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
    with pytest.raises(LostHistory, match=r"table bill\.t"):
        row_between(T.key, T, [touch(OPAQUE, OPAQUE)], [later])


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


def test_new_statistics_touch_their_owner_too() -> None:
    for key, kinds_touched in (("", [Kind.TABLE_STATS, Kind.TABLE]), ("p=a b", [Kind.PARTITION_STATS, Kind.PARTITION])):
        kind = "UPDATE_PART_COL_STAT_EVENT" if key else "UPDATE_TBL_COL_STAT_EVENT"
        stats = statistics("bill", "t", key, a=1)
        merged, owner = touches(event(kind, colStatsJson=json_of_tree(stats.tree), parameters={"n": "2"}))
        assert [merged.kind, owner.kind] == kinds_touched
        assert (merged.after.how, merged.key, owner.key, owner.after.how) == (Known.MERGED, key, key, Known.SET)
        (field,) = owner.after.tree or {}
        assert get_map(owner.after.tree or {}, field) == {"n": "2"}


def test_functions_come_and_go() -> None:
    row = function("bill", "f ü", "hdfs://east/a.jar")
    (came,) = touches(event("CREATE_FUNCTION", name="", functionName="f ü", functionObjJson=json_of_tree(row.tree)))
    assert (came.kind, came.key, came.before, came.after.how) == (Kind.FUNCTION, "f ü", ABSENT, Known.IS)
    (went,) = touches(event("DROP_FUNCTION", name="", functionName="f ü", functionObjJson=json_of_tree(row.tree)))
    assert (went.key, went.before, went.after) == ("f ü", OPAQUE, ABSENT)
