"""I8: which objects of a catalog are lost, by kind; what is made again or renamed is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.catalog.changes.difference import CatalogChange, Verb, catalog_of, difference, replaced_tables
from hadoop_dr.domain.catalog.changes.losses import losses, named_drops, renamed_tables, unnamed_drops
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.plan.deletions import DeletionKind, Deletions
from support.catalogs import database, function, not_null, partition, statistics, table, view

BILL = selection_of(["bill"])
KEYS = ("p",)
EVERYTHING = [
    database("bill"), *(table("bill", name, keys=KEYS) for name in ("t", "u", "v e%20")),
    *(partition("bill", name, KEYS, (value,)) for name in ("t", "u") for value in ("a b", "ü")),
    view("bill", "w", "select 1"), view("bill", "x", "select 1"), function("bill", "fn", "hdfs://west/a.jar"),
    statistics("bill", "t", "", a=1), not_null("bill", "t", "nn"),
]  # fmt: skip


def without(*texts: str) -> list[Row]:
    """Everything but some objects, named as messages name them."""
    assert set(texts) <= {str(row.key) for row in EVERYTHING}
    return [row for row in EVERYTHING if str(row.key) not in texts]


def lost(old: list[Row], new: list[Row], *patterns: str) -> Deletions:
    owns = selection_of(patterns or ["bill"]).owns
    return losses(catalog_of(old), catalog_of(new), owns)


def figures(found: Deletions) -> dict[str, tuple[int, int]]:
    return {figure.kind.value: (figure.deleted, figure.live) for figure in found.figures if figure.deleted}


def test_each_kind_has_its_own_figure_against_its_own_live_objects() -> None:
    assert figures(lost(EVERYTHING, without("table bill.v e%20"))) == {"tables": (1, 3)}
    assert figures(lost(EVERYTHING, without("table bill.w", "table bill.x"))) == {"views": (2, 2)}
    assert figures(lost(EVERYTHING, without("partition bill.t p=ü"))) == {"partitions": (1, 4)}
    assert figures(lost(EVERYTHING, without("function bill fn"))) == {"functions": (1, 1)}
    assert [figure.live for figure in lost(EVERYTHING, EVERYTHING).figures] == [1, 3, 2, 4, 1]


def test_a_table_that_was_there_before_is_no_new_name_of_another_and_has_none() -> None:
    """A metastore that numbers no tables gives several the same identity."""
    one, other = table("bill", "t"), table("bill", "u")
    assert one.identity == other.identity
    assert renamed_tables(catalog_of([one, other]), catalog_of([other])) == {}
    assert renamed_tables(catalog_of([one]), catalog_of([one, other])) == {}
    assert renamed_tables(catalog_of([one]), catalog_of([other])) == {one.key: other.key}


def test_what_moves_to_another_database_with_its_table_is_not_lost() -> None:
    there, then = (
        catalog_of([table(owner, name, keys=KEYS), partition(owner, name, KEYS, ("a b",))])
        for owner, name in (("bill", "t"), ("crm", "u"))
    )
    renamed = {CatalogKey(Kind.TABLE, "bill", "t"): CatalogKey(Kind.TABLE, "crm", "u")}
    assert figures(losses(there, then, BILL.owns, renamed)) == {}
    assert figures(losses(there, then, BILL.owns)) == {"tables": (1, 1), "partitions": (1, 1)}


def test_views_do_not_hide_a_lost_table() -> None:
    views = [view("bill", f"v{n}", "select 1") for n in range(97)]
    found = lost([*EVERYTHING, *views], [*without("table bill.v e%20"), *views])
    assert figures(found) == {"tables": (1, 3)}


def test_partitions_that_go_with_their_table_count_as_partitions_too() -> None:
    hanging = ("partition bill.t p=a b", "partition bill.t p=ü", "table stats bill.t", "constraint bill.t nn")
    gone = ("table bill.t", *hanging)
    assert figures(lost(EVERYTHING, without(*gone))) == {"tables": (1, 3), "partitions": (2, 4)}


def test_statistics_and_constraints_do_not_count() -> None:
    assert figures(lost(EVERYTHING, without("table stats bill.t", "constraint bill.t nn"))) == {}


def test_what_is_dropped_and_made_again_is_not_lost() -> None:
    again = [replace(row, hash="another", identity="MANAGED_TABLE|9|9") if row.key.kind is Kind.TABLE else row
             for row in EVERYTHING]  # fmt: skip
    assert len(replaced_tables(catalog_of(EVERYTHING), catalog_of(again))) == 5
    assert figures(lost(EVERYTHING, [row for row in again if not row.is_view])) == {"views": (2, 2)}


def test_a_table_that_became_a_view_is_a_lost_table() -> None:
    found = lost(EVERYTHING, [*without("table bill.v e%20"), view("bill", "v e%20", "select 1")])
    assert figures(found) == {"tables": (1, 3)}


def test_what_is_not_the_services_own_is_neither_lost_nor_live() -> None:
    found = lost(EVERYTHING, [], "bill.t")
    assert figures(found) == {"tables": (1, 1), "partitions": (2, 2)}
    assert found.emptied == ("database bill would lose all that is protected of it: 1 tables",)


def renumbered(row: Row, number: int) -> Row:
    return replace(row, identity=f"EXTERNAL_TABLE|1700000000|{number}")


def test_a_renamed_table_is_not_lost_nor_are_its_partitions() -> None:
    before = [database("bill"), renumbered(table("bill", "t", keys=KEYS), 1), renumbered(table("bill", "u"), 2),
              partition("bill", "t", KEYS, ("a b",)), partition("bill", "t", KEYS, ("ü",))]  # fmt: skip
    after = [database("bill"), renumbered(table("bill", "t ü", keys=KEYS), 1), renumbered(table("bill", "new"), 3),
             partition("bill", "t ü", KEYS, ("a b",))]  # fmt: skip
    renamed = renamed_tables(catalog_of(before), catalog_of(after))
    assert renamed == {CatalogKey(Kind.TABLE, "bill", "t"): CatalogKey(Kind.TABLE, "bill", "t ü")}
    found = losses(catalog_of(before), catalog_of(after), BILL.owns, renamed)
    assert figures(found) == {"tables": (1, 2), "partitions": (1, 2)}


def test_where_tables_have_no_number_those_of_one_second_are_not_taken_for_renamed() -> None:
    before = catalog_of([renumbered(table("bill", "t"), 0), renumbered(table("bill", "u"), 0)])
    after = catalog_of([renumbered(table("bill", "v"), 0)])
    assert renamed_tables(before, after) == {}


@pytest.mark.parametrize(
    ("new", "said"),
    [
        ([], ["database bill would be dropped with 3 tables, 2 views, 1 functions"]),
        ([database("bill")], ["database bill would lose all that is protected of it: 3 tables, 2 views, 1 functions"]),
        ([database("bill"), table("bill", "t")], []),
        ([database("bill"), function("bill", "fn", "hdfs://west/a.jar")], []),
        (EVERYTHING, []),
    ],
)
def test_a_database_that_goes_or_loses_everything_is_said(new: list[Row], said: list[str]) -> None:
    assert list(lost(EVERYTHING, new).emptied) == said


def test_an_empty_database_that_goes_is_said_and_one_that_has_nothing_to_lose_is_not() -> None:
    assert lost([database("bill")], []).emptied == ("database bill would be dropped",)
    assert lost([database("bill"), *(partition("bill", "t", KEYS, ("x",)),)], [database("bill")]).emptied == ()


def test_the_plan_names_what_it_drops_of_the_kinds_that_count_and_nothing_else_passes() -> None:
    gone = ("table bill.v e%20", "partition bill.u p=ü", "constraint bill.t nn")
    found = difference(catalog_of(EVERYTHING), catalog_of(without(*gone)), BILL.owns)
    named = named_drops(found)
    assert {str(key) for key in named} == {"table bill.v e%20", "partition bill.u p=ü"}
    assert unnamed_drops(found.drops, frozenset(named)) == []
    later = [*found.drops, CatalogChange(Verb.DROP, table("bill", "foreign"))]
    assert unnamed_drops(later, frozenset(named)) == ["table bill.foreign"]


def test_each_kind_that_is_counted_is_a_kind_of_its_own() -> None:
    assert [figure.kind for figure in lost([], []).figures] == [k for k in DeletionKind if k is not DeletionKind.FILES]
