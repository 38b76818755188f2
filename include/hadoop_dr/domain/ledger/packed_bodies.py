"""The bodies that say something of every root of a point, as their entries have them: in columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.taken import PointTaken, TakenRoot
from hadoop_dr.domain.ledger.root_columns import (
    NameTable,
    Numbers,
    PackedSnapshots,
    named_lists,
    pack_snapshots,
    unpack_snapshots,
)
from hadoop_dr.domain.tree.inventory import Held
from hadoop_dr.domain.tree.quotas import NONE_SET, QuotaSet


@dataclass(frozen=True, slots=True)
class PackedTaken:
    """``taken``.

    Attributes:
        names: Every root, and whatever else the policy names.
        lists: Lists of them, by number.
        rest: The body without what stands beside it.
        snapshots: Those of the moment.
        asked_ms, answered_ms: When they were asked for and answered.
        quotas: Of the roots that had some, by their place in the list.
        declared: Number of the list.
        protect: Numbers of the lists, by kind of data sets.
    """

    names: tuple[str, ...]
    lists: tuple[Numbers, ...]
    rest: PointTaken
    snapshots: PackedSnapshots
    asked_ms: tuple[float, ...]
    answered_ms: tuple[float, ...]
    declared: int
    protect: Mapping[str, int]
    quotas: tuple[tuple[int, QuotaSet], ...] = ()


@dataclass(frozen=True, slots=True)
class PackedSealed:
    """``sealed``.

    Attributes:
        names: Every root.
        lists: Lists of them, by number.
        rest: The body without what stands beside it.
        snapshots: Those of the destination.
        live: Number of the list of the roots of which it says what they held.
        files, held: What that is.
    """

    names: tuple[str, ...]
    lists: tuple[Numbers, ...]
    rest: PointSealed
    snapshots: PackedSnapshots
    live: int
    files: Numbers
    held: Numbers


def pack_taken(body: PointTaken) -> PackedTaken:
    """Gives the body as its entry has it."""
    table, roots = NameTable(), sorted(body.roots)
    snapshots, declared = pack_snapshots(body.snapshots, table), table.number(body.declared)
    protect = table.by_kind(body.protect)
    quotas = ((place, body.roots[root].quota) for place, root in enumerate(roots))
    return PackedTaken(
        names=tuple(table.names),
        lists=tuple(table.lists),
        rest=replace(body, roots={}, declared=(), protect={}),
        snapshots=snapshots,
        asked_ms=tuple(body.roots[root].asked_ms for root in roots),
        answered_ms=tuple(body.roots[root].answered_ms for root in roots),
        declared=declared,
        protect=protect,
        quotas=tuple((place, quota) for place, quota in quotas if quota != NONE_SET),
    )


def unpack_taken(packed: PackedTaken) -> PointTaken:
    """Gives the body back.

    Raises:
        ValueError, IndexError: Its parts do not fit together.
    """
    lists, quotas = named_lists(packed.names, packed.lists), dict(packed.quotas)
    times = zip(unpack_snapshots(packed.snapshots, lists).items(), packed.asked_ms, packed.answered_ms, strict=True)
    roots = {
        root: TakenRoot(kept, asked, answered, quotas.get(place, NONE_SET))
        for place, ((root, kept), asked, answered) in enumerate(times)
    }
    protect = {kind: lists[names] for kind, names in packed.protect.items()}
    return replace(packed.rest, roots=roots, declared=lists[packed.declared], protect=protect)


def pack_sealed(body: PointSealed) -> PackedSealed:
    """Gives the body as its entry has it."""
    table, live = NameTable(), sorted(body.summary.live)
    snapshots, number = pack_snapshots(body.snapshots, table), table.number(live)
    return PackedSealed(
        names=tuple(table.names),
        lists=tuple(table.lists),
        rest=replace(body, snapshots={}, summary=replace(body.summary, live={})),
        snapshots=snapshots,
        live=number,
        files=tuple(body.summary.live[root].files for root in live),
        held=tuple(body.summary.live[root].names for root in live),
    )


def unpack_sealed(packed: PackedSealed) -> PointSealed:
    """Gives the body back.

    Raises:
        ValueError, IndexError: Its parts do not fit together.
    """
    lists = named_lists(packed.names, packed.lists)
    held = zip(lists[packed.live], packed.files, packed.held, strict=True)
    summary = replace(packed.rest.summary, live={root: Held(files, names) for root, files, names in held})
    return replace(packed.rest, snapshots=unpack_snapshots(packed.snapshots, lists), summary=summary)
