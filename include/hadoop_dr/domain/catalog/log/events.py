"""Events of the notification log: what each one touched, and how the touched objects looked before and after it.

With these an export is brought to exactly one event id: an object that changed again later is rebuilt from the event's
own message (I1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of, statistics_row
from hadoop_dr.domain.catalog.thrift_struct import Tree, get_list, get_map, get_text, text_map, with_field


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the notification log; the message stays packed until ``messages.touches`` needs it.

    Attributes:
        id: Grows by one with each event of the metastore.
        time_s: The metastore's clock, seconds since the epoch.
        type: E.g. ``ADD_PARTITION``.
        database: Lower case; empty for events without one.
        table: Empty for events of databases and functions. With a foreign key it is the *parent* table (measured).
        message: The message as it came.
        format: ``gzip(json-2.0)`` or ``json-0.2``.
    """

    id: int
    time_s: int
    type: str
    database: str
    table: str
    message: bytes
    format: str


class Known(Enum):
    """What is known of an object at one side of an event."""

    IS = "is"                    # it looks like the touch's tree
    ABSENT = "absent"
    OPAQUE = "opaque"            # the message does not say
    MERGED = "merged"            # statistics: the tree's columns replace those of the same names
    CUT = "cut"                  # statistics: one column's are gone
    SET = "set"                  # some of its parameters were set to those of the tree


@dataclass(frozen=True, slots=True)
class State:
    """An object at one side of an event; ``tree`` with ``IS``, ``MERGED`` and ``SET``, ``column`` with ``CUT``."""

    how: Known
    tree: Tree | None = None
    column: str = ""


ABSENT, OPAQUE = State(Known.ABSENT), State(Known.OPAQUE)
"""No object, and one of which the message says nothing."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One object, or all of a kind in a table or database, that an event touched.

    Attributes:
        event: The event's id.
        kind, database: Always set; the database may be followed by everything in it when ``table`` is None.
        table, key: None means every one.
        before, after: How the object was and is.
    """

    event: int
    kind: Kind
    database: str
    table: str | None
    key: str | None
    before: State
    after: State


class LostHistory(Exception):
    """The messages do not tell how an object looked; the export has to be made for a later moment."""

    def __init__(self, key: CatalogKey) -> None:
        self.key = key
        super().__init__(str(key))


def row_between(key: CatalogKey, base: Row | None, early: Iterable[Touch], late: Iterable[Touch]) -> Row | None:
    """Finds how an object was at an event id, when it also changed afterwards.

    Args:
        key: The object.
        base: How it was before the early touches.
        early: Touches of this key up to the event id, oldest first.
        late: Touches after it, oldest first; at least one.

    Raises:
        LostHistory: Neither the first late message nor the early ones tell.
    """
    before = next(iter(late)).before
    if before.how is Known.IS and before.tree is not None:
        return row_of(key, before.tree)
    if before.how is Known.ABSENT:
        return None
    row, base_known = base, True
    for touch in early:
        row, base_known = _after(key, row, base_known, touch.after)
    if not base_known:
        raise LostHistory(key)
    return row


def _after(key: CatalogKey, row: Row | None, base_known: bool, after: State) -> tuple[Row | None, bool]:
    if after.how is Known.IS and after.tree is not None:
        return row_of(key, after.tree), True
    if after.how is Known.ABSENT:
        return None, True
    if after.how in (Known.MERGED, Known.CUT) and base_known:
        return statistics_row(key, _columns(row, after)), True
    if after.how is Known.SET and base_known and row and after.tree is not None:
        return row_of(key, _with_parameters(key.kind, row.tree, after.tree)), True
    return None, False


def _with_parameters(kind: Kind, tree: Tree, changed: Tree) -> Tree:
    field = f.TABLE_PARAMETERS if kind is Kind.TABLE else f.PARTITION_PARAMETERS
    return with_field(tree, field, text_map({**get_map(tree, field), **get_map(changed, field)}))


def _columns(row: Row | None, after: State) -> list[Tree]:
    columns = {get_text(item, f.OBJECT_COLUMN): item
               for item in (get_list(row.tree, f.STATS_OBJECTS) if row else ())}
    if after.how is Known.CUT:
        columns.pop(after.column, None)
    elif after.tree is not None:
        columns |= {get_text(item, f.OBJECT_COLUMN): item for item in get_list(after.tree, f.STATS_OBJECTS)}
    return list(columns.values())
