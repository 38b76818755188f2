"""Catalogs between the lab's two real metastores, on their real HDFS (S2.3, S2.7; faults 41-47)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote
from urllib.request import urlopen
from uuid import uuid4

import pytest

from hadoop_dr.adapters.hive import HiveMetastore
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, references, rewrite_rows
from hadoop_dr.domain.catalog.changes.difference import replaced_tables
from hadoop_dr.domain.catalog.changes.losses import named_drops
from hadoop_dr.domain.catalog.partition_names import DEFAULT_VALUE, partition_values
from hadoop_dr.domain.catalog.protect.locations import locations
from hadoop_dr.domain.catalog.protect.protectable import ProtectRule, part
from hadoop_dr.domain.catalog.protect.uncovered import Uncovered
from hadoop_dr.domain.catalog.rows import CatalogKey, Row, row_of
from hadoop_dr.domain.catalog.selection import Selection, selection_of
from hadoop_dr.domain.catalog.thrift_struct import get_texts, text, with_field
from hadoop_dr.domain.errors import NotReady
from hadoop_dr.domain.roots.decision import RootDecision
from hadoop_dr.services.datasets.hive import CatalogApply, CatalogExport, CatalogVerify, Exported
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from support.catalogs import VALUES, Ddl, database, drop_everything, hashes, partition, statistics, table, view
from support.live_catalogs import STATE, live, live_hdfs

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]


@dataclass
class Live:
    """Both metastores, a database of the test's own, and where its data lies."""

    east: HiveMetastore
    west: HiveMetastore
    name: str
    base: str
    rewrite: Rewrite

    @property
    def selection(self) -> Selection:
        return selection_of([self.name])

    def apply(self, rows: dict[CatalogKey, Row], before: dict[CatalogKey, Row] | None = None) -> list[Row]:
        """Applies an export to the west as a backup run does, and checks the result."""
        wanted = rewrite_rows(rows.values(), self.rewrite)
        service = CatalogApply(self.west, SystemClock())
        replaced = replaced_tables(before or {}, rows)
        named = named_drops(service.plan(wanted, self.selection, replaced).changes)
        service.drop(wanted, self.selection, named, replaced)
        service.build(wanted, self.selection, named)
        verdict = CatalogVerify(self.west).run(wanted, self.selection)
        assert (verdict.mismatch, verdict.cannot_tell, verdict.match) == ((), (), len(wanted))
        found = read_all(self.west, self.selection).values()
        assert references(found, self.rewrite.origins) == []
        return wanted


@pytest.fixture
def pair() -> Iterator[Live]:
    name = f"cat_{uuid4().hex[:8]}"
    east, west = live("east"), live("west")
    source, target = live_hdfs("east"), live_hdfs("west")
    yield Live(east, west, name, f"{source}/t/catalog/{name}", Rewrite((source,), target))
    for store in (east, west):
        drop_everything(store, [name])
        store.close()


def test_random_changes_reach_the_other_metastore_round_after_round(pair: Live) -> None:
    ddl, export = Ddl(pair.east, 4711, pair.base, (pair.name,)), CatalogExport(pair.east)
    previous: Exported | None = None
    before: dict[CatalogKey, Row] = {}
    done: list[str] = []
    for number in range(30):
        done += ddl.run(8)
        base = export.begin(pair.selection, previous)
        previous = export.at(base, pair.east.current_event())
        assert hashes(previous.rows) == hashes(read_all(pair.east, pair.selection)), f"round {number}"
        pair.apply(previous.rows, before)
        before = previous.rows
    assert {"rename_table", "drop_partitions", "add_foreign_key", "turn_managed", "recreate_table"} <= set(done)
    print(f"\n30 rounds, {len(done)} changes of {len(set(done))} kinds, {len(before)} objects at the end")


def test_an_export_equals_the_catalog_at_its_event_id_while_changes_go_on(pair: Live) -> None:
    ddl, export, told = Ddl(pair.east, 42, pair.base, (pair.name,)), CatalogExport(pair.east), 0
    ddl.run(30)
    for number in range(25):
        base = export.begin(pair.selection)
        ddl.run(4)
        event, truth = pair.east.current_event(), read_all(pair.east, pair.selection)
        ddl.run(4)
        try:
            exported = export.at(base, event)
        except NotReady as refused:
            print(f"round {number}: {refused}")
            continue
        told += 1
        assert hashes(exported.rows) == hashes(truth), f"round {number}"
    assert told >= 20
    print(f"\n{told} of 25 moments told")


def test_hostile_partition_values_are_escaped_once(pair: Live) -> None:
    pair.east.create([database(pair.name, f"{pair.base}/db")])
    pair.east.create([table(pair.name, "t", keys=("p", "Q"), location=f"{pair.base}/t ü")])
    pair.east.create([partition(pair.name, "t", ("p", "q"), (one, other)) for one in VALUES for other in ("", "g=1")])
    names = pair.east.partition_names(pair.name, "t")
    rows = pair.east.partitions(pair.name, "t", names)
    assert sorted(row.key.name for row in rows) == names
    for row in rows:
        values = [value or DEFAULT_VALUE for value in get_texts(row.tree, f.PARTITION_VALUES)]
        assert values == partition_values(row.key.name)
    pair.apply(read_all(pair.east, pair.selection))
    assert pair.west.partition_names(pair.name, "t") == names


