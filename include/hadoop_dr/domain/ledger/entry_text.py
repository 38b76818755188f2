"""What an entry of a ledger says, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch

from hadoop_dr.domain.codec import codec_of
from hadoop_dr.domain.config.policy import Mode
from hadoop_dr.domain.config.quantities import counted, duration_in_words
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger import SWEEP, Body, LedgerEntry, Skipped
from hadoop_dr.domain.ledger.bodies.ends import (
    PointDamaged,
    PointPinned,
    PointsPruned,
    PointUnpinned,
    RootsChanged,
    ServiceUnprotected,
)
from hadoop_dr.domain.ledger.bodies.foreign import (
    ChangesKept,
    DivergenceApproved,
    KeptRemoved,
    UndoBegun,
    UndoDone,
)
from hadoop_dr.domain.ledger.bodies.pair import (
    AlarmSaid,
    ChangeBegun,
    ChangeGivenUp,
    ClustersBound,
    FenceLifted,
    RolesChanged,
    RolesSet,
    RootsOwned,
    RootsReleased,
    SiteFenced,
    SynchronisingHeld,
    SynchronisingResumed,
)
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased, MomentRearmed, PointVoided, ServiceClaimed
from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.staged import PointStaged
from hadoop_dr.domain.ledger.bodies.taken import Incomplete, OpenFiles, PointTaken
from hadoop_dr.domain.ledger.kept_changes import BEFORE, DIVERGENCE

_SHOWN = 5


def points_named(body: Body) -> Iterator[str]:
    """Yields the points that an entry is about."""
    if isinstance(body, MomentRearmed):
        yield body.void
    if isinstance(body, PointsPruned | ServiceUnprotected | RootsChanged):
        yield from (point for _, point in body.points)
    elif (point := getattr(body, "point", None)) is not None:
        yield point


def entry_text(entry: LedgerEntry) -> str:
    """Tells what happened."""
    return _text(entry.body, entry)


@singledispatch
def _text(body: object, entry: LedgerEntry) -> str:
    """Of a kind that needs no words of its own its fields are told."""
    fields = codec_of(type(body)).dump(body)
    return ", ".join(f"{key}={value}" for key, value in sorted(fields.items()))


@_text.register
def _skipped(body: Skipped, entry: LedgerEntry) -> str:
    return f"a newer version of this product wrote this: {body.kind}"


@_text.register
def _claimed(body: ServiceClaimed, entry: LedgerEntry) -> str:
    frozen = body.frozen
    reason = f", because {frozen.reason}" if frozen.reason else ""
    approved = ", deletions approved" if frozen.approve_deletions else ""
    if frozen.unprotects:
        return f"run {entry.run} takes the service to unprotect it{reason}"
    full = ", full" if frozen.mode == Mode.FULL.value else ""  # else as an increment, where it can be one
    return f"run {entry.run} (try {body.try_no}) wants point {body.point}{full}{approved}{reason}"


@_text.register
def _rearmed(body: MomentRearmed, entry: LedgerEntry) -> str:
    return f"moment {body.void} {body.why or 'was missed or touched'}; armed anew as {body.point}"


@_text.register
def _taken(body: PointTaken, entry: LedgerEntry) -> str:
    shots = counted(len(body.roots), "snapshot")
    return (
        f"point {body.point} taken on {body.origin}: {shots}, skew {body.skew_ms} ms, {body.proof}, "
        f"late by {duration_in_words(body.late_by_ms)}{_open_files(body.open_files)}{_incomplete(body.incomplete)}"
    )


def _open_files(found: OpenFiles) -> str:
    unknown = f"; open files are not known: {_some(found.unknown)}" if found.unknown else ""
    if not found.count:
        return unknown
    files = [f"{one.path} at {one.length} bytes" for one in found.files]
    more = [f"{found.count - len(files)} more"] if found.count > len(files) else []
    were = "was" if found.count == 1 else "were"
    return f"; {counted(found.count, 'file')} {were} being written: {', '.join([*files, *more])}{unknown}"


def _incomplete(left: Incomplete) -> str:
    named = [f"{one.object} ({one.reason})" for one in left.objects[:_SHOWN]]
    more = [f"{left.count - len(named)} more"] if left.count > len(named) else []
    return f"; {left.count} objects are left out: {', '.join([*named, *more])}" if named else ""


@_text.register
def _staged(body: PointStaged, entry: LedgerEntry) -> str:
    return (
        f"point {body.point} staged: {counted(body.entries, 'entry')}, {counted(body.files, 'file')}, "
        f"{body.bytes} bytes; from here on the secondary could finish it alone"
    )


@_text.register
def _sealed(body: PointSealed, entry: LedgerEntry) -> str:
    warnings = "".join(f"; warning: {text}" for text in body.summary.warnings)
    return f"point {body.point} sealed on baseline {body.baseline or 'none'}; verified: {body.verified.word}{warnings}"


@_text.register
def _void(body: PointVoided, entry: LedgerEntry) -> str:
    return f"point {body.point} given up: {body.reason}"


@_text.register
def _released(body: ClaimReleased, entry: LedgerEntry) -> str:
    return f"run {entry.run} ended without a seal: {body.reason}"


@_text.register
def _damaged(body: PointDamaged, entry: LedgerEntry) -> str:
    if body.reason:
        return f"point {body.point} found damaged: {body.reason}"
    return f"point {body.point} read back as it was sealed; it is not damaged"


@_text.register
def _pruned(body: PointsPruned, entry: LedgerEntry) -> str:
    return ", ".join(
        f"cleared what moment {point} left on {site}" if entry.run == SWEEP else f"pruned {point} on {site}"
        for site, point in body.points
    )


@_text.register
def _unprotected(body: ServiceUnprotected, entry: LedgerEntry) -> str:
    return (
        f"run {entry.run} removes the snapshots on {' and '.join(body.sites)}, because {body.reason}; points "
        f"lost there: {_some(sorted({point for _, point in body.points}))}"
    )


@_text.register
def _root_change(body: RootsChanged, entry: LedgerEntry) -> str:
    points = [point for _, point in body.points]
    lost = f"points lost there: {_some(points)}" if points else "no point is lost"
    return f"roots {_some(body.old)} are replaced by {_some(body.new)} on {body.site}: {lost}, because {body.reason}"


@_text.register
def _pinned(body: PointPinned, entry: LedgerEntry) -> str:
    return f"{body.by} holds point {body.point}: {body.reason}"


@_text.register
def _unpinned(body: PointUnpinned, entry: LedgerEntry) -> str:
    return f"{body.by} holds point {body.point} no longer (entry {body.pin}): {body.reason}"


@_text.register
def _kept(body: ChangesKept, entry: LedgerEntry) -> str:
    what = "left alone" if body.rule == "refuse" else "undone"
    snapshots = (f"{root}/.snapshot/{name}" for root, name in sorted(body.snapshots.items()))
    names = ", ".join((*snapshots, *([body.document.path] if body.document else ())))
    more = f" and {body.count - len(body.found)} more" if body.count > len(body.found) else ""
    found = f"{'; '.join(body.found)}{more}"
    if body.rule == BEFORE:
        return (
            f"point {body.point} deletes or replaces earlier content of {body.site}, which is kept in "
            f"{names}: {found}"
        )
    if body.rule == DIVERGENCE:
        wrote = f"what {body.site} wrote as primary after point {body.point} and never crossed"
        return f"{wrote} is kept in {names}: {found}"
    return (
        f"{body.site} was changed by somebody else during the run of point {body.point}; the change is kept in {names} "
        f"and {what}: {found}"
    )


@_text.register
def _approved(body: DivergenceApproved, entry: LedgerEntry) -> str:
    what = counted(body.count, "change")
    return f"{body.by} lets a backup bring {body.site} back to point {body.to} and undo {what}, because {body.reason}"


@_text.register
def _unkept(body: KeptRemoved, entry: LedgerEntry) -> str:
    return f"a person removed the foreign changes that entry {body.kept} kept"


@_text.register
def _undoing(body: UndoBegun, entry: LedgerEntry) -> str:
    what = f"point {body.point} {body.reason}; its changes" if body.point else "foreign changes"
    return f"{what} are being undone in {_some(body.roots)}, back to point {body.to}; kept in snapshots {body.kept}"


@_text.register
def _undone(body: UndoDone, entry: LedgerEntry) -> str:
    left = f"; could not be restored: {_some(body.left)}" if body.left else ""
    shown = "; ".join(body.found[:3])
    more = f" and {len(body.found) - 3} more" if len(body.found) > 3 else ""
    return f"back at point {body.to}; undone: {shown or 'nothing'}{more}; kept in snapshots {body.kept}{left}"


@_text.register
def _roles(body: RolesSet, entry: LedgerEntry) -> str:
    return f"{body.primary} is primary, the copy on {body.deciding} decides; by {body.by}: {body.reason}"


@_text.register
def _change_begun(body: ChangeBegun, entry: LedgerEntry) -> str:
    return f"{body.what} to {body.destination} taken in hand by {body.by}: {body.reason}"


@_text.register
def _change_given_up(body: ChangeGivenUp, entry: LedgerEntry) -> str:
    return f"{body.what} taken back: {body.reason}"


@_text.register
def _fenced(body: SiteFenced, entry: LedgerEntry) -> str:
    return f"fence of {body.site}, {body.grade}: the quotas of {counted(len(body.quotas), 'directory')} recorded"


@_text.register
def _unfenced(body: FenceLifted, entry: LedgerEntry) -> str:
    return f"fence of {body.site} lifted"


@_text.register
def _changed(body: RolesChanged, entry: LedgerEntry) -> str:
    live = ", ".join(f"{service} {point}" for service, point in sorted(body.points.items())) or "nothing"
    closed = f"; closed: {_some(sorted(body.closed))}" if body.closed else ""
    return f"{body.what} from {body.origin} to {body.destination} is done; live: {live}{closed}"


@_text.register
def _owned(body: RootsOwned, entry: LedgerEntry) -> str:
    return f"service {body.service} owns {_some(body.roots)}"


@_text.register
def _given_up(body: RootsReleased, entry: LedgerEntry) -> str:
    return f"service {body.service} gives up {_some(body.roots)}"


@_text.register
def _bound(body: ClustersBound, entry: LedgerEntry) -> str:
    return ", ".join(f"{site} is HDFS cluster {cluster}" for site, cluster in sorted(body.clusters.items()))


@_text.register
def _held(body: SynchronisingHeld, entry: LedgerEntry) -> str:
    return hold_text(body)


@_text.register
def _resumed(body: SynchronisingResumed, entry: LedgerEntry) -> str:
    return f"{body.by} lifts the hold of {' and '.join(body.slots)}: {body.reason}"


@_text.register
def _alarm(body: AlarmSaid, entry: LedgerEntry) -> str:
    told = "" if body.told else "; not everybody was told yet"
    return f"{'alarm' if body.stands else 'over'}: {body.text}{told}"


def hold_text(hold: SynchronisingHeld) -> str:
    """Says who holds back new points, until when and why."""
    until = f"until {iso(hold.until_ms)}" if hold.until_ms is not None else "until it is resumed"
    return f"no point is made {until}: held by {hold.by}, because {hold.reason}"


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
