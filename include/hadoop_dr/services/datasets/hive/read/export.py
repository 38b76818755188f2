"""The catalog of a service as it was at exactly one event id (I1; S2.3).

Reading takes longer than a moment lasts, so the export begins before it and is corrected afterwards. Objects with
events up to the moment's event id are read again; what changed once more after it is rebuilt from the messages of the
log. The export of the last recovery point serves as the beginning of the next one as long as the log has no gap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from hadoop_dr.domain.catalog.changes.difference import parent_of
from hadoop_dr.domain.catalog.log.events import OPAQUE, Event, LostHistory, Touch, row_between
from hadoop_dr.domain.catalog.log.messages import parent_tables, touches
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import CatalogMoved
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.datasets.hive.read.log_pages import LogGap, events_between
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all, read_functions, read_touched


@dataclass(frozen=True, slots=True)
class Exported:
    """A catalog and what it is worth.

    Attributes:
        selection: What was asked for.
        event: The event id the rows are brought to; of a beginning: every later event has still to be looked at.
        rows: The objects by key.
        full: The metastore was read as a whole, not followed from an earlier export.
        exact: The rows are those of the event; else they may be of later ones.
        read_again: Objects read a second time because of events.
        rebuilt: Objects taken from messages, because they had changed again.
    """

    selection: Selection
    event: int
    rows: dict[CatalogKey, Row]
    full: bool
    read_again: int = 0
    rebuilt: int = 0
    exact: bool = False


class CatalogExport:
    """Exports one metastore's selected objects."""

    def __init__(self, metastore: Metastore) -> None:
        """Takes the metastore of the origin, or of the destination when its own state is wanted."""
        self._metastore = metastore

    def begin(self, selection: Selection, previous: Exported | None = None, newest: int | None = None) -> Exported:
        """Makes the beginning of an export, any time before the moment.

        Args:
            selection: What to export.
            previous: An earlier exact export of the same metastore; used when the log leads on from it without a gap.
            newest: The newest event, where the caller has just asked for it.
        """
        newest = self._metastore.current_event() if newest is None else newest
        if previous and previous.selection == selection and self._leads_on(previous.event, newest):
            return Exported(selection, previous.event, previous.rows, False, exact=True)
        return Exported(selection, newest, read_all(self._metastore, selection), True)

    def at(
        self, base: Exported, event: int, left_out: Callable[[Kind, str, str, str], bool] = lambda *key: False
    ) -> Exported:
        """Brings a beginning to exactly one event id, the newest at the moment.

        Args:
            left_out: Whether a point would leave an object out: where nothing tells how it was, how it is will do.

        Raises:
            CatalogMoved: Something changed so often that its state at the event id cannot be told; take another moment.
        """
        if base.exact and event == base.event:
            return base  # without an event nobody changed anything
        selection = base.selection
        try:
            before, known = self._touched(base.event, event, base.rows.values(), selection), True
        except LogGap:
            base, before, known = Exported(selection, event, {}, True), _Touched([]), False
        read = read_touched(self._metastore, selection, before.all) if known else read_all(self._metastore, selection)
        functions = read_functions(self._metastore, selection)
        try:
            late = self._metastore.current_event()
            after = self._touched(event, late, [*base.rows.values(), *read.values()], selection)
        except LogGap as gap:
            raise self._moved(event) from gap
        rows = {key: row for key, row in base.rows.items()
                if key.kind is not Kind.FUNCTION and not before.covers(key)}
        rows |= read | {row.key: row for row in functions}
        rebuilt = self._correct(rows, base, before, after, known, left_out)
        return Exported(selection, event, rows, base.full, len(read), rebuilt, exact=True)

    def again(self, base: Exported, touched: Iterable[Touch]) -> Exported:
        """Reads some objects of a known catalog, and all functions, as they are now."""
        found = _Touched(_selected(touched, base.selection))
        read = read_touched(self._metastore, base.selection, found.all)
        functions = read_functions(self._metastore, base.selection)
        left = {key: row for key, row in base.rows.items() if key.kind is not Kind.FUNCTION and not found.covers(key)}
        rows = left | read | {row.key: row for row in functions}
        return replace(base, rows=rows, read_again=len(read))

    def touched(self, after: int, until: int, selection: Selection) -> list[Event]:
        """Lists the events of a service with ids in (after, until]: what moved while the snapshots were taken.

        Raises:
            CatalogMoved: The log has a gap there, so nothing can be proven.
        """
        try:
            return [event for event in events_between(self._metastore, after, until) if concerns(event, selection)]
        except LogGap as gap:
            raise self._moved(after) from gap

    def _correct(
        self,
        rows: dict[CatalogKey, Row],
        base: Exported,
        before: _Touched,
        after: _Touched,
        known: bool,
        left_out: Callable[[Kind, str, str, str], bool],
    ) -> int:
        """Replaces what was read too late by how it was; gives how many objects that were."""
        rebuilt = 0
        for key in {*rows, *base.rows, *before.exact, *after.exact}:
            later = after.of(key)
            doubtful = not known or before.covers(key) or key.kind is Kind.FUNCTION
            if not later or not doubtful:
                continue
            earlier = before.of(key) if known else [Touch(0, *key, OPAQUE, OPAQUE)]
            try:
                row = row_between(key, base.rows.get(key), earlier, later)
            except LostHistory as lost:
                if left_out(*key):
                    continue
                raise CatalogMoved(str(key), f"changed after event {base.event} and no message shows its earlier state",
                                   "Take another moment") from lost
            rows.pop(key, None)
            if row:
                rows[key] = row
            rebuilt += 1
        return rebuilt

    def _touched(self, after: int, until: int, rows: Iterable[Row], selection: Selection) -> _Touched:
        return _Touched(_selected(_with_fallen(events_between(self._metastore, after, until), rows), selection))

    def _leads_on(self, after: int, until: int) -> bool:
        try:
            return all(True for _ in events_between(self._metastore, after, until))
        except LogGap:
            return False

    def _moved(self, event: int) -> CatalogMoved:
        problem = f"its notification log has a gap after event {event}"
        return CatalogMoved(self._metastore.name, problem, "Take another moment")


