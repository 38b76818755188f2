"""What of a catalog is read before it is changed, and what of a change is not our own (I10)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.catalog.changes.difference import CatalogChange, Verb, catalog_of
from hadoop_dr.domain.catalog.log.events import ABSENT
from hadoop_dr.domain.catalog.log.read_first import reaches_further, read_first, unexplained
from hadoop_dr.domain.catalog.rows import Kind, Row
from support.catalogs import database, function, partition, primary_key, statistics, table, with_parameters

OF_TABLE = {Kind.TABLE, Kind.TABLE_STATS, Kind.CONSTRAINT, Kind.PARTITION, Kind.PARTITION_STATS}
DATABASE = database("b ü", "/wh/b ü")
TABLE = table("b ü", "t%20", keys=("p",))
PARTITION = partition("b ü", "t%20", ("p",), ("a=b",))
KEY = primary_key("b ü", "t%20", "pk", "a")
STATISTICS = statistics("b ü", "t%20", a=1)
FUNCTION = function("b ü", "f", "hdfs://east/a.jar")
OTHER = table("b ü", "other#")
ITSELF = (Kind.DATABASE, "", "")


def touched(verb: Verb, *rows: Row) -> set[tuple[Kind, str | None, str | None]]:
    found = read_first(CatalogChange(verb, row) for row in rows)
    assert {(touch.event, touch.database) for touch in found} == {(0, "b ü")}
    assert all(touch.before is touch.after is ABSENT for touch in found)
    assert len(found) == len(set(found))
    return {(touch.kind, touch.table, touch.key) for touch in found}


@pytest.mark.parametrize("row", [TABLE, PARTITION, KEY, STATISTICS], ids=lambda row: row.key.kind.value)
@pytest.mark.parametrize("verb", Verb)
def test_a_table_is_read_whole_with_its_database_whatever_of_it_changes(verb: Verb, row: Row) -> None:
    assert touched(verb, row, row) == {ITSELF, *((kind, "t%20", None) for kind in OF_TABLE)}


@pytest.mark.parametrize("row", [DATABASE, FUNCTION], ids=lambda row: row.key.kind.value)
@pytest.mark.parametrize("verb", [Verb.CREATE, Verb.ALTER])
def test_a_database_that_stays_is_read_alone_and_functions_are_one_request(verb: Verb, row: Row) -> None:
    assert touched(verb, row) == {ITSELF}


def test_a_database_that_goes_is_read_whole() -> None:
    assert touched(Verb.DROP, DATABASE) == {(kind, None, None) for kind in Kind}


@pytest.mark.parametrize(("verb", "row", "far"), [
    (Verb.CREATE, KEY, False),
    (Verb.DROP, KEY, True),
    (Verb.ALTER, TABLE, True),
    (Verb.DROP, TABLE, True),
    (Verb.DROP, OTHER, False),
    (Verb.DROP, PARTITION, False),
])  # fmt: skip
def test_a_key_takes_foreign_keys_along_wherever_they_are(verb: Verb, row: Row, far: bool) -> None:
    assert reaches_further([CatalogChange(verb, row)], catalog_of([TABLE, KEY, OTHER])) is far


def test_what_changed_beside_the_tables_of_a_round_and_is_not_as_it_should_be_is_somebody_elses() -> None:
    before = catalog_of([DATABASE, TABLE, PARTITION, OTHER])
    theirs, wanted = with_parameters(OTHER, theirs="x %"), with_parameters(OTHER, ours="y")
    made = table("b ü", "made")
    ours = [CatalogChange(Verb.ALTER, TABLE)]
    after = catalog_of([database("b ü", "/wh/b ü", a="1"), with_parameters(TABLE, theirs="x"), theirs, made, KEY])
    assert unexplained(before, after, before, ours) == {OTHER.key, made.key}
    assert unexplained(before, catalog_of([DATABASE, TABLE, PARTITION]), before, ours) == {OTHER.key}
    assert unexplained(before, catalog_of([DATABASE, TABLE, PARTITION]), catalog_of([TABLE]), ours) == set()
    assert unexplained(before, catalog_of([wanted]), catalog_of([wanted]), ours) == set()
    assert unexplained(before, before, catalog_of([wanted]), ours) == set()
    assert unexplained(before, after, before, [CatalogChange(Verb.DROP, DATABASE)]) == set()
