"""Somebody who works with Hive on the lab, by the calls that HiveServer2 makes for each statement, faster."""

from __future__ import annotations

from hadoop_dr.adapters.hive import Client, HiveMetastore
from hadoop_dr.adapters.hive.methods import CAPABILITIES, CATALOG, CLIENT
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import flag, get_record, get_text, record, text, texts, with_field
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.ports.namenode import NameNode
from support.catalogs import database, table
from support.live_catalogs import live_hdfs
from support.trees import Writer


class ThriftHiveUser:
    """The same statements as ``support.hive_user.HiveUser`` on a real metastore and a real HDFS."""

    def __init__(self, site: str, uri: str, namenode: NameNode, writer: Writer) -> None:
        self._client = Client(site, [uri])
        self.metastore = HiveMetastore(site, "hive", self._client)
        self._hdfs, self._namenode, self._writer = live_hdfs(site), namenode, writer

    def create_database(self, name: str, path: str, managed: str = "") -> None:
        """CREATE DATABASE ... LOCATION ... MANAGEDLOCATION."""
        tree = database(name, f"{self._hdfs}{path}").tree
        if managed:
            tree = with_field(tree, f.DB_MANAGED_LOCATION, text(f"{self._hdfs}{managed}"))
        self._client.change("create_database", {1: record(tree)})

    def set_location(self, name: str, path: str) -> None:
        """ALTER DATABASE ... SET LOCATION."""
        row = self.metastore.database(name)
        tree = with_field(row.tree, f.DB_LOCATION, text(f"{self._hdfs}{path}"))
        self.metastore.alter([row_of(row.key, tree)])

    def drop_database(self, name: str) -> None:
        """DROP DATABASE ... CASCADE."""
        request = {1: text(name), 2: text(CATALOG), 3: flag(False), 4: flag(True), 5: flag(True), 8: flag(True)}
        self._client.change("drop_database_req", {1: record(request)})

    def create(self, owner: str, name: str) -> None:
        """CREATE TABLE."""
        parameters = {"TRANSLATED_TO_EXTERNAL": "TRUE", "external.table.purge": "TRUE"}
        self.metastore.create([table(owner, name, **parameters)])

    def insert(self, owner: str, name: str, rows: bytes) -> None:
        """INSERT INTO: one more file."""
        self._writer.write(f"{self.place(owner, name)}/000000_0", rows)

    def truncate(self, owner: str, name: str) -> None:
        """TRUNCATE."""
        self._client.change("truncate_table_req", {1: record({1: text(owner), 2: text(name)})})

    def rename(self, owner: str, old: str, new: str) -> None:
        """ALTER TABLE ... RENAME."""
        tree = with_field(self._row(owner, old).tree, f.TABLE_NAME, text(new))
        request = {1: text(CATALOG), 2: text(owner), 3: text(old), 4: record(tree), 8: texts(CAPABILITIES),
                   9: text(CLIENT)}  # fmt: skip
        self._client.change("alter_table_req", {1: record(request)})

    def drop(self, owner: str, name: str) -> None:
        """DROP TABLE."""
        self._client.change("drop_table_with_environment_context", {1: text(owner), 2: text(name), 3: flag(True)})

    def rows(self, owner: str, name: str) -> list[bytes]:
        """SELECT *: what the files of the table hold."""
        path = self.place(owner, name)
        return sorted(self._writer.read(f"{path}/{child.name}") for child in self._namenode.list(path))

    def place(self, owner: str, name: str) -> str:
        """The directory of a table."""
        location = get_text(get_record(self._row(owner, name).tree, f.TABLE_SD), f.SD_LOCATION)
        return location.removeprefix(self._hdfs)

    def _row(self, owner: str, name: str) -> Row:
        for row in self.metastore.tables(owner, [name]):
            return row
        raise NotFound(f"{owner}.{name}", "does not exist")
