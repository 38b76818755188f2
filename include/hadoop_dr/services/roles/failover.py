"""Failover: the secondary becomes the primary, because a person says that the old one is lost (S2.22 to S2.24).

    approved                    the person's answer, with what was shown
    every service's runs end    staged points are rolled forward, anything less is undone
    role entry                  from here on it is a fact: the epoch is one higher
    every service goes live     under the new epoch, so that whoever slept through it can do nothing any more
    identities                  of the new primary; the old one is out, if it answers, until a person lets it in
    access                      clients arbitrate on the identities, so they come last
    ended                       recorded with points and durations

A death at any arrow leaves what the ledger says; called again it goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from typing import Any, Protocol

from hadoop_dr.domain.check_results import Result, fail, refuse_on_failure
from hadoop_dr.domain.errors import DrError, Failed, Refused, Superseded
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.pair import PersonAnswered, RolesChanged, RolesSet
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.roles.failover import ServiceOutlook, stands_against
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


class Failover:
    """Fails a pair over.

    Args:
        pair: Its name.
        promoted: The site that becomes primary.
        roles: The pair's ledger.
        serving: Says of the parts of the site that becomes primary whether they answer.
        origin_serves: Says whether the old primary's file system answers.
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
        serving: Callable[[], list[Result]],
        origin_serves: Callable[[], bool],
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._pair, self._promoted, self._roles, self._services = pair, promoted, roles, services
        self._announce, self._arbitrate, self._clock = announce, arbitrate, clock
        self._serving, self._origin_serves, self._tell = serving, origin_serves, tell
        self._seconds: dict[str, float] = {}

    def look(self) -> dict[str, Any]:
        """Says what a failover would do, what would be lost, and what stands against it; changes nothing."""
        read = self._roles.read()
        looked = self._look(moved=read.state.primary == self._promoted)
        results = self._judge(read, looked)
        return self._document(looked, read.state.epoch, results)

    def run(self, run: str, by: str, reason: str, *, approve: bool, force: bool = False) -> dict[str, Any]:
        """Carries it out, or goes on with one that was interrupted behind its role entry or left services closed.

        Args:
            approve: A person knows what would happen and wants it.
            force: Although the old primary still answers, and nothing stops its writers.

        Raises:
            Refused: Nobody approved it, or something stands against it; the roles have not changed.
            Superseded: Somebody else changes the roles; look, then run it again.
            DrError: A step failed; run it again.
        """
        read = self._roles.read()
        if read.state.primary == self._promoted and read.state.is_unfinished:
            return self._go_on(read, run, by, reason, {})
        with self._step("look"):
            looked = self._look()
            results = self._judge(read, looked, force=force)
        refuse_on_failure(self._pair, results)
        if not approve:
            said = f"a failover to {self._promoted} has to be approved"
            raise Refused(self._pair, said, "See it with --dry-run; then give --approve.")
        points = {one.service: one.point for one in looked if one.point and not one.problem}
        read = self._append(read, PersonAnswered(f"failover to {self._promoted}", True, by, reason, points), run)
        why = f"failover to {self._promoted}: {reason}"
        with self._step("runs"):
            closed = self._end_runs(looked, why)
        if len(closed) == len(looked):
            remedy = "The roles have not changed. Correct what is named, then run it again."
            raise Refused(self._pair, "no service can go: " + "; ".join(closed.values()), remedy)
        with self._step("roles"):
            body = RolesSet(self._promoted, self._new_decider(read), by, reason, alone=bool(read.silent))
            read = self._append(read, body, run, new_epoch=True)
        return self._go_on(read, run, by, reason, {one.service: one for one in looked})

    def _go_on(
        self, read: RolesRead, run: str, by: str, reason: str, looked: Mapping[str, ServiceOutlook]
    ) -> dict[str, Any]:
        """Everything behind the role entry; what a service needs fails for that service alone."""
        epoch, origin = read.state.epoch, self._other
        with self._step("services"):
            names = read.state.closed or self._services.names()
            points, left, closed = self._make_live(f"failover to {self._promoted}: {reason}", names)
        if closed and not points:
            problem = "no service could be made live: " + "; ".join(closed.values())
            raise Failed(self._pair, problem, "Clients stay where they are. Correct what is named, then run it again.")
        warnings = list(left)
        with self._step("identities"):
            self._announce.run(self._promoted, Role.PRIMARY, epoch, by, reason)
            warnings += self._put_out(origin, epoch, by, reason)
        with self._step("access"):
            decided = self._arbitrate.run()
        body = RolesChanged("failover", origin, self._promoted, points, closed, dict(self._seconds))
        self._append(read, body, run)
        if not looked:
            looked = {one.service: one for one in self._look(moved=True) if one.service in names}
        return {
            "pair": self._pair,
            "from": origin,
            "to": self._promoted,
            "epoch": epoch,
            "fence": "forced",
            "access": decided.decision.site,
            "points": points,
            "closed": dict(closed),
            "rpo_seconds": self._rpo(looked.values(), points),
            "rto_seconds": dict(self._seconds),
            "lost": {name: asdict(one.lost) for name, one in looked.items()},
            "clients": {},
            "warnings": warnings,
        }

    def _put_out(self, origin: str, epoch: int, by: str, reason: str) -> list[str]:
        """Takes the old primary out: no backup goes there until a person lets it in as the secondary."""
        try:
            if self._announce.epoch_of(origin) < epoch:
                self._announce.run(origin, Role.INVALID, epoch, by, reason)
        except DrError as error:
            return [f"{origin} announces its old role, which counts no longer: {error}"]
        return []

    def _new_decider(self, read: RolesRead) -> str:
        """The site that is not primary, so that a loss of the primary loses no ledger; else the new primary itself.

        Raises:
            Refused: The new primary would decide by copies that lack entries of a site that answers.
        """
        if self._other in read.silent:
            return self._promoted

        def behind(service: str) -> str:
            try:
                with self._services.open(service, moved=False) as opened:
                    return opened.behind()
            except DrError as error:
                return str(error)

        for why in map_bounded(behind, self._services.names(), width=_SERVICES_AT_ONCE):
            if why and read.state.deciding == self._other:
                raise Refused(self._pair, f"the ledgers cannot be brought in step: {why}", "Run it again.")
            if why:
                return self._promoted
        return self._other

    def _look(self, *, moved: bool = False) -> list[ServiceOutlook]:
        def one(service: str) -> ServiceOutlook:
            try:
                with self._services.open(service, moved=moved) as opened:
                    return opened.look()
            except DrError as error:
                return ServiceOutlook(service, problem=str(error))

        return list(map_bounded(one, self._services.names(), width=_SERVICES_AT_ONCE))

    def _judge(self, read: RolesRead, looked: Sequence[ServiceOutlook], *, force: bool = False) -> list[Result]:
        serves = read.state.primary not in ("", self._promoted) and self._origin_serves()
        results = stands_against(
            self._pair, self._promoted, read.state, self._serving(), looked, origin_serves=serves, force=force
        )
        if (announced := self._announce.epoch_of(self._promoted)) > read.state.epoch:
            said = (
                f"{self._promoted} announces epoch {announced}, and its copy of the pair's ledger ends in epoch "
                f"{read.state.epoch}: it lacks the newest change of roles"
            )
            remedy = f"Bring {self._other} up, then: hadoop-dr identity {self._pair} --announce"
            results.insert(0, fail("ledger", said, remedy))
        return results

    def _end_runs(self, looked: Sequence[ServiceOutlook], why: str) -> dict[str, str]:
        """Gives the services that stay closed, with the reason."""

        def one(found: ServiceOutlook) -> tuple[str, str]:
            if found.problem:
                return found.service, found.problem
            self._tell(found.service)
            try:
                with self._services.open(found.service, moved=False) as opened:
                    opened.end_runs(why)
            except DrError as error:
                return found.service, str(error)
            return found.service, ""

        return {name: said for name, said in map_bounded(one, looked, width=_SERVICES_AT_ONCE) if said}

    def _make_live(self, why: str, names: Iterable[str]) -> tuple[dict[str, str], list[str], dict[str, str]]:
        """Gives the points that are live, what is left to a person, and the services that stay closed."""

        def one(service: str) -> tuple[str, str | None, list[str], str]:
            try:
                with self._services.open(service, moved=True) as opened:
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

    def _append(self, read: RolesRead, body: PairBody, run: str, *, new_epoch: bool = False) -> RolesRead:
        """Appends to the copy that decides; loses to whoever changed the roles, never to unrelated entries."""
        epoch = read.state.epoch + 1 if new_epoch else None
        for _ in range(_RACES):
            try:
                decider = self._promoted if read.state.deciding in read.silent else read.state.deciding
                return self._roles.append(read, decider, body, run, epoch)
            except Superseded:
                now = self._roles.read()
                if now.state.epoch != read.state.epoch:
                    raise
                read = now
        raise Superseded(self._pair, f"{_RACES} others were first in the pair's ledger", "Run it again.")

    def _rpo(self, looked: Iterable[ServiceOutlook], points: Mapping[str, str]) -> dict[str, float]:
        now_ms = self._clock.wall_ms()
        return {
            one.service: (now_ms - one.moment_ms) / 1000
            for one in looked
            if one.moment_ms is not None and one.service in points
        }

    @property
    def _other(self) -> str:
        return next(site for site in self._roles.sites if site != self._promoted)

    def _document(self, looked: Sequence[ServiceOutlook], epoch: int, results: Sequence[Result]) -> dict[str, Any]:
        now_ms = self._clock.wall_ms()
        return {
            "pair": self._pair,
            "from": self._other,
            "to": self._promoted,
            "epoch": epoch,
            "at": iso(now_ms),
            "fence": "forced",
            "points": {one.service: one.point for one in looked if one.point},
            "rpo_seconds": {
                one.service: (now_ms - one.moment_ms) / 1000 for one in looked if one.moment_ms is not None
            },
            "in_flight": {
                one.service: {"point": one.in_flight, "ending": one.ending.value} for one in looked if one.in_flight
            },
            "lost": {one.service: asdict(one.lost) for one in looked},
            "checks": [{"name": r.name, "state": r.mark.value, "detail": r.detail, "mend": r.remedy} for r in results],
        }

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self._tell(name)
        began_s = self._clock.monotonic_s()
        yield
        self._seconds[name] = round(self._clock.monotonic_s() - began_s, 3)
