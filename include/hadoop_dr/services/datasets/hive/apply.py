"""Makes the destination's catalog the recovery point's: reads it, changes the difference, looks again (S2.7, I6).

Nothing is remembered between runs, so an interrupted run is continued by running again. A change whose answer is lost
is looked up; it is sent a second time by no one, because the first sending may still be on its way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from hadoop_dr.domain.catalog.changes.catalog_comparison import compare
from hadoop_dr.domain.catalog.changes.difference import Catalog, CatalogChange, Difference, Verb, catalog_of, difference
from hadoop_dr.domain.catalog.changes.losses import losses, named_drops, unnamed_drops
from hadoop_dr.domain.catalog.changes.object_difference import HowDifferent, ObjectDifference
from hadoop_dr.domain.catalog.log.events import ABSENT, Touch
from hadoop_dr.domain.catalog.log.read_first import reaches_further, read_first, unexplained
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row
from hadoop_dr.domain.catalog.selection import Selection
from hadoop_dr.domain.errors import AlreadyExists, Mismatch, NotFound, Refused, Unknown
from hadoop_dr.domain.plan.deletions import Deletions
from hadoop_dr.domain.runs.pace import Pace
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported
from hadoop_dr.services.datasets.hive.read.selected_objects import read_functions, read_touched

_ROUNDS = 4
_SHOWN = 10
_MANY = 500
_IN_BATCHES = frozenset((Kind.PARTITION, Kind.PARTITION_STATS))


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done.

    Attributes:
        created, altered, dropped: Objects, over all rounds.
        rounds: How often the destination was read and changed until nothing differed.
        cannot_tell: Objects that differ only in fields the destination's metastore does not keep.
    """

    created: int
    altered: int
    dropped: int
    rounds: int
    cannot_tell: tuple[ObjectDifference, ...] = ()


@dataclass(frozen=True, slots=True)
class PlannedCatalog:
    """What an apply would change, and what of it is a loss (I8).

    Attributes:
        named: What of the counted kinds would be dropped that is not somebody else's.
    """

    changes: Difference
    lost: Deletions
    named: tuple[CatalogKey, ...] = ()


AsKnown = Callable[[Selection], Exported | None]
Judge = Callable[[Exported], Collection[CatalogKey]]
"""Told what the destination has when it is read first; gives what of it is somebody else's and may go all the same."""


@dataclass(slots=True)
class Met:
    """What somebody else may have made or dropped between a look and the change that was made by it.

    Attributes:
        keys: The objects that were not as they had been read, or of whose creation no answer came.
        unsure: No answer came, so what is there may be ours, too.
    """

    keys: set[CatalogKey] = field(default_factory=set)
    unsure: bool = False


JudgeMet = Callable[[Exported, Met], Collection[CatalogKey]]
"""Told what the destination has then, before any of it is changed; gives what may go all the same."""


def _nothing(_: Exported) -> Collection[CatalogKey]:
    return ()


def _nothing_met(_: Exported, __: Met) -> Collection[CatalogKey]:
    return ()


