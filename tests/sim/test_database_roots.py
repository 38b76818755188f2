"""A database protected whole: production works with its tables as if nothing were protected, and all of it arrives."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Failed, Refused
from hadoop_dr.services.backup.begin import Begin
from hadoop_dr.services.backup.catalogs import Catalogs
from hadoop_dr.services.backup.coverage import Coverage
from hadoop_dr.services.backup.preview import Preview
from sim.world import TABLES, TableWorld, protecting
from support.hive_user import HiveUser

HOME, MANAGED = "/wh/ext/bill ü+%.db", "/wh/man/bill ü+%.db"


class Bill(TableWorld):
    """A database ``bill`` in directories of its own on the primary, and a user of Hive there."""

    def __init__(self, policy: str = TABLES) -> None:
        super().__init__(policy)
        self.east, self.west = (HiveUser(self.clusters[site], self.metastores[site]) for site in ("east", "west"))
        self.east.drop_database("bill")
        self.east.create_database("bill", HOME, MANAGED)

    def holds(self, *names: str) -> None:
        """Both sites have these tables with the same rows, in the same place, and no others."""
        for user in (self.east, self.west):
            assert user.metastore.table_names("bill") == sorted(names)
        for name in names:
            assert self.west.rows("bill", name) == self.east.rows("bill", name)
            assert self.west.place("bill", name) == self.east.place("bill", name)

    def checked(self) -> list[str]:
        """What ``check`` says of roots."""
        results = Begin(self.ground(), lambda claim, point: None).look()
        return [f"{result.mark}: {result.detail}" for result in results if result.name == "roots"]


def roots(document: dict[str, Any]) -> set[str]:
    return set(document["snapshots"]["west"])


@pytest.fixture
def bill() -> Bill:
    """A table with a row, and a first point."""
    world = Bill()
    world.east.create("bill", "m")
    world.east.insert("bill", "m", b"old")
    world.backup("first")
    return world


def test_the_directories_of_a_database_protected_whole_are_its_roots_on_both_sites(bill: Bill) -> None:
    for site in ("east", "west"):
        assert MemoryNameNode(bill.clusters[site]).snapshottable() == [HOME, MANAGED]
    assert bill.west.metastore.database("bill").tree[10] == (11, f"hdfs://west{MANAGED}".encode())
    bill.holds("m")


def test_a_table_dropped_and_made_again_while_points_exist_has_no_old_rows_on_either_site(bill: Bill) -> None:
    bill.east.drop("bill", "m")
    bill.east.create("bill", "m")
    assert bill.east.rows("bill", "m") == []
    bill.backup("second", approve_deletions=True)
    bill.holds("m")
    assert bill.west.rows("bill", "m") == []


def test_rename_truncate_and_overwrite_work_while_points_exist_and_arrive(bill: Bill) -> None:
    bill.east.create("bill", "cut")
    bill.east.insert("bill", "cut", b"gone soon")
    bill.east.create("bill", "over")
    bill.east.insert("bill", "over", b"before")
    bill.backup("second")
    bill.east.rename("bill", "m", "n")
    bill.east.truncate("bill", "cut")
    bill.east.overwrite("bill", "over", b"after")
    bill.backup("third")
    bill.holds("n", "cut", "over")
    assert bill.west.rows("bill", "n") == [b"old"]
    assert (bill.west.rows("bill", "cut"), bill.west.rows("bill", "over")) == ([], [b"after"])


def test_every_place_that_asks_for_roots_is_told_the_same(bill: Bill) -> None:
    """Check, coverage and plan see what a backup takes, also before a point holds anything; plan makes nothing so."""
    fresh = Bill()
    for world in (bill, fresh):
        named = {text.split(": ", 1)[1].split(",")[0] for text in world.checked()}
        assert named == {HOME, MANAGED}
        covered = [result.detail for result in Coverage(world.ground()).run() if result.name == "roots"]
        assert {text.split(",")[0] for text in covered} == {HOME, MANAGED}
        before = MemoryNameNode(world.clusters["east"]).snapshottable()
        Preview(world.ground()).run()
        assert MemoryNameNode(world.clusters["east"]).snapshottable() == before
        assert Catalogs(world.ground()).roots() == (HOME, MANAGED)


def test_roots_from_before_stay_and_the_check_says_what_a_change_would_do() -> None:
    """Tables that were roots of their own: their database would hold them, and HDFS refuses nesting."""
    world = Bill(protecting("hive: bill.m"))
    world.east.create("bill", "m")
    assert roots(world.backup("first")) == {f"{HOME}/m"}
    world.policy = TABLES
    world.east.create("bill", "new")
    assert roots(world.backup("second")) == {f"{HOME}/m", f"{HOME}/new", MANAGED}
    assert any(f"with --change-roots {HOME} would be a root instead of {HOME}/m, {HOME}/new" in text
               for text in world.checked())


def test_a_table_that_cannot_be_a_root_refuses_the_run_by_name() -> None:
    world = Bill()
    world.east.create("bill", "all", "/wh")
    with pytest.raises(Refused, match=r"table bill.all lies at /wh, which cannot be a root: it holds database crm"):
        world.backup("refused")


def test_another_services_directory_in_a_database_keeps_it_from_being_a_root() -> None:
    world = Bill()
    world.east.create("bill", "m")
    world.others = (protecting(f"hdfs: {HOME}/land ing").replace("billing", "ledger"),)
    assert roots(world.backup("first")) == {f"{HOME}/m", MANAGED}
    with pytest.raises(Failed, match="has snapshots"):
        world.east.truncate("bill", "m")
