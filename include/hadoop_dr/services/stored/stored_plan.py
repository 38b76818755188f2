"""What is planned for the roots of a point, and how a stored plan is read back (S3.1)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import cast

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.formats.manifest import StoredPlan
from hadoop_dr.domain.plan.root_plan import Plan, make_plan, sequence
from hadoop_dr.domain.plan.shards import balance, cost_bytes, packed, shares_of_roots
from hadoop_dr.domain.plan.work_order import Share
from hadoop_dr.domain.tree.inventory import Audit
from hadoop_dr.domain.tree.item_rows import item_rows, items_from_rows
from hadoop_dr.domain.tree.items import Item
from hadoop_dr.domain.tree.seen import UNSEEN, Seen
from hadoop_dr.services.stored.documents import Documents

UNIT_FILES = 10_000
"""A new subtree of more names than this is made in place and its children staged one by one."""
UNIT_BYTES = 16 << 30
"""The same for its bytes."""
SHARD_COST_BYTES = 8 << 30
"""Work that is worth a shard of its own: bytes, with each file counted as some more."""
ITEMS = "items.parquet"
"""Document with the items of all roots."""
DIRECTORY_LIMIT = 1_000_000
"""Names one directory may hold (``dfs.namenode.fs-limits.max-directory-items``, its default)."""


@dataclass(frozen=True, slots=True)
class RootPlan:
    """One root of a point: what is planned for it.

    Attributes:
        index: Its number inside the point.
        older: Baseline snapshot of the origin; None when everything is new.
        newer: Snapshot of the origin that is copied.
        base: Snapshot of the destination whose tree has the items' old paths; None when the destination has nothing.
        waits: It was planned on the live tree, and its base is taken once everything is staged: see ``SwitchRoots``.
        audit: How it is compared beyond what changed.
        audited: Snapshot of the origin that its audit looks back to; None where it does not look back.
        seen: What the newer snapshot showed, where all of it was looked through.
        live: Files the destination has of it before the run (I8); known while it is planned, not read back.
        names: Files and directories of it that its items build on; likewise.
        below: Old paths of files that go with a directory among the items and are no items of their own; likewise.
        ours: Whether the service has a point of it; likewise.
        cut: Into how many shares it is cut; more where a directory could not hold the units of one.
    """

    index: int
    root: str
    older: str | None
    newer: str
    base: str | None
    items: Sequence[Item]
    plan: Plan
    audit: Audit = Audit.NO
    live: int = 0
    names: int = 0
    below: Sequence[str] = ()
    ours: bool = True
    waits: bool = False
    cut: int = 1
    audited: str | None = None
    seen: Seen = UNSEEN

    @property
    def shares(self) -> tuple[Share, ...]:
        """Its units in shares; none when nothing has to be staged."""
        return balance(self.plan.units, wanted=self.cut, directory_limit=DIRECTORY_LIMIT)


Shard = Sequence[tuple[int, int]]
"""What one process stages: shares by root and number."""


def share_out(roots: Sequence[RootPlan], stage_tasks: int) -> tuple[list[RootPlan], list[Shard]]:
    """Cuts planned roots into shares, and packs those into so many shards at most, whichever root they are of."""
    costs = [sum(map(cost_bytes, root.plan.units)) for root in roots]
    counts = shares_of_roots(costs, most=stage_tasks, useful=SHARD_COST_BYTES)
    cut = [replace(root, cut=max(1, count)) for root, count in zip(roots, counts, strict=True)]
    shares: list[tuple[int, int]] = []
    weights: list[int] = []
    for root in cut:
        cost = {unit.inode: cost_bytes(unit) for unit in root.plan.units}
        for share in root.shares:
            shares.append((root.index, share.number))
            weights.append(sum(cost[inode] for inode in share.units))
    shards = packed(weights, most=stage_tasks, useful=SHARD_COST_BYTES)
    return cut, [[shares[at] for at in shard] for shard in shards]


def stored_items(roots: Sequence[RootPlan]) -> list[tuple[object, ...]]:
    """Writes the items of all roots as rows of one document, each with its place in the order of all operations."""
    rows: list[tuple[object, ...]] = []
    for root in roots:
        order, first = sequence(root.items, root.plan), len(rows)
        rows += [
            (root.index, first + order[item.inode], *row)
            for item, row in zip(root.items, item_rows(root.items), strict=True)
        ]
    return rows


Working = Callable[[str, int], AbstractContextManager[None]]
"""Told that so many items are worked on without asking anybody."""


def plan_items(items: Sequence[Item], working: Working = lambda what, count: nullcontext()) -> Plan:
    """Orders the items of a root with this product's limits."""
    with working("the order of a plan", len(items)):
        return make_plan(items, unit_files=UNIT_FILES, unit_bytes=UNIT_BYTES, directory_limit=DIRECTORY_LIMIT)


def planned_roots(documents: Documents, only: Collection[int] | None = None) -> list[RootPlan]:
    """Reads a planned point back: the stored items, ordered again by the same pure function.

    Args:
        only: Numbers of the roots that are wanted; None for all.

    Raises:
        BaselineLost: There is no plan, or it is not the recorded one.
    """
    entries, rows = stored_plan(documents).roots, dict[int, list[tuple[object, ...]]]()
    for row in documents.read(ITEMS, forms.ITEMS):
        rows.setdefault(cast(int, row[0]), []).append(row[2:])
    roots = []
    for index, entry in enumerate(entries):
        if only is None or index in only:
            with documents.working(f"the order of {entry.root}", len(rows.get(index, ()))):
                items = items_from_rows(rows.pop(index, ()))
                plan = plan_items(items)
            roots.append(RootPlan(
                index=index,
                root=entry.root,
                older=entry.older,
                newer=entry.newer,
                base=entry.base,
                items=items,
                plan=plan,
                audit=entry.audit,
                waits=entry.waits,
                cut=entry.cut,
                audited=entry.audited,
                seen=entry.seen,
            ))
    return roots


def planned_paths(documents: Documents) -> Iterator[tuple[int, int, str]]:
    """Reads only which path each item gets, by its root's number and its inode id on the origin; orders nothing.

    Raises:
        BaselineLost: There is no plan, or it is not the recorded one.
    """
    for index, inode, new in documents.read(ITEMS, forms.ITEMS, ("root", "inode", "new")):
        if new is not None:
            yield cast(int, index), cast(int, inode), cast(str, new)


def planned_shards(documents: Documents) -> list[Shard]:
    """Returns the shards of a planned point.

    Raises:
        BaselineLost: There is no plan.
    """
    return list(stored_plan(documents).tasks)


def root_names(documents: Documents) -> list[str]:
    """Names the roots of a planned point, in the order of the plan.

    Raises:
        BaselineLost: There is no plan.
    """
    return [entry.root for entry in stored_plan(documents).roots]


def stored_plan(documents: Documents) -> StoredPlan:
    """Reads the plan without its items.

    Raises:
        BaselineLost: There is none.
    """
    plan = documents.plan()
    if plan is None:
        raise BaselineLost(documents.directory, "the point has no plan", "Run its plan stage first.")
    return plan
