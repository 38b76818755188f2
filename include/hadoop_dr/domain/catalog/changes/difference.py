"""From the catalog that is there to the catalog that should be: what to drop, create and alter, in which order (S2.9).

A table whose type or partition columns change, or that the origin dropped and made again, is another table: it is
dropped (never with its data) and created. What hangs on a table goes with it, foreign keys of other tables that name it
included, so those are created again even if they did not change.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import ORDER, CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.thrift_struct import get_list, get_map, get_text

Catalog = Mapping[CatalogKey, Row]


class Verb(Enum):
    """What happens to an object."""

    DROP = "drop"
    CREATE = "create"
    ALTER = "alter"


@dataclass(frozen=True, slots=True)
class CatalogChange:
    """One change of the catalog: the row as it will be, or as it is for a drop."""

    verb: Verb
    row: Row


@dataclass(frozen=True, slots=True)
class Difference:
    """Changes in the order they have to happen.

    Attributes:
        drops: Before the data changes: what hangs on something before it.
        builds: After the data is in place: databases, tables, partitions, statistics, constraints, functions, views.
    """

    drops: tuple[CatalogChange, ...]
    builds: tuple[CatalogChange, ...]

    def __bool__(self) -> bool:
        return bool(self.drops or self.builds)

    def count(self, verb: Verb) -> int:
        """How many changes of a kind there are."""
        return sum(change.verb is verb for change in (*self.drops, *self.builds))


def catalog_of(rows: Iterable[Row]) -> dict[CatalogKey, Row]:
    """Files rows by their keys."""
    return {row.key: row for row in rows}


def difference(old: Catalog, new: Catalog, owns: Callable[[CatalogKey], bool],
               replaced: Iterable[CatalogKey] = ()) -> Difference:
    """Finds the changes that turn one catalog into another.

    Args:
        old: What is there.
        new: What should be there, addresses already rewritten.
        owns: Whether an object may be altered or dropped; what is not owned is at most created when missing.
        replaced: Tables the origin dropped and made again; see ``replaced_tables``.
    """
    lost, hanging = lost_objects(old, new, replaced)
    drops = [old[key] for key in lost - hanging if owns(key)]
    lost |= hanging

    creates = [row for key, row in new.items() if key not in old or key in lost]
    alters = [row for key, row in new.items()
              if key in old and key not in lost and old[key].hash != row.hash and owns(key)]
    return Difference(_ordered_drops(drops), _ordered_builds(creates, alters, new))


def lost_objects(
    old: Catalog, new: Catalog, replaced: Iterable[CatalogKey] = ()
) -> tuple[set[CatalogKey], set[CatalogKey]]:
    """Finds what is dropped on the way from one catalog to another, also what is made again afterwards.

    Returns:
        What goes by itself, and what goes with its table.
    """
    renewed = _renewed(old, new, replaced)
    lost = {key for key in old if key not in new or (key.kind is Kind.TABLE and key[1:3] in renewed)}
    lost |= _fallen_with(old, new, lost, renewed)
    gone = {key[1:3] for key in lost if key.kind is Kind.TABLE}
    return lost, {key for key in old if key.table and key.kind is not Kind.TABLE and key[1:3] in gone}


def replaced_tables(before: Catalog, after: Catalog) -> list[CatalogKey]:
    """Lists the tables that two exports of one metastore show under one name with another identity."""
    return sorted(key for key, row in after.items()
                  if key.kind is Kind.TABLE and key in before and before[key].identity != row.identity)


def parent_of(row: Row) -> tuple[str, str] | None:
    """The table a foreign key points to, as (database, table); None for anything else."""
    if row.key.kind is not Kind.CONSTRAINT:
        return None
    keys = get_list(row.tree, f.FOREIGN)
    return (get_text(keys[0], f.FK_PARENT_DB), get_text(keys[0], f.FK_PARENT_TABLE)) if keys else None


def _shape(row: Row) -> tuple[object, ...]:
    tree = row.tree
    keys = [(get_text(column, 1), get_text(column, 2)) for column in get_list(tree, f.TABLE_KEYS)]
    return row.table_type, tuple(keys)


def _is_half_made(old: Row, new: Row) -> bool:
    """Whether a managed table was created and not yet told that it is one: the metastore makes it external first.

    Nothing but the alteration that was to follow is missing, so it is no other table.
    """
    parameters = get_map(old.tree, f.TABLE_PARAMETERS)
    return (old.table_type == f.EXTERNAL and new.table_type == f.MANAGED and _shape(old)[1:] == _shape(new)[1:]
            and parameters.get("TRANSLATED_TO_EXTERNAL", "").upper() == "TRUE")


def _renewed(old: Catalog, new: Catalog, replaced: Iterable[CatalogKey]) -> set[tuple[str, ...]]:
    """Tables that have to be made anew although both sides have one of the name."""
    by_origin = {key[1:3] for key in replaced if key in old and key in new and old[key].hash != new[key].hash}
    by_shape = {key[1:3] for key, row in new.items()
                if key.kind is Kind.TABLE and key in old and _shape(old[key]) != _shape(row)
                and not _is_half_made(old[key], row)}
    return by_origin | by_shape


def _fallen_with(old: Catalog, new: Catalog, lost: set[CatalogKey], renewed: set[tuple[str, ...]]) -> set[CatalogKey]:
    """Objects that exist on both sides and still have to be dropped first.

    Constraints and shrinking statistics cannot be altered; a foreign key falls with its parent table or its key.
    """
    changed = {key for key, row in old.items()
               if key in new and key not in lost and row.hash != new[key].hash and _only_anew(row, new[key])}
    parents = {key[1:3] for key in lost | changed if key.kind in (Kind.TABLE, Kind.CONSTRAINT)} | renewed
    return changed | {key for key, row in old.items() if key.kind is Kind.CONSTRAINT and parent_of(row) in parents}


def _only_anew(old: Row, new: Row) -> bool:
    if old.key.kind is Kind.CONSTRAINT:
        return True
    if old.key.kind in (Kind.TABLE_STATS, Kind.PARTITION_STATS):
        return not _columns(old) <= _columns(new)
    return False


def _columns(row: Row) -> set[str]:
    return {get_text(item, f.OBJECT_COLUMN) for item in get_list(row.tree, f.STATS_OBJECTS)}


def _ordered_drops(rows: list[Row]) -> tuple[CatalogChange, ...]:
    def place(row: Row) -> tuple[object, ...]:
        foreign_first = parent_of(row) is None
        return -ORDER[row.key.kind], foreign_first, not row.is_view, row.key[1:]

    return tuple(CatalogChange(Verb.DROP, row) for row in sorted(rows, key=place))


def _ordered_builds(creates: list[Row], alters: list[Row], new: Catalog) -> tuple[CatalogChange, ...]:
    depth = _view_depths(new)

    def place(change: CatalogChange) -> tuple[object, ...]:
        row = change.row
        last = depth.get(row.key, 0)                        # views behind everything, each behind the views it reads
        return last, ORDER[row.key.kind], parent_of(row) is not None, row.key[1:3], change.verb.value, row.key.name

    changes = [CatalogChange(Verb.CREATE, row) for row in creates] + [CatalogChange(Verb.ALTER, row) for row in alters]
    return tuple(sorted(changes, key=place))


def _view_depths(new: Catalog) -> dict[CatalogKey, int]:
    views = {key: row for key, row in new.items() if row.is_view}
    by_name: dict[str, list[CatalogKey]] = {}
    for key in views:
        by_name.setdefault(key.table, []).append(key)
    reads: dict[CatalogKey, set[CatalogKey]] = {}
    for key, row in views.items():
        tree = row.tree
        words = re.findall(r"\w+", (get_text(tree, f.TABLE_VIEW_EXPANDED) or get_text(tree, f.TABLE_VIEW_TEXT)).lower())
        reads[key] = {other for word in words for other in by_name.get(word, ()) if other != key}
    depths = dict.fromkeys(views, 1)
    for _ in views:                                          # a circle, which no working view has, ends here too
        deeper = {key: 1 + max((depths[other] for other in reads[key]), default=0) for key in views}
        if deeper == depths:
            break
        depths = deeper
    return depths
