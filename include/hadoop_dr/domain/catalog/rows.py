"""Catalog objects as rows: identity, stable hash, lossless bytes (S2.3, S2.7).

A row keeps its object exactly as the metastore sent it. The hash leaves out what each metastore decides for itself, so
that two metastores with the same content have the same hashes; the measured list is ``_VOLATILE`` below.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.thrift_struct import (
    BOOL,
    LIST,
    MAP,
    SET,
    STRUCT,
    Items,
    Pairs,
    Tree,
    decode,
    encode,
    get_list,
    get_map,
    get_number,
    get_record,
    get_text,
    record,
    records,
    text,
)


class Kind(Enum):
    """What an object is, in the order objects are created."""

    DATABASE = "database"
    TABLE = "table"                          # also views: see ``Row.is_view``
    PARTITION = "partition"
    TABLE_STATS = "table stats"
    PARTITION_STATS = "partition stats"
    CONSTRAINT = "constraint"
    FUNCTION = "function"


STRUCTURE = {Kind.DATABASE: "Database", Kind.TABLE: "Table", Kind.PARTITION: "Partition",
             Kind.TABLE_STATS: "ColumnStatistics", Kind.PARTITION_STATS: "ColumnStatistics",
             Kind.CONSTRAINT: "Constraints", Kind.FUNCTION: "Function"}
"""Name of each kind's Thrift structure, see ``domain.catalog.fields``."""
ORDER = {kind: place for place, kind in enumerate(Kind)}
"""Place of each kind in the order in which objects are created."""

SCHEMA = (("kind", "string"), ("database", "string"), ("table", "string"), ("key", "string"), ("identity", "string"),
          ("hash", "string"), ("raw", "binary"))
"""Columns of a catalog in the point documents, for ``ports.files.Tables``."""


class CatalogKey(NamedTuple):
    """Where an object stands: two rows of one key are versions of the same named thing.

    ``name`` is the partition's name, the constraint's name, the function's name, or empty.
    """

    kind: Kind
    database: str
    table: str = ""
    name: str = ""

    def __str__(self) -> str:
        place = ".".join(part for part in (self.database, self.table) if part)
        return f"{self.kind.value} {place}" + (f" {self.name}" if self.name else "")


@dataclass(frozen=True, slots=True)
class Row:
    """One object of a catalog.

    Attributes:
        key: Its name.
        identity: Of a table: type, creation time and number on its own metastore, so that a table dropped and made
            again, or turned from managed to external, is another one. Comparable only within one metastore.
        hash: SHA-256 of the content that must be equal on both sites.
        raw: The object in the strict binary form, every field as it came.
    """

    key: CatalogKey
    identity: str
    hash: str
    raw: bytes

    @property
    def tree(self) -> Tree:
        """The object, decoded afresh."""
        return decode(self.raw)

    @property
    def table_type(self) -> str:
        """The type a table says it has; empty for other objects."""
        return self.identity.partition("|")[0]

    @property
    def is_view(self) -> bool:
        """Whether this is a view, which has no data of its own."""
        return self.table_type == f.VIEW


def row_of(key: CatalogKey, tree: Tree) -> Row:
    """Makes the row of an object."""
    identity = ""
    if key.kind is Kind.TABLE:
        identity = f"{get_text(tree, f.TABLE_TYPE)}|{get_number(tree, f.TABLE_CREATED)}|{get_number(tree, f.TABLE_ID)}"
    return Row(key, identity, content_hash(key.kind, tree), encode(tree))


def statistics_row(key: CatalogKey, objects: Iterable[Tree]) -> Row | None:
    """Makes the row of a table's or partition's column statistics; None when no column has any."""
    ordered = sorted(objects, key=lambda item: get_text(item, f.OBJECT_COLUMN))
    if not ordered:
        return None
    desc: Tree = {f.DESC_TABLE_LEVEL: (BOOL, key.kind is Kind.TABLE_STATS), f.DESC_DB: text(key.database),
                  f.DESC_TABLE: text(key.table)}
    if key.name:
        desc[f.DESC_PARTITION] = text(key.name)
    return row_of(key, {f.STATS_DESC: record(desc), f.STATS_OBJECTS: records(ordered), f.STATS_ENGINE: text("hive")})


