"""What a service's ledger says: its points, who owns the work, what the next run builds on (DESIGN.md section 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import Any

from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.inventory import Held
from hadoop_dr.domain.kept import Kept, kept_after, load_kept
from hadoop_dr.domain.ledger import Entry
from hadoop_dr.domain.policy import Drift


class PointState(Enum):
    """Where a recovery point stands in the ledger; the states between are derived from documents."""

    CLAIMED = "claimed"
    TAKEN = "taken"
    STAGED = "staged"
    SEALED = "sealed"
    VOID = "void"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one try of one run to work on the service.

    Attributes:
        n: Number of the ledger entry: the fencing token in the work area's name.
        owner: Host, process id and process start of whoever claimed.
        frozen: The policy as it was then; the run uses only this.
    """

    n: int
    epoch: int
    run: str
    try_no: int
    point: str
    owner: Mapping[str, Any]
    frozen: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Point:
    """A recovery point as the ledger tells it; bodies are those of the entries of the same name.

    Attributes:
        frozen: The policy it was begun under, as its claim froze it; empty once the point has come to its end.
    """

    point: str
    moment_ms: int
    state: PointState
    run: str
    epoch: int
    claim_n: int
    taken: Mapping[str, Any] = field(default_factory=dict)
    staged: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)
    sealed_at: str = ""
    reason: str = ""
    gone: tuple[str, ...] = ()  # sites whose snapshots were pruned
    damaged: str = ""  # why no copy of it is to be relied on; empty while nothing is known against it
    bad_files: Sequence[Sequence[str]] = ()  # root and relative path of what is damaged
    base: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # what an undo left, by site and root
    frozen: Mapping[str, Any] = field(default_factory=dict)
    yielded: tuple[str, ...] = ()  # roots of it whose snapshots made way for other roots
    undone: bool = False  # what it had changed of the live tree and catalog was undone

    def snapshots_on(self, site: str) -> dict[str, SnapshotRef]:
        """The snapshots that hold it on one of its two sites, by root, in whichever direction it went."""
        recorded = self.taken.get("roots", {}) if site == self.source else {}
        recorded = self.sealed.get("snapshots", {}) if site == self.target else recorded
        return {root: _snapshot_ref(site, root, kept) for root, kept in recorded.items()}

    def live_on(self, site: str) -> dict[str, SnapshotRef]:
        """Those of equal content whose inodes are the ones of the site's live tree: after an undo newer ones."""
        undone = {root: _snapshot_ref(site, root, kept) for root, kept in self.base.get(site, {}).items()}
        return {**self.snapshots_on(site), **undone}

    def held(self, root: str) -> Held | None:
        """How much it holds of a root, once it is sealed; None when it does not say."""
        live = self.sealed.get("summary", {}).get("live", {})
        return Held(**live[root]) if root in live else None

    @property
    def source(self) -> str:
        """Site it was taken on."""
        return str(self.taken.get("source", ""))

    @property
    def target(self) -> str:
        """Site it was copied to."""
        return str(self.taken.get("target", ""))


def _snapshot_ref(site: str, root: str, kept: Mapping[str, Any]) -> SnapshotRef:
    return SnapshotRef(site, root, kept["snapshot"], kept["id"], kept["created_ms"])


