"""How many more snapshots a site takes, and what those of ours keep on the primary, from what a run asks anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hadoop_dr.domain.check_results import Result
from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.config.retention import most_points, most_snapshots, usual_period_ms
from hadoop_dr.domain.preflight.snapshot_room import (
    DIRECTORY,
    FILE_SYSTEM,
    NONE_NEAR,
    Foretold,
    Numbered,
    SnapshotLimits,
    kept_room,
    limits_of,
    numbers_left,
    room_for,
)
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.domain.tree.inventory import looked_through
from hadoop_dr.ports.namenode import Service
from hadoop_dr.services.context import BackupContext, SiteConnections


def check_snapshots(side: SiteConnections, service: Service, roots: int) -> Iterator[Result]:
    """Whether a run may take its snapshots there; the settings are asked for only where a bound can be near."""
    near = service.snapshots + roots > NONE_NEAR
    yield from room_for(side.name, service.snapshots, roots, _limits(side) if near else SnapshotLimits())


def advise_snapshots(context: BackupContext, roots: Sequence[str], state: ServiceState) -> Iterator[Result]:
    """Foretells what retention keeps, and how long the numbers of snapshots last: for `check`."""
    retention = context.policy.retention
    period_ms = context.policy.period_ms or usual_period_ms(point.moment_ms for point in state.sealed())
    held_ms = DAY_MS if _has_large(context, roots, state) else 0
    for side, rule in ((context.origin, retention.primary), (context.destination, retention.secondary)):
        asked, there = most_points(rule, period_ms) + 1, most_snapshots(rule, period_ms, held_ms) + 1
        yield from kept_room(side.name, Foretold(asked, max(asked, there), period_ms), len(roots), _limits(side))
        here = [Numbered(max(_numbers(point, side.name)), point.moment_ms) for point in state.sealed()
                if _numbers(point, side.name)]
        if here:
            yield from numbers_left(side.name, here[0], here[-1])


def _has_large(context: BackupContext, roots: Sequence[str], state: ServiceState) -> bool:
    """Whether a root is audited once a day only: its last audited point stays as long."""
    newest = state.newest_sealed()
    names = {root: held.names for root in roots if newest and (held := newest.held(root)) is not None}
    return bool(set(names) - looked_through(names, context.policy.audit_entries))


def _limits(side: SiteConnections) -> SnapshotLimits:
    return limits_of(side.namenode.settings(FILE_SYSTEM, DIRECTORY))


def _numbers(point: Point, site: str) -> list[int]:
    return [] if site in point.gone else [kept.id for kept in point.snapshots_on(site).values()]
