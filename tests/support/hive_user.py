"""Somebody who works with Hive on a twin: what each statement does to metastore and directories, as measured on 4.0.1.

A statement may answer OK although HDFS kept the directory: whoever drops a table or a database learns nothing of that.
"""

from __future__ import annotations

from contextlib import suppress

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import get_map, get_record, get_text, record, text, with_field
from hadoop_dr.domain.errors import DrError, Failed, NotFound
from support.catalogs import database, table
from support.twin import TwinWriter


class HiveUser:
    """Statements of HiveServer2 on one memory site."""

    def __init__(self, cluster: MemoryCluster, metastore: MemoryMetastore) -> None:
        self.cluster, self.metastore = cluster, metastore
        self._writer = TwinWriter(cluster)

    # -- databases

    def create_database(self, name: str, path: str, managed: str = "") -> None:
        """CREATE DATABASE ... LOCATION ... MANAGEDLOCATION: the directory may exist.

        Raises:
            Failed: The managed directory exists; nothing was created.
        """
        row = database(name, f"hdfs://{self.cluster.site}{path}")
        if managed:
            tree = with_field(row.tree, f.DB_MANAGED_LOCATION, text(f"hdfs://{self.cluster.site}{managed}"))
            row = row_of(row.key, tree)
        if managed and self._writer.exists(managed):
            raise Failed(name, f"Unable to create database managed directory {managed}, failed to create database")
        for directory in filter(None, (path, managed)):
            self.cluster.make_directory(directory, 0o755, parents=True)
        self.metastore.create([row])

    def set_location(self, name: str, path: str) -> None:
        """ALTER DATABASE ... SET LOCATION: tables stay where they are, and no directory is made."""
        row = self.metastore.database(name)
        self.metastore.alter(
            [row_of(row.key, with_field(row.tree, f.DB_LOCATION, text(f"hdfs://{self.cluster.site}{path}")))]
        )

    def drop_database(self, name: str) -> None:
        """DROP DATABASE ... CASCADE."""
        for one in self.metastore.table_names(name):
            self.drop(name, one)
        row = self.metastore.database(name)
        self.metastore.drop([row])
        for field in (f.DB_LOCATION, f.DB_MANAGED_LOCATION):
            if location := get_text(row.tree, field):
                self._remove(self._path(location))

    # -- tables

    def create(self, owner: str, name: str, path: str = "") -> None:
        """CREATE TABLE: managed in the word of its user, which Hive makes an external one whose data go with it."""
        home = self._path(get_text(self.metastore.database(owner).tree, f.DB_LOCATION))
        path = path or f"{home}/{name}"
        self.cluster.make_directory(path, 0o755, parents=True)
        parameters = {"TRANSLATED_TO_EXTERNAL": "TRUE", "external.table.purge": "TRUE"}
        self.metastore.create([table(owner, name, location=f"hdfs://{self.cluster.site}{path}", **parameters)])

    def insert(self, owner: str, name: str, rows: bytes, part: str = "000000_0") -> None:
        """INSERT INTO: one more file."""
        self._writer.write(f"{self.place(owner, name)}/{part}", rows)

    def overwrite(self, owner: str, name: str, rows: bytes) -> None:
        """INSERT OVERWRITE: files are removed one by one, the directory stays."""
        path = self.place(owner, name)
        for child in list(self.cluster.find(path).children):
            self.cluster.delete(f"{path}/{child}", recursive=True)
        self.insert(owner, name, rows)

    def truncate(self, owner: str, name: str) -> None:
        """TRUNCATE: the directory is removed and made again.

        Raises:
            Failed: HDFS keeps it; nothing has changed.
        """
        path = self.place(owner, name)
        self.cluster.delete(path, recursive=True)
        self.cluster.make_directory(path, 0o755, parents=True)

    def rename(self, owner: str, old: str, new: str) -> None:
        """ALTER TABLE ... RENAME of a table in its usual place: the directory moves with it.

        Raises:
            Failed: HDFS keeps it where it is; nothing has changed.
        """
        row, path = self._row(owner, old), self.place(owner, old)
        there = f"{path.rpartition('/')[0]}/{new}"
        self.cluster.rename(path, there)
        sd = with_field(get_record(row.tree, f.TABLE_SD), f.SD_LOCATION, text(f"hdfs://{self.cluster.site}{there}"))
        tree = with_field(with_field(row.tree, f.TABLE_SD, record(sd)), f.TABLE_NAME, text(new))
        self.metastore.alter([row_of(row.key, tree)])

    def drop(self, owner: str, name: str) -> None:
        """DROP TABLE: answers OK also when HDFS keeps the directory."""
        row, path = self._row(owner, name), self.place(owner, name)
        self.metastore.drop([row])
        if get_map(row.tree, f.TABLE_PARAMETERS).get("external.table.purge") == "TRUE":
            self._remove(path)

    def rows(self, owner: str, name: str) -> list[bytes]:
        """SELECT *: what the files of the table hold."""
        path = self.place(owner, name)
        return sorted(self._writer.read(f"{path}/{child}") for child in self.cluster.find(path).children)

    def place(self, owner: str, name: str) -> str:
        """The directory of a table."""
        return self._path(get_text(get_record(self._row(owner, name).tree, f.TABLE_SD), f.SD_LOCATION))

    def _row(self, owner: str, name: str) -> Row:
        for row in self.metastore.tables(owner, [name]):
            return row
        raise NotFound(f"{owner}.{name}", "does not exist")

    def _remove(self, path: str) -> None:
        with suppress(DrError):
            self.cluster.delete(path, recursive=True)

    def _path(self, location: str) -> str:
        return location.removeprefix(f"hdfs://{self.cluster.site}")
