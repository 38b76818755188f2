"""Reprotect: the old primary comes back as the secondary, and loses nothing that a person has not seen (S0.8, S2.26).

    every service's divergence    kept in snapshots of the old primary, recorded, and shown to a person
    approved                      the person's answer, in the pair's ledger
    every service                 the next backup may undo what was shown
    identity                      the old primary is announced as the secondary; only then do backups go there

The next ordinary backup of a service brings its tree back to the newest point, from that site's own snapshots, and goes
on with what changed on the new primary since: what crosses is what either site changed since that point. A death at any
arrow leaves what the ledgers say; called again it goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.pair import PersonAnswered
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.domain.roles.reprotect import DivergedService
from hadoop_dr.ports.clock import Clock
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.roles import Roles, RolesRead
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.roles.come_back import ComeBack

_SERVICES_AT_ONCE = 8


class ServicesComeBack(Protocol):
    """The services of a pair, as a former primary that comes back reaches them."""

    def names(self) -> Sequence[str]:
        """Every service with a policy or a point."""

    def open(self, service: str) -> AbstractContextManager[ComeBack]:
        """Opens one in the roles of now."""


class Reprotect:
    """Brings the old primary of a pair back as its secondary.

    Args:
        pair: Its name.
        roles: The pair's ledger.
        tell: Told of each step.
    """

    def __init__(
        self,
        pair: str,
        roles: Roles,
        services: ServicesComeBack,
        announce: AnnounceIdentity,
        clock: Clock,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._pair, self._roles, self._services = pair, roles, services
        self._announce, self._clock, self._tell = announce, clock, tell
        self._seconds: dict[str, float] = {}

    def look(self) -> dict[str, Any]:
        """Says what diverged, and what stands against it; changes nothing.

        Raises:
            Refused: No site of the pair can come back.
        """
        read = self._read()
        with self._step("look"):
            found = self._each(lambda opened: opened.look())
        return self._document(read, found, approved=False)

    def run(self, run: str, by: str, reason: str, *, approve: bool) -> dict[str, Any]:
        """Keeps what diverged and shows it; with approval the site comes back.

        Raises:
            Refused: No site of the pair can come back, or no service of it can; nothing was approved.
            Superseded: Somebody else changes the roles; look, then run it again.
            DrError: A step failed; run it again.
        """
        read = self._read()
        with self._step("keep"):
            found = self._each(lambda opened: opened.keep())
        if not approve:
            return self._document(read, found, approved=False)
        if found and all(one.problem for one in found):
            problem = "no service can come back: " + "; ".join(f"{one.service}: {one.problem}" for one in found)
            raise Refused(self._pair, problem, "Correct what is named, then run it again.")
        site = self._back(read)
        with self._step("approve"):
            points = {one.service: one.point for one in found if one.point and not one.problem}
            answer = PersonAnswered(f"{site} comes back as secondary", True, by, reason, points)
            read = self._roles.append(read, read.state.deciding, answer, run)
            if read.behind and (why := self._roles.follow(read)):
                raise Refused(self._pair, f"the pair's ledger could not be brought in step: {why}", "Run it again.")
            for one in found:
                if one.count and not one.problem:
                    with self._services.open(one.service) as opened:
                        opened.approve(one, by, reason)
        with self._step("identity"):
            self._announce.run(site, Role.SECONDARY, read.state.epoch, by, reason)
        return self._document(read, found, approved=True)

    def release(self, *, dry_run: bool = False) -> dict[str, Any]:
        """Removes what keeps divergences that no backup needs any more.

        Raises:
            Refused: A service has not come back yet.
        """
        read, gone = self._read(), dict[str, list[str]]()
        for service in self._services.names():
            with self._services.open(service) as opened:
                if paths := opened.release(dry_run=dry_run):
                    gone[service] = paths
        return {**self._document(read, (), approved=False), "released": gone}

    # ------------------------------------------------------------------ parts

    def _read(self) -> RolesRead:
        read = self._roles.read()
        state = read.state
        if not state.primary:
            remedy = f"First: hadoop-dr identity {self._pair} --initialise"
            raise Refused(self._pair, "it has no roles yet", remedy)
        if state.is_unfinished:
            said = f"the change of roles to {state.primary} is not finished"
            raise Refused(self._pair, said, f"First: hadoop-dr failover {self._pair} --to {state.primary} --approve")
        if read.silent:
            site, error = next(iter(read.silent.items()))
            raise Refused(self._pair, f"{site} does not answer: {error}", "Bring it up, then run it again.")
        site = self._back(read)
        if (announced := self._announce.epoch_of(site)) > state.epoch:
            said = f"{site} announces epoch {announced}, and the pair's ledger ends in epoch {state.epoch}"
            raise Refused(self._pair, said, f"See: hadoop-dr ledger check {self._pair}")
        return read

    def _back(self, read: RolesRead) -> str:
        return read.state.other(read.state.primary, self._roles.sites)

    def _each(self, work: Callable[[ComeBack], DivergedService]) -> list[DivergedService]:
        def one(service: str) -> DivergedService:
            try:
                with self._services.open(service) as opened:
                    return work(opened)
            except DrError as error:
                return DivergedService(service, problem=str(error))

        return list(map_bounded(one, self._services.names(), width=_SERVICES_AT_ONCE))

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._tell(name)
        began_s = self._clock.monotonic_s()
        yield
        self._seconds[name] = round(self._clock.monotonic_s() - began_s, 3)

    def _document(self, read: RolesRead, found: Sequence[DivergedService], *, approved: bool) -> dict[str, Any]:
        return {
            "pair": self._pair,
            "from": read.state.primary,
            "to": self._back(read),
            "epoch": read.state.epoch,
            "at": iso(self._clock.wall_ms()),
            "approved": approved,
            "points": {one.service: one.point for one in found if one.point},
            "diverged": {one.service: one.document for one in found if one.count},
            "kept": {one.service: dict(one.snapshots) for one in found if one.snapshots},
            "released": {},
            "closed": {one.service: one.problem for one in found if one.problem},
            "seconds": dict(self._seconds),
            "warnings": [f"{one.service}: {line}" for one in found for line in one.warnings],
        }