def constraint_rows(database: str, table: str, constraints: Tree) -> list[Row]:
    """Splits all constraints of a table into a row for each name."""
    grouped: dict[tuple[int, str], list[Tree]] = {}
    for field, name_field in f.CONSTRAINT_NAME.items():
        for item in get_list(constraints, field):
            grouped.setdefault((field, get_text(item, name_field)), []).append(item)
    return [row_of(CatalogKey(Kind.CONSTRAINT, database, table, name), {field: records(sorted(items, key=encode))})
            for (field, name), items in grouped.items()]


def pack_rows(rows: Iterable[Row]) -> list[tuple[object, ...]]:
    """Turns rows into the tuples of ``SCHEMA``, sorted, for a document."""
    return [(row.key.kind.value, row.key.database, row.key.table, row.key.name, row.identity, row.hash, row.raw)
            for row in sorted(rows, key=lambda row: (ORDER[row.key.kind], *row.key[1:]))]


def unpack_rows(tuples: Iterable[tuple[Any, ...]]) -> list[Row]:
    """Reads rows back from a document; the inverse of ``pack_rows``."""
    return [Row(CatalogKey(Kind(kind), database, table, key), identity, digest, bytes(raw))
            for kind, database, table, key, identity, digest, raw in tuples]


# -- the stable hash

_VOLATILE: dict[Kind, frozenset[int]] = {
    Kind.DATABASE: frozenset((5, 9)),                                    # privileges, createTime
    Kind.TABLE: frozenset((4, 5, 13, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28)),
    Kind.PARTITION: frozenset((4, 5, 8, 10, 11, 12, 13)),
    Kind.TABLE_STATS: frozenset((3,)),                                   # computed for the asking client
    Kind.PARTITION_STATS: frozenset((3,)),
    Kind.CONSTRAINT: frozenset(),
    Kind.FUNCTION: frozenset((6,)),                                      # createTime is the server's
}
_PARAMETERS = {Kind.TABLE: f.TABLE_PARAMETERS, Kind.PARTITION: f.PARTITION_PARAMETERS}
_VOLATILE_PARAMETERS = frozenset((b"transient_lastDdlTime",))            # overwritten by the server on every change


def is_plain_managed(table: Row) -> bool:
    """Whether Hive owns a table's directory and no transactions decide what in it counts."""
    parameters = get_map(table.tree, f.TABLE_PARAMETERS)
    located = f.SD_LOCATION in get_record(table.tree, f.TABLE_SD)
    return table.table_type == f.MANAGED and located and parameters.get("transactional", "").lower() != "true"


def content_hash(kind: Kind, tree: Tree) -> str:
    """SHA-256 of an object's content: without volatile fields, maps sorted, absent and empty taken as the same."""
    return hashlib.sha256(encode(normal_form(kind, tree))).hexdigest()


def normal_form(kind: Kind, tree: Tree) -> Tree:
    """The part of an object that must be equal on both sites."""
    volatile = _VOLATILE[kind]
    kept = {field: value for field, value in tree.items() if field not in volatile}
    parameters = _PARAMETERS.get(kind)
    if parameters in kept:
        pairs = kept[parameters][1]
        kept[parameters] = (MAP, Pairs(pairs.key_type, pairs.value_type,
                                       [pair for pair in pairs.pairs if pair[0] not in _VOLATILE_PARAMETERS]))
    return _normal_struct(kept)


def _normal_struct(tree: Tree) -> Tree:
    normal: Tree = {}
    for field in sorted(tree):
        kind, value = tree[field]
        value = _normal(kind, value)
        # A reader cannot tell a field at its default from an absent one, and the metastore's own messages leave such
        # fields out that its answers carry.
        if value not in (False, 0) and not _empty(kind, value):
            normal[field] = (kind, value)
    return normal


def _empty(kind: int, value: Any) -> bool:
    if kind == MAP:
        return not value.pairs
    return not (value.values if kind in (LIST, SET) else value) if kind in (STRUCT, LIST, SET) else False


def _normal(kind: int, value: Any) -> Any:
    if kind == STRUCT:
        return _normal_struct(value)
    if kind == MAP:
        pairs = [(_normal(value.key_type, key), _normal(value.value_type, item)) for key, item in value.pairs]
        return Pairs(value.key_type, value.value_type, sorted(pairs, key=repr))
    if kind in (LIST, SET) and value.type in (STRUCT, MAP, LIST, SET):
        return Items(value.type, [_normal(value.type, item) for item in value.values])
    return value
