"""The catalog of a service as it was at exactly one event id (I1; S2.3).

Reading takes longer than a moment lasts, so the export begins before it and is corrected afterwards. Objects with
events up to the moment's event id are read again; what changed once more after it is rebuilt from the messages of the
log. The export of the last recovery point serves as the beginning of the next one as long as the log leads on from it:
the newest event of then is the same one still, and no later one is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from hadoop_dr.domain.catalog.changes.difference import parent_of
from hadoop_dr.domain.catalog.log.events import OPAQUE, Event, LostHistory, Touch, row_between
from hadoop_dr.domain.catalog.log.messages import parent_tables, touches
from hadoop_dr.domain.catalog.log.position import Position
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import CatalogMoved
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.datasets.hive.read.log_pages import LogGap, LogTail, newest_position, position_at
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all, read_functions, read_touched


@dataclass(frozen=True, slots=True)
class Exported:
    """A catalog and what it is worth.

    Attributes:
        selection: What was asked for.
        position: The event the rows are brought to; of a beginning: every later event has still to be looked at.
        rows: The objects by key.
        full: The metastore was read as a whole, not followed from an earlier export.
        exact: The rows are those of the event; else they may be of later ones.
        read_again: Objects read a second time because of events.
        rebuilt: Objects taken from messages, because they had changed again.
        databases: Those that events touched since the export that this one was brought from, also such that nobody
            selected; None where nothing tells.
    """

    selection: Selection
    position: Position
    rows: dict[CatalogKey, Row]
    full: bool
    read_again: int = 0
    rebuilt: int = 0
    exact: bool = False
    databases: frozenset[str] | None = None

    @property
    def event(self) -> int:
        """Id of that event."""
        return self.position.event


LeftOut = Callable[[Kind, str, str, str], bool]
"""Whether a point would leave an object out: where nothing tells how it was, how it is will do."""


class CatalogExport:
    """Exports one metastore's selected objects."""

    def __init__(self, metastore: Metastore) -> None:
        """Takes the metastore of the origin, or of the destination when its own state is wanted."""
        self._metastore = metastore

    def begin(self, selection: Selection, previous: Exported | None = None) -> Exported:
        """Makes the beginning of an export, any time before the moment.

        Args:
            selection: What to export.
            previous: An earlier export of the same metastore; used when the log leads on from it.
        """
        if previous and previous.selection == selection and (followed := self.follow(previous)):
            return followed
        return self.whole(selection)

    def whole(self, selection: Selection) -> Exported:
        """Reads every selected object."""
        position = newest_position(self._metastore)
        return Exported(selection, position, read_all(self._metastore, selection), True)

    def follow(self, previous: Exported) -> Exported | None:
        """Brings an export to the newest event; one request while nothing happened.

        Returns:
            None where the log does not lead on, or the catalog changes so often that its state cannot be told.
        """
        try:
            found = self._brought(previous, None, lambda *key: False)
        except (LogGap, CatalogMoved):
            return None
        return replace(found, full=False)

    def at(self, base: Exported, event: int, left_out: LeftOut = lambda *key: False) -> Exported:
        """Brings a beginning to exactly one event id, the newest at the moment.

        Raises:
            CatalogMoved: Something changed so often that its state at the event id cannot be told; take another moment.
        """
        if event == base.event:
            return replace(base, exact=True, databases=frozenset())  # without an event nobody changed anything
        try:
            return self._brought(base, event, left_out)
        except LogGap:
            lost = Exported(base.selection, position_at(self._metastore, event), {}, True)
            return self._corrected(lost, lost.position, None, left_out)

    def _brought(self, base: Exported, event: int | None, left_out: LeftOut) -> Exported:
        """The same, to the newest event where none is named.

        Raises:
            CatalogMoved: See ``at``.
            LogGap: The log does not tell what changed up to the event.
        """
        before, position = self._touched(base.position, base.rows.values(), base.selection, event)
        if position == base.position:
            return replace(base, exact=True, databases=frozenset())
        return self._corrected(base, position, before, left_out)

    def _corrected(self, base: Exported, position: Position, before: _Touched | None, left_out: LeftOut) -> Exported:
        """Reads again what was touched up to a position, and puts right what changed once more after it.

        Args:
            before: Touches from the beginning to the position; None where nothing tells them: then all is read.
        """
        selection, told = base.selection, before is not None
        before = before or _Touched([], selection)
        read = read_touched(self._metastore, selection, before.all) if told else read_all(self._metastore, selection)
        functions = read_functions(self._metastore, selection)
        try:
            late = self._metastore.current_event()
            after, _ = self._touched(position, [*base.rows.values(), *read.values()], selection, late)
        except LogGap as gap:
            raise self._moved(position.event) from gap
        rows = {key: row for key, row in base.rows.items()
                if key.kind is not Kind.FUNCTION and not before.covers(key)}
        rows |= read | {row.key: row for row in functions}
        rebuilt = self._correct(rows, base, before, after, told, left_out)
        databases = frozenset(before.databases) if told else None
        return Exported(selection, position, rows, base.full, len(read), rebuilt, exact=True, databases=databases)

    def again(self, base: Exported, touched: Iterable[Touch]) -> Exported:
        """Reads some objects of a known catalog, and all functions, as they are now."""
        found = _Touched(touched, base.selection)
        read = read_touched(self._metastore, base.selection, found.all)
        functions = read_functions(self._metastore, base.selection)
        left = {key: row for key, row in base.rows.items() if key.kind is not Kind.FUNCTION and not found.covers(key)}
        rows = left | read | {row.key: row for row in functions}
        return replace(base, rows=rows, read_again=len(read))

    def since(self, base: Exported, event: int, until: int) -> list[Event]:
        """Lists the events of the service after an event id: what moved while the snapshots were taken, and since.

        Args:
            base: A beginning of before.
            event: The newest event at the moment.
            until: Id of a later event, or the same, that the log has to hold by now.

        Raises:
            CatalogMoved: The log does not lead on from the beginning to both of them: nothing can be proven.
        """
        tail, found = LogTail(self._metastore, base.position), list[Event]()
        try:
            found += (one for one in tail if one.id > event and concerns(one, base.selection))
        except LogGap as gap:
            raise self._moved(base.event) from gap
        if not base.event <= event <= until <= tail.end.event:
            raise self._moved(tail.end.event)
        return found

    def _correct(
        self,
        rows: dict[CatalogKey, Row],
        base: Exported,
        before: _Touched,
        after: _Touched,
        told: bool,
        left_out: LeftOut,
    ) -> int:
        """Replaces what was read too late by how it was; gives how many objects that were."""
        rebuilt = 0
        for key in {*rows, *base.rows, *before.exact, *after.exact}:
            later = after.of(key)
            doubtful = not told or before.covers(key) or key.kind is Kind.FUNCTION
            if not later or not doubtful:
                continue
            earlier = before.of(key) if told else [Touch(0, *key, OPAQUE, OPAQUE)]
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

    def _touched(
        self, start: Position, rows: Iterable[Row], selection: Selection, until: int | None = None
    ) -> tuple[_Touched, Position]:
        """Selected touches since a position, and where they end; keeps no events of others.

        Raises:
            LogGap: The log does not tell all of them.
        """
        tail = LogTail(self._metastore, start, until)
        return _Touched(_with_fallen(tail, rows), selection), tail.end

    def _moved(self, event: int) -> CatalogMoved:
        problem = f"its notification log has a gap after event {event}"
        return CatalogMoved(self._metastore.name, problem, "Take another moment")


class _Touched:
    """Touches of a selection, found by key.

    Attributes:
        databases: Names of the databases that were touched, selected or not.
    """

    def __init__(self, found: Iterable[Touch], selection: Selection) -> None:
        self.databases: set[str] = set()
        self.all = [touch for touch in self._noted(found) if _keeps(selection, touch)]
        self.exact: dict[CatalogKey, list[int]] = {}
        self._wide: dict[tuple[Kind, str, str | None], list[int]] = {}
        for place, touch in enumerate(self.all):
            if touch.table is not None and touch.key is not None:
                self.exact.setdefault(CatalogKey(touch.kind, touch.database, touch.table, touch.key), []).append(place)
            else:
                self._wide.setdefault((touch.kind, touch.database, touch.table), []).append(place)

    def _noted(self, found: Iterable[Touch]) -> Iterator[Touch]:
        for touch in found:
            if touch.kind is Kind.DATABASE:
                self.databases.add(touch.database)
            yield touch

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
