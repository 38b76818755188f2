"""A metastore's log has the events of every database: what others do costs a service no memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.services.datasets.hive import CatalogExport
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.asked import Asked
from sim.world import TABLES, TableWorld
from support.catalogs import database, hashes, table, with_parameters

BILL = selection_of(["bill"])
PAGE = 5
OTHERS = 60
LARGE = 50_000
FEW = OTHERS * LARGE
"""Bytes: more than a few pages, and a third of what all of those events are."""


class OverTheWire(MemoryMetastore):
    """Each answer is bytes of its own, and a page has few events."""

    def events(self, after: int, limit: int = PAGE) -> list[Event]:
        """A page."""
        found = super().events(after, min(limit, PAGE))
        return [replace(event, message=bytes(bytearray(event.message))) for event in found]


def busy(monkeypatch: pytest.MonkeyPatch) -> tuple[OverTheWire, Callable[[], None]]:
    """A metastore with a table of the service's, and somebody who writes large events into another database."""
    monkeypatch.setattr("hadoop_dr.services.datasets.hive.read.log_pages.PAGE", PAGE)
    store = OverTheWire("east")
    for name in ("bill", "other"):
        store.create([database(name, f"hdfs://east/data/{name}.db")])
        store.create([table(name, "t ü")])
    large = with_parameters(table("other", "t ü"), comment=Random(1).randbytes(LARGE).hex())

    def work() -> None:
        for number in range(OTHERS):
            store.alter([with_parameters(large, number=str(number))])

    return store, work


def peak(act: Callable[[], object]) -> int:
    """Bytes that an act had at once, beyond what was there before."""
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_an_export_keeps_no_events_of_other_databases(monkeypatch: pytest.MonkeyPatch) -> None:
    store, work = busy(monkeypatch)
    export = CatalogExport(store)
    first = export.at(export.begin(BILL), store.current_event())
    work()
    store.alter([with_parameters(table("bill", "t ü"), owner="ü")])
    assert peak(lambda: export.at(export.begin(BILL, first), store.current_event())) < FEW
    assert peak(lambda: export.since(first, first.event, store.current_event())) < FEW
    second = export.at(export.begin(BILL, first), store.current_event())
    assert hashes(second.rows) == hashes(read_all(store, BILL))
    assert not second.full


def test_a_stage_goes_on_in_the_log_where_the_one_before_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run asks each site once for a page of the log that others filled, however many stages look at the catalog."""
    monkeypatch.setattr("hadoop_dr.services.datasets.hive.read.log_pages.PAGE", PAGE)
    world = TableWorld(TABLES)
    for name in ("t1", "t2 ü"):
        world.create(name)
    world.backup("first")
    world.backup("second")
    asked = list[int]()
    for number, pages in enumerate((1, 40)):
        for store in world.metastores.values():
            for _ in range(pages * PAGE):
                store.log.write("ALTER_TABLE", "other", "t %")
        world.create(f"made {number}")
        for store in world.metastores.values():
            for _ in range(pages * PAGE):
                store.log.write("OPEN_TXN", "")
        asked.append(Asked(world, f"{pages} pages").of("events"))
    few, many = asked
    assert many - few == 2 * 2 * (40 - 1)
