"""What `check` advises beyond what a run is refused for: a settings page and a few small requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hadoop_dr.domain.check_results import Mark, Result, guarded
from hadoop_dr.domain.errors import DrError, NotFound
from hadoop_dr.domain.points.audit_hold import HELD_DAYS
from hadoop_dr.domain.preflight.advice import (
    CLOSES_EARLY,
    LastMoment,
    close_waits,
    no_block_ids,
    predicted_skew_ms,
    removal_holds,
    skew_result,
)
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.services.backup.check.snapshot_room import advise_snapshots
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.take_snapshots import AT_ONCE


def advise(context: BackupContext, roots: Sequence[str], state: ServiceState) -> list[Result]:
    """Looks at what costs time on the secondary, and how far apart the snapshots of the roots will lie.

    Args:
        state: What the ledger says; the newest sealed point tells what the primary's NameNode takes for a snapshot.
    """
    newest = state.newest_sealed()
    found = [
        *guarded("file closes", lambda: _closes(context)),
        *_fsck(context),
        *guarded("skew", lambda: _skew(context, roots, newest)),
        *guarded("snapshots", lambda: advise_snapshots(context, roots, state)),
        *(removal_holds(context.origin.name, _names(newest)) if newest else ()),
    ]
    # What cannot be looked at is told; what a run is refused for has checks of its own.
    return [replace(result, mark=Mark.WARN) if result.mark is Mark.FAIL else result for result in found]


def _names(newest: Point) -> dict[str, int]:
    return {root: held.names for root, held in newest.sealed.summary.live.items()}


def _closes(context: BackupContext) -> Iterator[Result]:
    destination = context.destination
    yield close_waits(destination.name, destination.namenode.settings(CLOSES_EARLY))


def _fsck(context: BackupContext) -> list[Result]:
    """Whether the NameNodes tell block ids, which audits compare; asked of the service's own few documents."""

    def one(side: SiteConnections) -> Result | None:
        try:
            for _ in side.namenode.block_ids(context.directory("").rstrip("/")):
                pass
        except NotFound:  # it was asked and knows its paths
            return None
        except DrError as error:
            return no_block_ids(side.name, str(error), HELD_DAYS)
        return None

    return [told for told in map_bounded(one, (context.origin, context.destination)) if told is not None]


def _skew(context: BackupContext, roots: Sequence[str], newest: Point | None) -> Iterator[Result]:
    if len(roots) <= 1:
        return
    origin, clock = context.origin, context.tools.clock
    origin.namenode.status("/")                      # the first may have to open a connection
    begun_s = clock.monotonic_s()
    origin.namenode.status("/")
    trip_ms = (clock.monotonic_s() - begun_s) * 1000
    last = None
    if newest is not None and newest.origin == origin.name:
        last = LastMoment(len(newest.taken.roots), newest.taken.skew_ms)
    open_files = origin.namenode.service().open_files
    predicted = predicted_skew_ms(len(roots), trip_ms, AT_ONCE, last, open_files)
    yield from skew_result(origin.name, len(roots), predicted, context.policy.max_skew_ms, open_files)
