"""Where the data of tables and partitions lies: the roots it needs, and where databases lie (S2.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.catalog.thrift_struct import Tree, get_record, get_text
from hadoop_dr.domain.roots.layout import Layout, TablePlace


@dataclass(frozen=True, slots=True)
class CatalogPlace:
    """The location of one table, partition or skewed value.

    Attributes:
        key: The object.
        address: Scheme and authority, e.g. ``hdfs://east``; empty when the location names none.
        path: Absolute path, byte-exact: the metastore writes no percent-encoding of its own here.
    """

    key: CatalogKey
    address: str
    path: str


def locations(rows: Iterable[Row]) -> list[CatalogPlace]:
    """Lists where tables and partitions keep their data; views have none."""
    return [_place(row.key, location) for row in rows for location in _of_row(row) if location]


def table_roots(rows: Iterable[Row]) -> list[str]:
    """The directories of tables, sorted and without doubles: candidates for roots."""
    return sorted({place.path for place in locations(rows) if place.key.kind is Kind.TABLE})


def catalog_layout(rows: Iterable[Row], every: Iterable[Row], selection: Selection, addresses: Iterable[str]) -> Layout:
    """Tells where databases and tables lie, as the decision on roots wants to know it.

    Args:
        rows: The objects a point would hold.
        every: All databases of the metastore.
        selection: What the policy protects of them.
        addresses: Those of the site; what lies on another file system has no place here.
    """
    rows, own_addresses = list(rows), {address.lower() for address in addresses} | {""}
    whole = [row for row in rows if row.key.kind is Kind.DATABASE and selection.whole(row.key.database)]
    databases = {row.key.database: _of_database(row, own_addresses) for row in whole}
    beside = {row.key.database: _of_database(row, own_addresses) for row in every if row.key.database not in databases}
    usual = {path for row in whole for path in _of_database(row, own_addresses, f.DB_LOCATION)}
    managed = {path for paths in databases.values() for path in paths} - usual
    return Layout(databases=databases, managed=managed, tables=_tables(rows), beside=beside)


def where_they_lie(databases: Iterable[Row]) -> list[Row]:
    """Databases without anything but their directories: of somebody else's nothing more is kept."""
    return [row_of(row.key, _lean(row.tree)) for row in databases]


def _lean(tree: Tree) -> Tree:
    return {field: tree[field] for field in (f.DB_LOCATION, f.DB_MANAGED_LOCATION) if field in tree}


def _of_database(row: Row, own_addresses: set[str], *fields: int) -> tuple[str, ...]:
    texts = (get_text(row.tree, field) for field in fields or (f.DB_LOCATION, f.DB_MANAGED_LOCATION))
    places = (_place(row.key, text) for text in texts if text)
    return tuple(dict.fromkeys(place.path for place in places if place.address.lower() in own_addresses))


def _tables(rows: Iterable[Row]) -> list[TablePlace]:
    """Tables with the directories of their partitions; skewed values may lie elsewhere and then count as tables do."""
    own: dict[tuple[str, str], list[str]] = {}
    others: dict[tuple[str, str], list[str]] = {}
    for place in locations(rows):
        found = own if place.key.kind is Kind.TABLE else others
        found.setdefault((place.key.database, place.key.table), []).append(place.path)
    return [TablePlace(database, f"{database}.{name}", path, tuple(others.get((database, name), ())))
            for (database, name), paths in sorted(own.items()) for path in paths]


def _of_row(row: Row) -> list[str]:
    if row.key.kind is Kind.TABLE and not row.is_view:
        return _of_descriptor(get_record(row.tree, f.TABLE_SD))
    if row.key.kind is Kind.PARTITION:
        return _of_descriptor(get_record(row.tree, f.PARTITION_SD))
    return []


def _of_descriptor(descriptor: Tree) -> list[str]:
    found = [get_text(descriptor, f.SD_LOCATION)]
    skewed = get_record(descriptor, f.SD_SKEWED).get(f.SKEWED_LOCATIONS)
    if skewed:
        found += [location.decode(errors="surrogateescape") for _, location in skewed[1].pairs]
    return found


def _place(key: CatalogKey, location: str) -> CatalogPlace:
    scheme, mark, rest = location.partition("://")
    if mark:
        authority, _, path = rest.partition("/")
        return CatalogPlace(key, f"{scheme}://{authority}", "/" + path.rstrip("/"))
    scheme, mark, rest = location.partition(":/")
    if mark and "/" not in scheme:
        return CatalogPlace(key, f"{scheme}://", "/" + rest.strip("/"))
    return CatalogPlace(key, "", location.rstrip("/") or "/")
