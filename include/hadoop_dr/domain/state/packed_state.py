"""How a checkpoint stores a service's state: the values of all roots in columns, and only what is still needed.

Points of many roots repeat the same names: each point keeps every root's snapshots on two sites, how much it held,
and that the policy named it. So a checkpoint has every name once, and every list of names once, and refers to them by
number; points of the same roots share a list. Of a point that is gone from both sites it keeps how it went and which
roots it had, because a late process may still leave a snapshot in them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.taken import OpenFiles, PointTaken
from hadoop_dr.domain.ledger.packed_bodies import set_quotas, taken_roots
from hadoop_dr.domain.ledger.root_columns import (
    NameTable,
    Numbers,
    PackedSnapshots,
    named_lists,
    pack_snapshots,
    unpack_snapshots,
)
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.domain.tree.quotas import QuotaSet


@dataclass(frozen=True, slots=True)
class PackedPoint:
    """A point; what it says of its roots lies beside it.

    Attributes:
        point: The point without what follows.
        taken, sealed: Its snapshots where it was taken and where it was copied to.
        asked_ms, answered_ms: When the snapshots where it was taken were asked for and answered.
        quotas: Of the roots that had some, by their place in the list.
        live, files, names: Number of the list of the roots of which it says what they held, and what.
        declared, had: Numbers of the lists.
        protect: Numbers of the lists, by kind of data sets.
    """

    point: Point
    declared: int
    protect: Mapping[str, int]
    had: int
    live: int
    taken: PackedSnapshots
    sealed: PackedSnapshots
    asked_ms: tuple[float, ...] = ()
    answered_ms: tuple[float, ...] = ()
    quotas: tuple[tuple[int, QuotaSet], ...] = ()
    files: Numbers = ()
    names: Numbers = ()


@dataclass(frozen=True, slots=True)
class PackedState:
    """A service's state.

    Attributes:
        names: Every root, and whatever else a policy names.
        lists: Lists of them, by number.
        rest: The state without its points.
    """

    names: tuple[str, ...]
    lists: tuple[Numbers, ...]
    points: tuple[PackedPoint, ...]
    rest: ServiceState


def pack(state: ServiceState) -> PackedState:
    """Returns a state as a checkpoint has it."""
    table, newest = NameTable(), state.newest_sealed()
    points = [p if p is newest else without_what_is_over(p) for p in state.points.values()]
    packed = tuple(_pack_point(point, table) for point in points)
    return PackedState(tuple(table.names), tuple(table.lists), packed, replace(state, points={}))


def without_what_is_over(point: Point) -> Point:
    """Returns a point that is gone from both sites with what is still asked of it; any other one as it is.

    That is: which it is, its state and verdict, when it was and from where to where, what the policy named, what each
    kind of data sets keeps of it, its few figures, and its roots by name. Snapshots of it are nowhere any more.
    """
    if len(point.gone) < 2:
        return point
    figures = replace(
        point.sealed.summary, live={}, figures={}, seconds={}, requests={}, warnings=(), lowered=(), whole=()
    )
    verified = replace(point.sealed.verified, cannot_tell=())
    return replace(
        point,
        had=tuple(sorted(point.roots)),
        taken=replace(point.taken, roots={}, open_files=OpenFiles(), roots_told=(), narrow=()),
        sealed=replace(point.sealed, snapshots={}, verified=verified, summary=figures),
        base={},
        bad_files=(),
        unnamed=(),
    )


def _pack_point(point: Point, table: NameTable) -> PackedPoint:
    taken, sealed = point.taken, point.sealed
    roots, live = sorted(taken.roots), sorted(sealed.summary.live)
    bare = replace(
        point,
        had=(),
        taken=replace(taken, roots={}, declared=(), protect={}),
        sealed=replace(sealed, snapshots={}, summary=replace(sealed.summary, live={})),
    )
    return PackedPoint(
        point=bare,
        declared=table.number(taken.declared),
        protect=table.by_kind(taken.protect),
        had=table.number(point.had),
        live=table.number(live),
        taken=pack_snapshots(taken.snapshots, table),
        sealed=pack_snapshots(sealed.snapshots, table),
        asked_ms=tuple(taken.roots[root].asked_ms for root in roots),
        answered_ms=tuple(taken.roots[root].answered_ms for root in roots),
        quotas=set_quotas([taken.roots[root].quota for root in roots]),
        files=tuple(sealed.summary.live[root].files for root in live),
        names=tuple(sealed.summary.live[root].names for root in live),
    )


def unpack(packed: PackedState) -> ServiceState:
    """Returns what was packed.

    Raises:
        ValueError, IndexError: Its parts do not fit together.
    """
    lists = named_lists(packed.names, packed.lists)
    points = (_unpack_point(one, lists) for one in packed.points)
    return replace(packed.rest, points={point.point: point for point in sorted(points, key=lambda one: one.point)})


def _unpack_point(packed: PackedPoint, lists: Sequence[tuple[str, ...]]) -> Point:
    live, snapshots = lists[packed.live], unpack_snapshots(packed.taken, lists)
    roots = taken_roots(snapshots, packed.asked_ms, packed.answered_ms, packed.quotas)
    held = {root: Held(*both) for root, *both in zip(live, packed.files, packed.names, strict=True)}
    point, protect = packed.point, {kind: lists[names] for kind, names in packed.protect.items()}
    taken: PointTaken = replace(point.taken, roots=roots, declared=lists[packed.declared], protect=protect)
    summary = replace(point.sealed.summary, live=held)
    sealed: PointSealed = replace(
        point.sealed, snapshots=unpack_snapshots(packed.sealed, lists), summary=summary
    )
    return replace(point, taken=taken, sealed=sealed, had=lists[packed.had])