@dataclass(frozen=True, slots=True)
class Undo:
    """An undo that was announced and is not recorded as done: the live tree may be in the middle of it.

    Attributes:
        point: The unfinished point whose changes are undone; empty when they are somebody else's.
        to: The sealed point that the live tree comes back to.
        roots: Where.
        kept: Names of the snapshots that hold what was found, oldest first; a later try adds its own.
        reason: Why the point cannot be finished.
    """

    point: str
    to: str
    roots: tuple[str, ...]
    kept: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class RootChange:
    """A change of roots that was approved, and that no sealed point has ended yet.

    Attributes:
        old: Roots that make way, on the primary before the moment, on the secondary once everything is staged.
        new: The roots in whose way they stand.
        run: Who ordered it.
        reason: Why.
    """

    old: tuple[str, ...]
    new: tuple[str, ...]
    run: str
    reason: str


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The whole of a service's ledger, reduced.

    Attributes:
        points: By point id, oldest first.
        claim: The claim in force; None when nobody owns the service.
        highest_epoch: Highest epoch seen in the chain.
        undo: The undo that has to be finished before anything else; None when there is none.
        change: The change of roots that is under way; None when there is none.
        kept: What is kept of foreign changes, oldest first.
    """

    points: Mapping[str, Point] = field(default_factory=dict)
    claim: Claim | None = None
    highest_epoch: int = 0
    undo: Undo | None = None
    change: RootChange | None = None
    kept: tuple[Kept, ...] = ()

    def foreign(self, point: Point) -> Kept | None:
        """What keeps a staged point from its seal until a person decides; None when nothing does."""
        last = next((one for one in reversed(self.kept) if one.point == point.point), None)
        refused = last is not None and last.rule == Drift.REFUSE.value and point.state is PointState.STAGED
        return last if refused else None

    def sealed(self) -> list[Point]:
        """Visible points, oldest first."""
        return [p for p in self.points.values() if p.state is PointState.SEALED]

    def newest_sealed(self) -> Point | None:
        """The newest visible point."""
        return max(self.sealed(), key=lambda p: p.point, default=None)

    def sealed_before(self, point: str) -> Point | None:
        """The newest visible point of an earlier moment than another point's."""
        return max((p for p in self.sealed() if p.point < point), key=lambda p: p.point, default=None)

    def ahead_of(self, moment_ms: int) -> Point | None:
        """The newest visible point when a moment would not come after it: then a clock went back in between."""
        newest = self.newest_sealed()
        return newest if newest is not None and newest.moment_ms >= moment_ms else None

    def goes_on(self, run: str) -> Point | None:
        """The unfinished point of a run whose claim is in force."""
        if self.claim is None or self.claim.run != run:
            return None
        point = self.points[self.claim.point]
        return None if point.state in (PointState.SEALED, PointState.VOID) else point

    def free_moment(self, moment_ms: int) -> int:
        """The first moment from one on that names no point yet: an id is never used again, also not of a void point.

        What is left of the earlier point may still be on its way to being cleared away.
        """
        while point_id(moment_ms) in self.points:
            moment_ms += 1
        return moment_ms

    def newest_audited(self, site: str) -> Point | None:
        """The newest visible point that was compared whole and was taken on a site, where it still lies."""
        audited = (p for p in self.sealed() if p.sealed["summary"].get("audited") and p.source == site)
        return max((p for p in audited if site not in p.gone), key=lambda p: p.point, default=None)

    def audit_base(self, site: str) -> Point | None:
        """The point an audit looks back to: the newest that was audited; while none was, the oldest, copied whole."""
        here = (p for p in self.sealed() if p.source == site and site not in p.gone)
        return self.newest_audited(site) or min(here, key=lambda p: p.point, default=None)

    def newest_sound(self) -> Point | None:
        """The newest visible point that nothing is known against, where it was copied to: what people go back to."""
        return max((p for p in self.sealed_on_target() if not p.damaged), key=lambda p: p.point, default=None)

    def sealed_on_target(self) -> list[Point]:
        """Visible points that still lie where they were copied to, oldest first."""
        return [p for p in self.sealed() if p.target not in p.gone]

    def pinned(self) -> frozenset[str]:
        """Points that a person or a drill holds: they never go. No kind of entry pins one yet."""
        return frozenset()

    def roots(self) -> set[str]:
        """Directories that were ever roots of a point that is still remembered."""
        return {root for point in self.points.values() for root in point.taken.get("roots", {})}

    def held_roots(self, site: str = "") -> set[str]:
        """Directories that have snapshots of points, on one site or on either; a void point keeps none."""
        held: set[str] = set()
        for point in self.points.values():
            sites = {site} if site else {point.source, point.target}
            if point.state is not PointState.VOID and not sites <= set(point.gone):
                held.update(point.taken.get("roots", {}))
        return held

    def sticky_roots(self) -> set[str]:
        """Directories that stay roots while anything protected lies in them, as they have snapshots of points."""
        return self.held_roots().difference(self.change.old if self.change else ())

    def sealed_roots(self) -> set[str]:
        """Directories of which a point was sealed that is still remembered."""
        return {root for point in self.sealed() for root in point.taken["roots"]}

    def retired_roots(self, site: str, owned: Iterable[str] = ()) -> list[str]:
        """Directories that were roots once, or were to be, and that no point on a site names any more, sorted.

        Args:
            owned: What the service owns: also roots of runs that never came to their moment, and of forgotten points.
        """
        named: set[str] = set()
        for point in self.points.values():
            if point.state is not PointState.VOID and site not in point.gone:
                named.update(point.taken.get("roots", {}))
        return sorted(self.roots().union(owned) - named)

    def unfinished(self) -> list[Point]:
        """Points that were begun and are neither sealed nor void, oldest first."""
        return [p for p in self.points.values() if p.state not in (PointState.SEALED, PointState.VOID)]


