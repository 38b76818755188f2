"""What every change of roles has in common: its services, its role entry, and all that comes behind it.

    set_roles                   from here on it is a fact: the epoch is one higher
    every service goes live     under the new epoch, so that whoever slept through it can do nothing any more
    identities                  of the new primary, and what the old one is from now on, if it answers
    access                      clients arbitrate on the identities, so they come last
    fence                       of the old primary is lifted, if there was one
    ended                       recorded with points and durations

A death at any arrow leaves what the ledger says; called again it goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import Any, Protocol

from hadoop_dr.domain.check_results import Result, fail
from hadoop_dr.domain.errors import LATER_GOES_ON, DrError, Failed, Refused, Superseded
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.pair import RolesChanged, RolesSet
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.roles.failover import ServiceOutlook
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.ports.clock import Clock
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.roles import Roles, RolesRead
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.roles.move_service import MoveService

_SERVICES_AT_ONCE = 8
_RACES = 16


class Services(Protocol):
    """The services of a pair, as a change of roles reaches them."""

    def names(self) -> Sequence[str]:
        """Every service with a policy or a point."""

    def open(self, service: str, *, moved: bool) -> AbstractContextManager[MoveService]:
        """Opens one in the direction in which it was backed up.

        Args:
            moved: The pair has its new roles already.
        """


class ChangeRoles:
    """The common steps of one change of roles.

    Args:
        pair: Its name.
        promoted: The site that becomes primary.
        roles: The pair's ledger.
        tell: Told of each step.
    """

    def __init__(
        self,
        pair: str,
        promoted: str,
        roles: Roles,
        services: Services,
        announce: AnnounceIdentity,
        arbitrate: Arbitrate,
        clock: Clock,
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.pair, self.promoted, self.roles, self.services = pair, promoted, roles, services
        self._announce, self._arbitrate, self.clock, self._tell = announce, arbitrate, clock, tell
        self.seconds: dict[str, float] = {}

    @property
    def other(self) -> str:
        """The site that is not to become primary."""
        return next(site for site in self.roles.sites if site != self.promoted)

    def look_at_services(self, *, moved: bool = False) -> list[ServiceOutlook]:
        """Says what the change would make of each service.

        Args:
            moved: The pair has its new roles already.
        """

        def one(service: str) -> ServiceOutlook:
            try:
                with self.services.open(service, moved=moved) as opened:
                    return opened.look()
            except DrError as error:
                return ServiceOutlook(service, problem=str(error))

        return list(map_bounded(one, self.services.names(), width=_SERVICES_AT_ONCE))

    def lacks_newest_roles(self, read: RolesRead) -> list[Result]:
        """Says that the site which becomes primary announces an epoch that its copy of the ledger does not have."""
        if (announced := self._announce.epoch_of(self.promoted)) <= read.state.epoch:
            return []
        said = (
            f"{self.promoted} announces epoch {announced}, and its copy of the pair's ledger ends in epoch "
            f"{read.state.epoch}: it lacks the newest change of roles"
        )
        remedy = f"Bring {self.other} up, then: hadoop-dr identity {self.pair} --announce"
        return [fail("ledger", said, remedy)]

    def end_runs(self, looked: Sequence[ServiceOutlook], why: str) -> dict[str, str]:
        """Ends what runs left on the site that becomes primary; gives what stays closed, with the reason."""

        def one(found: ServiceOutlook) -> tuple[str, str]:
            if found.problem:
                return found.service, found.problem
            self._tell(found.service)
            try:
                with self.services.open(found.service, moved=False) as opened:
                    opened.end_runs(why)
            except DrError as error:
                return found.service, str(error)
            return found.service, ""

        return {name: said for name, said in map_bounded(one, looked, width=_SERVICES_AT_ONCE) if said}

    def set_roles(
        self, read: RolesRead, change: str, old_role: Role, run: str, by: str, reason: str, *, fence: str = "forced",
        held: bool = False,
    ) -> RolesRead:
        """Appends the role entry.

        Args:
            change: What it is a step of, such as ``failover``.
            old_role: What the old primary is from now on.
            fence: How well its writers are known to be stopped.
            held: Only as long as ``run`` has the change in hand.

        Raises:
            Refused: The new primary would decide by copies that lack entries of a site that answers.
            Superseded: Somebody else changes the roles.
        """
        with self.step("roles"):
            decider, alone = self._new_decider(read), bool(read.silent)
            body = RolesSet(self.promoted, decider, by, reason, alone, change, old_role.value, fence)
            return self.append(read, body, run, new_epoch=True, held=held)

    def go_on(
        self, read: RolesRead, run: str, by: str, reason: str, looked: Mapping[str, ServiceOutlook],
        lift: Callable[[RolesRead], list[str]] = lambda read: [],
    ) -> dict[str, Any]:
        """Everything behind the role entry; what a service needs fails for that service alone.

        Args:
            looked: What a person was shown of the services; empty where the role entry is of an earlier call.
            lift: Lifts the fence of the old primary; gives what a person should know.

        Raises:
            Failed: No service could be made live.
            DrError: A step failed; run it again.
        """
        epoch, origin, what = read.state.epoch, self.other, read.state.change
        with self.step("services"):
            names = read.state.closed or self.services.names()
            points, left, closed = self._make_live(f"{what} to {self.promoted}: {reason}", names)
        if closed and not points:
            problem = "no service could be made live: " + "; ".join(closed.values())
            raise Failed(self.pair, problem, "Clients stay where they are. Correct what is named, then run it again.")
        warnings = list(left)
        with self.step("identities"):
            self._announce.run(self.promoted, Role.PRIMARY, epoch, by, reason)
            warnings += self._demote(origin, Role(read.state.old_role), epoch, by, reason)
        with self.step("access"):
            decided = self._arbitrate.run()
        warnings += lift(read)
        body = RolesChanged(what, origin, self.promoted, points, closed, dict(self.seconds))
        self.append(read, body, run)
        if not looked:
            looked = {one.service: one for one in self.look_at_services(moved=True) if one.service in names}
        return {
            "pair": self.pair,
            "from": origin,
            "to": self.promoted,
            "epoch": epoch,
            "fence": read.state.fence,
            "access": decided.decision.site,
            "points": points,
            "closed": dict(closed),
            "rpo_seconds": self.rpo(looked.values(), points),
            "rto_seconds": dict(self.seconds),
            "lost": {name: asdict(one.lost) for name, one in looked.items()},
            "clients": {},
            "warnings": warnings,
        }

    def _demote(self, origin: str, role: Role, epoch: int, by: str, reason: str) -> list[str]:
        """Says in the old primary's ZooKeeper what it is now; one that is out stays so until a person lets it in."""
        try:
            if self._announce.epoch_of(origin) < epoch:
                self._announce.run(origin, role, epoch, by, reason)
        except DrError as error:
            return [f"{origin} announces its old role, which counts no longer: {error}"]
        return []

    def _new_decider(self, read: RolesRead) -> str:
        """The site that is not primary, so that a loss of the primary loses no ledger; else the new primary itself.

        Raises:
            Refused: The new primary would decide by copies that lack entries of a site that answers.
        """
        if self.other in read.silent:
            return self.promoted

        def behind(service: str) -> str:
            try:
                with self.services.open(service, moved=False) as opened:
                    return opened.behind()
            except DrError as error:
                return str(error)

        for why in map_bounded(behind, self.services.names(), width=_SERVICES_AT_ONCE):
            if why and read.state.deciding == self.other:
                raise Refused(self.pair, f"the ledgers cannot be brought in step: {why}", "Run it again.")
            if why:
                return self.promoted
        return self.other

    def _make_live(self, why: str, names: Iterable[str]) -> tuple[dict[str, str], list[str], dict[str, str]]:
        """Gives the points that are live, what is left to a person, and the services that stay closed."""

        def one(service: str) -> tuple[str, str | None, list[str], str]:
            try:
                with self.services.open(service, moved=True) as opened:
                    point, made = opened.make_live(why)
                    return service, point, [f"{service}: {line}" for line in made.left], ""
            except DrError as error:
                return service, None, [], str(error)

        points, left, shut = dict[str, str](), list[str](), dict[str, str]()
        for service, point, lines, said in map_bounded(one, names, width=_SERVICES_AT_ONCE):
            left += lines
            if said:
                shut[service] = said
            elif point is not None:
                points[service] = point
        return points, left, shut

    def append(
        self, read: RolesRead, body: PairBody, run: str, *, new_epoch: bool = False, held: bool = False
    ) -> RolesRead:
        """Appends to the copy that decides; loses to whoever changed the roles, never to unrelated entries.

        Args:
            held: Only as long as ``run`` has a planned change in hand.

        Raises:
            Superseded: Somebody else changed the roles, or took the change in hand.
        """
        epoch = read.state.epoch + 1 if new_epoch else None
        for _ in range(_RACES):
            if held and read.state.holder != run:
                raise Superseded(self.pair, "somebody else has the change of roles in hand", LATER_GOES_ON)
            try:
                decider = self.promoted if read.state.deciding in read.silent else read.state.deciding
                return self.roles.append(read, decider, body, run, epoch)
            except Superseded:
                now = self.roles.read()
                if now.state.epoch != read.state.epoch:
                    raise
                read = now
        raise Superseded(self.pair, f"{_RACES} others were first in the pair's ledger", "Run it again.")

    def outlook(
        self, looked: Sequence[ServiceOutlook], epoch: int, results: Sequence[Result], fence: str
    ) -> dict[str, Any]:
        """Gives what a person is shown before the change.

        Args:
            fence: How well the writers of the old primary can be stopped.
        """
        now_ms = self.clock.wall_ms()
        return {
            "pair": self.pair,
            "from": self.other,
            "to": self.promoted,
            "epoch": epoch,
            "at": iso(now_ms),
            "fence": fence,
            "points": {one.service: one.point for one in looked if one.point},
            "rpo_seconds": {
                one.service: (now_ms - one.moment_ms) / 1000 for one in looked if one.moment_ms is not None
            },
            "in_flight": {
                one.service: {"point": one.in_flight, "ending": one.ending.value} for one in looked if one.in_flight
            },
            "lost": {one.service: asdict(one.lost) for one in looked},
            "checks": [
                {"name": one.name, "state": one.mark.value, "detail": one.detail, "remedy": one.remedy}
                for one in results
            ],
        }

    def rpo(self, looked: Iterable[ServiceOutlook], points: Mapping[str, str]) -> dict[str, float]:
        """Gives how old the point of each service is, in seconds."""
        now_ms = self.clock.wall_ms()
        return {
            one.service: (now_ms - one.moment_ms) / 1000
            for one in looked
            if one.moment_ms is not None and one.service in points
        }

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Tells of a step, and notes how long it takes."""
        self._tell(name)
        began_s = self.clock.monotonic_s()
        yield
        self.seconds[name] = round(self.clock.monotonic_s() - began_s, 3)
