"""An export shows the catalog at exactly one event id, however it changes before, meanwhile and afterwards (I1)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.errors import NotReady
from hadoop_dr.services.datasets.hive import CatalogExport
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from support.catalogs import Ddl, database, hashes, partition, statistics, table, with_parameters

BILL = selection_of(["bill"])
BASE = "hdfs://east/data/a b"


def small() -> MemoryMetastore:
    """A database with a partitioned table and two partitions."""
    store = MemoryMetastore("east")
    store.create([database("bill", f"{BASE}/bill.db")])
    store.create([table("bill", "t", keys=("p",))])
    store.create([partition("bill", "t", ("p",), (value,)) for value in ("a b", "g=1")])
    return store


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9), st.integers(0, 12), st.integers(0, 8), st.integers(0, 8), st.booleans())
def test_an_export_equals_the_catalog_at_its_event_id(seed: int, before: int, early: int, late: int,
                                                      wide: bool) -> None:
    store = MemoryMetastore("east")
    ddl = Ddl(store, seed, BASE, ("bill", "other"))
    export, selection = CatalogExport(store), selection_of(["bill"] if wide else ["bill.t*", "other.inv*"])
    ddl.run(before + 10)
    base = export.begin(selection)
    ddl.run(early)
    event, truth = store.current_event(), read_all(store, selection)
    ddl.run(late)
    try:
        exported = export.at(base, event)
    except NotReady:
        assert late
        return
    assert hashes(exported.rows) == hashes(truth)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**9))
def test_a_row_of_incremental_exports_equals_full_ones(seed: int) -> None:
    store = MemoryMetastore("east")
    ddl, export, previous = Ddl(store, seed, BASE), CatalogExport(store), None
    for _ in range(5):
        ddl.run(5)
        base = export.begin(BILL, previous)
        assert base.full is (previous is None)
        previous = export.at(base, store.current_event())
        assert hashes(previous.rows) == hashes(read_all(store, BILL))


def test_most_moments_can_be_told_although_ddl_never_stops() -> None:
    told = 0
    for seed in range(60):
        store = MemoryMetastore("east")
        ddl, export = Ddl(store, seed, BASE), CatalogExport(store)
        ddl.run(25)
        base = export.begin(BILL)
        ddl.run(3)
        event = store.current_event()
        ddl.run(3)
        try:
            export.at(base, event)
            told += 1
        except NotReady:
            pass
    assert told > 50


def test_what_changed_once_more_comes_from_the_messages() -> None:
    store = small()
    export = CatalogExport(store)
    base = export.begin(BILL)
    (row,) = store.partitions("bill", "t", ["p=a b"])
    store.alter([with_parameters(row, note="at E0")])
    event, truth = store.current_event(), read_all(store, BILL)
    store.alter([with_parameters(row, note="later")])
    store.drop(store.partitions("bill", "t", ["p=g%3D1"]))
    store.create([partition("bill", "t", ("p",), ("ü",))])
    exported = export.at(base, event)
    assert hashes(exported.rows) == hashes(truth)
    assert exported.rebuilt == 1


def test_statistics_and_their_parameters_are_replayed_for_a_table_that_never_rests() -> None:
    store = small()
    export = CatalogExport(store)
    base = export.begin(BILL)
    store.create([statistics("bill", "t", "", a=1, b=2)])
    store.create([statistics("bill", "t", "p=a b", a=5)])
    event, truth = store.current_event(), read_all(store, BILL)
    store.create([statistics("bill", "t", "", a=9)])
    store.drop([statistics("bill", "t", "p=a b", a=5)])
    assert hashes(export.at(base, event).rows) == hashes(truth)


def test_a_gap_in_the_log_means_a_full_export() -> None:
    store = small()
    export = CatalogExport(store)
    first = export.at(export.begin(BILL), store.current_event())
    store.create([table("bill", "u")])
    store.create([table("bill", "w")])
    del store.log.events[-2]
    base = export.begin(BILL, first)
    assert base.full
    exported = export.at(base, store.current_event())
    assert hashes(exported.rows) == hashes(read_all(store, BILL))


def test_a_smaller_event_id_than_remembered_means_a_full_export() -> None:
    store = small()
    export = CatalogExport(store)
    first = export.at(export.begin(BILL), store.current_event())
    again = MemoryMetastore("east")
    again.create([database("bill")])
    export = CatalogExport(again)
    base = export.begin(BILL, first)
    assert base.full
    assert hashes(export.at(base, again.current_event()).rows) == hashes(read_all(again, BILL))


def test_a_gap_during_the_moment_is_read_in_full_and_one_after_it_is_refused() -> None:
    store = small()
    export = CatalogExport(store)
    base = export.begin(BILL)
    store.create([table("bill", "u")])
    store.create([table("bill", "w")])
    event = store.current_event()
    del store.log.events[-2]
    exported = export.at(base, event)
    assert exported.full
    assert hashes(exported.rows) == hashes(read_all(store, BILL))
    store.create([table("bill", "x")])
    store.log.events.pop()
    with pytest.raises(NotReady, match="gap"):
        export.at(base, event)
    with pytest.raises(NotReady, match="gap"):
        export.since(base, event, store.current_event())


def test_another_selection_is_exported_in_full() -> None:
    store = small()
    export = CatalogExport(store)
    first = export.at(export.begin(BILL), store.current_event())
    assert export.begin(selection_of(["bill.t"]), first).full


def test_a_moment_after_a_full_read_undoes_what_came_late() -> None:
    store = small()
    export = CatalogExport(store)
    event, truth = store.current_event(), read_all(store, BILL)
    (row,) = store.partitions("bill", "t", ["p=a b"])
    store.alter([with_parameters(row, note="late")])
    base = export.begin(BILL)                                # began too late: the moment was before
    assert hashes(export.at(base, event).rows) == hashes(truth)


def test_what_no_message_tells_is_refused_and_named() -> None:
    store = small()
    export = CatalogExport(store)
    base = export.begin(BILL)
    event = store.current_event()
    base = type(base)(base.selection, Position(-1, ""), {}, True)  # nothing known of the time before
    store.drop(store.partitions("bill", "t", ["p=a b"]))
    with pytest.raises(NotReady, match=r"bill\.t p=a b"):
        export.at(base, event)


def test_touched_names_the_events_of_the_service_and_no_others() -> None:
    store = small()
    export = CatalogExport(store)
    store.create([database("other")])
    base = export.begin(BILL)
    start = store.current_event()
    store.create([table("other", "t")])
    assert export.since(base, start, store.current_event()) == []
    store.create([partition("bill", "t", ("p",), ("f+",))])
    store.log.write("INSERT", "bill", "t")
    store.log.write("INSERT", "other", "t")
    store.log.write("OPEN_TXN", "")
    store.log.write("SOMETHING_NEW", "bill")
    found = [event.type for event in export.since(base, start, store.current_event())]
    assert found == ["ADD_PARTITION", "INSERT", "SOMETHING_NEW"]
    only_u = replace(base, selection=selection_of(["bill.u"]))
    assert [event.type for event in export.since(only_u, start, store.current_event())] == ["SOMETHING_NEW"]


def test_a_database_that_a_selected_table_needs_is_exported_but_not_owned() -> None:
    store = small()
    selection = selection_of(["bill.t"])
    rows = read_all(store, selection)
    assert CatalogKey(Kind.DATABASE, "bill") in rows
    assert not selection.owns(CatalogKey(Kind.DATABASE, "bill"))