class _Touched:
    """Touches, found by key."""

    def __init__(self, found: Iterable[Touch]) -> None:
        self.all = list(found)
        self.exact: dict[CatalogKey, list[int]] = {}
        self._wide: dict[tuple[Kind, str, str | None], list[int]] = {}
        for place, touch in enumerate(self.all):
            if touch.table is not None and touch.key is not None:
                self.exact.setdefault(CatalogKey(touch.kind, touch.database, touch.table, touch.key), []).append(place)
            else:
                self._wide.setdefault((touch.kind, touch.database, touch.table), []).append(place)

    def covers(self, key: CatalogKey) -> bool:
        return bool(self._places(key))

    def of(self, key: CatalogKey) -> list[Touch]:
        return [self.all[place] for place in sorted(self._places(key))]

    def _places(self, key: CatalogKey) -> list[int]:
        return [*self.exact.get(key, ()), *self._wide.get((key.kind, key.database, key.table), ()),
                *self._wide.get((key.kind, key.database, None), ())]


def _with_fallen(events: Iterable[Event], rows: Iterable[Row]) -> Iterator[Touch]:
    """Touches of events in order, with those of foreign keys that fall with their parents and have no event."""
    children: dict[tuple[str, str], list[CatalogKey]] = {}
    for row in rows:
        parent = parent_of(row)
        if parent:
            children.setdefault(parent, []).append(row.key)
    for event in events:
        found = touches(event)
        yield from found
        for touch in found:
            tree = touch.after.tree
            if touch.kind is Kind.CONSTRAINT and tree is not None and touch.table and touch.key:
                _note_child(children, touch)
        for table in parent_tables(event):
            yield from (Touch(event.id, *key, OPAQUE, OPAQUE) for key in children.get(table, ()))


def _note_child(children: dict[tuple[str, str], list[CatalogKey]], touch: Touch) -> None:
    key = CatalogKey(touch.kind, touch.database, touch.table or "", touch.key or "")
    parent = parent_of(row_of(key, touch.after.tree or {}))
    if parent:
        children.setdefault(parent, []).append(key)


def _selected(found: Iterable[Touch], selection: Selection) -> Iterator[Touch]:
    return (touch for touch in found if _keeps(selection, touch))


def _keeps(selection: Selection, touch: Touch) -> bool:
    if touch.table is None:
        return selection.database(touch.database)
    return selection.keeps(CatalogKey(touch.kind, touch.database, touch.table, touch.key or ""))


def concerns(event: Event, selection: Selection) -> bool:
    """Whether an event is about something that a selection covers."""
    if event.table and selection.table(event.database, event.table):
        return True                                          # also INSERT: data moved, if not the catalog
    return any(selection.database(touch.database) if touch.table is None
               else selection.owns(CatalogKey(touch.kind, touch.database, touch.table, touch.key or ""))
               for touch in touches(event))
