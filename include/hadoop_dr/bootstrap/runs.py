"""Runs that change something: backups, verification on demand, pruning."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.bootstrap.connections import open_queries
from hadoop_dr.bootstrap.contexts import open_service
from hadoop_dr.bootstrap.login import NOBODY, Users, login_to
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.runs.wanted_moment import refuse_odd_words, refuse_past, wanted_moment_ms
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.backup.stages import BackupStages, Observer

__all__ = ["backup_stages", "check_request", "prune_now", "run_query", "verify_point"]


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
        return verify_again(context, point)


def run_query(pair: str, site: str, sql: str, home: Path | None = None) -> dict[str, Any]:
    """Runs one statement on a site's HiveServer2; gives its rows as texts and a digest that two sites can compare.

    Raises:
        Refused: The site has no HiveServer2.
    """
    home = home or settings.find_home()
    found = settings.load_pair(home, pair).site(site)
    with ExitStack() as stack:
        addresses = settings.addresses(home, found)
        queries = open_queries(found, addresses, stack, login_to(site))
        if queries is None:
            raise Refused(site, "has no HiveServer2", "Start one: hadoop-dr lab up --hiveserver2")
        answer = queries.run(sql)
        return {"columns": list(answer.columns), "rows": [list(row) for row in answer.rows], "sha256": answer.sha256}


def prune_now(service: str, home: Path | None = None) -> dict[str, Any]:
    """Prunes a service now."""
    with open_service(service, home) as context:
        return {"service": service, **Prune(context).run("cli-prune")}
