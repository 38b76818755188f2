"""What somebody else did to the secondary's catalog: objects are compared, not events (I10).

    the wanted state        what the primary has, addresses already the secondary's: as it should be is nobody's change
    what points left        each sealed point left what it selects as it says; the newest that selects an object counts
    what neither explains   is somebody else's

Of an object that no point ever selected the secondary has a copy of somebody's. Where a point's own words are lost, or
a run of ours was given up in the middle, nobody can tell whose work it is: that is ``untold``, kept and not refused.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.changes.catalog_comparison import alike, differing
from hadoop_dr.domain.catalog.changes.difference import Catalog
from hadoop_dr.domain.catalog.changes.object_difference import fields_text
from hadoop_dr.domain.catalog.rows import ORDER, CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.catalog.thrift_struct import get_map, text_map, with_field, without

_STATISTICS = (Kind.TABLE_STATS, Kind.PARTITION_STATS)
_PARAMETERS = {Kind.TABLE: f.TABLE_PARAMETERS, Kind.PARTITION: f.PARTITION_PARAMETERS}
_OF_A_CREATION = ("EXTERNAL", "TRANSLATED_TO_EXTERNAL", "external.table.purge", "DO_NOT_UPDATE_STATS")
_DEFAULT = CatalogKey(Kind.DATABASE, "default")


class CatalogAct(Enum):
    """What somebody did."""

    MADE = "was created"
    DROPPED = "was dropped"
    CHANGED = "was changed"
    THERE = "was there before any point of this service"
    UNTOLD = "may be somebody else's"


@dataclass(frozen=True, slots=True)
class ForeignObject:
    """One object that is not as anything of ours left it.

    Attributes:
        key: Which.
        act: What was done.
        row: How it is now; None when it is not there.
        detail: In which fields it differs, and what they say now instead of what they should.
        view: It is, or was, a view.
    """

    key: CatalogKey
    act: CatalogAct
    row: Row | None = None
    detail: str = ""
    view: bool = False

    def text(self) -> str:
        """Writes it for a person."""
        kind = "view" if self.view else self.key.kind.value
        name = str(self.key).removeprefix(self.key.kind.value)
        return f"{kind}{name} {self.act.value}" + (f": {self.detail}" if self.detail else "")


@dataclass(frozen=True, slots=True)
class LeftByPoint:
    """How a point left the secondary's catalog.

    Attributes:
        selection: What it selects.
        rows: The objects, addresses the secondary's; None when nobody can tell.
    """

    selection: Selection
    rows: Catalog | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """What explains the state of an object.

    Attributes:
        wanted: What should be there in the end.
        left: What points left, newest first.
        may_lack: Objects that a run of ours takes away, though they are wanted again.
        unsure: Somebody else of ours may have died in the middle of this, or still be about to send one batch.
    """

    wanted: Catalog
    left: Sequence[LeftByPoint] = ()
    may_lack: Container[CatalogKey] = field(default_factory=frozenset)
    unsure: bool = False


def find_foreign(there: Catalog, explanation: Explanation, owns: Callable[[CatalogKey], bool]) -> list[ForeignObject]:
    """Lists the objects that nothing explains, in the order of their kinds and names.

    Args:
        there: What the secondary has.
        explanation: What explains it.
        owns: Whether an object is the service's at all.
    """
    keys = dict.fromkeys(there)
    for left in explanation.left:
        keys |= dict.fromkeys(left.rows or ())
    found = (_foreign_object(key, there.get(key), explanation) for key in keys if owns(key))
    return sorted((one for one in found if one is not None), key=lambda one: (ORDER[one.key.kind], one.key[1:]))


def object_lines(found: Iterable[ForeignObject]) -> list[str]:
    """Writes them for a person; what came or went with its table or database is told by that."""
    every = list(found)
    tops = {(one.key[:3], one.act) for one in every if one.key.kind in (Kind.DATABASE, Kind.TABLE)}
    return [one.text() for one in every if not any((above, one.act) in tops for above in _above(one.key))]


def is_related(key: CatalogKey, others: Iterable[CatalogKey]) -> bool:
    """Whether an object is one of others, hangs on one, or has one in it: a table's database, a partition's table."""
    return any(key == other or other[:3] in _above(key) or key[:3] in _above(other) for other in others)


def with_hanging(there: Catalog, found: Iterable[ForeignObject]) -> list[Row]:
    """The definitions that would be lost with foreign objects: they, and what goes with a table or a database."""
    keys = {one.key for one in found if one.row is not None}
    tops = {key[:3] for key in keys if key.kind in (Kind.DATABASE, Kind.TABLE)}
    return [row for key, row in there.items() if key in keys or not tops.isdisjoint(_above(key))]


def _above(key: CatalogKey) -> Iterator[tuple[Kind, str, str]]:
    if key.kind is not Kind.DATABASE:
        yield Kind.DATABASE, key.database, ""
    if key.kind is not Kind.TABLE and key.table:
        yield Kind.TABLE, key.database, key.table


def _foreign_object(key: CatalogKey, row: Row | None, explanation: Explanation) -> ForeignObject | None:
    wanted = explanation.wanted.get(key)
    if alike(row, wanted) or (row is None and (explanation.unsure or key in explanation.may_lack)):
        return None
    layers = [left for left in explanation.left if left.selection.owns(key)]
    if not layers:
        ours = any(left.rows is None or key in left.rows for left in explanation.left if left.selection.keeps(key))
        # A database that was made for a table of ours is not kept as the primary's while only the table is selected.
        return ForeignObject(key, CatalogAct.UNTOLD, row) if ours and row is not None else _copy(key, row, wanted)
    recorded = next((left.rows for left in layers if left.rows is not None), None)
    expected = None if recorded is None else recorded.get(key)
    if recorded is not None and alike(row, expected):
        return None
    if layers[0].rows is None:
        return None if row is None else ForeignObject(key, CatalogAct.UNTOLD, row, view=row.is_view)
    if explanation.unsure and row is not None and (_half_way(row, wanted) or _half_way(row, expected)):
        return None
    if row is None:
        return ForeignObject(key, CatalogAct.DROPPED, view=expected is not None and expected.is_view)
    if expected is None:
        return ForeignObject(key, CatalogAct.MADE, row, view=row.is_view)
    nearest = min((differing(one, row) for one in (expected, wanted) if one is not None), key=len)
    return ForeignObject(key, CatalogAct.CHANGED, row, f"differs in {fields_text(nearest)}", row.is_view)


def _copy(key: CatalogKey, row: Row | None, wanted: Row | None) -> ForeignObject | None:
    """An object of which no point says anything; every metastore has a database of the name ``default``."""
    if row is None or key == _DEFAULT:
        return None
    if wanted is None:
        return ForeignObject(key, CatalogAct.THERE, row, "the primary has no such protected object", row.is_view)
    detail = f"it differs from the primary's in {fields_text(differing(wanted, row))}"
    return ForeignObject(key, CatalogAct.THERE, row, detail, row.is_view)


def _half_way(row: Row, to: Row | None) -> bool:
    """Whether an object may be on its way to another state, between two requests that one change is made of."""
    if to is None:
        return False
    return row.key.kind in _STATISTICS or alike(_plain(row), _plain(to))


def _plain(row: Row) -> Row:
    tree = row.tree
    if row.key.kind is Kind.DATABASE:
        return row_of(row.key, without(tree, f.DB_MANAGED_LOCATION))
    if row.key.kind is Kind.TABLE and not row.is_view:
        tree = without(tree, f.TABLE_TYPE)
    parameters = _PARAMETERS.get(row.key.kind)
    if parameters is None:
        return row
    kept = {name: value for name, value in get_map(tree, parameters).items() if name not in _OF_A_CREATION}
    return row_of(row.key, with_field(tree, parameters, text_map(kept)))
