"""What a point keeps of a catalog, and when the log of a metastore may say that it is as the point left it."""

from __future__ import annotations

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.catalog.protect.locations import where_they_lie
from hadoop_dr.domain.catalog.protect.point_parts import (
    READ_WHOLE_MS,
    TAKEN_CATALOG,
    SealedCatalog,
    TakenCatalog,
    believed,
    read_lately,
)
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, row_of
from hadoop_dr.domain.catalog.thrift_struct import get_text, text, with_field
from support.catalogs import database

KNOWN = Position(7, "d")


def test_a_log_is_believed_until_a_day_after_everything_was_read() -> None:
    kept = SealedCatalog(KNOWN, whole_ms=1_000)
    assert believed(kept, (), 1_000 + READ_WHOLE_MS - 1)
    assert not believed(kept, (), 1_000 + READ_WHOLE_MS)


def test_where_nothing_is_verified_the_day_does_not_count() -> None:
    assert believed(SealedCatalog(KNOWN), (), None)


def test_a_log_without_an_event_proves_nothing() -> None:
    assert not believed(SealedCatalog(None), (), None)
    assert not believed(SealedCatalog(Position(0, "")), (), None)
    assert not believed(SealedCatalog(Position(7, "")), (), None)


def test_a_catalog_that_could_not_be_compared_has_to_be_read() -> None:
    assert not believed(SealedCatalog(KNOWN, whole_ms=1_000), ("t: a field nobody knows",), 1_001)


def test_a_reading_counts_for_a_day_and_one_in_the_future_not_at_all() -> None:
    assert read_lately(1_000, 1_000)
    assert read_lately(1_000, 1_000 + READ_WHOLE_MS - 1)
    assert not read_lately(1_000, 1_000 + READ_WHOLE_MS)
    assert not read_lately(1_000, 999)


def test_a_point_that_noted_no_whole_reading_has_no_position_to_go_on_from() -> None:
    assert TAKEN_CATALOG.load({"e0": 7, "e1": 7, "objects": 1}).position is None
    assert TakenCatalog(7, 7, 1, digest="d", whole_ms=1).position == KNOWN


def test_of_databases_of_others_only_the_name_and_the_directories_are_kept() -> None:
    both = with_field(database("o ü", "hdfs://east/o %", secret="s").tree, f.DB_MANAGED_LOCATION, text("hdfs://east/m"))
    kept, bare = where_they_lie([row_of(CatalogKey(Kind.DATABASE, "o ü"), both), database("none")])
    assert (kept.key, get_text(kept.tree, f.DB_LOCATION)) == (CatalogKey(Kind.DATABASE, "o ü"), "hdfs://east/o %")
    assert kept.tree[f.DB_MANAGED_LOCATION] == text("hdfs://east/m")
    assert (set(kept.tree), bare.key.database, bare.tree) == ({f.DB_LOCATION, f.DB_MANAGED_LOCATION}, "none", {})
