"""The twin's wrapper for faults makes the requests that the real adapter makes: else deaths between go unseen."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.hive import HiveMetastore
from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.adapters.memory.metastore_faults import FaultyMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import LIST, STRUCT, Items, text, with_field
from support.catalogs import database, function, not_null, partition, primary_key, statistics, table, view

FIGURES = {"numFiles": "1", "totalSize": "1", "numFilesErasureCoded": "0"}
TABLE = table("bill", "t", keys=("p",), location="hdfs://east/t %")


class Recorder:
    """A connection that takes every change and knows one table."""

    def __init__(self) -> None:
        self.changes: list[str] = []

    def change(self, method: str, arguments: Any) -> None:
        self.changes.append(method)

    def read(self, method: str, arguments: Any) -> Any:
        assert method == "get_table_objects_by_name_req"
        return {1: (LIST, Items(STRUCT, [TABLE.tree]))}


def managed_elsewhere() -> Row:
    row = database("other", "hdfs://east/o")
    return row_of(row.key, with_field(row.tree, f.DB_MANAGED_LOCATION, text("hdfs://east/m")))


def partitions(**figures: str) -> list[Row]:
    return [partition("bill", "t", ("p",), (value,), **figures) for value in ("1 ü", "2 %")]


CREATED = {
    "databases": [database("one"), database("two")],
    "a database with a managed directory": [managed_elsewhere()],
    "an external table and a view": [table("bill", "e", location="hdfs://east/e"), view("bill", "v", "select 1")],
    "a managed table": [table("bill", "m", kind=f.MANAGED, location="hdfs://east/m")],
    "partitions with figures": partitions(**FIGURES),
    "partitions without figures": partitions(),
    "statistics of partitions": [statistics("bill", "t", "p=1", a=1), statistics("bill", "t", "p=2", a=1)],
    "constraints": [primary_key("bill", "t", "pk", "a"), not_null("bill", "t", "nn")],
    "functions": [function("bill", "f", "hdfs://east/f.jar"), function("bill", "g", "hdfs://east/f.jar")],
}


# A constraint cannot be altered.
CASES = [
    (verb, name)
    for verb in ("create", "alter", "drop")
    for name in CREATED
    if (verb, name) != ("alter", "constraints")
]


@pytest.mark.parametrize(("verb", "name"), CASES, ids=" ".join)
def test_as_many_requests_as_the_real_adapter_makes_are_effects(verb: str, name: str) -> None:
    rows = CREATED[name]
    recorder, faults = Recorder(), Faults()
    getattr(HiveMetastore("west", "hive", recorder), verb)(rows)  # type: ignore[arg-type]
    wrapper = FaultyMetastore(MemoryMetastore("west"), faults)
    wrapper._inner = Anything()  # type: ignore[assignment]
    getattr(wrapper, verb)(rows)
    assert faults.count == len(recorder.changes)


class Anything:
    """Takes every change, and knows one table."""

    site = "west"

    def tables(self, database: str, names: list[str]) -> list[Row]:
        return [TABLE]

    def create(self, rows: list[Row]) -> None: ...

    def alter(self, rows: list[Row]) -> None: ...

    def drop(self, rows: list[Row]) -> None: ...
