"""Changes of what a point leaves out do not count, and those of all else do (I1)."""

from __future__ import annotations

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.protect.left_out import changes_that_count
from hadoop_dr.domain.catalog.protect.protectable import Parted, ProtectRule, part
from hadoop_dr.domain.catalog.protect.uncovered import Uncovered
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.catalog.thrift_struct import i32, text, with_field
from hadoop_dr.domain.roots.decision import RootDecision
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from support.catalogs import database, foreign_key, partition, primary_key, statistics, table, with_parameters

RULE = ProtectRule(frozenset(Uncovered), False, ("hdfs://east",))
BILL = selection_of(["bill", "far"])


class Primary:
    """A metastore with tables of which some cannot be protected, as it was at E0, and what happens afterwards."""

    def __init__(self, rule: ProtectRule = RULE) -> None:
        self.rule, self.metastore = rule, MemoryMetastore("east")
        self.acid = table("bill", "acid", location="hdfs://east/wh/acid", transactional="true")
        self.plain = table("bill", "plain", keys=("p",), location="hdfs://east/wh/plain")
        self.outside = partition("bill", "plain", ["p"], ["o"], location="hdfs://east/elsewhere ü")
        self.inside = partition("bill", "plain", ["p"], ["i"], location="hdfs://east/wh/plain/p=i")
        self.metastore.create([database("bill", "hdfs://east/wh/db"), database("far", "hdfs://east/wh/far")])
        self.metastore.create([self.acid, self.plain])
        self.metastore.create([self.outside, self.inside])
        self.at_e0 = read_all(self.metastore, BILL)
        self.e0 = self.metastore.current_event()

    def parted(self) -> Parted:
        return part(self.at_e0.values(), self.rule, lambda _: RootDecision(("/wh",)), lambda one: one.by)

    def counting(self) -> list[Event]:
        events = self.metastore.events(self.e0)
        assert events
        return changes_that_count(events, self.parted().findings, self.at_e0, self.rule)


def renamed(row: Row, name: str) -> Row:
    return row_of(row.key, with_field(row.tree, f.TABLE_NAME, text(name)))


def test_whatever_happens_to_a_table_that_is_left_out_does_not_count() -> None:
    one = Primary()
    ours = one.metastore
    ours.alter([with_parameters(one.acid, n="1")])
    ours.create([statistics("bill", "acid", "", a=1), primary_key("bill", "acid", "pk", "a")])
    ours.log.write("ALLOC_WRITE_ID_EVENT", "bill", "acid")
    ours.log.write("INSERT", "bill", "acid")
    ours.alter([renamed(one.acid, "acid2")])
    ours.drop([table("bill", "acid2")])
    assert one.counting() == []


def test_a_table_made_since_the_moment_that_would_be_left_out_does_not_count() -> None:
    one = Primary()
    new = table("bill", "new", location="hdfs://east/wh/new", table_type="ICEBERG")
    other = table("bill", "other", location="hdfs://elsewhere/x")
    one.metastore.create([new, other])
    one.metastore.alter([with_parameters(new, n="1")])
    one.metastore.drop([new])
    assert one.counting() == []


def test_a_partition_outside_does_not_count_and_one_inside_does() -> None:
    one = Primary()
    one.metastore.alter([with_parameters(one.outside, n="1")])
    assert one.counting() == []
    one.metastore.alter([with_parameters(one.inside, n="1")])
    assert [event.table for event in one.counting()] == ["plain"]


def test_every_change_of_what_the_point_holds_counts() -> None:
    one = Primary()
    ours = one.metastore
    ours.alter([with_parameters(one.plain, n="1")])
    ours.create([table("bill", "new", location="hdfs://east/wh/new")])
    ours.alter([row_of(CatalogKey(Kind.DATABASE, "bill"), ours.database("bill").tree)])
    ours.log.write("INSERT", "bill", "plain")
    ours.drop([one.plain])
    assert [event.id for event in one.counting()] == [event.id for event in ours.events(one.e0)]


def test_a_table_that_becomes_one_that_is_left_out_counts_as_it_was_held_at_the_moment() -> None:
    one = Primary()
    one.metastore.alter([with_parameters(one.plain, transactional="true")])
    assert len(one.counting()) == 1


def test_a_key_between_a_table_left_out_and_one_that_is_held_counts_by_the_table_that_has_it() -> None:
    one = Primary()
    key = primary_key("bill", "plain", "pk", "a")
    one.metastore.create([key])
    one.metastore.create([foreign_key("bill", "acid", "fk", key)])
    assert [event.type for event in one.counting()] == ["ADD_PRIMARYKEY"]


def test_what_is_in_a_database_that_is_left_out_does_not_count() -> None:
    one = Primary()
    key = CatalogKey(Kind.DATABASE, "far")
    one.at_e0 = catalog_of([*one.at_e0.values(), row_of(key, {**one.at_e0[key].tree, f.DB_TYPE: i32(2)})])
    one.metastore.create([table("far", "t", location="hdfs://east/wh/t")])
    assert one.counting() == []


def test_where_nothing_may_be_left_out_everything_counts() -> None:
    one = Primary(ProtectRule(frozenset(), False, ("hdfs://east",)))
    one.metastore.alter([with_parameters(one.acid, n="1")])
    assert len(one.counting()) == 1
