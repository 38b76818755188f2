"""Which changes count while a point leaves something out, from the events alone (I1)."""

from __future__ import annotations

from dataclasses import replace

from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.protect.left_out import changes_that_count
from hadoop_dr.domain.catalog.protect.protectable import ProtectRule
from hadoop_dr.domain.catalog.protect.uncovered import NotCovered, Uncovered
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.thrift_json import json_of_tree, pack_message
from support.catalogs import partition, table

RULE = ProtectRule(frozenset(Uncovered), False, ("hdfs://east",))
STRICT = ProtectRule(frozenset(), False, ("hdfs://east",))
ACID, PLAIN = CatalogKey(Kind.TABLE, "bill", "acid"), CatalogKey(Kind.TABLE, "bill", "plain")
OUTSIDE = partition("bill", "plain", ("p",), ("o ü",)).key
KNOWN = {ACID, PLAIN, OUTSIDE, CatalogKey(Kind.DATABASE, "far")}
FINDINGS = [
    NotCovered(ACID, Uncovered.ACID, True), NotCovered(OUTSIDE, Uncovered.OUTSIDE, True),
    NotCovered(CatalogKey(Kind.DATABASE, "far"), Uncovered.OUTSIDE, True), NotCovered(PLAIN, Uncovered.OUTSIDE, False),
]  # fmt: skip


def event(kind: str, database: str, name: str, **message: object) -> Event:
    return Event(7, 0, kind, database, name, pack_message(message), "gzip(json-2.0)")


def created(row: Row) -> Event:
    return event("CREATE_TABLE", row.key.database, row.key.table, tableObjJson=json_of_tree(row.tree))


def counts(one: Event, rule: ProtectRule = RULE, *before: Event) -> bool:
    return one in changes_that_count([*before, one], FINDINGS, KNOWN, rule)


def test_what_happens_to_a_table_or_a_database_that_is_left_out_does_not_count() -> None:
    assert not counts(event("INSERT", "bill", "acid"))
    assert not counts(event("NOVEL", "bill", "acid"))
    assert not counts(event("NOVEL", "far", ""))
    assert not counts(created(table("far", "new", location="hdfs://east/wh/new")))


def test_what_happens_to_a_table_that_is_held_counts_though_it_was_found_wanting() -> None:
    assert counts(event("INSERT", "bill", "plain"))
    assert counts(event("NOVEL", "bill", ""))


def test_of_a_table_one_partition_can_be_left_out() -> None:
    out, inside = (event("DROP_PARTITION", "bill", "plain", partitions=[{"p": value}]) for value in ("o ü", "i"))
    assert not counts(out)
    assert counts(inside)
    assert counts(event("DROP_PARTITION", "bill", "plain", partitions=[{"p": "o ü"}, {"p": "i"}]))


def test_a_table_made_since_is_judged_by_what_its_events_say_of_it() -> None:
    iceberg = created(table("bill", "new", location="hdfs://east/wh/new", table_type="ICEBERG"))
    elsewhere = created(table("bill", "other", location="hdfs://elsewhere/x"))
    assert not counts(iceberg)
    assert not counts(elsewhere)
    assert not counts(event("INSERT", "bill", "new"), RULE, iceberg)
    assert counts(created(table("bill", "fine", location="hdfs://east/wh/fine")))
    assert counts(iceberg, STRICT)
    assert counts(iceberg, replace(RULE, one_address=True))
    parameters = event("UPDATE_TBL_COL_STAT_EVENT", "bill", "unseen", colStatsJson="{}",
                       parameters={"transactional": "true"})
    assert counts(parameters), "what a table has besides is not known"


def test_a_table_that_is_held_is_not_judged_anew_by_what_events_say_of_it() -> None:
    plain, acid = (json_of_tree(table("bill", "plain", location="hdfs://east/p", **more).tree)
                   for more in ({}, {"transactional": "true"}))
    altered = event("ALTER_TABLE", "bill", "plain", tableObjBeforeJson=plain, tableObjAfterJson=acid)
    assert counts(altered)
    assert counts(event("INSERT", "bill", "plain"), RULE, altered)
    part = json_of_tree(partition("bill", "unseen", ("p",), ("1",), location="hdfs://elsewhere/x").tree)
    assert counts(event("ADD_PARTITION", "bill", "unseen", partitions=[{"p": "1"}], partitionListJson=[part]))
