"""A switchover, wired: works with Airflow down."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.reporting import Relay
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.bootstrap.connections import open_mover
from hadoop_dr.bootstrap.login import NOBODY, Users, login_to
from hadoop_dr.bootstrap.role_changes.common import open_change, serving
from hadoop_dr.ports.mover import DEFAULT_LIMITS
from hadoop_dr.ports.requests import Requests
from hadoop_dr.services.roles.fence import Fence
from hadoop_dr.services.roles.switchover import Switchover

__all__ = ["switchover_pair"]


def switchover_pair(
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
    """Exchanges the roles of a pair of which both sites serve, or says what that would do.

    Args:
        to: The site that becomes primary; the present primary takes a switchover back that was begun.
        approve: A person has seen what would happen, and wants it.
        force: A service does not go, or a writer is not known to be stopped, and the person wants it all the same.
        dry_run: Only say what would happen.
        tell: Told of each step.
        users: HDFS users by site; a site that is not named has that of the environment.

    Raises:
        BadInput: The pair has no such site.
    """
    home = home or settings.find_home()
    with ExitStack() as stack:
        opened = stack.enter_context(open_change(pair, to, run_id, by, tell, home, users))
        clock, tokens, fences = SystemClock(), SystemTokens(), {}
        for name, side in opened.pair.sides.items():
            address = login_to(name, users).hdfs(settings.addresses(home, opened.pair.pair.site(name)))
            mover = open_mover(stack, DEFAULT_LIMITS, Relay(), Requests(), address, address)
            fences[name] = Fence(name, side.namenode, mover, clock, tokens)
        switchover = Switchover(
            opened.change,
            opened.arbitrate,
            fences,
            lambda: [result for side in opened.pair.sides.values() for result in serving(side)],
            tell,
        )
        if dry_run:
            return switchover.look(force=force)
        return switchover.run(run_id, by, reason, approve=approve, force=force)
