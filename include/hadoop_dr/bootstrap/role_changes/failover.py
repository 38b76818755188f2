"""A failover, wired: works with Airflow down and with the old primary gone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.bootstrap.login import NOBODY, Users
from hadoop_dr.bootstrap.role_changes.common import open_change, serving
from hadoop_dr.domain.errors import DrError
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.roles.failover import Failover

__all__ = ["failover_pair"]


def failover_pair(
    pair: str,
    to: str,
    run_id: str,
    by: str,
    reason: str,
    *,
    approve: bool = False,
    force: bool = False,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda text: None,
    home: Path | None = None,
    users: Users = NOBODY,
) -> dict[str, Any]:
    """Makes a site the primary of its pair, or says what that would do.

    Args:
        to: The site.
        approve: A person has seen what would happen, and wants it.
        force: The old primary still answers, and the person wants it all the same.
        dry_run: Only say what would happen.
        tell: Told of each step.
        users: HDFS users by site; a site that is not named has that of the environment.

    Raises:
        BadInput: The pair has no such site.
    """
    home = home or settings.find_home()
    with open_change(pair, to, run_id, by, tell, home, users) as opened:
        context = opened.pair
        promoted, other = context.sides[to], next(side for name, side in context.sides.items() if name != to)
        failover = Failover(
            opened.change,
            lambda: serving(promoted),
            lambda: other.name not in context.roles.silent and not _down(other),
        )
        if dry_run:
            return failover.look(force=force)
        return failover.run(run_id, by, reason, approve=approve, force=force)


def _down(site: SiteConnections) -> bool:
    try:
        return bool(site.namenode.service().safe_mode)
    except DrError:
        return True
