"""Holding back new points of a pair, and letting them go on: works with Airflow down."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap.contexts import open_pair
from hadoop_dr.services.identity import refuse_other_clusters
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.hold import HoldSynchronising

__all__ = ["hold_pair", "resume_pair"]


def hold_pair(pair: str, until_ms: int, run_id: str, by: str, reason: str, home: Path | None = None) -> dict[str, Any]:
    """Holds back new points of a pair until a time, in milliseconds since the epoch."""
    with _opened(pair, home) as holds:
        return holds.hold(until_ms, run_id, by, reason)


def resume_pair(pair: str, run_id: str, by: str, reason: str, home: Path | None = None) -> dict[str, Any]:
    """Lifts every hold of a pair, the monitor's too."""
    with _opened(pair, home) as holds:
        return holds.resume(run_id, by, reason)


@contextmanager
def _opened(pair: str, home: Path | None) -> Iterator[HoldSynchronising]:
    with open_pair(pair, home) as context:
        answering = {n: s.namenode for n, s in context.sides.items() if n not in context.roles.silent}
        refuse_other_clusters(context.pair, context.roles.state.clusters, answering)
        clock = SystemClock()
        yield HoldSynchronising(pair, Roles(pair, {n: s.files for n, s in context.sides.items()}, clock), clock)
