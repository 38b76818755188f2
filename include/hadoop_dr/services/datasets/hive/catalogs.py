"""The catalog side of a run: exported at the moment, applied around the tree, verified (DESIGN.md section 6)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.catalog.comparison import compare
from hadoop_dr.domain.catalog.difference import Catalog, Difference, Verb, catalog_of, lost_objects, replaced_tables
from hadoop_dr.domain.catalog.foreign import Act, ForeignObject
from hadoop_dr.domain.catalog.left_out import LeftOut, changes_that_count
from hadoop_dr.domain.catalog.locations import Place, locations, table_roots
from hadoop_dr.domain.catalog.losses import renamed_tables
from hadoop_dr.domain.catalog.point_parts import AbsentPlaces, TakenCatalog
from hadoop_dr.domain.catalog.position import Position
from hadoop_dr.domain.catalog.protectable import Parted, leave_out_gone
from hadoop_dr.domain.catalog.rewrite import refuse_references
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, pack_rows, unpack_rows
from hadoop_dr.domain.catalog.selection import Selection, selection_of
from hadoop_dr.domain.checks import Result
from hadoop_dr.domain.coverage import selection_results, takes_in_nothing
from hadoop_dr.domain.deletions import Deletions
from hadoop_dr.domain.errors import BaselineLost, CatalogMoved, NotFound, Refused
from hadoop_dr.domain.incomplete import incomplete_of, incomplete_warnings
from hadoop_dr.domain.ledger.bodies.taken import Incomplete
from hadoop_dr.domain.policy import Mode
from hadoop_dr.domain.root_layout import nearest
from hadoop_dr.domain.root_notes import kept_directories
from hadoop_dr.domain.roots import Decision
from hadoop_dr.domain.service_state import Point, ServiceState
from hadoop_dr.domain.stored import tables as forms
from hadoop_dr.domain.verify import Verdict
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.datasets.hive import CatalogApply, CatalogExport, Exported, FollowCatalog, Planned
from hadoop_dr.services.datasets.hive.baseline import CATALOG, addresses_of, exported_at, rewritten, selected_at
from hadoop_dr.services.datasets.hive.foreign import ForeignObjects, find_between, refuse_foreign
from hadoop_dr.services.datasets.hive.parting import TellApart, refuse_unprotectable
from hadoop_dr.services.datasets.hive.reading import read_all
from hadoop_dr.services.points.documents import Documents

DROPS = "drops.parquet"
LEFT_OUT = "left-out.parquet"
"""What a point leaves out, so that the next export need not read the whole catalog again."""
_NOTHING = {"create": 0, "alter": 0, "drop": 0}
_SHOWN = 20


class Catalogs:
    """The Hive metastore of both sites, as far as the policy protects tables; without any, nothing is contacted.

    A point that was taken has a selection of its own. What is done with a point goes by that one, because the policy
    may have changed since: the point may be one of an earlier run.

    Args:
        context: The service.
        change_roots: A change of roots is ordered.

    Attributes:
        gaps: Why it cannot be told what changed after the newest E0; empty when it can.
        lost: Why it cannot be told what the catalog was at the newest E0; empty when it can.
        position: Where the target's log stood when its catalog was verified; None before that.
    """

    def __init__(self, context: BackupContext, *, change_roots: bool = False) -> None:
        self._context = context
        self._patterns = context.policy.hive_patterns
        self._selection = selection_of(self._patterns)
        self._parting = TellApart(context, self._selection, addresses_of(context.source), changing=change_roots)
        self._begun: Exported | None = None
        self._every: list[Row] = []
        self._every_at = -1
        self._decided: tuple[object, Parted] | None = None
        self._exact: Exported | None = None
        self._at_e0: Parted | None = None
        self._e0 = self._e1 = 0
        self._absent: list[str] = []
        self._quiet_from_s = 0.0
        self.gaps: list[str] = []
        self.lost: list[str] = []
        self.position: Position | None = None
        self._foreign: ForeignObjects | None = None
        self._taken_away: frozenset[CatalogKey] = frozenset()

    # ------------------------------------------------------------------ before and at the moment

    def locations(self) -> list[str]:
        """Directories of the protected tables now, as paths on the source."""
        return table_roots(self._along(self.rows()))

    def rows(self) -> list[Row]:
        """The protected objects of the source's catalog now.

        Raises:
            Refused: An object cannot be protected, and the policy does not say to go on without it.
        """
        parted = self.parted()
        refuse_unprotectable(parted)
        return parted.rows

    def roots(self) -> tuple[str, ...]:
        """The roots a snapshot would be taken of now.

        Raises:
            Refused: An object cannot be protected, and the policy does not say to go on without it.
        """
        refuse_unprotectable(self.parted())
        return self.decision().roots

    def decision(self) -> Decision:
        """The roots and what a person should know of them; what cannot be protected is left aside."""
        return self.parted().decision

    def decisions(self) -> tuple[Decision, Decision]:
        """The same, and as if no point held a snapshot."""
        return self.decision(), self._parting.changed(self.parted(), self._every)

    def parted(self) -> Parted:
        """What a point would hold now and what not, decided once for what was read of catalog and ledgers."""
        rows, context = self._all(), self._context
        if self._decided is None or self._decided[0] != (context.ledger.chain.head_n, context.owners.known_n):
            parted = self._parting.part(rows, self._every)
            self._decided = ((context.ledger.chain.head_n, context.owners.known_n), parted)
        return self._decided[1]

    def tables(self) -> list[CatalogKey]:
        """Every table that the policy selects, also those a point leaves out."""
        return [row.key for row in self._all() if row.key.kind is Kind.TABLE]

    def selection_results(self, state: ServiceState) -> list[Result]:
        """What a check says of declarations that nothing of the catalog answers to."""
        held = any(kept.objects for point in state.sealed() if (kept := exported_at(point)) is not None)
        return selection_results(self._context.policy.protect, self.tables(), empty=not self._all(), held=held)

    def _all(self) -> list[Row]:
        if self._patterns and self._begun is None:
            self.begin()
        return list(self._begun.rows.values()) if self._begun else []

    def begin(self) -> None:
        """Reads ahead of the moment what can be read ahead; the last point's export saves reading it all again.

        It is brought to now, because where the tables lie now decides of which directories snapshots are taken.
        """
        if self._patterns:
            export, base = self._export(), self._begun or self._previous()
            begun = export.begin(self._selection, base)
            try:
                now = self._metastore(self._context.source).current_event()
                self._begun = begun if begun.full else export.at(begun, now)
            except CatalogMoved:
                self._begun = export.begin(self._selection)
            self._exact = self._at_e0 = self._decided = None
            if not self._every or self._every_at != self._begun.event:  # without an event nobody moved a database
                self._every = self._metastore(self._context.source).every_database()
                self._every_at = self._begun.event

    def mark_before(self) -> None:
        """At T0: notes the event id E0."""
        self.gaps, self.lost = [], []
        if self._patterns:
            self._e0 = self._metastore(self._context.source).current_event()

    def mark_after(self) -> None:
        """After the last snapshot: notes the event id E1."""
        if self._patterns:
            self._e1 = self._metastore(self._context.source).current_event()
            self._quiet_from_s = self._context.clock.monotonic_s()

    def touched(self, settle_ms: int, sleep_until: Callable[[float], None]) -> list[str]:
        """Names protected objects that changed after E0 and until the catalog has settled.

        What the point leaves out is known by ``outside``, which comes first; its changes do not count.
        """
        if not self._patterns:
            return []
        sleep_until(self._quiet_from_s + settle_ms / 1000)
        until = max(self._e1, self._metastore(self._context.source).current_event())
        try:
            events = self._export().touched(self._e0, until, self._selection)
        except CatalogMoved as moved:
            self.gaps.append(f"{moved.subject}: {moved.problem}")
            return []
        if self._exact is not None and self._at_e0 is not None:
            events = changes_that_count(events, self._at_e0.findings, self._exact.rows, self._parting.rule)
        return sorted({".".join(part for part in (event.database, event.table) if part) for event in events})

    def outside(self, roots: Sequence[str], snapshot: str) -> list[str]:
        """Names locations registered at E0 that the snapshots do not hold.

        Raises:
            Refused: An object cannot be protected, and the policy does not say to go on without it.
        """
        if not self._patterns:
            return []
        assert self._begun is not None
        try:
            self._exact = self._export().at(self._begun, self._e0, LeftOut(self.parted().findings).holds)
        except CatalogMoved as moved:
            self.lost.append(f"{moved.subject}: {moved.problem}")
            return []
        self._at_e0 = self._parting.part(list(self._exact.rows.values()), self._every)
        refuse_unprotectable(self._at_e0)
        if late := [root for root in self._at_e0.decision.roots if nearest(root, roots) is None]:
            return [f"{root}, a root since the moment was armed" for root in late]
        missing, gone = self._missing(roots, snapshot, self._at_e0.rows)
        held = self._held_before() if gone else frozenset()
        self._absent = sorted({str(place.key) for place in gone if place.key in held})
        if new := [place for place in gone if place.key not in held]:
            self._at_e0 = leave_out_gone(self._at_e0, new, self._parting.rule)
            refuse_unprotectable(self._at_e0)
        return missing

    def roots_told(self) -> list[str]:
        """What a point says of directories that a DROP left behind, and of foreign data in its roots."""
        held = self._context.ledger.known().held_roots(self._context.source.name)
        decision = self._at_e0.decision if self._at_e0 is not None else self.decision()
        told = [result.detail for result in kept_directories(decision, self._context.policy.service, held)]
        return [*takes_in_nothing(self._context.policy.protect, self.tables()), *told]

    def write(self, documents: Documents) -> TakenCatalog | None:
        """Writes the catalog at exactly E0 as a document; gives what the ledger keeps of it."""
        if self._exact is None or self._at_e0 is None:
            return None
        held = catalog_of(self._at_e0.rows)
        aside = [row for key, row in self._exact.rows.items() if key not in held]
        documents.write_loose(CATALOG, forms.CATALOG, pack_rows(self._at_e0.rows))
        if aside:
            documents.write_loose(LEFT_OUT, forms.CATALOG, pack_rows(aside))
        absent = AbsentPlaces(len(self._absent), tuple(self._absent[:_SHOWN]))
        return TakenCatalog(self._e0, self._e1, len(held), len(aside), absent)

    def incomplete(self) -> Incomplete:
        """What the ledger keeps of what the point leaves out."""
        return Incomplete() if self._at_e0 is None else incomplete_of(self._at_e0.findings)

    # ------------------------------------------------------------------ on the target

    def plan(self, point: Point, documents: Documents) -> tuple[dict[str, int], Deletions]:
        """Counts what the target's catalog needs and what of it goes; makes export and drops the plan's documents."""
        exported = exported_at(point)
        if exported is None:
            return dict(_NOTHING), Deletions()
        documents.adopt(CATALOG)
        if exported.aside:
            documents.adopt(LEFT_OUT)
        rows = self._rows(documents)
        found, theirs = self._planned(rows, selected_at(point), self._earlier(point), point.source, point)
        refuse_foreign(self._context, theirs)
        if found.named:
            documents.write(DROPS, forms.DROPS, [(key.kind.value, *key[1:]) for key in found.named])
        return _counts(found.changes), found.lost

    def preview(self) -> tuple[dict[str, int], Deletions]:
        """Counts what the target's catalog would need now, and what of it would go."""
        if not self._patterns:
            return dict(_NOTHING), Deletions()
        rows, sealed = self.rows(), self._context.ledger.read().sealed()
        earlier = [point for point in sealed if exported_at(point) is not None]
        found, _ = self._planned(rows, self._selection, earlier, self._context.source.name)
        return _counts(found.changes), found.lost

    def drop(self, point: Point, documents: Documents, check_claim: Callable[[], None]) -> None:
        """Drops what went or became another object, and only what the plan named; never deletes data.

        Raises:
            ForeignFound: Somebody else changed the target's catalog, and that is left to a person.
        """
        if exported_at(point) is not None:
            rows = self._rows(documents)
            replaced = self._replaced(catalog_of(rows), self._earlier(point), point.source)
            wanted, named, foreign = self._rewritten(rows), self._named(documents), self._foreign_to(point)
            target = catalog_of(wanted)

            def judge(now: Exported) -> Collection[CatalogKey]:
                gone, with_table = lost_objects(now.rows, target, replaced)
                self._taken_away = frozenset(gone | with_table)
                return foreign.before_change(now, target)

            self._apply(check_claim).drop(wanted, selected_at(point), named, replaced, judge)

    def create(self, point: Point, documents: Documents, check_claim: Callable[[], None]) -> None:
        """Creates and alters until the target's catalog is the point's.

        Raises:
            ForeignFound: Somebody else changed the target's catalog, and that is left to a person.
        """
        if exported_at(point) is not None:
            wanted, named, foreign = self._wanted(documents), self._named(documents), self._foreign_to(point)
            target = catalog_of(wanted)
            self._apply(check_claim).build(
                wanted, selected_at(point), named,
                lambda now: foreign.before_change(now, target, self._taken_away),
                lambda now, met: foreign.judge(now, target, self._taken_away, met=met),
            )  # fmt: skip

    def verify(self, point: Point, documents: Documents, number: int = 0) -> Verdict:
        """Compares the target's catalog with the point's, object by object; none may name the other site.

        Args:
            number: Of the candidate that is verified.

        Raises:
            ForeignFound: Somebody else changed it since it was built, and that is left to a person.
        """
        if exported_at(point) is None:
            return Verdict()
        wanted, chosen = self._wanted(documents), selected_at(point)
        refuse_references(wanted, addresses_of(self._context.source), self._context.source.name)
        target = self._metastore(self._context.target)
        self.position = FollowCatalog(target).position()  # before the reading: what comes in between is looked at again
        there = read_all(target, chosen)
        found = compare(catalog_of(wanted), there, chosen.owns)
        if found.mismatch:
            now = Exported(chosen, self.position.event, there, full=True)
            self._foreign_to(point).judge(now, catalog_of(wanted), number=number)
        return Verdict(found.match, list(found.mismatch), list(found.cannot_tell))

    def warnings(self, point: Point) -> list[str]:
        """What a person should know about the catalog of this point."""
        exported = exported_at(point)
        absent = exported.absent if exported is not None else AbsentPlaces()
        return [*incomplete_warnings(point.taken.incomplete), *_absent_warnings(absent), *point.taken.roots_told]

    # ------------------------------------------------------------------ for an undo

    def exported(self, documents: Documents) -> list[Row]:
        """Reads what a point exported, in the source's addresses.

        Raises:
            BaselineLost: The document is missing or is another one.
        """
        return self._rows(documents)

    # ------------------------------------------------------------------ parts

    def _metastore(self, side: SiteConnections) -> Metastore:
        if side.metastore is None:
            raise Refused(
                side.name,
                "has no metastore, and the policy protects Hive tables",
                f"Name it under sites.{side.name}.metastores in {self._context.pair.file or 'the pair file'}.",
            )
        return side.metastore

    def _export(self) -> CatalogExport:
        return CatalogExport(self._metastore(self._context.source))

    def _apply(self, check_claim: Callable[[], None]) -> CatalogApply:
        return CatalogApply(self._metastore(self._context.target), self._context.clock, between=check_claim)

    def _previous(self) -> Exported | None:
        """The export of the newest sealed point of the same direction, if its document is still whole.

        It has the selection it was made under. A full run reads everything again, whatever the log of events says.
        """
        point = self._context.ledger.read().newest_sealed()
        exported = exported_at(point) if point is not None else None
        if point is None or exported is None or point.source != self._context.source.name:
            return None
        if self._context.policy.mode is Mode.FULL or selected_at(point) != self._selection:
            return None
        documents = Documents(self._context, point)
        try:
            aside = unpack_rows(documents.read(LEFT_OUT, forms.CATALOG)) if exported.aside else []
            rows = [*self._rows(documents), *aside]
        except BaselineLost:
            return None
        return Exported(selected_at(point), exported.e0, catalog_of(rows), full=False)

    def _held_before(self) -> frozenset[CatalogKey]:
        """Objects of the newest point, which the target has."""
        point = self._context.ledger.known().newest_sealed()
        if point is None or exported_at(point) is None:
            return frozenset()
        try:
            return frozenset(row.key for row in self._rows(Documents(self._context, point)))
        except BaselineLost:
            return frozenset()

    def _rows(self, documents: Documents) -> list[Row]:
        return unpack_rows(documents.read(CATALOG, forms.CATALOG))

    def _wanted(self, documents: Documents) -> list[Row]:
        return self._rewritten(self._rows(documents))

    def _rewritten(self, rows: Iterable[Row]) -> list[Row]:
        return rewritten(self._context, rows)

    def _along(self, rows: Iterable[Row]) -> Iterable[Row]:
        return self._context.claims.heartbeat.along(rows)

    def _replaced(self, now: Catalog, sealed: Sequence[Point], source: str) -> tuple[CatalogKey, ...]:
        """Tables the source dropped and made again since the newest earlier point that selected them."""
        open_ = {key: row for key, row in now.items() if key.kind is Kind.TABLE}
        found: list[CatalogKey] = []
        for earlier in reversed(sealed):
            selected = {key: row for key, row in open_.items() if selected_at(earlier).owns(key)}
            if earlier.source != source or not open_:
                break
            if selected:
                with suppress(BaselineLost):
                    found += replaced_tables(catalog_of(self._rows(Documents(self._context, earlier))), selected)
            open_ = {key: row for key, row in open_.items() if key not in selected}
        return tuple(found)

    def _renamed(self, now: Catalog, sealed: Sequence[Point], source: str) -> dict[CatalogKey, CatalogKey]:
        """Tables the source renamed since the newest earlier point; without its document they count as dropped."""
        if sealed and sealed[-1].source == source:
            with suppress(BaselineLost):
                return renamed_tables(catalog_of(self._rows(Documents(self._context, sealed[-1]))), now)
        return {}

    def _planned(
        self, rows: Sequence[Row], selection: Selection, sealed: Sequence[Point], source: str,
        point: Point | None = None,
    ) -> tuple[Planned, list[ForeignObject]]:  # fmt: skip
        """Plans, and lists what somebody else did since the preflight looked."""
        now, wanted = catalog_of(rows), self._rewritten(rows)
        replaced, renamed = self._replaced(now, sealed, source), self._renamed(now, sealed, source)
        found: list[ForeignObject] = []

        def judge(there: Exported) -> Collection[CatalogKey]:
            found.extend(find_between(self._context, selection, there.rows, catalog_of(wanted), point))
            return [one.key for one in found if one.act in (Act.MADE, Act.THERE)]

        return self._apply(lambda: None).plan(wanted, selection, replaced, renamed, judge), found

    def _foreign_to(self, point: Point) -> ForeignObjects:
        if self._foreign is None or self._foreign.point.point != point.point:
            self._foreign = ForeignObjects(self._context, point)
        return self._foreign

    @staticmethod
    def _named(documents: Documents) -> list[CatalogKey]:
        """What the plan said would be dropped; a plan that drops nothing has no such document."""
        rows: list[Any] = documents.read(DROPS, forms.DROPS) if documents.has(DROPS) else []
        return [CatalogKey(Kind(kind), *names) for kind, *names in rows]

    def _earlier(self, point: Point) -> list[Point]:
        sealed = self._context.ledger.read().sealed()
        return [p for p in sealed if p.point < point.point and exported_at(p) is not None]


    def _missing(self, roots: Sequence[str], snapshot: str, rows: Sequence[Row]) -> tuple[list[str], list[Place]]:
        """Locations of E0 that the snapshots do not hold, a listing for each directory they lie in.

        Returns:
            Objects whose location came since, and places that do not exist now either.
        """
        wanted, every = dict[tuple[str, str], list[tuple[str, Place]]](), frozenset(roots)
        for place in locations(rows):
            root = nearest(place.path, every)
            below = place.path[len(root or "") :].strip("/")
            if root is not None and below:
                parent, _, name = below.rpartition("/")
                wanted.setdefault((root, parent), []).append((name, place))
        missing, gone = list[str](), list[Place]()
        for (root, parent), there in wanted.items():
            held = self._names(f"{root}/.snapshot/{snapshot}/{parent}".rstrip("/"))
            lost = [(name, place) for name, place in there if name not in held]
            now = self._names(f"{root}/{parent}".rstrip("/")) if lost else set()
            missing += [str(place.key) for name, place in lost if name in now]
            gone += [place for name, place in lost if name not in now]
        return sorted(missing), gone

    def _names(self, directory: str) -> set[str]:
        try:
            return {child.name for child in self._context.source.namenode.list(directory)}
        except NotFound:
            return set()


def _absent_warnings(absent: AbsentPlaces) -> list[str]:
    """Names what the point holds as it is on the primary: registered, without a directory."""
    more = absent.count - len(absent.objects)
    names = ", ".join(absent.objects) + (f" and {more} more" if more else "")
    return [f"registered without a directory, as on the primary: {names}"] if absent.count else []


def _counts(found: Difference) -> dict[str, int]:
    counts = dict.fromkeys(_NOTHING, 0)
    names: Mapping[Verb, str] = {Verb.CREATE: "create", Verb.ALTER: "alter", Verb.DROP: "drop"}
    for change in (*found.drops, *found.builds):
        counts[names[change.verb]] += 1
    return counts
