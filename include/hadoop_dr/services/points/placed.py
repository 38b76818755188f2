"""Where the destination tells that place came to its end, so that candidates taken before are nobody's of ours (I2)."""

from __future__ import annotations

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.context import BackupContext

_PLACED = "placed"


def note_placed(context: BackupContext, point: Point) -> None:
    """Notes that place ended, once: an empty directory beside the point's documents, which has the NameNode's time."""
    context.destination.namenode.make_all(f"{context.directory(point.point)}/{_PLACED}", 0o700)


def placed_ms(context: BackupContext, point: Point) -> int | None:
    """When place ended first, by the clock that snapshots have their times from; None when it did not yet.

    The owner of a root can take a snapshot under any name; only a superuser can make that directory.
    """
    try:
        return context.destination.namenode.status(f"{context.directory(point.point)}/{_PLACED}").facts.mtime_ms
    except NotFound:
        return None
