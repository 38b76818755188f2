"""A reprotect, wired: works with Airflow down."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.bootstrap.contexts import open_pair, open_service
from hadoop_dr.bootstrap.unprotect import last_policy
from hadoop_dr.ports.files import Files
from hadoop_dr.services.identity import AnnounceIdentity, refuse_other_clusters
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.come_back import ComeBack
from hadoop_dr.services.roles.reprotect import Reprotect

__all__ = ["reprotect_pair"]


class _Services:
    """The services of a pair: those with a policy, and those that only the ledger knows."""

    def __init__(self, pair: str, files: Files, run: str, home: Path) -> None:
        self._pair, self._files, self._run, self._home = pair, files, run, home
        policies = settings.load_policies(home).policies.values()
        self._declared = {policy.service for policy in policies if policy.pair == pair}

    def names(self) -> list[str]:
        """Every service with a policy or a ledger."""
        return sorted(self._declared.union(self._files.names(f"/.hadoop-dr/{self._pair}/services")))

    @contextmanager
    def open(self, service: str) -> Iterator[ComeBack]:
        """Opens one in the roles of now."""
        frozen = None if service in self._declared else last_policy(self._home, service, self._pair)
        with open_service(service, self._home, frozen=frozen, both=True) as context:
            yield ComeBack(context, self._run)


def reprotect_pair(
    pair: str,
    run_id: str,
    by: str,
    reason: str,
    *,
    approve: bool = False,
    release: bool = False,
    dry_run: bool = False,
    tell: Callable[[str], None] = lambda text: None,
    home: Path | None = None,
) -> dict[str, Any]:
    """Brings the old primary of a pair back as its secondary, or says what that would undo.

    Args:
        approve: A person has seen what never crossed, and lets the next backups undo it.
        release: Remove what keeps it instead.
        dry_run: Only say what would happen.
        tell: Told of each step.
    """
    home = home or settings.find_home()
    with open_pair(pair, home) as context:
        namenodes = {name: side.namenode for name, side in context.sides.items()}
        refuse_other_clusters(context.pair, context.roles.state.clusters, namenodes)
        files = {name: side.files for name, side in context.sides.items()}
        coordinators, clock = {name: side.coordinator for name, side in context.sides.items()}, SystemClock()
        announce = AnnounceIdentity(pair, coordinators, clock, SystemTokens())
        known = files.get(context.roles.state.primary, next(iter(files.values())))
        services = _Services(pair, known, run_id, home)
        reprotect = Reprotect(pair, Roles(pair, files, clock), services, announce, clock, tell)
        if release:
            return reprotect.release(dry_run=dry_run)
        if dry_run:
            return reprotect.look()
        return reprotect.run(run_id, by, reason, approve=approve)
