"""What of a service a recovery point would not protect, by name and with the reason (DESIGN.md section 4.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.difference import parent_of
from hadoop_dr.domain.catalog.rows import Kind, Row, Slot
from hadoop_dr.domain.catalog.tree import Tree, get_map, get_number, get_record, get_text


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
    PARENT = "unprotected-parent"


_REASONS = {
    Uncovered.ACID: "its files carry write ids that the other metastore does not know, so it would read as empty",
    Uncovered.ICEBERG: "its metadata files hold absolute addresses of this site",
    Uncovered.DELTA: "its log may hold absolute addresses of this site",
    Uncovered.HUDI: "its timeline may hold absolute addresses of this site",
    Uncovered.HANDLER: "its rows lie behind a storage handler, not in HDFS",
    Uncovered.MATERIALIZED: "its rows belong to transactions of this site; it has to be built again",
    Uncovered.REMOTE: "its tables lie behind a data connector",
    Uncovered.FOREIGN: "its data lies on a file system that is not HDFS",
    Uncovered.PARENT: "its foreign key points to a table that is not protected; the key is left out, the table is not",
}
_SAME_ADDRESS_SUFFICES = frozenset((Uncovered.ICEBERG, Uncovered.DELTA, Uncovered.HUDI))


@dataclass(frozen=True, slots=True)
class Finding:
    """One object that is not protected.

    Attributes:
        slot: The object.
        why: Its class.
        skipped: The policy says to go on without it; otherwise the run is refused.
    """

    slot: Slot
    why: Uncovered
    skipped: bool

    def __str__(self) -> str:
        return f"{self.slot} ({self.why.value}): {_REASONS[self.why]}"


def cover(rows: Iterable[Row], skip: Collection[Uncovered] = (), *,
          one_address: bool = False) -> tuple[list[Row], list[Finding]]:
    """Parts the rows that can be protected from those that cannot.

    Args:
        rows: A whole export.
        skip: Classes the policy allows to leave out.
        one_address: Both sites are reached by the same logical address, so that absolute addresses inside files hold.

    Returns:
        The rows without the found objects and all that hangs on them, and the findings.
    """
    rows = list(rows)
    findings = {}
    for row in rows:
        why = _judge(row)
        if why and not (one_address and why in _SAME_ADDRESS_SUFFICES):
            findings[row.slot[1:3]] = Finding(row.slot, why, why in skip)
    kept = [row for row in rows
            if row.slot[1:3] not in findings and (row.slot.database, "") not in findings]
    tables = {row.slot[1:3] for row in kept if row.slot.kind is Kind.TABLE}
    orphans = {row.slot for row in kept if (parent := parent_of(row)) and parent not in tables}
    found = [*findings.values(), *(Finding(slot, Uncovered.PARENT, True) for slot in orphans)]
    return [row for row in kept if row.slot not in orphans], sorted(found, key=lambda finding: finding.slot[1:])


def _judge(row: Row) -> Uncovered | None:
    if row.slot.kind is Kind.DATABASE:
        return Uncovered.REMOTE if get_number(row.tree, f.DB_TYPE) == f.DB_REMOTE else None
    return _judge_table(row) if row.slot.kind is Kind.TABLE else None


def _judge_table(row: Row) -> Uncovered | None:
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


def _foreign(tree: Tree) -> bool:
    scheme, mark, _ = get_text(get_record(tree, f.TABLE_SD), f.SD_LOCATION).partition(":/")
    return bool(mark) and scheme.lower() != "hdfs"


_TESTS: tuple[tuple[Uncovered, Callable[[Tree, Mapping[str, str]], bool]], ...] = (
    (Uncovered.ACID, lambda _, parameters: parameters.get("transactional", "").lower() == "true"),
    (Uncovered.ICEBERG, lambda tree, parameters: parameters.get("table_type", "").lower() == "iceberg"
     or "metadata_location" in parameters or _provider(parameters) == "iceberg" or _descriptor_names(tree, "iceberg")),
    (Uncovered.DELTA, lambda tree, parameters: _provider(parameters) == "delta" or _descriptor_names(tree, "delta")),
    (Uncovered.HUDI, lambda tree, parameters: _provider(parameters) == "hudi" or _descriptor_names(tree, "hudi")),
    (Uncovered.HANDLER, lambda _, parameters: bool(parameters.get("storage_handler"))),
    (Uncovered.FOREIGN, lambda tree, _: _foreign(tree)),
)
