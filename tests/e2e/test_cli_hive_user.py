"""A database protected whole, and people who work with it through HiveServer2 while points exist (I8, I9)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from hadoop_dr.adapters.hive import plain_transport, sasl_transport
from hadoop_dr.adapters.hiveserver2 import HiveServer2Queries
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.domain.errors import NotFound
from support.cli import SITES, CliHome

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(900)]
PURGED = "tblproperties ('external.table.purge'='true')"


class Hive:
    """Sessions on both sites, and a database whose tables lie in its directory in the warehouse."""

    def __init__(self, home: CliHome) -> None:
        self.home, self.name = home, f"user_{uuid4().hex[:8]}"
        self.place = f"/warehouse/external/{self.name}.db"
        self._sql = {
            site: HiveServer2Queries(site, home.sites[site]["hiveserver2"], SystemClock(), plain=plain_transport,
                                     sasl=sasl_transport, read_s=240, deadline_s=240)
            for site in SITES
        }  # fmt: skip

    def do(self, *statements: str) -> None:
        """Statements on the primary; ``d`` is the database."""
        for statement in statements:
            self._sql["east"].run(statement.replace(" d.", f" {self.name}.").replace(" d;", f" {self.name}"))

    def put(self, table: str, row: str) -> None:
        """One more row of a table, as a file of its own."""
        self.home.writers["east"].write(f"{self.place}/{table}/{row} ü%20", f"{row}\n".encode())

    def rows(self, table: str) -> list[str | None]:
        """Rows of a table, the same on both sites."""
        east, west = (self._sql[site].run(f"select * from {self.name}.{table}").rows for site in SITES)
        assert west == east, table
        return [row[0] for row in east]

    def tables(self, site: str) -> list[str | None]:
        """Names of the tables of a site."""
        return [row[0] for row in self._sql[site].run(f"show tables in {self.name}").rows]

    def databases(self, site: str) -> list[str | None]:
        """The database, if a site has it."""
        return [row[0] for row in self._sql[site].run(f"show databases like '{self.name}'").rows]

    def close(self) -> None:
        """Drops the database on both sites."""
        for sql in self._sql.values():
            sql.run(f"drop database if exists {self.name} cascade")
            sql.close()


@pytest.fixture
def hive(home: CliHome) -> Iterator[Hive]:
    """Needs HiveServer2 on both sites."""
    if not all(home.sites[site]["hiveserver2"] for site in SITES):
        pytest.skip("the lab runs without HiveServer2: lab up --hiveserver2")
    found = Hive(home)
    yield found
    found.close()


def test_tables_are_dropped_made_again_renamed_truncated_and_overwritten_while_points_exist(hive: Hive) -> None:
    """HDFS keeps a directory with snapshots; were a table's own one the root, its old rows would come back."""
    home, service = hive.home, "hive-user"
    home.policy(service, protect=[{"hive": hive.name}], limits={"deletions": "100%"}, max_clock_offset="1h",
                max_skew="5s")  # fmt: skip
    hive.do("create database d;", "create table d.again (x string)", "create table d.old_name (x string)",
            "create table d.cut (x string)", f"create external table d.cut_too (x string) {PURGED}",
            "create table d.whole (x string)", "create external table d.whole_too (x string)")  # fmt: skip
    for table in ("again", "old_name", "cut", "cut_too", "whole", "whole_too"):
        hive.put(table, f"before {table}")
    [said] = [result for result in home.run("check", service, "--json").document("check")["results"]
              if result["name"] == "roots"]  # fmt: skip
    assert said["detail"].startswith(f"{hive.place}, the directory of database {hive.name}, is a root: from the first")
    assert set(home.backup(service)["snapshots"]["west"]) >= {hive.place}
    for site in SITES:
        assert hive.place in home.namenodes[site].snapshottable()
    assert hive.rows("again") == ["before again"]

    hive.do("drop table d.again", "create table d.again (x string)", "alter table d.old_name rename to d.new_name",
            "truncate table d.cut", "truncate table d.cut_too", "insert overwrite table d.whole values ('after')",
            "insert overwrite table d.whole_too values ('after')")  # fmt: skip
    assert home.backup(service)["warnings"] == []
    assert hive.tables("west") == hive.tables("east")
    found = {str(table): hive.rows(str(table)) for table in hive.tables("east")}
    assert found == {"again": [], "cut": [], "cut_too": [], "new_name": ["before old_name"],
                     "whole": ["after"], "whole_too": ["after"]}  # fmt: skip

    hive.do("drop database d; cascade", "create database d;", "create table d.again (x string)")
    hive.put("again", "of the second life")
    assert home.backup(service)["warnings"] == []
    assert hive.tables("west") == hive.tables("east") == ["again"]
    assert hive.rows("again") == ["of the second life"]

    away = home.run("unprotect", service, "--reason", "ü", "--json").document("unprotect")
    assert away["sites"]["east"]["free"] == [hive.place]
    assert hive.place in home.namenodes["west"].snapshottable()
    hive.do("drop database d; cascade")
    with pytest.raises(NotFound):
        home.namenodes["east"].status(hive.place)
    assert hive.tables("west") == ["again"]
    home.path.joinpath(f"include/policies/{service}.yaml").unlink()
    no_policy = ("--pair", home.pair, "--json")
    gone = home.run("unprotect", service, "--both", "--reason", "ü", *no_policy).document("unprotect")
    assert (gone["released"], gone["points_left"], gone["sites"]["west"]["free"]) == ([hive.place], 0, [hive.place])
    points = home.run("points", service, *no_policy).document("points")["points"]
    assert points
    assert not any(there for point in points for there in point["sites"].values())
    assert home.run("explain", service, *no_policy).document("explain")["entries"]
    assert hive.tables("west") == ["again"]


def test_one_file_overwritten_among_eight_needs_nobody_and_two_of_three_tables_dropped_ask(hive: Hive) -> None:
    """I8 as users of Hive meet it; without the floor for files, so that one deletion would be one too many."""
    home, service = hive.home, "hive-limit"
    home.policy(service, protect=[{"hive": hive.name}], limits={"deletions": {"share": "10%", "at_least": "0"}},
                max_clock_offset="1h", max_skew="5s")  # fmt: skip
    hive.do("create database d;", *(f"create external table d.{name} (x string)" for name in ("a", "b", "anew")))
    for table, rows in {"a": "123", "b": "4567", "anew": "8"}.items():
        for row in rows:
            hive.put(table, row)
    home.backup(service)
    hive.do("insert overwrite table d.anew values ('after')")
    planned = home.run("plan", service, "--json").document("plan")
    assert planned["deletions_by_kind"]["files"] == {"deleted": 0, "live": 8, "allowed": 0}
    assert planned["needs_approval"] == []
    home.backup(service)
    assert hive.rows("anew") == ["after"]

    hive.do("drop table d.a", "drop table d.b")
    [reason] = home.run("plan", service, "--json").document("plan")["needs_approval"]
    assert reason == "2 of 3 tables would be dropped, the limit is 0 (10%)"
    assert reason in home.run("backup", service, exit_code=1).error()
    assert hive.tables("west") == ["a", "anew", "b"]

    hive.do("drop database d; cascade")
    approved = home.backup(service, "--approve-deletions")
    assert (approved["snapshots"], hive.databases("west")) == ({"east": {}, "west": {}}, [])
    assert f"approved: database {hive.name} would be dropped with 3 tables" in approved["warnings"]
