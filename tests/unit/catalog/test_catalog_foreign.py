"""Whose work an object of the secondary's catalog is, decided from what points left and what is wanted (I10)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.changes.catalog_comparison import alike, unlike
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.changes.foreign_objects import (
    Explanation,
    LeftByPoint,
    find_foreign,
    is_related,
    object_lines,
    with_hanging,
)
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.catalog.thrift_struct import text, with_field
from support.catalogs import (
    database,
    function,
    not_null,
    partition,
    primary_key,
    statistics,
    table,
    view,
    with_parameters,
)

BILL = selection_of(["bill"])
T, T2 = table("bill", "t ü"), table("bill", "t ü", names=("a", "c"))
MANAGED = table("bill", "m", kind=f.MANAGED, location="hdfs://west/m")


def told(
    there: Sequence[Row],
    wanted: Sequence[Row] = (),
    left: Sequence[Sequence[Row] | None] = (),
    *,
    lacks: Sequence[Row] = (),
    unsure: bool = False,
    patterns: Sequence[str] = ("bill",),
) -> list[str]:
    layers = [LeftByPoint(BILL, None if rows is None else catalog_of(rows)) for rows in left]
    may_lack = frozenset(row.key for row in lacks)
    known = Explanation(catalog_of(wanted), layers, may_lack, unsure)
    found = find_foreign(catalog_of(there), known, selection_of(patterns).owns)
    for one in found:
        assert one.row == catalog_of(there).get(one.key)
        assert one.row is None or one.view is one.row.is_view
    return object_lines(found)


def test_what_the_newest_point_left_or_the_primary_has_is_nobodys_change() -> None:
    assert told([T], [T2], [[T]]) == []
    assert told([T], [T], [[T2]]) == []
    assert told([T], [T], []) == []
    assert told([], [], [[T]]) == [], "gone on both sites"
    assert told([], [T], [[]]) == [], "yet to be made"
    assert told([], [T], []) == []


def test_an_object_is_related_to_what_it_hangs_on_and_to_what_hangs_on_it() -> None:
    day = partition("bill", "t ü", ("d",), ("1 %",))
    every = [database("bill"), T, day, MANAGED, database("crm"), function("bill", "f", "hdfs://west/f.jar")]

    def related(to: Row) -> list[bool]:
        return [is_related(row.key, [to.key]) for row in every]

    assert related(T) == [True, True, True, False, False, False]
    assert related(day) == [True, True, True, False, False, False]
    assert related(database("bill")) == [True, True, True, True, False, True]
    assert not is_related(T.key, [])


def test_what_nothing_explains_is_told_with_what_was_done() -> None:
    assert told([T], [], [[]]) == ["table bill.t ü was created"]
    assert told([], [T], [[T]]) == ["table bill.t ü was dropped"]
    assert told([T2], [T], [[T]]) == ["table bill.t ü was changed: differs in sd.cols"]
    assert told([T], [], []) == [
        "table bill.t ü was there before any point of this service: the primary has no such protected object"]
    assert told([T2], [T], []) == [
        "table bill.t ü was there before any point of this service: it differs from the primary's in sd.cols"]
    v = view("bill", "v", "select 1")
    assert told([v], [], [[]]) == ["view bill.v was created"]
    assert told([], [v], [[v]]) == ["view bill.v was dropped"]
    other = view("bill", "v", "select 2")
    assert told([other], [v], [[v]])[0].startswith("view bill.v was changed: differs in")
    assert told([v], [], [])[0].startswith("view bill.v was there before any point")
    assert told([other], [v], [])[0].startswith("view bill.v was there before any point")
    assert told([other], [v], [None]) == ["view bill.v may be somebody else's"]
    g = function("bill", "g", "hdfs://west/g.jar")
    assert told([g], [], [[]]) == ["function bill g was created"]


def test_only_what_is_selected_is_told() -> None:
    assert told([table("crm", "x"), T], [], [[]], patterns=("crm",)) != []
    assert told([table("crm", "x")], [], [[]]) == []
    assert told([database("bill", "hdfs://west/else")], [database("bill")], [[]], patterns=("bill.t*",)) == []


def test_objects_are_told_by_kind_and_database() -> None:
    both = selection_of(["bill", "crm"])
    there = catalog_of([table("crm", "a"), table("bill", "z"), database("crm")])
    found = find_foreign(there, Explanation({}, [LeftByPoint(both, {})]), both.owns)
    assert [str(one.key) for one in found] == ["database crm", "table bill.z", "table crm.a"]


def test_the_newest_point_that_selects_an_object_tells() -> None:
    assert told([T2], [T], [[T], [T2]]) == ["table bill.t ü was changed: differs in sd.cols"]
    narrow = LeftByPoint(selection_of(["bill.other"]), {})
    known = Explanation(catalog_of([T]), [narrow, LeftByPoint(BILL, catalog_of([T2]))])
    assert find_foreign(catalog_of([T2]), known, BILL.owns) == []


def test_a_database_made_for_a_table_of_ours_is_untold_once_it_is_selected_whole() -> None:
    made, grown = database("bill"), database("bill", k="v")
    for rows in (catalog_of([made]), None):
        known = Explanation(catalog_of([grown]), [LeftByPoint(selection_of(["bill.t*"]), rows)])
        assert object_lines(find_foreign(catalog_of([made]), known, BILL.owns)) == [
            "database bill may be somebody else's"]
    [one] = find_foreign(catalog_of([made]), known, BILL.owns)
    assert one.row == made
    known = Explanation(catalog_of([grown]), [LeftByPoint(selection_of(["crm"]), None)])
    [line] = object_lines(find_foreign(catalog_of([made]), known, BILL.owns))
    assert line.startswith("database bill was there before")


def test_a_default_database_that_no_point_had_is_nobodys() -> None:
    mine, theirs = database("default", "hdfs://west/a"), database("default", "hdfs://west/b")
    known = Explanation(catalog_of([mine]))
    assert find_foreign(catalog_of([theirs]), known, selection_of(["default"]).owns) == []


def test_where_nobody_can_tell_nothing_is_called_foreign() -> None:
    assert told([T2], [T], [None]) == ["table bill.t ü may be somebody else's"]
    assert told([T2], [T], [None, [T2]]) == [], "an older point explains it"
    assert told([T2], [T], [None, [T]]) == ["table bill.t ü may be somebody else's"]
    assert told([], [T], [None, [T]]) == []
    assert told([], [T], [None]) == []


def test_what_a_run_takes_away_before_it_makes_it_again_may_be_absent() -> None:
    assert told([], [T2], [[T]]) != []
    assert told([], [T2], [[T]], lacks=[T]) == []
    assert told([table("bill", "t ü", names=("x",))], [T2], [[T]], lacks=[T]) != []


HALF = {
    "a managed table that is external yet": (
        with_parameters(row_of(MANAGED.key, with_field(MANAGED.tree, f.TABLE_TYPE, text(f.EXTERNAL))), EXTERNAL="TRUE",
                        TRANSLATED_TO_EXTERNAL="TRUE", **{"external.table.purge": "TRUE"}), MANAGED),
    "a table whose statistics stay": (with_parameters(T, DO_NOT_UPDATE_STATS="true"), T),
    "a database without its managed directory": (
        database("bill"), row_of(database("bill").key, {**database("bill").tree, f.DB_MANAGED_LOCATION: text("m")})),
    "statistics of some columns": (statistics("bill", "t ü", a=1), statistics("bill", "t ü", a=1, b=2)),
}  # fmt: skip


@pytest.mark.parametrize("what", HALF)
def test_the_middle_of_a_change_is_ours_only_where_somebody_of_ours_may_be_in_it(what: str) -> None:
    there, to = HALF[what]
    assert told([there], [to], [[]]) != []
    assert told([there], [to], [[]], unsure=True) == []
    assert told([there], [], [[to]], unsure=True) == [], "on the way back"
    assert told([], [to], [[to]], unsure=True) == []


FOREIGN_EVEN_THEN = {
    "columns": (T2, T),
    "a parameter": (partition("bill", "t", ("p",), ("1",), x="y"), partition("bill", "t", ("p",), ("1",))),
    "a view where a table was": (row_of(T.key, with_field(T.tree, f.TABLE_TYPE, text(f.VIEW))), T),
    "a view": (view("bill", "v", "select 9"), view("bill", "v", "select 1")),
    "a constraint": (not_null("bill", "t", "nn", "a"), not_null("bill", "t", "nn", "b")),
    "a function": (function("bill", "g", "hdfs://west/else"), function("bill", "g", "hdfs://west/g.jar")),
}  # fmt: skip


@pytest.mark.parametrize("what", FOREIGN_EVEN_THEN)
def test_what_no_change_of_ours_passes_through_is_foreign_even_then(what: str) -> None:
    there, to = FOREIGN_EVEN_THEN[what]
    assert told([there], [to], [[]], unsure=True) != []
    assert told([there], [], [[]], unsure=True) != []


def test_what_belongs_to_a_told_table_or_database_is_not_told_beside_it() -> None:
    days = [partition("bill", "t ü", ("p",), (value,)) for value in ("1", "2 %")]
    assert told([T, *days, statistics("bill", "t ü", a=1)], [], [[]]) == ["table bill.t ü was created"]
    whole = [database("bill"), T, *days, function("bill", "g", "hdfs://west/g.jar")]
    assert told([], whole, [whole]) == ["database bill was dropped"]
    assert told([T2, days[0]], [T, days[0]], [[T]]) == ["table bill.t ü was changed: differs in sd.cols"]
    assert told([T2, days[0]], [T], [[T]]) == [
        "table bill.t ü was changed: differs in sd.cols", "partition bill.t ü p=1 was created"]


def test_kept_is_what_would_go_with_a_foreign_object() -> None:
    keyed = table("bill", "keyed", keys=("p",))
    day, other = partition("bill", "keyed", ("p",), ("ü",)), table("bill", "other")
    there = catalog_of([database("bill"), keyed, day, primary_key("bill", "keyed", "pk", "a"), other, T])
    left = [LeftByPoint(BILL, catalog_of([database("bill"), day, T, other]))]
    found = find_foreign(there, Explanation({}, left), BILL.owns)
    assert {row.key for row in with_hanging(there, found)} == {key for key in there if key.table == "keyed"}
    everything = find_foreign(there, Explanation({}, [LeftByPoint(BILL, {})]), BILL.owns)
    assert with_hanging(there, [one for one in everything if one.key.kind.value == "database"]) == list(there.values())
    assert with_hanging({}, find_foreign({}, Explanation(there, left), BILL.owns)) == []


def test_which_statistics_are_accurate_makes_no_difference_and_all_else_does() -> None:
    assert alike(with_parameters(T, COLUMN_STATS_ACCURATE="{}"), T)
    day = partition("bill", "t ü", ("p",), ("1",))
    assert alike(day, with_parameters(day, COLUMN_STATS_ACCURATE='{"BASIC_STATS":"true"}'))
    assert not alike(with_parameters(T, COLUMN_STATS_ACCURATE="{}", k="v"), T)
    assert not alike(T, None)
    assert not alike(None, T)
    assert alike(None, None)
    assert not alike(database("bill", k="v"), database("bill"))
    assert alike(row_of(T.key, {**T.tree, 777: text("novel")}), T), "a field that nobody knows"


def test_what_was_changed_is_told_with_what_it_says_now_and_what_it_should_of_the_first_few_fields() -> None:
    was, now = with_parameters(T, **{"k %": "was", "long": "x"}), with_parameters(T, **{"k %": "ü", "long": "y" * 61})
    assert told([now], [was], [[was]]) == [
        "table bill.t ü was changed: differs in parameters[k %] ('ü' instead of 'was'), parameters[long]"]  # fmt: skip
    many = with_parameters(T, **{f"p{number:02d}": "1" for number in range(14)})
    [line] = told([many], [T], [[T]])
    assert line.endswith("parameters[p09] ('1' instead of none) and 4 more")


def test_objects_that_are_not_alike_in_two_catalogs_are_named_in_order() -> None:
    one = catalog_of([T, database("bill"), table("bill", "gone %")])
    day = partition("bill", "a ü", ("d",), ("1",))
    other = catalog_of([with_parameters(T, k="v"), database("bill"), table("bill", "a ü"), day])
    assert list(map(str, unlike(one, other))) == [
        "partition bill.a ü d=1", "table bill.a ü", "table bill.gone %", str(T.key)]  # fmt: skip
    assert unlike(one, one) == []
