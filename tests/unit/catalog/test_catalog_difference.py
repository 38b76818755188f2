"""From one catalog to another: what is dropped, made and altered, and in which order (S2.9; fault 42)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.changes.difference import Verb, catalog_of, difference, parent_of, replaced_tables
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.catalog.thrift_struct import i64, records, text, with_field
from support.catalogs import (
    database,
    everything,
    foreign_key,
    partition,
    primary_key,
    statistics,
    table,
    view,
    with_parameters,
)

BILL = selection_of(["bill"])


def test_the_order_is_that_of_dependence() -> None:
    found = difference({}, catalog_of(everything()), BILL.owns)
    kinds = [change.row.key.kind for change in found.builds]
    assert kinds[0] is Kind.DATABASE
    assert kinds.index(Kind.TABLE) < kinds.index(Kind.PARTITION) < kinds.index(Kind.PARTITION_STATS)
    assert found.builds[-1].row.key.table == "v"
    constraints = [change.row.key.name for change in found.builds if change.row.key.kind is Kind.CONSTRAINT]
    assert constraints == ["nn", "pk", "fk"]
    assert found.count(Verb.CREATE) == len(everything())
    assert found
    assert not difference(catalog_of(everything()), catalog_of(everything()), BILL.owns)


def test_what_hangs_on_a_table_goes_with_it_and_foreign_keys_first() -> None:
    found = difference(catalog_of(everything()), {}, BILL.owns)
    assert [str(change.row.key) for change in found.drops] == [
        "function bill fn", "table bill.v", "table bill.child", "table bill.t", "database bill"]
    kept = catalog_of([row for row in everything()
                       if row.key.table not in ("t", "child") or row.key.kind is Kind.TABLE])
    gone = difference(catalog_of(everything()), kept, BILL.owns)
    assert [str(change.row.key) for change in gone.drops] == [
        "constraint bill.child fk", "constraint bill.t nn", "constraint bill.t pk", "partition stats bill.t p=e%2520",
        "table stats bill.t", "partition bill.t p=e%2520"]


def test_a_key_that_changes_takes_its_foreign_keys_along() -> None:
    rows = everything()
    rows[5] = primary_key("bill", "t", "pk", "a", "b")
    found = difference(catalog_of(everything()), catalog_of(rows), BILL.owns)
    assert [change.row.key.name for change in found.drops] == ["fk", "pk"]
    assert [change.row.key.name for change in found.builds] == ["pk", "fk"]
    assert parent_of(rows[5]) is None
    assert parent_of(rows[10]) == ("bill", "t")


def test_statistics_that_lose_a_column_are_made_anew() -> None:
    old, new = (catalog_of([table("bill", "t"), statistics("bill", "t", "", **columns)])
                for columns in ({"a": 1, "b": 1}, {"a": 2}))
    found = difference(old, new, BILL.owns)
    assert [change.verb for change in (*found.drops, *found.builds)] == [Verb.DROP, Verb.CREATE]
    assert [change.verb for change in difference(new, old, BILL.owns).builds] == [Verb.ALTER]
    again = catalog_of([table("bill", "t"), statistics("bill", "t", "", a=7)])
    altered = difference(new, again, BILL.owns)
    assert [change.verb for change in (*altered.drops, *altered.builds)] == [Verb.ALTER]


def numbered(row: Row, number: int) -> Row:
    """A table with a number of its own, as a metastore gives it."""
    return row_of(row.key, with_field(row.tree, f.TABLE_ID, i64(number)))


def test_a_table_that_was_dropped_and_made_again_is_made_anew_where_it_differs() -> None:
    rows = [table("crm", "a"), table("bill", "z"), table("bill", "kept"), database("bill")]
    before = catalog_of([numbered(rows[0], 1), numbered(rows[1], 2), numbered(rows[2], 3), rows[3]])
    after = catalog_of([numbered(rows[0], 4), numbered(with_parameters(rows[1], k="v"), 5), numbered(rows[2], 3),
                        rows[3], table("bill", "new")])
    replaced = replaced_tables(before, after)
    assert [str(key) for key in replaced] == ["table bill.z", "table crm.a"]
    found = difference(before, after, selection_of(["bill", "crm"]).owns, [*replaced, table("bill", "new").key])
    assert [(change.verb, str(change.row.key)) for change in (*found.drops, *found.builds)] == [
        (Verb.DROP, "table bill.z"), (Verb.CREATE, "table bill.new"), (Verb.CREATE, "table bill.z")]
    assert difference(before, {}, selection_of(["bill", "crm"]).owns, replaced).builds == ()


def test_a_managed_table_that_is_half_made_is_altered_and_not_made_anew() -> None:
    whole = table("bill", "t", keys=("p",), kind=f.MANAGED)
    for key, verbs in (("p", [Verb.ALTER]), ("q", [Verb.DROP, Verb.CREATE])):
        half = table("bill", "t", keys=(key,), TRANSLATED_TO_EXTERNAL="True")
        found = difference(catalog_of([half]), catalog_of([whole]), BILL.owns)
        assert [change.verb for change in (*found.drops, *found.builds)] == verbs


def test_changes_go_by_database_and_those_of_one_kind_lie_side_by_side() -> None:
    both = selection_of(["a", "b"]).owns
    rows = catalog_of([table("b", "y"), table("a", "z")])
    assert [change.row.key.database for change in difference({}, rows, both).builds] == ["a", "b"]
    assert [change.row.key.database for change in difference(rows, {}, both).drops] == ["a", "b"]
    t, old = table("a", "z", keys=("p",)), partition("a", "z", ("p",), ("2",))
    new = [t, partition("a", "z", ("p",), ("1",)), with_parameters(old, k="v"), partition("a", "z", ("p",), ("3",))]
    found = difference(catalog_of([t, old]), catalog_of(new), both)
    assert [(change.verb, change.row.key.name) for change in found.builds] == [
        (Verb.ALTER, "p=2"), (Verb.CREATE, "p=1"), (Verb.CREATE, "p=3")]


def test_a_foreign_key_is_dropped_before_the_key_it_points_to_whatever_they_are_called() -> None:
    key = primary_key("bill", "t", "pk", "a")
    tables = [table("bill", "t"), table("bill", "z")]
    found = difference(catalog_of([*tables, key, foreign_key("bill", "z", "fk", key)]), catalog_of(tables), BILL.owns)
    assert [change.row.key.name for change in found.drops] == ["fk", "pk"]


@pytest.mark.parametrize("new", [table("bill", "t", keys=("q",)), table("bill", "t", keys=("p",), kind=f.MANAGED),
                                 view("bill", "t", "select 1"), row_of(CatalogKey(Kind.TABLE, "bill", "t"), {
                                     **table("bill", "t").tree, 8: records([{1: text("p"), 2: text("int")}])})])
def test_another_type_or_other_partition_columns_make_another_table(new: Row) -> None:
    found = difference(catalog_of(everything()), {**catalog_of(everything()), new.key: new}, BILL.owns)
    verbs = [(change.verb, str(change.row.key)) for change in (*found.drops, *found.builds)]
    assert (Verb.DROP, "table bill.t") in verbs
    assert (Verb.CREATE, "table bill.t") in verbs
    assert (Verb.CREATE, "partition bill.t p=e%2520") in verbs
    assert (Verb.CREATE, "constraint bill.child fk") in verbs
    assert Verb.ALTER not in {verb for verb, _ in verbs}


def test_views_come_behind_the_views_they_read_and_circles_end() -> None:
    rows = [view("bill", "a", "select * from bill.b"), view("bill", "b", "select * from other.c"),
            view("other", "c", "select 1"), view("bill", "x", "select * from y"), view("bill", "y", "select * from x")]
    found = difference({}, catalog_of(rows), selection_of(["bill", "other"]).owns)
    names = [change.row.key.table for change in found.builds]
    assert names.index("c") < names.index("b") < names.index("a")
    full, short = (row_of(view("bill", "a", "").key, {**view("bill", "a", "").tree, 10: text(one), 11: text(other)})
                   for one, other in (("select 1", "select * from bill.b"), ("select * from bill.b", "")))
    for row in (full, short):
        found = difference({}, catalog_of([row, view("bill", "b", "select 1")]), BILL.owns)
        assert [change.row.key.table for change in found.builds] == ["b", "a"]
    plain = view("bill", "v", "select 1")
    assert difference({}, {plain.key: row_of(plain.key, {**plain.tree, 11: text("")})}, BILL.owns)


def test_only_owned_objects_are_altered_or_dropped() -> None:
    only = selection_of(["bill.t"])
    old = catalog_of([database("bill", k="1"), table("bill", "other"), table("bill", "t", n="1")])
    new = catalog_of([database("bill", k="2"), table("bill", "t", n="2")])
    found = difference(old, new, only.owns)
    assert [(change.verb, change.row.key.table) for change in (*found.drops, *found.builds)] == [(Verb.ALTER, "t")]
