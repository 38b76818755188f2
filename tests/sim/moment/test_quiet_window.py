"""The catalog has to stay quiet for ``settle``, and not for as long as its directories take to be looked at (I1)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.domain.tree.file_attributes import DirEntry
from hadoop_dr.ports.requests import trips
from hadoop_dr.services.datasets.component import Moment
from hadoop_dr.services.datasets.hive.origin_catalog import OriginCatalog
from sim.world import TABLES, TableWorld
from support.catalogs import partition, table, with_parameters

MANY, MONTHS = 16, ("01", "+2 ü")


@pytest.fixture
def world() -> TableWorld:
    """Many tables with two levels of partitions, so that their places lie in many directories; and one point."""
    world = TableWorld(TABLES)
    east, metastore = world.clusters["east"], world.metastores["east"]
    for number in range(MANY):
        home = f"/wh/db/t {number}"
        east.make_directory(home, 0o755, parents=True)
        metastore.create([table("bill", f"t{number}", location=f"hdfs://east{home}", keys=("y", "m"))])
        for month in MONTHS:
            place = f"{home}/y=26/m={month}"
            east.make_directory(place, 0o755, parents=True)
            metastore.create([partition("bill", f"t{number}", ("y", "m"), ("26", month), location=f"hdfs://east{place}")])
    world.backup("first")
    return world


def test_a_catalog_that_changes_after_settle_while_its_directories_are_looked_at_is_proven(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each listing takes time, and a busy catalog changes in it: what is looked at is a snapshot, which cannot."""
    real, busy, metastore = MemoryNameNode.list, [0], world.metastores["east"]

    def slow(self: MemoryNameNode, path: str) -> Iterator[DirEntry]:
        if self.site == "east" and "/y=26" in path and "/.snapshot/" in path:
            world.clock.sleep_until(world.clock.monotonic_s() + 0.04)
            busy[0] += 1
            [row] = metastore.tables("bill", ["t0"])
            metastore.alter([with_parameters(row, note=f"ü {busy[0]}")])
        return real(self, path)

    monkeypatch.setattr(MemoryNameNode, "list", slow)
    assert world.backup("busy")["proof"] == "atomic"
    assert busy[0] >= MANY
    assert [entry.kind for entry in world.context().ledger.chain.entries()].count("rearmed") == 0


def test_a_catalog_that_changes_within_settle_is_seen(world: TableWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    real, metastore, once = world.clock.sleep_until, world.metastores["east"], list[bool]()
    evidence = OriginCatalog.evidence

    def settling(self: OriginCatalog, moment: Moment) -> MarkEvidence | None:
        def sleep(until_s: float) -> None:
            real(until_s)
            if not once:
                once.append(True)
                [row] = metastore.tables("bill", ["t0"])
                metastore.alter([with_parameters(row, note="ü")])

        return evidence(self, Moment(moment.roots, moment.snapshot, moment.settle_ms, sleep))

    monkeypatch.setattr(OriginCatalog, "evidence", settling)
    assert world.backup("busy")["proof"] == "atomic"
    assert [entry.kind for entry in world.context().ledger.chain.entries()].count("rearmed") == 1


def test_the_directories_of_tables_and_partitions_are_looked_at_side_by_side(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, waited = OriginCatalog.evidence, list[int]()

    def counted(self: OriginCatalog, moment: Moment) -> MarkEvidence | None:
        before = trips()
        found = real(self, moment)
        waited.append(trips() - before)
        return found

    monkeypatch.setattr(OriginCatalog, "evidence", counted)
    assert world.backup("second")["state"] == "sealed"
    assert max(waited) < 10 < MANY
