"""What of a catalog is read before it is changed follows the change (DESIGN.md section 16)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog.changes.difference import CatalogChange, Verb
from hadoop_dr.domain.catalog.log.read_first import read_first
from hadoop_dr.domain.catalog.rows import Kind, Row
from support.catalogs import database, function, partition, table

OF_TABLE = {Kind.TABLE, Kind.TABLE_STATS, Kind.CONSTRAINT}
OF_PARTITION = {Kind.PARTITION, Kind.PARTITION_STATS}
TABLE = table("b ü", "t%20", keys=("p",))
PARTITION = partition("b ü", "t%20", ("p",), ("a=b",))


def touched(verb: Verb, *rows: Row) -> set[tuple[Kind, str | None, str | None]]:
    found = read_first(CatalogChange(verb, row) for row in rows)
    assert {touch.database for touch in found} <= {"b ü"}
    assert len(found) == len(set(found))
    return {(touch.kind, touch.table, touch.key) for touch in found}


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.ALTER])
def test_a_table_that_is_made_or_altered_is_read_without_its_partitions(verb: Verb) -> None:
    assert touched(verb, TABLE) == {(kind, "t%20", None) for kind in OF_TABLE}


def test_a_table_that_is_dropped_is_read_with_all_that_goes_along() -> None:
    assert touched(Verb.DROP, TABLE) == {(kind, "t%20", None) for kind in OF_TABLE | OF_PARTITION}


@pytest.mark.parametrize("verb", Verb)
def test_a_partition_is_read_by_its_name(verb: Verb) -> None:
    assert touched(verb, PARTITION, PARTITION) == {(kind, "t%20", PARTITION.key.name) for kind in OF_PARTITION}


@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.ALTER])
def test_a_database_that_stays_is_read_alone(verb: Verb) -> None:
    assert touched(verb, database("b ü", "/wh/b ü")) == {(Kind.DATABASE, "", "")}


def test_a_database_that_goes_is_read_whole() -> None:
    assert touched(Verb.DROP, database("b ü", "/wh/b ü")) == {(kind, None, None) for kind in Kind}


def test_functions_are_one_request_whichever_changes() -> None:
    assert touched(Verb.ALTER, function("b ü", "f", "hdfs://east/a.jar")) == set()
