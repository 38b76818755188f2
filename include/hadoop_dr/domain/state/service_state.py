"""What a service's ledger says: its points, who owns the work, what the next run builds on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.direction import SnapshotRef
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.ledger.bodies.foreign import DivergenceApproved
from hadoop_dr.domain.ledger.bodies.sealed import NOT_SEALED, PointSealed
from hadoop_dr.domain.ledger.bodies.staged import NOT_STAGED, PointStaged
from hadoop_dr.domain.ledger.bodies.taken import NOT_TAKEN, PointTaken
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY, FrozenPolicy, RootPath, RootPoint, SnapshotRecord
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.runs.moment import LEAD_MS
from hadoop_dr.domain.runs.process import Process
from hadoop_dr.domain.tree.inventory import Held


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
        owner: The one process that does all of its work; None where it goes on in other processes.
        frozen: The policy as it was then; the run uses only this.
    """

    n: int
    epoch: int
    run: str
    try_no: int
    point: str
    owner: Process | None
    frozen: FrozenPolicy


@dataclass(frozen=True, slots=True)
class Point:
    """A recovery point as the ledger tells it; bodies are those of the entries of the same name.

    Attributes:
        sealed_at: Wall time of its seal, for people.
        reason: Why it was given up.
        gone: Sites whose snapshots were pruned.
        damaged: Why no copy of it is to be relied on; empty while nothing is known against it.
        bad_files: What of it is damaged.
        unnamed: Roots in which more of it is damaged, or may be, each with the point that has copied it.
        base: What an undo left, by site and root: newer snapshots than the sealed ones.
        frozen: The policy it was begun under, as its claim froze it; ``NO_POLICY`` once it has come to its end.
        yielded: Roots of it whose snapshots made way for other roots.
        undone: What it had changed of the live tree and catalog was undone.
        had: Its roots, once it is gone from both sites and a checkpoint keeps nothing else of them.
    """

    point: str
    moment_ms: int
    state: PointState
    run: str
    epoch: int
    claim_n: int
    taken: PointTaken = NOT_TAKEN
    staged: PointStaged = NOT_STAGED
    sealed: PointSealed = NOT_SEALED
    sealed_at: str = ""
    reason: str = ""
    gone: tuple[str, ...] = ()
    damaged: str = ""
    bad_files: tuple[RootPath, ...] = ()
    base: Mapping[str, Mapping[str, SnapshotRecord]] = field(default_factory=dict)
    frozen: FrozenPolicy = NO_POLICY
    yielded: tuple[str, ...] = ()
    undone: bool = False
    had: tuple[str, ...] = ()
    unnamed: tuple[RootPoint, ...] = ()

    @property
    def roots(self) -> Collection[str]:
        """Its roots, whatever became of it."""
        return self.taken.roots or self.had

    def snapshots_on(self, site: str) -> dict[str, SnapshotRef]:
        """The snapshots that hold it on one of its two sites, by root, in whichever direction it went."""
        return {root: _snapshot_ref(site, root, kept) for root, kept in self.records_on(site).items()}

    def records_on(self, site: str) -> Mapping[str, SnapshotRecord]:
        """The same as the ledger has them: where there are many, that makes nothing anew."""
        recorded = self.taken.snapshots if site == self.origin else {}
        return self.sealed.snapshots if site == self.destination else recorded

    def snapshot_on(self, site: str, root: str) -> SnapshotRef | None:
        """The one of them that holds a root, if any. It is asked of each root, so it makes no list of all."""
        taken = self.taken.roots.get(root) if site == self.origin else None
        kept = self.sealed.snapshots.get(root) if site == self.destination else taken and taken.snapshot
        return _snapshot_ref(site, root, kept) if kept else None

    def live_snapshot_on(self, site: str, root: str) -> SnapshotRef | None:
        """The one of ``live_on`` that holds a root; None when there is none."""
        undone = self.base.get(site, {}).get(root)
        return _snapshot_ref(site, root, undone) if undone else self.snapshot_on(site, root)

    def live_on(self, site: str) -> dict[str, SnapshotRef]:
        """Those of equal content whose inodes are the ones of the site's live tree: after an undo newer ones."""
        undone = {root: _snapshot_ref(site, root, kept) for root, kept in self.base.get(site, {}).items()}
        return {**self.snapshots_on(site), **undone}

    def lies_on(self, site: str, root: str) -> SnapshotRef | None:
        """Returns what a site still has of one root of it, with the inodes of the live tree; None when that is nothing.

        A point that lost some of its roots on its origin to a change of roots keeps what it has of the others until
        the change has come to its end.
        """
        partly = site == self.origin and self.yielded and self.destination not in self.gone
        if site in self.gone and (not partly or root in self.yielded):
            return None
        return self.live_snapshot_on(site, root)

    @property
    def is_nowhere(self) -> bool:
        """Whether the ledger says that neither site has it any more."""
        return {self.origin, self.destination} <= set(self.gone)

    def held(self, root: str) -> Held | None:
        """How much it holds of a root, once it is sealed; None when it does not say."""
        return self.sealed.summary.live.get(root)

    def compared_whole(self, root: str) -> bool:
        """Whether its run compared all of a root with what the destination had, and not only what had changed since."""
        return self.sealed.baseline is None or root in self.sealed.summary.whole

    @property
    def was_taken(self) -> bool:
        """Whether its moment came, whatever became of it since."""
        return bool(self.taken.point)

    @property
    def was_staged(self) -> bool:
        """Whether everything of it lay on the destination once, whatever became of it since."""
        return bool(self.staged.point)

    @property
    def origin(self) -> str:
        """Site it was taken on."""
        return self.taken.origin

    @property
    def destination(self) -> str:
        """Site it was copied to."""
        return self.taken.destination


