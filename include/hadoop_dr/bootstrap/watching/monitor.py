"""The monitor of a pair, wired: works with Airflow down, and with either site gone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles
from hadoop_dr.bootstrap.contexts import open_pair
from hadoop_dr.bootstrap.login import NOBODY, Users, login_to
from hadoop_dr.bootstrap.status import PairLedgers
from hadoop_dr.bootstrap.watching.heartbeats import nodes_of
from hadoop_dr.bootstrap.watching.recipients import notifiers_of
from hadoop_dr.domain.config.pair import Pair
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.points.standing import Word, standing
from hadoop_dr.domain.roles.health import HealthRules
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.notifier import Notifier
from hadoop_dr.services.heartbeats import AskNodes
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.monitor import Monitor

__all__ = ["monitor_pair", "open_monitor"]


@contextmanager
def open_monitor(
    pair: str,
    by: str,
    run_id: str,
    home: Path | None = None,
    *,
    users: Users = NOBODY,
    failed: Mapping[str, str] | None = None,
    notifiers: Sequence[Notifier] | None = None,
) -> Iterator[Monitor]:
    """Builds the monitor of a pair; nothing is contacted yet.

    Args:
        failed: Sites that an earlier look found failed, with the reason.
        notifiers: Who is told; None for whom the environment names.

    Raises:
        BadInput: The pair file or the file of recipients is wrong; before any connection.
    """
    home = home or settings.find_home()
    found, told = settings.load_pair(home, pair), notifiers_of() if notifiers is None else notifiers
    watched, clock = found.monitor, SystemClock()
    deadline_s = watched.deadline_ms / 1000
    made: list[Monitor] = []

    def clusters() -> Mapping[str, str]:
        return made[0].clusters

    with ExitStack() as stack:
        sites = [nodes_of(site, home, stack, deadline_s, users, clusters) for site in found.sites]
        nodes = AskNodes(sites, clock, deadline_s)
        stack.callback(nodes.close)
        monitor = Monitor(
            pair,
            Roles(pair, _files(found, home, stack, deadline_s, users), clock),
            nodes.look,
            lambda: _late(pair, home, users),
            told,
            clock,
            HealthRules(watched.threshold, watched.dwell_ms / 1000),
            watched.every_ms / 1000,
            by,
            run_id,
            failed,
        )
        made.append(monitor)
        stack.callback(monitor.close)
        yield monitor


def monitor_pair(
    pair: str, by: str, run_id: str, *, once: bool, tell: Callable[[dict[str, Any]], None], home: Path | None = None
) -> dict[str, Any]:
    """Watches a pair until somebody ends it, or until there is a verdict on both sites; gives the newest document."""
    with open_monitor(pair, by, run_id, home) as monitor:
        return monitor.watch(once=once, tell=tell)


def _files(pair: Pair, home: Path, stack: ExitStack, deadline_s: float, users: Users) -> dict[str, Files]:
    """Documents of both sites, for whose ledger nobody waits longer than for a heartbeat."""
    patience = Deadlines(connect_s=deadline_s, read_s=deadline_s, budget_s=0.0)
    files: dict[str, Files] = {}
    for site in pair.sites:
        address = login_to(site.name, users).hdfs(settings.addresses(home, site))
        made = WebHdfsFiles(address, SystemClock(), SystemTokens(), patience)
        stack.callback(made.close)
        files[site.name] = made
    return files


def _late(pair: str, home: Path, users: Users) -> dict[str, str | None]:
    """Why each service of a pair is late; empty where it is not, None where that cannot be told."""
    policies = [policy for policy in settings.load_policies(home).policies.values() if policy.pair == pair]
    found: dict[str, str | None] = {}
    with open_pair(pair, home, users) as context:
        ledgers = PairLedgers(context)
        for policy in policies:
            try:
                now = standing(ledgers.read(policy.service).state, policy, SystemClock().wall_ms())
            except DrError:
                found[policy.service] = None
                continue
            point = now.newest.point if now.newest else ""
            late = f"service {policy.service} is late: its newest point {point} is older than its rpo"
            found[policy.service] = late if now.word is Word.LATE else ""
    return found
