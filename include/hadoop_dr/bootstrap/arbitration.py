"""Arbitration between the two ZooKeepers of a pair.

The ledger is asked only when a ZooKeeper does not say what its site is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.bootstrap.connections import open_coordinator
from hadoop_dr.bootstrap.contexts import open_pair
from hadoop_dr.bootstrap.login import NOBODY, Users
from hadoop_dr.domain.errors import DrError, Unreachable
from hadoop_dr.domain.roles.arbitration import NO_RULING
from hadoop_dr.domain.roles.identity import access_path, identity_path
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.services.arbitrate import Arbitrate, Arbitration
from hadoop_dr.services.follow_access import REST_S, FollowAccess


class Arbiter:
    """Arbitration as Airflow and the command line call it; every result is small JSON."""

    def __init__(self, pair: str, coordinators: Mapping[str, Coordinator], service: Arbitrate) -> None:
        self._pair, self._coordinators, self._service = pair, coordinators, service
        self._armed: set[str] = set()

    def look(self) -> dict[str, Any]:
        """Reads afresh and decides, writing nothing; ``due`` says whether publishing would change a copy."""
        return self._document(self._service.run(publish=False))

    def arbitrate(self) -> dict[str, Any]:
        """Reads afresh, decides and publishes.

        Raises:
            Superseded, AlreadyExists: Another arbiter was faster; call again.
        """
        return self._document(self._service.run())

    def watch(self, wake: Callable[[], None]) -> None:
        """Asks each ZooKeeper that answers, once, to wake us after a change; a hint only."""
        for site, coordinator in self._coordinators.items():
            if site in self._armed:
                continue
            try:
                for path in (identity_path(self._pair), access_path(self._pair)):
                    coordinator.watch(path, wake)
            except Unreachable:
                continue
            self._armed.add(site)

    def _document(self, done: Arbitration) -> dict[str, Any]:
        decision = done.decision
        return {
            "pair": self._pair,
            "outcome": decision.outcome.value,
            "access": decision.site,
            "epoch": decision.epoch,
            "sites": {site: status.value for site, status in decision.statuses},
            "copies": {site: publication.value for site, publication in done.copies.items()},
            "due": done.due,
            "alarm": decision.alarm,
            "reason": decision.reason,
        }


@contextmanager
def open_arbiter(pair_name: str, by: str, home: Path | None = None, users: Users = NOBODY) -> Iterator[Arbiter]:
    """Reaches both ZooKeepers of a pair.

    Args:
        pair_name: The pair.
        by: Who arbitrates, for the published documents.
        home: The directory with the user's files; found when None.
        users: HDFS users by site, for the ledger.

    Raises:
        BadInput: The pair file is wrong; before any connection.
    """
    with _connected(pair_name, by, home or settings.find_home(), users) as (coordinators, service):
        yield Arbiter(pair_name, coordinators, service)


@contextmanager
def open_arbitration(pair_name: str, by: str, home: Path, users: Users = NOBODY) -> Iterator[Arbitrate]:
    """The same for a change of roles, which arbitrates as one of its steps."""
    with _connected(pair_name, by, home, users) as (_, service):
        yield service


@contextmanager
def open_following(pair_name: str, by: str, home: Path) -> Iterator[FollowAccess]:
    """The same for an application, which writes nothing and waits for nobody longer than it must."""
    pair, clock = settings.load_pair(home, pair_name), SystemClock()
    with _connected(pair_name, by, home, NOBODY, keeping_s=REST_S) as (_, service):
        yield FollowAccess(pair_name, pair.site_names, service, clock, pair.lease_ms and pair.lease_ms / 1000)


@contextmanager
def _connected(
    pair_name: str, by: str, home: Path, users: Users, keeping_s: float = 0.0
) -> Iterator[tuple[Mapping[str, Coordinator], Arbitrate]]:
    pair = settings.load_pair(home, pair_name)
    with ExitStack() as stack:
        coordinators: dict[str, Coordinator] = {}
        for site in pair.sites:
            coordinator = open_coordinator(site, home)
            stack.callback(coordinator.close)
            coordinators[site.name] = coordinator

        ruling = _Ruling(lambda: _ledger_says(pair_name, home, users), SystemClock(), keeping_s)
        yield coordinators, Arbitrate(pair_name, coordinators, SystemClock(), SystemTokens(), by, ruling)


class _Ruling:
    """What the ledger says, asked once in so many seconds: where a site is silent, the ledger is slow, too."""

    def __init__(self, ask: Callable[[], PairState], clock: Clock, keeping_s: float) -> None:
        self._ask, self._clock, self._keeping_s = ask, clock, keeping_s
        self._held, self._until_s = NO_RULING, float("-inf")

    def __call__(self) -> PairState:
        if self._clock.monotonic_s() >= self._until_s:
            self._held = self._ask()
            self._until_s = self._clock.monotonic_s() + self._keeping_s
        return self._held


def _ledger_says(pair_name: str, home: Path, users: Users) -> PairState:
    """The newest role entry, as far as the ledger can be read; silence rules nothing."""
    try:
        with open_pair(pair_name, home, users) as context:
            return context.roles.state
    except DrError:
        return NO_RULING
