"""A database of many tables and partitions of which five changed: seconds and requests.

``HADOOP_DR_BENCH_TABLES`` (500) and ``HADOOP_DR_BENCH_DATABASE_PARTITIONS`` (5000) set the size.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.scene import Bench, asked, bench_home, say, sizes
from hadoop_dr.domain.catalog.rows import Row
from support.catalogs import database, drop_everything, partition, table, with_parameters
from support.live_catalogs import live

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(3600)]
[TABLES] = sizes("HADOOP_DR_BENCH_TABLES", "500")
[PARTITIONS] = sizes("HADOOP_DR_BENCH_DATABASE_PARTITIONS", "5000")
CHANGED = 5


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


def test_five_changed_partitions_of_a_large_database(bench: Bench) -> None:
    name = f"bench_{bench.mark}"
    stores = [live(site) for site in ("east", "west")]
    try:
        changing = fill(bench, name)
        bench.policy("tables", protect=[{"hive": name}], limits={"deletions": "100%"}, max_clock_offset="1h")
        first = bench.measure("tables")
        unchanged = bench.measure("tables")
        stores[0].alter([with_parameters(row, changed="1") for row in changing])
        changed = bench.measure("tables")
    finally:
        for store in stores:
            drop_everything(store, [name])
            store.close()
    say(
        f"{CHANGED} changed of {TABLES} tables and {PARTITIONS} partitions", sealed_s=changed.sealed_s,
        command_s=changed.command_s, requests=asked(changed.document), seconds=changed.document["seconds"],
        unchanged_sealed_s=unchanged.sealed_s, unchanged_command_s=unchanged.command_s,
        unchanged_requests=asked(unchanged.document), stages=changed.document["requests"],
        unchanged_stages=unchanged.document["requests"], first_command_s=first.command_s)


def fill(bench: Bench, name: str) -> list[Row]:
    """Makes the database; gives the partitions that are to change, as the metastore keeps them."""
    store, top = live("east"), f"{bench.sites['east']['hdfs']}{bench.folder}/{name}"
    store.create([database(name, top)])
    for n in range(TABLES):
        mine = [f"a b {number:05}" for number in range(n, PARTITIONS, TABLES)]
        store.create([table(name, f"t{n:04}", keys=("p",), location=f"{top}/t{n:04}")])
        store.create([partition(name, f"t{n:04}", ("p",), (value,), numRows="1", numFiles="1", totalSize="1",
                                numFilesErasureCoded="0") for value in mine])
    changing = store.partitions(name, "t0000", store.partition_names(name, "t0000")[:CHANGED])
    store.close()
    return changing