def _snapshot_ref(site: str, root: str, kept: SnapshotRecord) -> SnapshotRef:
    return SnapshotRef(site, root, kept.name, kept.id, kept.created_ms)


@dataclass(frozen=True, slots=True)
class Undo:
    """An undo that was announced and is not recorded as done: the live tree may be in the middle of it.

    Attributes:
        point: The unfinished point whose changes are undone; empty when they are somebody else's.
        to: The sealed point that the live tree comes back to.
        site: Whose live tree.
        roots: Where.
        kept: Names of the snapshots that hold what was found, oldest first; a later try adds its own.
        reason: Why the point cannot be finished.
    """

    point: str
    to: str
    site: str
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
class Pin:
    """What holds a point until it is taken back.

    Attributes:
        n: Number of the ledger entry.
        by: Who wants it.
        reason: Why.
    """

    n: int
    point: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ApprovedDivergence(DivergenceApproved):
    """A divergence that a person lets a backup undo.

    Attributes:
        epoch: Epoch of the roles it was approved under.
    """

    epoch: int = field(kw_only=True)


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
        pins: What holds points, oldest first.
        policy: What the newest claim froze, with its text; ``NO_POLICY`` before the first.
        divergence: What of a former primary may be undone, until the next point is sealed; None when nothing may.
        lead_ms: How long before its moment a claim shall name it, as earlier runs needed it.
    """

    points: Mapping[str, Point] = field(default_factory=dict)
    claim: Claim | None = None
    highest_epoch: int = 0
    undo: Undo | None = None
    change: RootChange | None = None
    kept: tuple[Kept, ...] = ()
    pins: tuple[Pin, ...] = ()
    policy: FrozenPolicy = NO_POLICY
    lead_ms: int = LEAD_MS
    divergence: ApprovedDivergence | None = None

    def approved_on(self, site: str, epoch: int) -> ApprovedDivergence | None:
        """What of a site may be undone in the roles of an epoch; None when nothing may."""
        found = self.divergence
        return found if found is not None and (found.site, found.epoch) == (site, epoch) else None

    def foreign(self, point: Point) -> Kept | None:
        """Returns what keeps a staged point from its seal until a person decides; None when nothing does."""
        last = next((one for one in reversed(self.kept) if one.point == point.point), None)
        refused = last is not None and last.rule == Drift.REFUSE.value and point.state is PointState.STAGED
        return last if refused else None

    def newest_is_sealed(self) -> bool:
        """Whether the last run that claimed the service sealed its point."""
        newest = max(self.points.values(), key=lambda point: point.claim_n, default=None)
        return self.claim is None and newest is not None and newest.state is PointState.SEALED

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

    def audit_base(self, site: str, root: str) -> SnapshotRef | None:
        """The snapshot of a root on a site that an audit of the root looks back to, whichever way its point went.

        That of the newest point that was audited; while none was, of the oldest whose run compared all of the root.
        Between any other two points lies what no audit has looked at.
        """
        base = self._audit_base(site, root)
        return base[1] if base else None

    def audited_blocks(self, site: str, root: str) -> tuple[str, str] | None:
        """Name of that snapshot, and the digest of its blocks where its point has one: see ``block_digest``."""
        base = self._audit_base(site, root)
        if base is None:
            return None
        point, ref = base
        return ref.name, point.sealed.blocks.get(root, "") if site == point.destination else ""

    def audit_bases(self, site: str) -> set[str]:
        """Points that audits of the newest point's roots look back to on a site: no listing tells what was since."""
        newest = self.newest_sealed()
        bases = (self._audit_base(site, root) for root in (newest.taken.roots if newest else ()))
        return {base[0].point for base in bases if base is not None}

    def _audit_base(self, site: str, root: str) -> tuple[Point, SnapshotRef] | None:
        oldest = None
        for point in sorted(self.sealed(), key=lambda p: p.point, reverse=True):
            if ref := point.lies_on(site, root):
                if point.sealed.summary.audited:
                    return point, ref
                if point.compared_whole(root):
                    oldest = point, ref
        return oldest

    def newest_sound(self) -> Point | None:
        """The newest visible point that nothing is known against, where it was copied to: what people go back to."""
        return max((p for p in self.sealed_on_destination() if not p.damaged), key=lambda p: p.point, default=None)

    def sealed_on_destination(self) -> list[Point]:
        """Visible points that still lie where they were copied to, oldest first."""
        return [p for p in self.sealed() if p.destination not in p.gone]

    def pinned(self) -> frozenset[str]:
        """Points that a person or a drill holds: they never go."""
        return frozenset(pin.point for pin in self.pins)

    def roots(self) -> set[str]:
        """Directories that were ever roots of a point that is still remembered."""
        return {root for point in self.points.values() for root in point.roots}

    def held_roots(self, site: str = "") -> set[str]:
        """Directories that have snapshots of points, on one site or on either; a void point keeps none."""
        held: set[str] = set()
        for point in self.points.values():
            sites = {site} if site else {point.origin, point.destination}
            if point.state is not PointState.VOID and not sites <= set(point.gone):
                held.update(point.taken.roots)
        return held

    def sticky_roots(self) -> set[str]:
        """Directories that stay roots while anything protected lies in them, as they have snapshots of points."""
        return self.held_roots().difference(self.change.old if self.change else ())

    def sealed_roots(self) -> set[str]:
        """Directories of which a point was sealed that is still remembered."""
        return {root for point in self.sealed() for root in point.roots}

    def retired_roots(self, site: str, owned: Iterable[str] = ()) -> list[str]:
        """Directories that were roots once, or were to be, and that no point on a site names any more, sorted.

        Args:
            owned: What the service owns: also roots of runs that never came to their moment, and of forgotten points.
        """
        named: set[str] = set()
        for point in self.points.values():
            if point.state is not PointState.VOID and site not in point.gone:
                named.update(point.taken.roots)
        return sorted(self.roots().union(owned) - named)

    def unfinished(self) -> list[Point]:
        """Points that were begun and are neither sealed nor void, oldest first."""
        return [p for p in self.points.values() if p.state not in (PointState.SEALED, PointState.VOID)]