def reduce_service(entries: Iterable[Entry], state: ServiceState | None = None) -> ServiceState:
    """Folds entries, in order, into a state."""
    state = state or ServiceState()
    state = state or ServiceState()
    points, claim, epoch, undo = dict(state.points), state.claim, state.highest_epoch, state.undo
    change, kept = state.change, state.kept
    for entry in entries:
        epoch = max(epoch, entry.epoch)
        undo, change = _undo_after(entry, undo), _change_after(entry, change)
        kept = kept_after(entry, kept, lambda name: points[name].target)
        claim = _fold(entry, points, claim)
    return ServiceState(dict(sorted(points.items())), claim, epoch, undo, change, kept)


_Points = dict[str, Point]


def _fold(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    """Applies one entry to the points; gives the claim in force after it."""
    fold = _FOLDS.get(entry.kind)
    return fold(entry, points, claim) if fold else claim


def _claimed(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    body = entry.body
    _begin(points, body, entry, body["frozen"])
    return Claim(entry.n, entry.epoch, entry.run, body["try"], body["point"], body["owner"], body["frozen"])


def _rearmed(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    void = points.get(entry.body["void"])
    if void is not None:
        points[void.point] = replace(void, state=PointState.VOID, reason="armed anew", frozen={})
    _begin(points, entry.body, entry, void.frozen if void else {})
    return replace(claim, point=entry.body["point"]) if claim else None


def _taken(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    old = points[entry.body["point"]]
    moment_ms = entry.body["moment_ms"]
    points[old.point] = replace(old, state=PointState.TAKEN, moment_ms=moment_ms, taken=entry.body)
    return claim


def _staged(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    old = points[entry.body["point"]]
    points[old.point] = replace(old, state=PointState.STAGED, staged=entry.body)
    return claim


def _sealed(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    old = points[entry.body["point"]]
    points[old.point] = replace(
        old, state=PointState.SEALED, sealed=entry.body, sealed_at=entry.at, frozen={}
    )
    return None if claim and claim.point == old.point else claim


def _void(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    point = entry.body["point"]
    if point in points:
        points[point] = replace(points[point], state=PointState.VOID, reason=entry.body["reason"], frozen={})
    return None if claim and claim.point == point else claim


def _released(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    return None if claim and claim.n == entry.body["claim"] else claim


def _pruned(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    for site, point in entry.body["points"]:
        if point in points:
            points[point] = replace(points[point], gone=tuple(sorted({*points[point].gone, site})))
    return claim


def _damaged(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    body, point = entry.body, points.get(entry.body["point"])
    if point is not None:
        points[point.point] = replace(point, damaged=body["reason"], bad_files=_files(body.get("files", ())))
    return claim


def _undone(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    body = entry.body
    to, given_up = points[body["to"]], points.get(body.get("point", ""))
    there = {**to.base.get(body["site"], {}), **body["base"]}
    points[to.point] = replace(to, base={**to.base, body["site"]: there})
    if given_up is not None:
        points[given_up.point] = replace(
            given_up, state=PointState.VOID, reason=body.get("reason", ""), undone=True
        )
    return claim


def _undo_after(entry: Entry, undo: Undo | None) -> Undo | None:
    """The undo that is pending after an entry: a sealed point, too, ends it, because its tree was compared whole."""
    if entry.kind in ("undone", "sealed"):
        return None
    if entry.kind != "undoing":
        return undo
    body = entry.body
    earlier = undo.kept if undo is not None else ()
    return Undo(body["point"], body["to"], tuple(body["roots"]), (*earlier, body["kept"]), body["reason"])


def _root_change(entry: Entry, points: _Points, claim: Claim | None) -> Claim | None:
    body = entry.body
    for _, name in body["points"]:
        if name in points:
            yielded = sorted({*points[name].yielded, *body["old"]})
            points[name] = replace(points[name], yielded=tuple(yielded))
    return _pruned(entry, points, claim)


def _change_after(entry: Entry, change: RootChange | None) -> RootChange | None:
    """The change that is under way after an entry; any point that is sealed ends it: its roots are the roots."""
    if entry.kind == "sealed":
        return None
    if entry.kind != "root_change":
        return change
    body = entry.body
    return RootChange(tuple(body["old"]), tuple(body["new"]), entry.run, body["reason"])


_FOLDS: Mapping[str, Callable[[Entry, _Points, Claim | None], Claim | None]] = {
    "claim": _claimed,
    "rearmed": _rearmed,
    "taken": _taken,
    "staged": _staged,
    "sealed": _sealed,
    "void": _void,
    "released": _released,
    "pruned": _pruned,
    "unprotected": _pruned,
    "damaged": _damaged,
    "undone": _undone,
    "root_change": _root_change,
}


def _begin(points: _Points, body: Mapping[str, Any], entry: Entry, frozen: Mapping[str, Any]) -> None:
    """Begins a point, or goes on with it; once it is taken, the policy it was taken under stays its own."""
    point, claim_n = body["point"], body.get("claim", entry.n)
    old = points.get(point)
    if old is None:
        old = Point(point, body["moment_ms"], PointState.CLAIMED, entry.run, entry.epoch, claim_n)
    kept = frozen if old.state is PointState.CLAIMED else old.frozen
    points[point] = replace(old, run=entry.run, claim_n=claim_n, frozen=kept)


def _files(kept: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(one) for one in kept)


_REMEMBERED = 100


def dump_state(state: ServiceState) -> dict[str, Any]:
    """Gives the state as plain JSON, for a checkpoint; of points that are gone from both sites only the newest 100.

    So a checkpoint is as long as what exists, not as what ever was. The newest stay, because a worker that slept may
    still leave a snapshot of such a point, which is cleared away by what is known of it.
    """
    gone = sorted(name for name, point in state.points.items() if len(point.gone) > 1)
    forgotten = frozenset(gone[:-_REMEMBERED])
    kept = asdict(replace(state, points={name: p for name, p in state.points.items() if name not in forgotten}))
    for point in kept["points"].values():
        point["state"] = point["state"].value
    return kept


def load_state(kept: Mapping[str, Any]) -> ServiceState:
    """Gives back what ``dump_state`` wrote."""
    points = {name: _load_point(fields) for name, fields in kept["points"].items()}
    claim = Claim(**kept["claim"]) if kept["claim"] else None
    return ServiceState(
        dict(sorted(points.items())),
        claim,
        kept["highest_epoch"],
        _load_undo(kept.get("undo")),
        _load_change(kept.get("change")),
        load_kept(kept.get("kept", ())),
    )


def _load_undo(fields: Mapping[str, Any] | None) -> Undo | None:
    if fields is None:
        return None
    return Undo(**{**fields, "roots": tuple(fields["roots"]), "kept": tuple(fields["kept"])})


def _load_change(fields: Mapping[str, Any] | None) -> RootChange | None:
    if fields is None:
        return None
    return RootChange(**{**fields, "old": tuple(fields["old"]), "new": tuple(fields["new"])})


def _load_point(fields: Mapping[str, Any]) -> Point:
    bad = _files(fields.get("bad_files", ()))  # a checkpoint of an older version has none
    lists = {name: tuple(fields.get(name, ())) for name in ("gone", "yielded")}
    return Point(**{**fields, "state": PointState(fields["state"]), "bad_files": bad, **lists})
