"""What every change of roles is wired from: works with Airflow down, and with one site gone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.bootstrap.arbitration import open_arbitration
from hadoop_dr.bootstrap.contexts import PairContext, open_pair, open_service
from hadoop_dr.bootstrap.data_set_kinds import probes_of
from hadoop_dr.bootstrap.login import Users
from hadoop_dr.bootstrap.lost import lost
from hadoop_dr.bootstrap.unprotect import last_policy
from hadoop_dr.domain.check_results import Result, guarded, ok
from hadoop_dr.domain.errors import BadInput, DrError, NotReady
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.identity import AnnounceIdentity, refuse_other_clusters
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.change_roles import ChangeRoles
from hadoop_dr.services.roles.move_service import MoveService


@dataclass(frozen=True, slots=True)
class OpenedChange:
    """A change of roles, and what only some changes need beside it."""

    change: ChangeRoles
    arbitrate: Arbitrate
    pair: PairContext


class _Services:
    """The services of a pair: those with a policy, and those that only the ledger knows."""

    def __init__(
        self, pair: str, promoted: SiteConnections, run: str, home: Path, given_up: Mapping[str, DrError], users: Users
    ) -> None:
        self._pair, self._promoted, self._run, self._home, self._given_up = pair, promoted, run, home, given_up
        self._users = users
        policies = settings.load_policies(home).policies.values()
        self._declared = {policy.service for policy in policies if policy.pair == pair}

    def names(self) -> list[str]:
        """Every service with a policy or a ledger."""
        return sorted(self._declared.union(self._promoted.files.names(f"/.hadoop-dr/{self._pair}/services")))

    @contextmanager
    def open(self, service: str, *, moved: bool) -> Iterator[MoveService]:
        """Opens one in the direction in which it was backed up."""
        frozen = None if service in self._declared else last_policy(self._home, service, self._pair)
        with open_service(
            service, self._home, users=self._users, frozen=frozen, moved=moved, given_up=self._given_up
        ) as context:
            stages = BackupStages(context, self._run, one_process=True)

            def back_up(reason: str) -> None:
                run = f"{self._run}-{secrets.token_hex(2)}"  # each is a run of its own, and this change none of them
                BackupStages(context, run, one_process=True).run_all(reason=reason, takeover=True)

            yield MoveService(context, self._run, stages.finish_left, back_up)


@contextmanager
def open_change(
    pair: str, to: str, run_id: str, by: str, tell: Callable[[str], None], home: Path, users: Users
) -> Iterator[OpenedChange]:
    """Opens a change of roles.

    Args:
        to: The site that becomes primary.
        users: HDFS users by site, from the credentials of an entrance that keeps its own.

    Raises:
        BadInput: The pair has no such site.
        Refused: A site answers as another cluster.
    """
    found = settings.load_pair(home, pair)
    if to not in found.site_names:
        raise BadInput("--to", f"'{to}' is no site of the pair {pair}", f"Name {' or '.join(found.site_names)}.")
    with ExitStack() as stack:
        context = stack.enter_context(open_pair(pair, home, users))
        context.sides.update({name: lost(context.sides[name], error) for name, error in context.roles.silent.items()})
        namenodes = {name: side.namenode for name, side in context.sides.items()}
        refuse_other_clusters(context.pair, context.roles.state.clusters, namenodes)
        clock, coordinators = SystemClock(), {name: side.coordinator for name, side in context.sides.items()}
        arbitrate = stack.enter_context(open_arbitration(pair, by, home, users))
        change = ChangeRoles(
            pair,
            to,
            Roles(pair, {name: side.files for name, side in context.sides.items()}, clock),
            _Services(pair, context.sides[to], run_id, home, context.roles.silent, users),
            AnnounceIdentity(pair, coordinators, clock, SystemTokens()),
            arbitrate,
            clock,
            tell,
        )
        yield OpenedChange(change, arbitrate, context)


def serving(site: SiteConnections) -> list[Result]:
    """Whether each part of a site answers."""

    def file_system() -> Iterator[Result]:
        service = site.namenode.service()
        if service.safe_mode:
            raise NotReady(site.name, f"is in safe mode: {service.safe_mode}", "Wait for it to leave safe mode")
        yield ok("namenode", f"{site.name} serves")

    def zookeeper() -> Iterator[Result]:
        site.coordinator.read("/hadoop-dr")
        yield ok("zookeeper", f"{site.name}'s ZooKeeper answers")

    def rest() -> Iterator[Result]:
        for probe in probes_of(site):
            probe()
        yield ok("catalogs", f"what else {site.name} needs answers")

    return [*guarded("namenode", file_system), *guarded("zookeeper", zookeeper), *guarded("catalogs", rest)]
