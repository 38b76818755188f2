"""Runs that change something: backups, verification on demand, pruning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap.contexts import open_service, require_clusters
from hadoop_dr.bootstrap.login import NOBODY, Users
from hadoop_dr.domain.runs.wanted_moment import refuse_odd_words, refuse_past, wanted_moment_ms
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.backup.stages import BackupStages, Observer

__all__ = ["backup_stages", "check_request", "prune_now", "verify_point"]


def check_request(moment: str | None, run: str | None, reason: str | None) -> None:
    """Looks whether a run may be asked for so; nothing is contacted.

    Args:
        run: Id of a run that may be asked for again, whose moment may be over by now; None for a new one.

    Raises:
        BadInput: The moment is no time, lies too far ahead, or is over; id or reason are odd.
    """
    refuse_odd_words(run, reason)
    now_ms = SystemClock().wall_ms()
    wanted_moment_ms(moment, now_ms)
    if run is None:
        refuse_past(moment, now_ms)


@contextmanager
def backup_stages(
    service: str,
    run_id: str,
    try_no: int = 1,
    home: Path | None = None,
    *,
    one_process: bool = False,
    observer: Observer | None = None,
    users: Users = NOBODY,
) -> Iterator[BackupStages]:
    """Opens the stages of one run, for the command line (``one_process``) or for a task of Airflow.

    Args:
        users: HDFS users by site, from the credentials of an entrance that keeps its own.
    """
    with open_service(service, home, users=users) as context:
        yield BackupStages(context, run_id, try_no, one_process=one_process, observer=observer)


def verify_point(service: str, point: str | None, home: Path | None = None) -> dict[str, Any]:
    """Compares a sealed point on the secondary with its stored facts; returns the document of ``verify --json``."""
    with open_service(service, home) as context:
        require_clusters(context)
        return verify_again(context, point)


def prune_now(service: str, home: Path | None = None) -> dict[str, Any]:
    """Removes the points of a service that no retention rule keeps; returns the document of ``prune --json``."""
    with open_service(service, home) as context:
        require_clusters(context)
        return {"service": service, **Prune(context).run("cli-prune")}
