"""How fast catalogs are read, rebuilt, proven, and read again by their notification log, on the lab's metastores."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from bench.scene import say
from hadoop_dr.adapters.hive import HiveMetastore
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, rewrite_rows
from hadoop_dr.domain.catalog.rows import Kind
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.runs.pace import WANTED_S
from hadoop_dr.services.datasets.hive import CatalogApply, CatalogExport, CatalogVerify
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from support.catalogs import database, drop_everything, partition, table, with_parameters
from support.live_catalogs import live, live_hdfs

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(1800)]
PARTITIONS = int(os.environ.get("HADOOP_DR_BENCH_PARTITIONS", "10000"))
COLUMNS = tuple(f"column_{n}" for n in range(10))


@pytest.fixture
def stores(lab: dict[str, dict[str, list[str]]]) -> Iterator[tuple[HiveMetastore, HiveMetastore, str]]:
    name = f"bench_{uuid4().hex[:8]}"
    east, west = live("east"), live("west")
    yield east, west, name
    for store in (east, west):
        drop_everything(store, [name])
        store.close()
    for site in ("east", "west"):      # dropping deletes no data: the metastore made a directory for each partition
        address = HdfsAddress(site, tuple(lab[site]["namenodes"]), tuple(lab[site]["webhdfs"]))
        namenode = WebHdfsNameNode(address, SystemClock(), SystemTokens())
        namenode.delete(f"/t/bench/{name}", recursive=True)
        namenode.close()


def test_ten_thousand_partitions(stores: tuple[HiveMetastore, HiveMetastore, str]) -> None:
    east, west, name = stores
    selection, top = selection_of([name]), f"{live_hdfs('east')}/t/bench/{name}"
    east.create([database(name, f"{top}/db")])
    east.create([table(name, "t", keys=("p",), location=f"{top}/t", names=COLUMNS)])
    marks = [time.monotonic()]
    # The figures are given, else the metastore would look for each directory.
    east.create([partition(name, "t", ("p",), (f"a b {n:06}",), names=COLUMNS, numRows="1", numFiles="1",
                           totalSize="1", numFilesErasureCoded="0") for n in range(PARTITIONS)])
    marks.append(time.monotonic())
    rows = read_all(east, selection)
    marks.append(time.monotonic())
    wanted = rewrite_rows(rows.values(), Rewrite((live_hdfs("east"),), live_hdfs("west")))
    marks.append(time.monotonic())
    starts: list[float] = []
    CatalogApply(west, SystemClock(), between=lambda: starts.append(time.monotonic())).build(wanted, selection)
    marks.append(time.monotonic())
    imports = batches(starts)
    verdict = CatalogVerify(west).run(wanted, selection)
    marks.append(time.monotonic())
    assert (verdict.match, verdict.mismatch) == (PARTITIONS + 2, ())
    export = CatalogExport(east)
    base = export.at(export.begin(selection), east.current_event())
    east.alter([with_parameters(row, changed="1") for row in list(rows.values())[5:15] if row.key.name])
    begun = time.monotonic()
    again = export.at(export.begin(selection, base), east.current_event())
    assert not again.full
    rates = {
        f"{what}_per_s": round(PARTITIONS / (later - earlier))
        for what, earlier, later in zip(("made", "exported", "rewritten", "imported", "verified"), marks, marks[1:],
                                        strict=False)
    }
    export_s, starts = time.monotonic() - begun, []
    service = CatalogApply(west, SystemClock(), between=lambda: starts.append(time.monotonic()))
    service.drop([row for row in wanted if row.key.kind is Kind.DATABASE], selection, read_all(west, selection))
    drops = batches([*starts, time.monotonic()])
    say(
        f"catalog: {PARTITIONS} partitions",
        **rates,
        incremental_export_s=export_s,
        import_batches=len(imports),
        longest_import_batch_s=max(imports),
        drop_batches=len(drops),
        longest_drop_batch_s=max(drops),
    )
    # What an overtaken worker may still take: two seconds, and more where a machine slows down from batch to batch.
    assert max(*imports, *drops) < 3 * WANTED_S


def batches(starts: list[float]) -> list[float]:
    """Seconds from one look at the claim to the next: what is sent in between nobody can take back."""
    return [later - sooner for sooner, later in itertools.pairwise(starts)]
