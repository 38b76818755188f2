"""Folds the entries of a service's ledger into its state; keeps the state for a checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from functools import singledispatch
from typing import Any

from hadoop_dr.domain.codec import codec_of
from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.ends import (
    PointDamaged,
    PointPinned,
    PointsPruned,
    PointUnpinned,
    RootsChanged,
    ServiceUnprotected,
)
from hadoop_dr.domain.ledger.bodies.foreign import DivergenceApproved, UndoBegun, UndoDone
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased, MomentRearmed, PointVoided, ServiceClaimed
from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.staged import PointStaged
from hadoop_dr.domain.ledger.bodies.taken import PointTaken
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY, FrozenPolicy, SitePoint
from hadoop_dr.domain.ledger.kept_changes import kept_after
from hadoop_dr.domain.runs.moment import lead_after
from hadoop_dr.domain.state.packed_state import PackedState, pack, unpack
from hadoop_dr.domain.state.service_state import (
    ApprovedDivergence,
    Claim,
    Pin,
    Point,
    PointState,
    RootChange,
    ServiceState,
    Undo,
)

_REMEMBERED = 100
_Points = dict[str, Point]


def reduce_service(entries: Iterable[LedgerEntry], state: ServiceState | None = None) -> ServiceState:
    """Folds entries, in order, into a state."""
    state = state or ServiceState()
    points, claim, epoch, undo = dict(state.points), state.claim, state.highest_epoch, state.undo
    change, kept, pins, policy, lead_ms = state.change, state.kept, state.pins, state.policy, state.lead_ms
    divergence = state.divergence
    for read in entries:
        entry = _with_text(read, policy)
        policy = entry.body.frozen if isinstance(entry.body, ServiceClaimed) else policy
        epoch = max(epoch, entry.epoch)
        undo, change, pins = _undo_after(entry, undo), _change_after(entry, change), _pins_after(entry, pins)
        kept, lead_ms = kept_after(entry, kept), _lead_after(entry, lead_ms)
        divergence = _divergence_after(entry, divergence)
        claim = _fold(entry.body, entry, points, claim)
    return ServiceState(
        points=dict(sorted(points.items())),
        claim=claim,
        highest_epoch=epoch,
        undo=undo,
        change=change,
        kept=kept,
        pins=pins,
        policy=policy,
        lead_ms=lead_ms,
        divergence=divergence,
    )


def _with_text(entry: LedgerEntry, policy: FrozenPolicy) -> LedgerEntry:
    """A claim with the text of its policy, which the claim before has where it is the same.

    Raises:
        Protocol: That one has another text: the ledger or its checkpoint is not what was written.
    """
    body = entry.body
    if not isinstance(body, ServiceClaimed):
        return entry
    frozen = body.frozen.whole(policy)
    if frozen is None:
        raise Protocol(
            f"ledger entry {entry.n}",
            f"the claim of run {entry.run} leaves out the text of its policy, and the claim before it has another one",
            "Compare both copies: hadoop-dr ledger check; restore the one that was changed from the other site.",
        )
    return replace(entry, body=replace(body, frozen=frozen))


@singledispatch
def _fold(body: object, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    """Applies one entry to the points; gives the claim in force after it. What is said of no point changes nothing."""
    return claim


@_fold.register
def _claimed(body: ServiceClaimed, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    _begin(points, body, entry, entry.n, body.frozen)
    return Claim(
        n=entry.n,
        epoch=entry.epoch,
        run=entry.run,
        try_no=body.try_no,
        point=body.point,
        owner=body.owner,
        frozen=body.frozen,
    )


@_fold.register
def _rearmed(body: MomentRearmed, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    void = points.get(body.void)
    if void is not None:
        points[void.point] = replace(void, state=PointState.VOID, reason="armed anew", frozen=NO_POLICY)
    _begin(points, body, entry, body.claim, void.frozen if void else NO_POLICY)
    return replace(claim, point=body.point) if claim else None


@_fold.register
def _taken(body: PointTaken, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    points[body.point] = replace(
        points[body.point], state=PointState.TAKEN, moment_ms=body.moment_ms, taken=body
    )
    return claim


@_fold.register
def _staged(body: PointStaged, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    points[body.point] = replace(points[body.point], state=PointState.STAGED, staged=body)
    return claim


@_fold.register
def _sealed(body: PointSealed, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    points[body.point] = replace(
        points[body.point], state=PointState.SEALED, sealed=body, sealed_at=entry.at, frozen=NO_POLICY
    )
    return None if claim and claim.point == body.point else claim


@_fold.register
def _void(body: PointVoided, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    if body.point in points:
        points[body.point] = replace(
            points[body.point], state=PointState.VOID, reason=body.reason, frozen=NO_POLICY
        )
    return None if claim and claim.point == body.point else claim


@_fold.register
def _released(body: ClaimReleased, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    return None if claim and claim.n == body.claim else claim


@_fold.register
def _pruned(body: PointsPruned, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    _gone(body.points, points)
    return claim


@_fold.register
def _unprotected(body: ServiceUnprotected, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    _gone(body.points, points)
    return claim


@_fold.register
def _damaged(body: PointDamaged, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    if body.point in points:
        points[body.point] = replace(
            points[body.point], damaged=body.reason, bad_files=body.files, unnamed=body.unnamed
        )
    return claim


@_fold.register
def _undone(body: UndoDone, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    to, given_up = points[body.to], points.get(body.point)
    there = {**to.base.get(body.site, {}), **body.base}
    points[to.point] = replace(to, base={**to.base, body.site: there})
    if given_up is not None:
        points[given_up.point] = replace(given_up, state=PointState.VOID, reason=body.reason, undone=True)
    return claim


@_fold.register
def _root_change(body: RootsChanged, entry: LedgerEntry, points: _Points, claim: Claim | None) -> Claim | None:
    for _, name in body.points:
        if name in points:
            yielded = sorted({*points[name].yielded, *body.old})
            points[name] = replace(points[name], yielded=tuple(yielded))
    _gone(body.points, points)
    return claim


def _gone(copies: Iterable[SitePoint], points: _Points) -> None:
    for site, point in copies:
        if point in points:
            points[point] = replace(points[point], gone=tuple(sorted({*points[point].gone, site})))


def _begin(
    points: _Points, body: ServiceClaimed | MomentRearmed, entry: LedgerEntry, claim_n: int, frozen: FrozenPolicy
) -> None:
    """Begins a point, or goes on with it; once it is taken, the policy it was taken under stays its own."""
    old = points.get(body.point)
    if old is None:
        old = Point(body.point, body.moment_ms, PointState.CLAIMED, entry.run, entry.epoch, claim_n)
    kept = frozen if old.state is PointState.CLAIMED else old.frozen
    points[body.point] = replace(old, run=entry.run, claim_n=claim_n, frozen=kept)


def _undo_after(entry: LedgerEntry, undo: Undo | None) -> Undo | None:
    """The undo that is pending after an entry: a sealed point, too, ends it, because its tree was compared whole."""
    body = entry.body
    if isinstance(body, UndoDone | PointSealed):
        return None
    if not isinstance(body, UndoBegun):
        return undo
    earlier = undo.kept if undo is not None else ()
    return Undo(body.point, body.to, body.site, body.roots, (*earlier, body.kept), body.reason)


def _change_after(entry: LedgerEntry, change: RootChange | None) -> RootChange | None:
    """The change that is under way after an entry; any point that is sealed ends it: its roots are the roots."""
    body = entry.body
    if isinstance(body, PointSealed):
        return None
    if not isinstance(body, RootsChanged):
        return change
    return RootChange(body.old, body.new, entry.run, body.reason)


def _divergence_after(entry: LedgerEntry, divergence: ApprovedDivergence | None) -> ApprovedDivergence | None:
    """The approval that is in force after an entry: any point that is sealed ends it."""
    body = entry.body
    if isinstance(body, DivergenceApproved):
        said = {one.name: getattr(body, one.name) for one in fields(body)}
        return ApprovedDivergence(**said, epoch=entry.epoch)
    return None if isinstance(body, PointSealed) else divergence


def _lead_after(entry: LedgerEntry, lead_ms: int) -> int:
    body = entry.body
    if isinstance(body, PointTaken):
        return lead_after(lead_ms)
    return lead_after(lead_ms, body.late_ms) if isinstance(body, MomentRearmed) and body.late_ms else lead_ms


def _pins_after(entry: LedgerEntry, pins: tuple[Pin, ...]) -> tuple[Pin, ...]:
    """The pins in force after an entry; one that is taken back leaves the others of its point."""
    body = entry.body
    if isinstance(body, PointPinned):
        return (*pins, Pin(entry.n, body.point, body.by, body.reason))
    if isinstance(body, PointUnpinned):
        return tuple(pin for pin in pins if pin.n != body.pin)
    return pins


_STATE = codec_of(PackedState)


def dump_state(state: ServiceState) -> dict[str, Any]:
    """Returns the state as plain JSON, for a checkpoint; of points that are gone from both sites only the newest 100.

    So a checkpoint is as long as what exists, not as what ever was. The newest stay, because a worker that slept may
    still leave a snapshot of such a point, which is cleared away by what is known of it.
    """
    gone = sorted(name for name, point in state.points.items() if len(point.gone) > 1)
    forgotten = frozenset(gone[:-_REMEMBERED])
    kept: dict[str, Any] = _STATE.dump(
        pack(replace(state, points={name: p for name, p in state.points.items() if name not in forgotten}))
    )
    return kept


def load_state(kept: Mapping[str, Any]) -> ServiceState:
    """Returns what ``dump_state`` wrote.

    Raises:
        WrongShape: It is no such state.
        ValueError, IndexError: Its parts do not fit together.
    """
    return unpack(_STATE.load(kept))