class CatalogApply:
    """Changes one metastore, within one selection and nowhere else; data is never deleted.

    Of databases, tables, views, partitions and functions nothing is dropped that was not counted when it was planned:
    what came to be there since is somebody else's.
    """

    def __init__(self, metastore: Metastore, clock: Clock, *, settle_s: float = 30.0,
                 between: Callable[[], None] = lambda: None, as_left: AsKnown = lambda _: None) -> None:
        """Takes the destination's metastore.

        Args:
            metastore: The destination.
            clock: For the time a lost answer is given to show its effect.
            settle_s: That time.
            between: Called before every batch; raises when this try may not go on (a lost claim, a role that changed).
            as_left: Gives what the destination has where that is known without reading it.
        """
        self._as_left = as_left
        self._metastore, self._clock, self._settle_s, self._between = metastore, clock, settle_s, between
        self._export = CatalogExport(metastore)
        self._pace = Pace()

    def plan(self, wanted: Iterable[Row], selection: Selection, replaced: Iterable[CatalogKey] = (),
             renamed: Mapping[CatalogKey, CatalogKey] | None = None, judge: Judge = _nothing) -> PlannedCatalog:
        """Says what would be changed, and what of it would go for good; changes nothing.

        Args:
            wanted: The recovery point's rows, addresses already the destination's.
            selection: What may be touched.
            replaced: Tables the origin dropped and made again since the last point.
            renamed: Tables the origin renamed since then.
            judge: What is somebody else's counts for no deletion of the origin.
        """
        destination = catalog_of(wanted)
        state = self._first(selection, destination, replaced)
        there, theirs = state.rows, judge(state)
        changes = difference(there, destination, selection.owns, replaced)
        counted = {key: row for key, row in there.items() if key not in theirs}
        named = tuple(key for key in named_drops(changes) if key not in theirs)
        return PlannedCatalog(changes, losses(counted, destination, selection.owns, renamed), named)

    def drop(self, wanted: Iterable[Row], selection: Selection, named: Iterable[CatalogKey],
             replaced: Iterable[CatalogKey] = (), judge: Judge = _nothing) -> Applied:
        """Drops what has to go; before the data is changed. Done again it does what is left.

        Args:
            wanted: The recovery point's rows, addresses already the destination's.
            selection: What may be touched.
            named: What the plan said would be dropped.
            replaced: Tables the origin dropped and made again since the last point.
            judge: Asked before anything is changed.

        Raises:
            Refused: Something would have to go that the plan did not name; nothing was dropped.
        """
        destination, again, may_drop, dropped = catalog_of(wanted), tuple(replaced), set(named), 0
        state = self._first(selection, destination, again)
        may_drop.update(judge(state))
        for number in range(1, _ROUNDS + 1):
            there = state.rows
            changes = difference(there, destination, selection.owns, again).drops
            self._refuse_unnamed(changes, may_drop)
            if not changes:
                return Applied(0, 0, dropped, number)
            met = self._run(in_small_steps(changes, there), {})
            dropped += len(changes)
            state = self._next(selection, state, changes, met, judge, may_drop)
            may_drop.update(judge(state) if unexplained(there, state.rows, destination, changes) else ())
        raise self._stays(ObjectDifference(change.row.key, HowDifferent.TOO_MANY) for change in changes)

    def build(self, wanted: Iterable[Row], selection: Selection, named: Iterable[CatalogKey] = (),
              judge: Judge = _nothing, judge_met: JudgeMet = _nothing_met) -> Applied:
        """Creates and alters until the destination has what is wanted; after the data is in place.

        Args:
            wanted: The recovery point's rows, addresses already the destination's.
            selection: What may be touched.
            named: What the plan said would be dropped.
            judge: Asked before anything is changed.
            judge_met: Asked before anything is changed that turned out to be another than it was read.

        Raises:
            Refused: Something would have to go that the plan did not name.
            Mismatch: The metastore keeps something else than it was given, round after round.
            Unknown: A lost answer did not show its effect in time.
        """
        destination, counts = catalog_of(wanted), dict.fromkeys(Verb, 0)
        state = self._first(selection, destination)
        may_drop = {*named, *judge(state)}
        for number in range(1, _ROUNDS + 1):
            found = difference(state.rows, destination, selection.owns)
            self._refuse_unnamed(found.drops, may_drop)
            changes = (*found.drops, *found.builds)
            verdict = compare(destination, state.rows, selection.owns)
            # In the first round even what cannot be told apart is sent: the destination may know that field now.
            if not changes or (number > 1 and not verdict.mismatch):
                return Applied(counts[Verb.CREATE], counts[Verb.ALTER], counts[Verb.DROP], number, verdict.cannot_tell)
            there = state.rows
            met = self._run(changes, there)
            may_drop |= {change.row.key for change in changes if change.verb is Verb.CREATE}
            for change in changes:
                counts[change.verb] += 1
            state = self._next(selection, state, changes, met, judge, may_drop)
            met.keys |= unexplained(there, state.rows, destination, changes)
            may_drop.update(judge_met(state, met) if met.keys else ())
        raise self._stays(compare(destination, state.rows, selection.owns).mismatch)

    def _stays(self, objects: Iterable[ObjectDifference]) -> Mismatch:
        different = list(map(str, objects))
        return Mismatch(f"metastore of site {self._metastore.site}",
                        f"{len(different)} objects stay different: {'; '.join(different[:_SHOWN])}",
                        "Compare versions and settings of the two metastores")

    def _refuse_unnamed(self, drops: Iterable[CatalogChange], named: Container[CatalogKey]) -> None:
        unnamed = unnamed_drops(drops, named)
        if unnamed:
            raise Refused(f"metastore of site {self._metastore.site}",
                          f"{len(unnamed)} objects would be dropped that the plan did not count, created since: "
                          f"{'; '.join(unnamed[:_SHOWN])}",
                          "Look at them there, drop those that are not needed, then run it again")

    def _first(self, selection: Selection, destination: Catalog, replaced: Iterable[CatalogKey] = ()) -> Exported:
        """Returns what the destination has before anything of it is changed here.

        What is known from the log serves while nothing has to be changed. Whatever is changed is read first: not every
        change writes an event (a function that is altered writes none), and a log can be switched off. All is read
        where that is not as the log has it.
        """
        left = self._as_left(selection)
        if left is None:
            return self._read(selection, None)
        found = difference(left.rows, destination, selection.owns, tuple(replaced))
        if not found:
            return left
        changes = (*found.drops, *found.builds)
        if reaches_further(changes, left.rows):
            return self._read(selection, None)
        now = self._export.again(left, read_first(changes))
        verdict = compare(left.rows, now.rows, selection.owns)
        return self._read(selection, None) if verdict.mismatch or verdict.cannot_tell else now

    def _next(
        self,
        selection: Selection,
        state: Exported,
        changes: Sequence[CatalogChange],
        met: Met,
        judge: Judge,
        may_drop: set[CatalogKey],
    ) -> Exported:
        """Returns what the destination has after a round.

        All is read where the log did not tell what was met, or proves silent: then it told nothing of what others did.
        """
        now = self._read(selection, None if met.keys else state)
        if not now.full:
            return self._export.again(now, read_first(changes))  # not every change of ours writes an event
        if not state.full and not met.keys:
            may_drop.update(judge(now))
        return now

    def _read(self, selection: Selection, previous: Exported | None) -> Exported:
        now = None if previous is None else self._export.follow(previous)
        if now is not None and previous is not None and now.position != previous.position:
            return now
        # Without an event although something was changed there is no log to follow.
        whole = self._export.whole(selection)
        return replace(self._export.begin(selection, whole), full=True)  # as of no event where others change it, too

    def _run(self, changes: Sequence[CatalogChange], before: Catalog) -> Met:
        """Sends changes in order, those of one verb, kind and table together; ends where one is not as it was read."""
        met = Met()
        for (verb, kind, *_), group in groupby(changes, key=lambda change: (change.verb, *change.row.key[:3])):
            rows = [change.row for change in group]
            while rows:
                batch, rows = self._batch(verb, kind, rows)
                self._between()
                began_s = self._clock.monotonic_s()
                try:
                    answered = self._send(verb, batch, before)
                except (AlreadyExists, NotFound):
                    met.keys.update(row.key for row in batch)
                    return met                               # not as it was read a moment ago: look again
                if not answered and verb is Verb.CREATE:
                    met.keys.update(row.key for row in batch)
                    met.unsure = True
                self._pace.took((verb, kind), len(batch), self._clock.monotonic_s() - began_s)
        return met

    def _batch(self, verb: Verb, kind: Kind, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        """Parts off what is sent at once: all that an overtaken worker may still change."""
        size = self._pace.size((verb, kind)) if kind in _IN_BATCHES else 1
        return rows[:size], rows[size:]

    def _send(self, verb: Verb, rows: list[Row], before: Catalog) -> bool:
        """Sends one change, and waits for its effect where no answer came.

        Returns:
            Whether an answer came.
        """
        call = {Verb.CREATE: self._metastore.create, Verb.ALTER: self._metastore.alter,
                Verb.DROP: self._metastore.drop}[verb]
        try:
            call(rows)
            return True
        except Unknown:
            deadline = self._clock.monotonic_s() + self._settle_s
            while not self._shows(verb, rows, before):
                if self._clock.monotonic_s() >= deadline:
                    raise
                self._clock.sleep_until(self._clock.monotonic_s() + 0.2)
            return False

    def _shows(self, verb: Verb, rows: list[Row], before: Catalog) -> bool:
        """Whether the effect of a change can be seen."""
        there = self._current([row.key for row in rows])
        if verb is Verb.ALTER:
            return all(row.key in there and (there[row.key].hash == row.hash
                                              or there[row.key].hash != before[row.key].hash) for row in rows)
        return all((row.key in there) is (verb is Verb.CREATE) for row in rows)

    def _current(self, keys: list[CatalogKey]) -> Catalog:
        every = Selection((("*", None),))
        if keys[0].kind is Kind.FUNCTION:
            return catalog_of(read_functions(self._metastore, every))
        return read_touched(self._metastore, every, [Touch(0, *key, ABSENT, ABSENT) for key in keys])


def in_small_steps(drops: Iterable[CatalogChange], there: Catalog) -> list[CatalogChange]:
    """Has the partitions of a table with many of them go before it: with them its drop is one long request."""
    partitions: dict[tuple[str, str], list[Row]] = {}
    for key, row in there.items():
        if key.kind is Kind.PARTITION:
            partitions.setdefault((key.database, key.table), []).append(row)
    steps: list[CatalogChange] = []
    for change in drops:
        key = change.row.key
        below = partitions.get((key.database, key.table), []) if key.kind is Kind.TABLE else []
        if len(below) > _MANY:
            steps += [CatalogChange(Verb.DROP, row) for row in sorted(below, key=lambda row: row.key.name)]
        steps.append(change)
    return steps
