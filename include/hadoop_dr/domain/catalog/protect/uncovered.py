"""What of a service a recovery point would not protect, by name and with the reason."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.changes.difference import parent_of
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.thrift_struct import Tree, get_map, get_number, get_record, get_text


class Uncovered(Enum):
    """Classes of objects that are not protected; the words a policy skips them by."""

    ACID = "acid"
    ICEBERG = "iceberg"
    DELTA = "delta"
    HUDI = "hudi"
    HANDLER = "storage-handler"
    MATERIALIZED = "materialized-view"
    REMOTE = "remote-database"
    FOREIGN = "other-file-system"
    ADDRESS = "other-address"
    PLACEHOLDER = "placeholder"
    ROOT = "no-root"
    OUTSIDE = "outside"
    GONE = "no-directory"
    PARENT = "unprotected-parent"


_REASONS = {
    Uncovered.ACID: "its files carry write ids that the other metastore does not know, so it would read as empty",
    Uncovered.ICEBERG: "its metadata files hold absolute addresses of this site",
    Uncovered.DELTA: "its log may hold absolute addresses of this site",
    Uncovered.HUDI: "its timeline may hold absolute addresses of this site",
    Uncovered.HANDLER: "its rows lie behind a storage handler, not in HDFS",
    Uncovered.MATERIALIZED: "its rows belong to transactions of this site; it has to be rebuilt",
    Uncovered.REMOTE: "its tables lie behind a data connector",
    Uncovered.FOREIGN: "its data lies on a file system that is not HDFS",
    Uncovered.ADDRESS: "its data lies at an address that is not this site's",
    Uncovered.PLACEHOLDER: "its location is a placeholder, its rows lie at the 'path' of its serde",
    Uncovered.GONE: "its directory does not exist",
    Uncovered.ROOT: "its directory may not have snapshots of this service",
    Uncovered.OUTSIDE: "its data lies outside the protected directories",
    Uncovered.PARENT: "its foreign key points to a table that is not protected; the key is left out, the table is not",
}
_OF_PARTITIONS = (Kind.PARTITION, Kind.PARTITION_STATS)
_SAME_ADDRESS_SUFFICES = frozenset((Uncovered.ICEBERG, Uncovered.DELTA, Uncovered.HUDI))


@dataclass(frozen=True, slots=True)
class NotCovered:
    """One object that is not protected.

    Attributes:
        key: The object.
        why: Its class.
        skipped: The policy says to go on without it; otherwise the run is refused.
        detail: The reason where it is not that of the whole class.
    """

    key: CatalogKey
    why: Uncovered
    skipped: bool
    detail: str = ""

    @property
    def reason(self) -> str:
        """Why it is not protected."""
        return self.detail or _REASONS[self.why]

    def __str__(self) -> str:
        return f"{self.key} ({self.why.value}): {self.reason}"


def judge_kinds(rows: Iterable[Row], skip: Collection[Uncovered], *, one_address: bool) -> list[NotCovered]:
    """Finds the databases and tables that cannot be protected because of what they are."""
    found: list[NotCovered] = []
    for row in rows:
        why = _why_uncovered(row)
        if why and not (one_address and why in _SAME_ADDRESS_SUFFICES):
            found.append(NotCovered(row.key, why, why in skip))
    return found


def fallen_keys(rows: Collection[Row]) -> list[NotCovered]:
    """Finds the foreign keys whose parent table is not among the rows; the keys go, their tables stay."""
    tables = {row.key[1:3] for row in rows if row.key.kind is Kind.TABLE}
    return [NotCovered(row.key, Uncovered.PARENT, True) for row in rows
            if (parent := parent_of(row)) and parent not in tables]


def without(rows: Iterable[Row], found: Iterable[NotCovered]) -> list[Row]:
    """Leaves out what was found and all that hangs on it: what is in a database, on a table, on a partition."""
    keys = [finding.key for finding in found]
    databases = {key.database for key in keys if key.kind is Kind.DATABASE}
    tables = {key[1:3] for key in keys if key.kind is Kind.TABLE}
    partitions = {key[1:] for key in keys if key.kind is Kind.PARTITION}
    exact = {key for key in keys if key.kind is Kind.CONSTRAINT}
    return [row for row in rows
            if row.key.database not in databases and row.key[1:3] not in tables and row.key not in exact
            and not (row.key.kind in _OF_PARTITIONS and row.key[1:] in partitions)]


def _why_uncovered(row: Row) -> Uncovered | None:
    if row.key.kind is Kind.DATABASE:
        return Uncovered.REMOTE if get_number(row.tree, f.DB_TYPE) == f.DB_REMOTE else None
    return _why_table(row) if row.key.kind is Kind.TABLE else None


def _why_table(row: Row) -> Uncovered | None:
    if row.is_view:
        return None
    tree = row.tree
    parameters = {key.lower(): value for key, value in get_map(tree, f.TABLE_PARAMETERS).items()}
    if row.table_type == f.MATERIALIZED:
        return Uncovered.MATERIALIZED
    for why, matches in _TESTS:
        if matches(tree, parameters):
            return why
    return None


def _descriptor_names(tree: Tree, word: str) -> bool:
    descriptor = get_record(tree, f.TABLE_SD)
    library = get_text(get_record(descriptor, f.SD_SERDE), f.SERDE_LIBRARY)
    return word in (get_text(descriptor, f.SD_INPUT_FORMAT) + library).lower()


def _provider(parameters: Mapping[str, str]) -> str:
    return parameters.get("spark.sql.sources.provider", "").lower()


def _location(tree: Tree) -> str:
    return get_text(get_record(tree, f.TABLE_SD), f.SD_LOCATION)


def _foreign(tree: Tree) -> bool:
    scheme, mark, _ = _location(tree).partition(":/")
    return bool(mark) and scheme.lower() != "hdfs"


_TESTS: tuple[tuple[Uncovered, Callable[[Tree, Mapping[str, str]], bool]], ...] = (
    (Uncovered.ACID, lambda _, parameters: parameters.get("transactional", "").lower() == "true"),
    (Uncovered.ICEBERG, lambda tree, parameters: parameters.get("table_type", "").lower() == "iceberg"
     or "metadata_location" in parameters or _provider(parameters) == "iceberg" or _descriptor_names(tree, "iceberg")),
    (Uncovered.DELTA, lambda tree, parameters: _provider(parameters) == "delta" or _descriptor_names(tree, "delta")),
    (Uncovered.HUDI, lambda tree, parameters: _provider(parameters) == "hudi" or _descriptor_names(tree, "hudi")),
    (Uncovered.HANDLER, lambda _, parameters: bool(parameters.get("storage_handler"))),
    (Uncovered.PLACEHOLDER, lambda tree, _: _location(tree).rstrip("/").endswith("__PLACEHOLDER__")),
    (Uncovered.FOREIGN, lambda tree, _: _foreign(tree)),
)
