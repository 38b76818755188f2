"""The origin's catalog in one stage: read ahead, marked, exported as of the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from hadoop_dr.domain.catalog.changes.catalog_comparison import unlike
from hadoop_dr.domain.catalog.changes.difference import catalog_of
from hadoop_dr.domain.catalog.log.events import Event
from hadoop_dr.domain.catalog.protect.left_out import LeftOutObjects, changes_that_count
from hadoop_dr.domain.catalog.protect.locations import CatalogPlace, locations, table_roots, where_they_lie
from hadoop_dr.domain.catalog.protect.point_parts import TAKEN_CATALOG, NamedObjects, TakenCatalog, read_lately
from hadoop_dr.domain.catalog.protect.protectable import Parted, leave_out_gone
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, pack_rows, unpack_rows
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.config.policy import Mode
from hadoop_dr.domain.errors import BaselineLost, CatalogMoved, NotFound
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.points.incomplete import incomplete_of
from hadoop_dr.domain.preflight.coverage import takes_in_nothing
from hadoop_dr.domain.roots.layout import Layout, nearest
from hadoop_dr.domain.runs.moment import MarkEvidence
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.component import Decide, Export, Moment
from hadoop_dr.services.datasets.hive.foreign.left_by_points import (
    CATALOG,
    DATABASES,
    LEFT_OUT,
    addresses_of,
    exported_at,
    exported_rows,
    metastore_of,
    selected_at,
)
from hadoop_dr.services.datasets.hive.parting import TellApart, refuse_unprotectable
from hadoop_dr.services.datasets.hive.read.export import CatalogExport, Exported
from hadoop_dr.services.datasets.hive.read.selected_objects import read_database
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.documents import Documents

_SHOWN = 20
_ONE_BY_ONE = 20
_READ = "the origin's catalog"


@dataclass(frozen=True, slots=True)
class _ReadAhead:
    """What was read of the origin's catalog ahead of the moment: where a later stage of this process begins.

    Attributes:
        begun: The selected objects.
        every: Where all databases lie; empty where that has to be read.
        whole_ms: When all of it was read last.
        untold: Objects that had changed without an event, as that showed.
    """

    begun: Exported
    every: list[Row]
    whole_ms: int
    untold: tuple[str, ...] = ()


class OriginCatalog:
    """What the policy protects of the origin's metastore; without any, nothing is contacted.

    Args:
        context: The service.
        decide: Decides on the roots.
    """

    def __init__(self, context: BackupContext, decide: Decide) -> None:
        self._context = context
        self.patterns = context.policy.hive_patterns
        self.selection = selection_of(self.patterns)
        self._parting = TellApart(context, self.selection, addresses_of(context.origin), decide)
        self._read: _ReadAhead | None = context.process.handed_on.get(_READ)
        self._decided: tuple[object, Parted, Layout] | None = None
        self._exact: Exported | None = None
        self._at_e0: Parted | None = None
        self._e0_layout = Layout()
        self._e0 = self._e1 = 0
        self._absent: list[str] = []
        self._quiet_from_s = 0.0
        self._caught_up = False  # a moment ago, by this very stage
        self._followed_in_vain = False  # the log did not lead on from what was read: the next moment needs all anew

    def parted(self) -> Parted:
        """Returns what a point would hold now and what not, decided once for what was read of catalog and ledgers."""
        rows, context = self.every_row(), self._context
        if self._decided is None or self._decided[0] != (context.ledger.chain.head_n, context.owners.known_n):
            parted = self._parting.part(rows, self._ahead().every if self.patterns else [])
            decided_on = (context.ledger.chain.head_n, context.owners.known_n)
            self._decided = decided_on, parted, self._parting.layout
        return self._decided[1]

    def rows(self) -> list[Row]:
        """The protected objects of now.

        Raises:
            Refused: An object cannot be protected, and the policy does not say to go on without it.
        """
        parted = self.parted()
        refuse_unprotectable(parted)
        return parted.rows

    def every_row(self) -> list[Row]:
        """Every object that the policy selects, also those a point leaves out."""
        return list(self._ahead().begun.rows.values()) if self.patterns else []

    def tables(self) -> list[CatalogKey]:
        """Every table among them."""
        return [row.key for row in self.every_row() if row.key.kind is Kind.TABLE]

    def layout(self) -> Layout:
        """Where what a point holds lies: at the mark, once that is known, else now."""
        if self._at_e0 is not None:
            return self._e0_layout
        self.parted()
        assert self._decided is not None
        return self._decided[2]

    def locations(self) -> list[str]:
        """Directories of the protected tables, as paths on the origin."""
        return table_roots(self._context.claims.heartbeat.along(self.rows()))

    def read_ahead(self, moment_ms: int) -> bool:
        """Reads all once a day, whatever the log says; gives whether all was read."""
        if not self.patterns:
            return False
        before, read = self._read, self._ahead()
        late = not read_lately(read.whole_ms, moment_ms)
        if late:
            read = self._hand_on(self._read_whole(read))
        self._caught_up = late or before is None
        return late or (before is None and read.begun.full)

    def prepare(self) -> None:
        """Reads ahead of the moment what can be read ahead; the last point's export saves reading it all again.

        It is brought to now, because where the tables lie now decides of which directories snapshots are taken.
        """
        if self.patterns and not self._caught_up:
            self._catch_up()
        self._caught_up = False

    def _ahead(self) -> _ReadAhead:
        return self._read or self._catch_up()

    def _catch_up(self) -> _ReadAhead:
        """Follows the log from where this process ended, or the newest point; else all is read."""
        earlier = None if self._followed_in_vain else self._read or self._previous()
        now_ms, self._followed_in_vain = self._context.tools.clock.wall_ms(), False
        begun = self._export().begin(self.selection, earlier.begun if earlier else None)
        every = self._every_database(earlier.every if earlier else [], begun)
        whole_ms = earlier.whole_ms if earlier and not begun.full else now_ms
        return self._hand_on(_ReadAhead(begun, every, whole_ms, earlier.untold if earlier else ()))

    def _every_database(self, before: list[Row], now: Exported) -> list[Row]:
        """Where all databases lie: as before, and those that events touched are asked for again.

        All are read where nothing tells those, or where there are so many that asking for all together is quicker.
        """
        metastore, touched = metastore_of(self._context, self._context.origin), now.databases
        if not before or touched is None or len(touched) > _ONE_BY_ONE:
            return where_they_lie(metastore.every_database())
        again = [row for name in sorted(touched) for row in read_database(metastore, name)]
        return [row for row in before if row.key.database not in touched] + where_they_lie(again)

    def _read_whole(self, read: _ReadAhead) -> _ReadAhead:
        """Reads all, whatever the log says, and looks what it did not tell."""
        now_ms, export = self._context.tools.clock.wall_ms(), self._export()
        whole = export.begin(self.selection, export.whole(self.selection))
        untold: Sequence[CatalogKey] = ()
        with suppress(CatalogMoved):  # nothing shows then what the log made of it: what was read counts all the same
            untold = unlike(export.at(read.begun, whole.event).rows, whole.rows) if whole.exact else ()
        return _ReadAhead(whole, self._every_database([], whole), now_ms, tuple(map(str, untold)))

    def _hand_on(self, read: _ReadAhead) -> _ReadAhead:
        self._exact = self._at_e0 = self._decided = None
        self._read = self._context.process.handed_on[_READ] = read
        return read

    def mark(self) -> None:
        """At T0: notes the event id E0."""
        if self.patterns:
            self._e0 = metastore_of(self._context, self._context.origin).current_event()

    def mark_end(self) -> None:
        """After the last snapshot: notes the event id E1."""
        if self.patterns:
            self._e1 = metastore_of(self._context, self._context.origin).current_event()
            self._quiet_from_s = self._context.tools.clock.monotonic_s()

    def evidence(self, moment: Moment) -> MarkEvidence | None:
        """Brings the export to exactly E0, and says what stands against it.

        Raises:
            Refused: An object cannot be protected, and the policy does not say to go on without it.
        """
        if not self.patterns:
            return None
        gaps, missing = list[str](), list[str]()
        events = self._settled(moment.settle_ms, moment.sleep_until, gaps)
        lost = list(gaps)  # what was read ahead may be of another log than that of E0
        try:
            missing = self._outside(moment)
        except CatalogMoved as moved:
            lost.append(f"{moved.subject}: {moved.problem}")
        touched = [] if events is None else self._touched(events)
        return MarkEvidence("the catalog", touched, missing, gaps, lost)

    def export(self, documents: Documents) -> Export:
        """Writes the catalog at exactly E0 as a document."""
        if self._exact is None or self._at_e0 is None:
            return Export(notes=takes_in_nothing(self._context.policy.protect, self.tables()))
        held = catalog_of(self._at_e0.rows)
        aside = [row for key, row in self._exact.rows.items() if key not in held]
        sha256 = documents.write_ahead(CATALOG, forms.CATALOG, pack_rows(self._at_e0.rows))
        left = documents.write_ahead(LEFT_OUT, forms.CATALOG, pack_rows(aside)) if aside else ""
        read, at = self._ahead(), self._exact.position
        every = pack_rows(self._every_database(read.every, self._exact))
        return Export(
            TAKEN_CATALOG.dump(
                TakenCatalog(
                    self._e0,
                    self._e1,
                    len(held),
                    len(aside),
                    _named(self._absent),
                    sha256,
                    left,
                    at.digest,
                    read.whole_ms,
                    _named(read.untold),
                    documents.write_ahead(DATABASES, forms.CATALOG, every, both=False),
                )
            ),
            incomplete_of(self._at_e0.findings),
            takes_in_nothing(self._context.policy.protect, self.tables()),
        )

    def _outside(self, moment: Moment) -> list[str]:
        """Names locations registered at E0 that the snapshots do not hold.

        Raises:
            CatalogMoved: What the catalog was at E0 cannot be told.
            Refused: An object cannot be protected, and the policy does not say to go on without it.
        """
        self._exact = self._export().at(self._ahead().begun, self._e0, LeftOutObjects(self.parted().findings).holds)
        self._at_e0 = self._parting.part(list(self._exact.rows.values()), self._ahead().every)
        self._e0_layout = self._parting.layout
        refuse_unprotectable(self._at_e0)
        if late := [root for root in self._at_e0.decision.roots if nearest(root, moment.roots) is None]:
            return [f"{root}, a root since the moment was armed" for root in late]
        missing, gone = self._missing(moment.roots, moment.snapshot, self._at_e0.rows)
        held = self._held_before() if gone else frozenset()
        self._absent = sorted({str(place.key) for place in gone if place.key in held})
        if new := [place for place in gone if place.key not in held]:
            self._at_e0 = leave_out_gone(self._at_e0, new, self._parting.rule)
            refuse_unprotectable(self._at_e0)
        return missing

    def _settled(
        self, settle_ms: int, sleep_until: Callable[[float], None], gaps: list[str]
    ) -> list[Event] | None:
        """Returns the events of the service after E0, once the settling time is over; None where the log does not tell.

        It is read before anything else is asked: looking for the locations takes longer the more of them there are, and
        a busy catalog would never stand still for so long. It also shows that the log is the one that was read ahead.
        """
        sleep_until(self._quiet_from_s + settle_ms / 1000)
        until = max(self._e1, metastore_of(self._context, self._context.origin).current_event())
        try:
            return self._export().since(self._ahead().begun, self._e0, until)
        except CatalogMoved as moved:
            gaps.append(f"{moved.subject}: {moved.problem}")
            self._followed_in_vain = True
            return None

    def _touched(self, events: Iterable[Event]) -> list[str]:
        """Names protected objects that changed after E0 and until the catalog had settled.

        What the point leaves out is known by ``_outside``, which comes first; its changes do not count.
        """
        if self._exact is not None and self._at_e0 is not None:
            events = changes_that_count(events, self._at_e0.findings, self._exact.rows, self._parting.rule)
        return sorted({".".join(part for part in (event.database, event.table) if part) for event in events})

    def _export(self) -> CatalogExport:
        return CatalogExport(metastore_of(self._context, self._context.origin))

    def _previous(self) -> _ReadAhead | None:
        """The export of the newest sealed point of the same direction, if its document is still whole.

        It has the selection it was made under. A full run reads everything again, whatever the log of events says.
        """
        point = self._context.ledger.last_read().newest_sealed()
        exported = exported_at(point) if point is not None else None
        if point is None or exported is None or point.origin != self._context.origin.name:
            return None
        if exported.position is None:
            return None
        if self._context.policy.mode is Mode.FULL or selected_at(point) != self.selection:
            return None
        documents = self._context.documents(point)
        try:
            rows = exported_rows(documents)
            if exported.aside:
                rows += unpack_rows(documents.read_ahead(LEFT_OUT, forms.CATALOG, exported.aside_sha256))
        except BaselineLost:
            return None
        begun = Exported(self.selection, exported.position, catalog_of(rows), full=False, exact=True)
        return _ReadAhead(begun, self._databases_of(exported, documents), exported.whole_ms)

    @staticmethod
    def _databases_of(exported: TakenCatalog, documents: Documents) -> list[Row]:
        """Where a point says that all databases lie; nothing where that is not kept, or is lost."""
        sha256 = exported.databases_sha256
        try:
            return unpack_rows(documents.read_ahead(DATABASES, forms.CATALOG, sha256)) if sha256 else []
        except BaselineLost:
            return []

    def _held_before(self) -> frozenset[CatalogKey]:
        """Objects of the newest point, which the destination has."""
        point = self._context.ledger.last_read().newest_sealed()
        if point is None or exported_at(point) is None:
            return frozenset()
        try:
            return frozenset(row.key for row in exported_rows(self._context.documents(point)))
        except BaselineLost:
            return frozenset()

    def _missing(
        self, roots: Sequence[str], snapshot: str, rows: Iterable[Row]
    ) -> tuple[list[str], list[CatalogPlace]]:
        """Locations of E0 that the snapshots do not hold, a listing for each directory they lie in.

        Returns:
            Objects whose location came since, and places that do not exist now either.
        """
        wanted, every = dict[tuple[str, str], list[tuple[str, CatalogPlace]]](), frozenset(roots)
        for place in locations(rows):
            root = nearest(place.path, every)
            below = place.path[len(root or "") :].strip("/")
            if root is not None and below:
                parent, _, name = below.rpartition("/")
                wanted.setdefault((root, parent), []).append((name, place))

        def look(parent: tuple[str, str]) -> tuple[list[str], list[CatalogPlace]]:
            root, below = parent
            held = self._names(f"{root}/.snapshot/{snapshot}/{below}".rstrip("/"))
            lost = [(name, place) for name, place in wanted[parent] if name not in held]
            now = self._names(f"{root}/{below}".rstrip("/")) if lost else set()
            came = [str(place.key) for name, place in lost if name in now]
            return came, [place for name, place in lost if name not in now]

        missing, gone = list[str](), list[CatalogPlace]()
        for came, left in map_bounded(look, wanted):
            missing += came
            gone += left
        return sorted(missing), gone

    def _names(self, directory: str) -> set[str]:
        try:
            return {child.name for child in self._context.origin.namenode.list(directory)}
        except NotFound:
            return set()


def _named(objects: Sequence[str]) -> NamedObjects:
    return NamedObjects(len(objects), tuple(objects[:_SHOWN]))