def test_every_kind_of_object_arrives_and_follows_its_changes(pair: Live) -> None:
    first = pair.east
    first.create([database(pair.name, f"{pair.base}/db", owner_note="a b")])
    first.create([table(pair.name, "managed", kind=f.MANAGED), table(pair.name, "external", location=f"{pair.base}/x"),
                  table(pair.name, "kept", kind=f.MANAGED, location=f"{pair.base}/kept"),
                  view(pair.name, "a_view", f"select `z_view`.`a` from `{pair.name}`.`z_view`"),
                  view(pair.name, "z_view", f"select `external`.`a` from `{pair.name}`.`external`")])
    first.create([statistics(pair.name, "external", "", a=3, b=5)])
    before = read_all(first, pair.selection)
    pair.apply(before)
    types = {row.key.table: row.table_type for row in pair.west.tables(pair.name, pair.west.table_names(pair.name))}
    assert types == {"managed": f.EXTERNAL, "external": f.EXTERNAL, "kept": f.MANAGED, "a_view": f.VIEW,
                     "z_view": f.VIEW}
    (row,) = first.tables(pair.name, ["external"])
    first.alter([row_of(row.key, with_field(row.tree, f.TABLE_NAME, text("renamed")))])
    (row,) = first.tables(pair.name, ["managed"])
    first.drop([row])
    first.create([table(pair.name, "managed", keys=("p",), note="again")])
    first.drop(first.tables(pair.name, ["kept"]))
    after = read_all(first, pair.selection)
    pair.apply(after, before)
    assert pair.west.table_names(pair.name) == ["a_view", "managed", "renamed", "z_view"]


def test_statistics_survive_although_the_directories_are_there_already(pair: Live) -> None:
    """The data is placed before the catalog; a metastore left alone would then count files and lose what is exact."""
    exact = {"COLUMN_STATS_ACCURATE": '{"BASIC_STATS":"true"}', "numRows": "7"}
    for store, base in ((pair.west, pair.rewrite.text(pair.base)), (pair.east, pair.base)):
        drop_everything(store, [pair.name])
        store.create([database(pair.name, f"{base}/db")])
        store.create([table(pair.name, "t", keys=("p",), location=f"{base}/t", **exact, numFiles="3", totalSize="9")])
        store.create([partition(pair.name, "t", ("p",), ("a b",), **exact, numFiles="3", totalSize="9"),
                      partition(pair.name, "t", ("p",), ("g=1",), **exact)])
        if store is pair.west:
            drop_everything(store, [pair.name])
    pair.apply(read_all(pair.east, pair.selection))


def test_a_partition_added_between_the_two_event_ids_is_seen(pair: Live) -> None:
    export = CatalogExport(pair.east)
    pair.east.create([database(pair.name, f"{pair.base}/db")])
    pair.east.create([table(pair.name, "t", keys=("p",), location=f"{pair.base}/t")])
    base, e0 = export.begin(pair.selection), pair.east.current_event()
    assert export.since(base, e0, pair.east.current_event()) == []
    pair.east.create([partition(pair.name, "t", ("p",), ("f+",))])
    found = export.since(base, e0, pair.east.current_event())
    assert ("ADD_PARTITION", "t") in [(event.type, event.table) for event in found]
    theirs = replace(base, selection=selection_of(["nobody_has_this"]))
    assert export.since(theirs, e0, pair.east.current_event()) == []


def test_a_partition_outside_the_roots_is_found_and_nothing_else_is(pair: Live) -> None:
    pair.east.create([database(pair.name, f"{pair.base}/db")])
    pair.east.create([table(pair.name, "t", keys=("p",), location=f"{pair.base}/t")])
    pair.east.create([partition(pair.name, "t", ("p",), ("inside",)),
                      partition(pair.name, "t", ("p",), ("e%20",), location=f"{pair.base}/elsewhere/a b")])
    rows = read_all(pair.east, pair.selection).values()
    root = pair.base.removeprefix(live_hdfs("east"))
    rule = ProtectRule(frozenset(Uncovered), False, (live_hdfs("east"),))
    parted = part(rows, rule, lambda _: RootDecision((f"{root}/t",)), str)
    [found] = parted.findings
    assert (found.key.name, found.why) == ("p=e%2520", Uncovered.OUTSIDE)
    assert f"{root}/elsewhere/a b" in found.reason
    assert len(parted.rows) == len(rows) - 1
    assert len(locations(rows)) == 3


def test_dropping_never_deletes_data_not_even_of_a_managed_table_in_disguise(pair: Live) -> None:
    pair.east.create([database(pair.name, f"{pair.base}/db")])
    pair.east.create([table(pair.name, "t", kind=f.MANAGED)])
    (row,) = pair.east.tables(pair.name, ["t"])
    (place,) = locations([row])
    drop_everything(pair.east, [pair.name])
    address = json.loads(STATE.read_text())["sites"]["east"]["webhdfs"][0]
    question = f"{address}/webhdfs/v1{quote(place.path)}?op=GETFILESTATUS&user.name=hdfs"
    with urlopen(question, timeout=10) as answer:
        assert json.load(answer)["FileStatus"]["type"] == "DIRECTORY"
