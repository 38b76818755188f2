"""The catalog side of a run: exported at the moment, applied around the tree, verified (DESIGN.md section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.catalog.coverage import Finding, Uncovered, cover
from hadoop_dr.domain.catalog.difference import Catalog, Difference, Verb, catalog_of, replaced_tables
from hadoop_dr.domain.catalog.losses import named_drops, renamed_tables
from hadoop_dr.domain.catalog.places import locations, refuse_outside, table_roots
from hadoop_dr.domain.catalog.rewrite import Rewrite, aliases, refuse_references, rewrite_rows
from hadoop_dr.domain.catalog.rows import SCHEMA, Kind, Row, Slot, pack_rows, unpack_rows
from hadoop_dr.domain.catalog.selection import Selection, selection_of
from hadoop_dr.domain.coverage import TableSeen
from hadoop_dr.domain.deletions import Deletions
from hadoop_dr.domain.errors import BaselineLost, CatalogMoved, NotFound, Refused
from hadoop_dr.domain.policy import Acid, Mode
from hadoop_dr.domain.root_notes import kept_directories
from hadoop_dr.domain.roots import Decision, root_of
from hadoop_dr.domain.service_state import Point
from hadoop_dr.domain.verify import Verdict
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.services.backup.documents import Documents
from hadoop_dr.services.backup.ground import Ground, Side
from hadoop_dr.services.backup.roots import Roots
from hadoop_dr.services.catalog import CatalogApply, CatalogExport, CatalogVerify, Exported, Planned

CATALOG = "catalog.parquet"
DROPS = "drops.parquet"
_SLOTS = SCHEMA[: len(Slot._fields)]
_NOTHING = {"create": 0, "alter": 0, "drop": 0}
_SHOWN = 20


class Catalogs:
    """The Hive metastore of both sites, as far as the policy protects tables; without any, nothing is contacted.

    A point that was taken has a selection of its own. What is done with a point goes by that one, because the policy
    may have changed since: the point may be one of an earlier run.

    Args:
        ground: The service.

    Attributes:
        gaps: Why it cannot be told what changed after the newest E0; empty when it can.
        lost: Why it cannot be told what the catalog was at the newest E0; empty when it can.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._patterns = ground.policy.hive_patterns
        self._selection = selection_of(self._patterns)
        self._roots = Roots(ground, self._selection, self._addresses(ground.source))
        self._begun: Exported | None = None
        self._every: list[Row] = []
        self._decided: tuple[int, Decision] | None = None
        self._at_moment: Decision | None = None
        self._exact: Exported | None = None
        self._kept: list[Row] = []
        self._findings: list[Finding] = []
        self._e0 = self._e1 = 0
        self.gaps: list[str] = []
        self.lost: list[str] = []

    # ------------------------------------------------------------------ before and at the moment

    def locations(self) -> list[str]:
        """Directories of the protected tables now, as paths on the source."""
        return table_roots(self._along(self.rows()))

    def rows(self) -> list[Row]:
        """The protected objects of the source's catalog now."""
        return self._covered(self._all())

    def roots(self) -> tuple[str, ...]:
        """The roots a snapshot would be taken of now."""
        return self.decision().roots

    def decision(self) -> Decision:
        """The roots and what a person should know of them, decided once for what was read of catalog and ledger."""
        rows, chain = self._all(), self._ground.ledger.chain
        if self._decided is None or self._decided[0] != chain.head_n:
            found = self._roots.decide(self._covered(rows), self._every)
            self._decided = (chain.head_n, found)
        return self._decided[1]

    def decisions(self) -> tuple[Decision, Decision]:
        """The same, and as if no point held a snapshot; what cannot be protected is left aside instead of refused."""
        kept = self._protectable()
        return self._roots.decide(kept, self._every), self._roots.changed(kept, self._every)

    def seen(self) -> list[TableSeen]:
        """Every declared table as coverage looks at it, also those a point leaves out."""
        rows = self._all()
        kept, findings = cover(rows, self._skip(), one_address=self._one_address())
        left_out = {finding.slot[1:3]: finding for finding in findings}
        places: dict[tuple[str, str], list[str]] = {}
        for place in locations(kept):
            places.setdefault((place.slot.database, place.slot.table), []).append(place.path)
        return [
            TableSeen(
                row.slot.database,
                row.slot.table,
                places.get((row.slot.database, row.slot.table), ()),
                left_out[row.slot[1:3]].why.value if row.slot[1:3] in left_out else "",
                row.slot[1:3] in left_out and left_out[row.slot[1:3]].skipped,
            )
            for row in rows
            if row.slot.kind is Kind.TABLE
        ]

    def _all(self) -> list[Row]:
        if self._patterns and self._begun is None:
            self.begin()
        return list(self._begun.rows.values()) if self._begun else []

    def _protectable(self) -> list[Row]:
        return cover(self._all(), self._skip(), one_address=self._one_address())[0]

    def begin(self) -> None:
        """Reads ahead of the moment what can be read ahead; the last point's export saves reading it all again.

        It is brought to now, because where the tables lie now decides of which directories snapshots are taken.
        """
        if self._patterns:
            export, base = self._export(), self._begun or self._previous()
            begun = export.begin(self._selection, base)
            try:
                now = self._metastore(self._ground.source).current_event()
                self._begun = begun if begun.full else export.at(begun, now)
            except CatalogMoved:
                self._begun = export.begin(self._selection)
            self._exact = self._decided = None
            self._every = self._metastore(self._ground.source).every_database()

    def mark_before(self) -> None:
        """At T0: notes the event id E0."""
        self.gaps, self.lost = [], []
        if self._patterns:
            self._e0 = self._metastore(self._ground.source).current_event()

    def mark_after(self) -> None:
        """After the last snapshot: notes the event id E1."""
        if self._patterns:
            self._e1 = self._metastore(self._ground.source).current_event()

    def touched(self, settle_ms: int, sleep_until: Callable[[float], None]) -> list[str]:
        """Names protected objects that changed after E0 and until the catalog has settled."""
        if not self._patterns:
            return []
        sleep_until(self._ground.clock.monotonic_s() + settle_ms / 1000)
        until = max(self._e1, self._metastore(self._ground.source).current_event())
        try:
            events = self._export().touched(self._e0, until, self._selection)
        except CatalogMoved as moved:
            self.gaps.append(f"{moved.subject}: {moved.problem}")
            return []
        return sorted({".".join(part for part in (event.database, event.table) if part) for event in events})

    def outside(self, roots: Sequence[str], snapshot: str) -> list[str]:
        """Names locations registered at E0 that the snapshots do not hold.

        Raises:
            Refused: A location lies outside the roots altogether, or an object cannot be protected.
        """
        if not self._patterns:
            return []
        assert self._begun is not None
        try:
            self._exact = self._export().at(self._begun, self._e0)
        except CatalogMoved as moved:
            self.lost.append(f"{moved.subject}: {moved.problem}")
            return []
        self._kept = self._covered(self._exact.rows.values())
        self._at_moment = self._roots.decide(self._kept, self._every)
        wanted = self._at_moment.roots
        if late := [root for root in wanted if root_of(root, roots) is None]:
            return [f"{root}, a root since the moment was armed" for root in late]
        refuse_outside(self._kept, roots, self._addresses(self._ground.source))
        return self._missing(roots, snapshot)

    def roots_told(self) -> list[str]:
        """What a point says of directories that a DROP left behind, and of foreign data in its roots."""
        held = self._ground.ledger.known().held_roots(self._ground.source.name)
        return [result.detail for result in kept_directories(self._at_moment or self.decision(), held)]

    def write(self, documents: Documents) -> dict[str, Any]:
        """Writes the catalog at exactly E0 as a document; gives what the ledger keeps of it."""
        if self._exact is None:
            return {}
        documents.write_loose(CATALOG, SCHEMA, pack_rows(self._kept))
        return {
            "e0": self._e0,
            "e1": self._e1,
            "objects": len(self._kept),
            "left_out": [str(finding) for finding in self._findings[:_SHOWN]],
        }

    # ------------------------------------------------------------------ on the target

    def plan(self, point: Point, documents: Documents) -> tuple[dict[str, int], Deletions]:
        """Counts what the target's catalog needs and what of it goes; makes export and drops the plan's documents."""
        if not point.taken.get("catalog"):
            return dict(_NOTHING), Deletions()
        documents.adopt(CATALOG)
        rows = self._rows(documents)
        found = self._planned(rows, selected_at(point), self._earlier(point), point.source)
        named = named_drops(found.changes)
        if named:
            documents.write(DROPS, _SLOTS, [(slot.kind.value, *slot[1:]) for slot in named])
        return _counts(found.changes), found.lost

    def preview(self) -> tuple[dict[str, int], Deletions]:
        """Counts what the target's catalog would need now, and what of it would go."""
        if not self._patterns:
            return dict(_NOTHING), Deletions()
        rows, sealed = self.rows(), self._ground.ledger.read().sealed()
        earlier = [point for point in sealed if point.taken.get("catalog")]
        found = self._planned(rows, self._selection, earlier, self._ground.source.name)
        return _counts(found.changes), found.lost

    def drop(self, point: Point, documents: Documents, still_mine: Callable[[], None]) -> None:
        """Drops what went or became another object, and only what the plan named; never deletes data."""
        if point.taken.get("catalog"):
            rows = self._rows(documents)
            replaced = self._replaced(catalog_of(rows), self._earlier(point), point.source)
            wanted, named = self._rewritten(rows), self._named(documents)
            self._apply(still_mine).drop(wanted, selected_at(point), named, replaced)

    def create(self, point: Point, documents: Documents, still_mine: Callable[[], None]) -> None:
        """Creates and alters until the target's catalog is the point's."""
        if point.taken.get("catalog"):
            wanted, named = self._wanted(documents), self._named(documents)
            self._apply(still_mine).build(wanted, selected_at(point), named)

    def verify(self, point: Point, documents: Documents) -> Verdict:
        """Compares the target's catalog with the point's, object by object; none may name the other site."""
        if not point.taken.get("catalog"):
            return Verdict()
        wanted = self._wanted(documents)
        refuse_references(wanted, self._addresses(self._ground.source), self._ground.source.name)
        found = CatalogVerify(self._metastore(self._ground.target)).run(wanted, selected_at(point))
        return Verdict(found.match, list(found.mismatch), list(found.cannot_tell))

    def warnings(self, point: Point) -> list[str]:
        """What a person should know about the catalog of this point."""
        left_out = [f"not protected: {text}" for text in point.taken.get("catalog", {}).get("left_out", [])]
        return [*left_out, *point.taken.get("roots_told", ())]

    # ------------------------------------------------------------------ for an undo

    def exported(self, documents: Documents) -> list[Row]:
        """Reads what a point exported, in the source's addresses.

        Raises:
            BaselineLost: The document is missing or is another one.
        """
        return self._rows(documents)

    def on_target(self, rows: Iterable[Row]) -> list[Row]:
        """Gives rows of an export as the target has them."""
        return self._rewritten(rows)

    # ------------------------------------------------------------------ parts

    def _metastore(self, side: Side) -> Metastore:
        if side.metastore is None:
            raise Refused(
                side.name,
                "has no metastore, and the policy protects Hive tables",
                f"Name it under sites.{side.name}.metastores in {self._ground.pair.file or 'the pair file'}.",
            )
        return side.metastore

    def _export(self) -> CatalogExport:
        return CatalogExport(self._metastore(self._ground.source))

    def _apply(self, still_mine: Callable[[], None]) -> CatalogApply:
        return CatalogApply(self._metastore(self._ground.target), self._ground.clock, between=still_mine)

    def _previous(self) -> Exported | None:
        """The export of the newest sealed point of the same direction, if its document is still whole.

        It has the selection it was made under. A full run reads everything again, whatever the log of events says.
        """
        point = self._ground.ledger.read().newest_sealed()
        if point is None or not point.taken.get("catalog") or point.source != self._ground.source.name:
            return None
        if self._ground.policy.mode is Mode.FULL or selected_at(point) != self._selection:
            return None
        if point.taken["catalog"]["left_out"]:
            return None  # objects were left out of the document, so it is not the whole export
        try:
            rows = self._rows(Documents(self._ground, point))
        except BaselineLost:
            return None
        return Exported(selected_at(point), point.taken["catalog"]["e0"], catalog_of(rows), full=False)

    def _rows(self, documents: Documents) -> list[Row]:
        return unpack_rows(documents.read(CATALOG))

    def _wanted(self, documents: Documents) -> list[Row]:
        return self._rewritten(self._rows(documents))

    def _rewritten(self, rows: Iterable[Row]) -> list[Row]:
        source, target = self._ground.source, self._ground.target
        return rewrite_rows(self._along(rows), Rewrite(self._addresses(source), target.authority))

    def _along(self, rows: Iterable[Row]) -> Iterable[Row]:
        return self._ground.claims.heartbeat.along(rows)

    @staticmethod
    def _addresses(side: Side) -> tuple[str, ...]:
        return tuple(dict.fromkeys(alias for address in side.addresses for alias in aliases(address)))

    def _replaced(self, now: Catalog, sealed: Sequence[Point], source: str) -> tuple[Slot, ...]:
        """Tables the source dropped and made again since the newest earlier point that selected them."""
        open_ = {slot: row for slot, row in now.items() if slot.kind is Kind.TABLE}
        found: list[Slot] = []
        for earlier in reversed(sealed):
            selected = {slot: row for slot, row in open_.items() if selected_at(earlier).owns(slot)}
            if earlier.source != source or not open_:
                break
            if selected:
                with suppress(BaselineLost):
                    found += replaced_tables(catalog_of(self._rows(Documents(self._ground, earlier))), selected)
            open_ = {slot: row for slot, row in open_.items() if slot not in selected}
        return tuple(found)

    def _renamed(self, now: Catalog, sealed: Sequence[Point], source: str) -> dict[Slot, Slot]:
        """Tables the source renamed since the newest earlier point; without its document they count as dropped."""
        if sealed and sealed[-1].source == source:
            with suppress(BaselineLost):
                return renamed_tables(catalog_of(self._rows(Documents(self._ground, sealed[-1]))), now)
        return {}

    def _planned(self, rows: Sequence[Row], selection: Selection, sealed: Sequence[Point], source: str) -> Planned:
        now = catalog_of(rows)
        replaced, renamed = self._replaced(now, sealed, source), self._renamed(now, sealed, source)
        return self._apply(lambda: None).plan(self._rewritten(rows), selection, replaced, renamed)

    @staticmethod
    def _named(documents: Documents) -> list[Slot]:
        """What the plan said would be dropped; a plan that drops nothing has no such document."""
        rows: list[Any] = documents.read(DROPS) if documents.has(DROPS) else []
        return [Slot(Kind(kind), *names) for kind, *names in rows]

    def _earlier(self, point: Point) -> list[Point]:
        return [p for p in self._ground.ledger.read().sealed() if p.point < point.point and p.taken.get("catalog")]


    def _covered(self, rows: Iterable[Row]) -> list[Row]:
        """Parts off what cannot be protected.

        Raises:
            Refused: There is such an object, and the policy does not say to go on without it.
        """
        kept, self._findings = cover(rows, self._skip(), one_address=self._one_address())
        refused = [str(finding) for finding in self._findings if not finding.skipped]
        if refused:
            raise Refused(
                "catalog",
                f"{len(refused)} objects cannot be protected: {'; '.join(refused[:_SHOWN])}",
                "Take them out of 'protect' by naming tables, or for transactional tables set acid: skip",
            )
        return kept

    def _skip(self) -> list[Uncovered]:
        return [Uncovered.ACID] if self._ground.policy.acid is Acid.SKIP else []

    def _one_address(self) -> bool:
        return self._ground.source.authority == self._ground.target.authority

    def _missing(self, roots: Sequence[str], snapshot: str) -> list[str]:
        """Locations of E0 that the snapshots do not hold, a listing for each directory they lie in."""
        wanted: dict[str, dict[str, str]] = {}
        for place in locations(self._kept):
            root = root_of(place.path, roots)
            below = place.path[len(root or "") :].strip("/")
            if root is not None and below:
                parent, _, name = below.rpartition("/")
                directory = f"{root}/.snapshot/{snapshot}/{parent}".rstrip("/")
                wanted.setdefault(directory, {})[name] = str(place.slot)
        missing: list[str] = []
        for directory, names in wanted.items():
            found = self._names(directory)
            missing += [slot for name, slot in names.items() if name not in found]
        return sorted(missing)

    def _names(self, directory: str) -> set[str]:
        try:
            return {child.name for child in self._ground.source.namenode.list(directory)}
        except NotFound:
            return set()


def selected_at(point: Point) -> Selection:
    """What of the catalog a taken point selects, whatever the policy says now."""
    return selection_of(point.taken["protect"]["hive"])
def _counts(found: Difference) -> dict[str, int]:
    counts = dict.fromkeys(_NOTHING, 0)
    names: Mapping[Verb, str] = {Verb.CREATE: "create", Verb.ALTER: "alter", Verb.DROP: "drop"}
    for change in (*found.drops, *found.builds):
        counts[names[change.verb]] += 1
    return counts
