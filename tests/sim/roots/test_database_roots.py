"""A database protected whole: production works with its tables as if nothing were protected, and all of it arrives."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Failed, Refused
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.datasets.components import components_of
from sim.bill import HOME, MANAGED, Bill
from sim.world import POLICY, TABLES, protecting
from support.twin import TwinWriter


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
        assert MemoryNameNode(bill.clusters[site]).snapshottable() == [HOME]
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
        assert [text.split(",")[0] for text in world.checked()] == [f"ok: {HOME}"]
        covered = [result.detail for result in Coverage(world.context()).run() if result.name == "roots"]
        assert [text.split(",")[0] for text in covered] == [HOME]
        before = MemoryNameNode(world.clusters["east"]).snapshottable()
        Preview(world.context()).run()
        assert MemoryNameNode(world.clusters["east"]).snapshottable() == before
        assert components_of(world.context()).roots() == (HOME,)


def test_roots_from_before_stay_and_the_check_says_what_a_change_would_do() -> None:
    """Tables that were roots of their own: their database would hold them, and HDFS refuses nesting."""
    world = Bill(protecting("hive: bill.m"))
    world.east.create("bill", "m")
    assert roots(world.backup("first")) == {f"{HOME}/m"}
    world.policy = TABLES
    world.east.create("bill", "new")
    assert roots(world.backup("second")) == {f"{HOME}/m", f"{HOME}/new"}
    assert any(f"with --change-roots {HOME} would be a root instead of {HOME}/m, {HOME}/new" in text
               for text in world.checked())


def test_a_table_that_cannot_be_a_root_is_left_out_or_refused_by_name() -> None:
    world = Bill()
    world.east.create("bill", "all", "/wh")
    [left_out] = world.backup("first")["incomplete"]["objects"]
    assert left_out["object"] == "table bill.all"
    assert left_out["reason"].startswith("it lies at /wh, which cannot be a root: it holds database crm")
    world.policy += "unprotectable: refuse\n"
    with pytest.raises(Refused, match=r"table bill.all .*it lies at /wh, which cannot be a root: it holds database"):
        world.backup("refused")


def test_another_services_directory_in_a_database_keeps_it_from_being_a_root() -> None:
    world = Bill()
    world.east.create("bill", "m")
    world.others = (protecting(f"hdfs: {HOME}/land ing").replace("billing", "ledger"),)
    assert roots(world.backup("first")) == {f"{HOME}/m"}
    with pytest.raises(Failed, match="has snapshots"):
        world.east.truncate("bill", "m")


def test_the_line_that_the_check_proposes_lets_tables_elsewhere_come_and_go() -> None:
    world = Bill()
    for name in ("t", "u"):
        world.east.create("bill", name, f"/lake/in ü/{name}")
    [proposed] = [result.remedy for result in world.results() if "bill.t at /lake/in ü/t" in result.detail]
    assert proposed == "Add '- hdfs: /lake/in ü' to 'protect': then it can be dropped and created there"
    world.policy = protecting("hive: bill", "hdfs: /lake/in ü")
    assert not any("a root of its own" in text for text in world.checked())
    world.east.insert("bill", "t", b"old")
    world.backup("first")
    world.east.drop("bill", "t")
    world.east.create("bill", "t", "/lake/in ü/t")
    world.east.rename("bill", "u", "v")
    world.backup("second", approve_deletions=True)
    world.holds("t", "v")
    assert world.west.rows("bill", "t") == []


# ------------------------------------------------------------------ what happens to databases


def test_tables_in_the_managed_directory_make_it_a_root_and_come_and_go_like_the_others(bill: Bill) -> None:
    bill.east.create("bill", "tx", f"{MANAGED}/tx")
    bill.east.insert("bill", "tx", b"old")
    assert roots(bill.backup("second")) == {f"{HOME}/m", HOME, f"{MANAGED}/tx", MANAGED}
    bill.east.drop("bill", "tx")
    bill.east.create("bill", "tx", f"{MANAGED}/tx")
    bill.east.truncate("bill", "tx")
    bill.backup("third", approve_deletions=True)
    bill.holds("m", "tx")
    assert bill.west.rows("bill", "tx") == []


def test_a_database_whose_location_is_altered_keeps_its_old_root_while_tables_lie_there(bill: Bill) -> None:
    """Hive makes no directory then: the new one is a root once a table has made it."""
    new = "/wh/new place/bill"
    bill.east.set_location("bill", new)
    assert roots(bill.backup("altered")) == {f"{HOME}/m", HOME}
    assert bill.west.metastore.database("bill").tree[3] == (11, f"hdfs://west{new}".encode())
    bill.east.create("bill", "n")
    bill.east.insert("bill", "n", b"new")
    assert roots(bill.backup("both")) == {f"{HOME}/m", HOME, f"{new}/n", new}
    bill.holds("m", "n")
    bill.east.drop("bill", "m")
    document = bill.backup("moved")
    assert roots(document) == {f"{new}/n", new}
    assert any(f"nothing protected lies in {HOME} any more" in warning for warning in document["warnings"])
    bill.holds("n")
    for number in range(2):
        bill.backup(f"later {number}")
    assert bill.clusters["east"].delete(HOME, recursive=True)


LAKE = protecting('hdfs: "/lake ü/in"').replace("billing", "lake")
NOWHERE = {
    "/": "holds more than one service", "/tmp": "holds more than one service", "/user": "holds more than one service",
    "/wh/../lake ü": "has a component '..'", "/wh//x": "has a component ''", "/wh/.snapshot/x": "is not user data",
    "/lake ü": "shares data with service lake", "/lake ü/in": "shares data with service lake",
    "/lake ü/in/deep": "shares data with service lake",
}  # fmt: skip


@pytest.mark.parametrize("before", [True, False], ids=["before the first point", "after it"])
@pytest.mark.parametrize("place", NOWHERE)
def test_a_database_whose_location_may_be_no_root_is_named_and_its_tables_are_backed_up(
    place: str, before: bool
) -> None:
    """ALTER DATABASE ... SET LOCATION takes any text; what lies there never gets a snapshot for it."""
    world = Bill()
    world.others = (LAKE,)
    for site in ("east", "west"):
        for directory in ("/tmp", "/user", "/lake ü/in/deep"):
            world.clusters[site].make_directory(directory, 0o755, parents=True)
    world.east.create("bill", "m")
    world.east.insert("bill", "m", b"row")
    if not before:
        world.backup("zeroth")
    world.east.set_location("bill", place)
    said = [text for text in world.checked() if f"{place}, the directory of database bill, is no root" in text]
    assert [NOWHERE[place] in text for text in said] == [True], world.checked()
    document = world.backup("first")
    assert roots(document) == ({f"{HOME}/m"} if before else {f"{HOME}/m", HOME})
    world.holds("m")
    for site in ("east", "west"):
        assert MemoryNameNode(world.clusters[site]).snapshottable() == ([f"{HOME}/m"] if before else [HOME])
    assert world.backup("again")["state"] == "sealed"


@pytest.mark.parametrize("managed", ["", MANAGED])
def test_a_database_dropped_and_made_again_between_two_points_is_another_one_without_old_rows(managed: str) -> None:
    """DROP DATABASE CASCADE answers OK, and its directory stays: it is the root of the database made again."""
    world = Bill()
    world.east.create("bill", "m")
    world.east.insert("bill", "m", b"old")
    world.backup("first")
    world.east.drop_database("bill")
    assert TwinWriter(world.clusters["east"]).exists(HOME)
    world.east.create_database("bill", HOME, managed)
    world.east.create("bill", "m")
    assert world.east.rows("bill", "m") == []
    assert roots(world.backup("second", approve_deletions=True)) == {f"{HOME}/m", HOME}
    world.holds("m")
    assert world.west.rows("bill", "m") == []


def test_a_database_dropped_beside_another_leaves_its_directory_which_is_named_until_no_point_has_it() -> None:
    world = Bill(protecting("hive: bill", "hive: crm", policy=POLICY.replace('"5"', '"2"')))
    world.east.create("bill", "m")
    world.clusters["east"].make_directory("/wh/crm", 0o755, parents=True)
    world.east.create("crm", "c")
    world.backup("both")
    world.east.drop_database("crm")
    left = "nothing protected lies in /wh/crm any more, but points hold its snapshots, so HDFS does not delete it"
    assert any(left in text for text in world.checked())
    assert any(left in warning for warning in world.backup("one", approve_deletions=True)["warnings"])
    assert world.west.metastore.databases() == ["bill"]
    assert TwinWriter(world.clusters["west"]).exists("/wh/crm/c")
    freed = [warning for number in range(2) for warning in world.backup(f"later {number}")["warnings"]]
    assert sorted(text.split(" is no longer")[0] for text in freed if "/wh/crm is no longer a root" in text) == [
        "east:/wh/crm", "west:/wh/crm"]  # fmt: skip
    assert not any(left in text for text in world.checked())
    assert world.clusters["east"].delete("/wh/crm", recursive=True)


def test_a_database_made_inside_anothers_directory_before_the_first_point_makes_its_tables_the_roots() -> None:
    world = Bill()
    world.east.create("bill", "m")
    world.east.create_database("guest", f"{HOME}/guest ü")
    world.east.create("guest", "g")
    told = world.checked()
    assert any("holds database guest, which the policy does not protect whole" in text for text in told)
    assert roots(world.backup("first")) == {f"{HOME}/m"}
    assert not TwinWriter(world.clusters["west"]).exists(f"{HOME}/guest ü")
    world.policy = protecting("hive: bill", "hive: guest")
    change = f"with --change-roots {HOME} would be a root instead of {HOME}/guest ü, {HOME}/m"
    assert any(change in text for text in world.checked())


def test_a_database_made_inside_anothers_directory_after_the_first_point_is_named_and_stops_nothing(bill: Bill) -> None:
    """Its files are in the points, as they lie in the root; another service that wants them is refused by name."""
    bill.east.create_database("guest", f"{HOME}/guest ü")
    bill.east.create("guest", "g")
    bill.east.insert("guest", "g", b"foreign")
    document = bill.backup("second")
    assert roots(document) == {f"{HOME}/m", HOME}
    assert any(f"{HOME} holds data of database guest, which the policy does not protect" in warning
               for warning in document["warnings"])
    assert bill.west.metastore.databases() == ["bill"]
    bill.policy = protecting("hive: guest").replace("billing", "ledger")
    with pytest.raises(DrError, match="billing"):
        bill.backup("other")


def test_the_default_database_is_protected_table_by_table() -> None:
    world = Bill(protecting("hive: default"))
    world.east.create_database("default", "/wh/ext")
    world.east.create("default", "t")
    world.east.insert("default", "t", b"row")
    assert any("/wh/ext, the directory of database default, is no root" in text for text in world.checked())
    assert roots(world.backup("first")) == {"/wh/ext/t"}
    assert world.west.rows("default", "t") == [b"row"]
    with pytest.raises(Failed, match="has snapshots"):
        world.east.truncate("default", "t")
    world.east.overwrite("default", "t", b"other")
    world.east.create("bill", "m")
    world.east.truncate("bill", "m")
    world.backup("second")
    assert world.west.rows("default", "t") == [b"other"]
