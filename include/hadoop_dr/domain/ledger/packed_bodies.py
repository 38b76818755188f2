"""How the entries ``taken`` and ``sealed`` are written: the values of all roots in columns.

A point may have thousands of roots. The entry has every name once, and says by its number where it is meant; what a
body has of each root, such as times and quotas, is one list for all of them, in the order of the names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hadoop_dr.domain.ledger.bodies.sealed import PointSealed
from hadoop_dr.domain.ledger.bodies.taken import PointTaken, TakenRoot
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
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
    """Returns the body as its entry has it."""
    table, roots = NameTable(), sorted(body.roots)
    snapshots, declared = pack_snapshots(body.snapshots, table), table.number(body.declared)
    protect = table.by_kind(body.protect)
    return PackedTaken(
        names=tuple(table.names),
        lists=tuple(table.lists),
        rest=replace(body, roots={}, declared=(), protect={}),
        snapshots=snapshots,
        asked_ms=tuple(body.roots[root].asked_ms for root in roots),
        answered_ms=tuple(body.roots[root].answered_ms for root in roots),
        declared=declared,
        protect=protect,
        quotas=set_quotas([body.roots[root].quota for root in roots]),
    )


def unpack_taken(packed: PackedTaken) -> PointTaken:
    """Reads the body back.

    Raises:
        ValueError, IndexError: Its parts do not fit together.
    """
    lists = named_lists(packed.names, packed.lists)
    snapshots = unpack_snapshots(packed.snapshots, lists)
    roots = taken_roots(snapshots, packed.asked_ms, packed.answered_ms, packed.quotas)
    protect = {kind: lists[names] for kind, names in packed.protect.items()}
    return replace(packed.rest, roots=roots, declared=lists[packed.declared], protect=protect)


def set_quotas(quotas: Sequence[QuotaSet]) -> tuple[tuple[int, QuotaSet], ...]:
    """Returns the quotas of those roots that have some, each with the root's place in the list."""
    return tuple((place, quota) for place, quota in enumerate(quotas) if quota != NONE_SET)


def taken_roots(
    snapshots: Mapping[str, SnapshotRecord], asked_ms: Sequence[float], answered_ms: Sequence[float],
    quotas: Iterable[tuple[int, QuotaSet]],
) -> dict[str, TakenRoot]:
    """Returns each root of a moment from the columns of all of them.

    Raises:
        ValueError: The columns have not as many values as there are roots.
    """
    quota_at, rows = dict(quotas), zip(snapshots.items(), asked_ms, answered_ms, strict=True)
    return {
        root: TakenRoot(kept, asked, answered, quota_at.get(place, NONE_SET))
        for place, ((root, kept), asked, answered) in enumerate(rows)
    }


def pack_sealed(body: PointSealed) -> PackedSealed:
    """Returns the body as its entry has it."""
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
    """Reads the body back.

    Raises:
        ValueError, IndexError: Its parts do not fit together.
    """
    lists = named_lists(packed.names, packed.lists)
    held = zip(lists[packed.live], packed.files, packed.held, strict=True)
    summary = replace(packed.rest.summary, live={root: Held(files, names) for root, files, names in held})
    return replace(packed.rest, snapshots=unpack_snapshots(packed.snapshots, lists), summary=summary)
