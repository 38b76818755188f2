"""Names of points and snapshots: how a moment becomes an identifier and back."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_POINT = re.compile(r"\d{8}T\d{6}\.\d{3}Z")
_SNAPSHOT = re.compile(
    r"dr-(?P<service>[a-z][a-z0-9-]{0,40})-e(?P<epoch>\d+)-(?P<point>\d{8}T\d{6}\.\d{3}Z)(-r\d+|-before)?"
)
SERVICE_NAME = re.compile(r"[a-z][a-z0-9-]{0,40}")
"""What a service may be called: it is part of paths, of snapshot names and of an Airflow DAG's id."""


def point_id(moment_ms: int) -> str:
    """Names the recovery point of a moment, e.g. ``20261120T020000.000Z``.

    Args:
        moment_ms: T0 in milliseconds since the epoch, UTC.
    """
    at = datetime.fromtimestamp(moment_ms // 1000, tz=UTC)
    return f"{at:%Y%m%dT%H%M%S}.{moment_ms % 1000:03d}Z"


def moment_of(point: str) -> int:
    """Returns the moment, in milliseconds since the epoch, that a point id names.

    Raises:
        ValueError: The text is not a point id.
    """
    if not _POINT.fullmatch(point):
        raise ValueError(f"not a point id: {point!r}")
    at = datetime.strptime(point[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return int(at.timestamp()) * 1000 + int(point[16:19])


def iso(moment_ms: int) -> str:
    """Writes a time as ISO 8601 in UTC with milliseconds, the form of every output."""
    at = datetime.fromtimestamp(moment_ms // 1000, tz=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{moment_ms % 1000:03d}Z"


def snapshot_name(service: str, epoch: int, point: str, repair: int = 0) -> str:
    """Names the HDFS snapshot of a point; the same on both sites.

    Args:
        repair: After a repair the candidate is taken again under a name of its own: removing the first one could happen
            twice, the second time by a worker that slept meanwhile.
    """
    return f"dr-{service}-e{epoch}-{point}" + (f"-r{repair}" if repair else "")


def before_name(name: str) -> str:
    """Names the snapshot of what the destination had before a run that plans from nothing, after the run's own."""
    return f"{name}-before"


def point_of_snapshot(service: str, name: str) -> str | None:
    """Returns the point a snapshot of this service belongs to, or None when the name is not ours."""
    match = _SNAPSHOT.fullmatch(name)
    return match["point"] if match and match["service"] == service else None
