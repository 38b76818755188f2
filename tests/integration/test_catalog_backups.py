"""Whole backups of a database that goes on changing, also while a moment is taken (I1, S2.3, S2.7).

Another history: ``HADOOP_DR_RANDOM_SEED=7``; the seed in use is printed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.adapters.hive import HiveMetastore
from hadoop_dr.bootstrap import backup_stages
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, references, rewrite_rows
from hadoop_dr.domain.catalog.protect.locations import locations
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.services.datasets.hive import CatalogVerify
from hadoop_dr.services.datasets.hive.component import HiveTables
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from support.catalogs import Ddl, database, drop_everything, partition, table
from support.cli import CliHome, cli_home
from support.home import USER
from support.live_catalogs import live, live_hdfs

SEED = int(os.environ.get("HADOOP_DR_RANDOM_SEED", "20261121"))
ROUNDS = 6
STEPS = 12
SERVICE = "tables"
pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]


@dataclass
class Bill:
    """A service that protects one database, and its metastores on both sites."""

    home: CliHome
    name: str
    east: HiveMetastore
    west: HiveMetastore
    runs: list[str] = field(default_factory=list)

    @property
    def base(self) -> str:
        """Where everything of the database lies on the primary."""
        return f"{live_hdfs('east')}{self.home.folder}/bill ü%20+"

    def backup(self) -> dict[str, Any]:
        """A backup that has to end sealed."""
        self.runs.append(f"run {len(self.runs)}")
        with backup_stages(SERVICE, self.runs[-1], home=self.home.path, one_process=True) as stages:
            return dict(stages.run_all(approve_deletions=True))

    def armed_again(self) -> int:
        """How often the last run had to arm its moment again, by its ledger."""
        entries = self.home.run("explain", SERVICE, "--json").stdout
        return entries.count('"rearmed"')

    def is_the_same_on_both_sites(self, where: str) -> int:
        """Compares all objects of both metastores, and finds a directory below every location; gives their number."""
        chosen, source, target = selection_of([self.name]), live_hdfs("east"), live_hdfs("west")
        wanted = rewrite_rows(read_all(self.east, chosen).values(), Rewrite((source,), target))
        verdict = CatalogVerify(self.west).run(wanted, chosen)
        assert (verdict.mismatch, verdict.cannot_tell, verdict.match) == ((), (), len(wanted)), where
        found = list(read_all(self.west, chosen).values())
        assert references(found, (source,)) == [], where
        for place in locations(found):
            assert self.home.namenodes["west"].status(place.path).facts.is_dir, f"{where}: {place.path}"
        return len(found)


@pytest.fixture
def bill(
    lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Bill]:
    monkeypatch.setenv("HADOOP_USER_NAME", USER)
    name, east, west = f"bill_{uuid4().hex[:8]}", live("east"), live("west")
    with cli_home(tmp_path_factory) as home:
        made = Bill(home, name, east, west)
        place = made.base.removeprefix(live_hdfs("east"))
        home.policy(SERVICE, protect=[{"hive": name}, {"hdfs": f"{place}/elsewhere"}], limits={"deletions": "100%"},
                    max_clock_offset="1h", max_skew="5s", retention={"primary": "2", "secondary": "2"})  # fmt: skip
        home.namenodes["east"].make_directory(f"{place}/elsewhere", 0o755)
        yield made
        for store in (east, west):
            drop_everything(store, [name])
            store.close()


def test_after_each_backup_of_random_changes_both_catalogs_are_equal(bill: Bill) -> None:
    print(f"seed {SEED}")
    ddl, done = Ddl(bill.east, SEED, bill.base, (bill.name,)), list[str]()
    for number in range(ROUNDS):
        done += ddl.run(STEPS)
        bill.backup()
        objects = bill.is_the_same_on_both_sites(f"seed {SEED}, round {number}, after {done[-STEPS:]}")
    assert len(set(done)) > 8, done
    print(f"{ROUNDS} backups, {len(done)} changes of {len(set(done))} kinds, {objects} objects at the end")


def test_a_partition_added_while_the_moment_is_taken_arms_it_again_and_is_in_the_point(
    bill: Bill, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, late = HiveTables.mark_end, ["f+", "a b"]

    def with_a_user_at_work(self: HiveTables) -> None:
        if late:
            bill.east.create([partition(bill.name, "t", ("p",), (late.pop(),))])
        real(self)

    bill.east.create([database(bill.name, f"{bill.base}/db")])
    bill.east.create([table(bill.name, "t", keys=("p",), location=f"{bill.base}/t ü")])
    bill.backup()
    monkeypatch.setattr(HiveTables, "mark_end", with_a_user_at_work)
    sealed = bill.backup()
    assert sealed["proof"] == "bounded"
    assert not late
    assert bill.armed_again() >= 2  # once more where the machine was too busy to arm in time
    assert bill.west.partition_names(bill.name, "t") == ["p=a b", "p=f+"]
    bill.is_the_same_on_both_sites("after the second point")
