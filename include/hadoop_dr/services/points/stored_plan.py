"""What is planned for the roots of a point, and how a stored plan is read back (DESIGN.md section 4.3, S3.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, cast

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.inventory import Audit
from hadoop_dr.domain.items import Item
from hadoop_dr.domain.plan import Plan, make_plan
from hadoop_dr.domain.rows import items_from_rows
from hadoop_dr.domain.shards import balance, cost_bytes
from hadoop_dr.domain.work import Shard
from hadoop_dr.services.points.documents import Documents

UNIT_FILES = 10_000
UNIT_BYTES = 16 << 30
SHARD_COST_BYTES = 8 << 30
MOST_SHARDS = 32
DIRECTORY_LIMIT = 1_000_000


@dataclass(frozen=True, slots=True)
class RootPlan:
    """One root of a point: what is planned for it.

    Attributes:
        index: Its number inside the point.
        older: Baseline snapshot of the source; None when everything is new.
        newer: Snapshot of the source that is copied.
        base: Snapshot of the target whose tree has the items' old paths; None when the target has nothing.
        waits: It was planned on the live tree, and its base is taken once everything is staged: see ``root_switch``.
        audit: How it is compared beyond what changed.
        live: Files the target has of it before the run (I8); known while it is planned, not read back.
        names: Files and directories of it that its items build on; likewise.
        below: Old paths of files that go with a directory among the items and are no items of their own; likewise.
        ours: Whether the service has a point of it; likewise.
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

    @property
    def shards(self) -> tuple[Shard, ...]:
        """Its units in shares that one task stages."""
        wanted = -(-sum(cost_bytes(unit) for unit in self.plan.units) // SHARD_COST_BYTES)
        return balance(self.plan.units, wanted=min(MOST_SHARDS, wanted), directory_limit=DIRECTORY_LIMIT)


Working = Callable[[str, int], AbstractContextManager[None]]
"""Told that so many items are worked on without asking anybody."""


def plan_items(items: Sequence[Item], working: Working = lambda what, count: nullcontext()) -> Plan:
    """Orders the items of a root with this product's limits."""
    with working("the order of a plan", len(items)):
        return make_plan(items, unit_files=UNIT_FILES, unit_bytes=UNIT_BYTES, directory_limit=DIRECTORY_LIMIT)


def planned_roots(documents: Documents) -> list[RootPlan]:
    """Reads a planned point back: the stored items, ordered again by the same pure function.

    Raises:
        BaselineLost: There is no plan, or it is not the recorded one.
    """
    roots = []
    for index, entry in enumerate(_planned(documents)):
        rows = documents.read(items_of(index))
        older, newer, base = entry["older"], entry["newer"], entry["base"]
        with documents.working(f"the order of {entry['root']}", len(rows)):
            items = items_from_rows(rows)
            plan = plan_items(items)
        audit = Audit(entry["audit"])
        roots.append(RootPlan(index, entry["root"], older, newer, base, items, plan, audit, waits=entry["waits"]))
    return roots


def planned_paths(documents: Documents, index: int) -> Iterator[tuple[int, str]]:
    """Reads only which path each item of a root gets, by its inode id on the source, and orders nothing.

    Raises:
        BaselineLost: There is no plan, or it is not the recorded one.
    """
    for inode, new in documents.read(items_of(index), ("inode", "new")):
        if new is not None:
            yield cast(int, inode), cast(str, new)


def root_names(documents: Documents) -> list[str]:
    """Names the roots of a planned point, in the order of the plan.

    Raises:
        BaselineLost: There is no plan.
    """
    return [entry["root"] for entry in _planned(documents)]


def _planned(documents: Documents) -> list[dict[str, Any]]:
    manifest = documents.manifest()
    if manifest is None:
        raise BaselineLost(documents.directory, "the point has no plan", "Run its plan stage first.")
    return list(manifest["roots"])


def items_of(index: int) -> str:
    """Names the document with the items of a root."""
    return f"items-{index}.parquet"
