"""What Hive does to directories that have snapshots: the twin's user and the real metastore run the same tests (I8)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.ports.namenode import NameNode
from support.backup import Pair
from support.catalogs import drop_everything
from support.hive_thrift import ThriftHiveUser
from support.hive_user import HiveUser
from support.live_catalogs import STATE
from support.twin import TwinPair


@dataclass
class Bench:
    """A user of Hive, a database of the test's own with a table that has a row, and the name space below."""

    user: HiveUser | ThriftHiveUser
    namenode: NameNode
    database: str
    place: str

    def root(self, path: str) -> None:
        """Makes a directory a root that has a snapshot."""
        self.namenode.allow_snapshot(path)
        self.namenode.create_snapshot(path, "s 1")

    def exists(self, path: str) -> bool:
        try:
            self.namenode.status(path)
        except NotFound:
            return False
        return True


@pytest.fixture
def bench(sites: Pair, folder: str) -> Iterator[Bench]:
    name = f"con_{uuid4().hex[:8]}"
    user: HiveUser | ThriftHiveUser
    if isinstance(sites, TwinPair):
        user = HiveUser(sites.west, MemoryMetastore("west"))
    else:
        address = json.loads(STATE.read_text())["sites"]["west"]["metastore"]
        user = ThriftHiveUser("west", address, sites.target.namenode, sites.target.writer)
    place = f"{folder}/db"
    user.create_database(name, place)
    user.create(name, "t")
    user.insert(name, "t", b"old\n")
    yield Bench(user, sites.target.namenode, name, place)
    drop_everything(user.metastore, [name])
    user.metastore.close()


def test_below_a_root_tables_are_dropped_made_again_renamed_and_truncated(bench: Bench) -> None:
    bench.root(bench.place)
    bench.user.drop(bench.database, "t")
    assert not bench.exists(f"{bench.place}/t")
    bench.user.create(bench.database, "t")
    assert bench.user.rows(bench.database, "t") == []
    bench.user.insert(bench.database, "t", b"new\n")
    bench.user.rename(bench.database, "t", "u")
    assert (bench.user.place(bench.database, "u"), bench.user.rows(bench.database, "u")) == (
        f"{bench.place}/u", [b"new\n"])  # fmt: skip
    bench.user.truncate(bench.database, "u")
    assert bench.user.rows(bench.database, "u") == []


def test_a_table_whose_directory_is_a_root_is_dropped_with_an_ok_and_its_rows_come_back(bench: Bench) -> None:
    bench.root(f"{bench.place}/t")
    bench.user.drop(bench.database, "t")
    assert bench.user.metastore.table_names(bench.database) == []
    bench.user.create(bench.database, "t")
    assert bench.user.rows(bench.database, "t") == [b"old\n"]


def test_a_table_whose_directory_is_a_root_is_neither_renamed_nor_truncated(bench: Bench) -> None:
    bench.root(f"{bench.place}/t")
    with pytest.raises(DrError):
        bench.user.rename(bench.database, "t", "u")
    with pytest.raises(DrError):
        bench.user.truncate(bench.database, "t")
    assert bench.user.metastore.table_names(bench.database) == ["t"]
    assert bench.user.rows(bench.database, "t") == [b"old\n"]


def test_a_database_whose_directory_is_a_root_is_dropped_with_an_ok_and_made_again_in_it(bench: Bench) -> None:
    bench.root(bench.place)
    bench.user.drop_database(bench.database)
    assert bench.database not in bench.user.metastore.databases()
    assert list(bench.namenode.list(bench.place)) == []
    bench.user.create_database(bench.database, bench.place)
    bench.user.create(bench.database, "t")
    assert bench.user.rows(bench.database, "t") == []


def test_a_database_is_not_made_where_its_managed_directory_is_already(bench: Bench) -> None:
    """So a managed directory is better no root while nothing lies in it: HDFS would keep it after DROP DATABASE."""
    other, managed = f"{bench.database}_o", f"{bench.place} managed"
    bench.user.create_database(other, f"{bench.place} o", managed)
    bench.user.drop_database(other)
    assert not bench.exists(managed)
    bench.user.create_database(other, f"{bench.place} o", managed)
    bench.root(managed)
    bench.user.drop_database(other)
    assert bench.exists(managed)
    with pytest.raises(DrError, match="Unable to create database managed directory"):
        bench.user.create_database(other, f"{bench.place} o", managed)
    assert other not in bench.user.metastore.databases()


def test_an_altered_location_makes_no_directory_and_moves_no_table(bench: Bench) -> None:
    bench.user.set_location(bench.database, f"{bench.place}_new")
    assert not bench.exists(f"{bench.place}_new")
    assert bench.user.rows(bench.database, "t") == [b"old\n"]
    bench.user.create(bench.database, "u")
    assert bench.user.place(bench.database, "u") == f"{bench.place}_new/u"
    assert bench.exists(f"{bench.place}_new/u")
