"""Entries of a ledger for tests: bodies in which what a test does not care about is filled in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from hadoop_dr.domain.formats.manifest import PlanSummary
from hadoop_dr.domain.ledger import GENESIS, Body, LedgerEntry
from hadoop_dr.domain.ledger.bodies.runs import ServiceClaimed
from hadoop_dr.domain.ledger.bodies.sealed import NOT_SEALED, PointSealed
from hadoop_dr.domain.ledger.bodies.staged import NOT_STAGED, PointStaged
from hadoop_dr.domain.ledger.bodies.taken import NOT_TAKEN, PointTaken, TakenRoot
from hadoop_dr.domain.ledger.bodies.values import NO_POLICY, FrozenPolicy, SnapshotRecord


def record(name: str) -> SnapshotRecord:
    """A snapshot of this name."""
    return SnapshotRecord(name, 1, 1)


def records(names: Mapping[str, str]) -> dict[str, SnapshotRecord]:
    """Snapshots by root."""
    return {root: record(name) for root, name in names.items()}


def claimed(point: str, frozen: FrozenPolicy = NO_POLICY, moment_ms: int = 0) -> ServiceClaimed:
    """The first try of a run."""
    return ServiceClaimed(1, point, moment_ms, None, frozen)


def taken(
    point: str, roots: Iterable[str] | Mapping[str, str] = (), source: str = "east", target: str = "west", **more: Any
) -> PointTaken:
    """A moment of these roots; a mapping gives their snapshots' names."""
    names = roots if isinstance(roots, Mapping) else dict.fromkeys(roots, "s")
    held = {root: TakenRoot(record(name), 0.0, 0.0) for root, name in names.items()}
    return replace(NOT_TAKEN, point=point, claim=1, origin=source, destination=target, roots=held, **more)


def staged(point: str) -> PointStaged:
    """All of a point is on the target."""
    return replace(NOT_STAGED, point=point, claim=1)


def sealed(point: str, snapshots: Mapping[str, str] | None = None, **summary: Any) -> PointSealed:
    """A visible point with the names of its snapshots on the target, and fields of its summary."""
    return replace(
        NOT_SEALED, point=point, claim=1, snapshots=records(snapshots or {}),
        summary=replace(NOT_SEALED.summary, **summary),
    )  # fmt: skip


def entry(n: int, body: Body, run: str = "run", epoch: int = 1, at: str = "") -> LedgerEntry:
    """One entry; nothing in these tests reads what it follows."""
    return LedgerEntry(n, epoch, run, at, body, GENESIS, 1)


def entries(*bodies: Body, start: int = 1, run: str = "run") -> list[LedgerEntry]:
    """Entries of one run, numbered from ``start``."""
    return [entry(n, body, run) for n, body in enumerate(bodies, start)]


NOTHING_PLANNED = PlanSummary(0, 0, 0, 0, 0, {}, {}, {}, audited=True)
"""The figures of a plan that changes nothing."""
