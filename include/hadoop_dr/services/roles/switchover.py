"""Switchover: a planned change of roles, in which nothing that was acknowledged is lost (S2.22 to S2.24).

    approved, begun             the person's answer; whoever had the change in hand before does nothing more of it
    access closed               in both ZooKeepers, and as long as clients believe what they read before
    fence of the old primary    its quotas recorded first; then nobody makes a file, and no file stays open
    last points                 of every service, behind the fence; what changed on the old primary since is none
    role entry ...              as in every change of roles; the old primary is the secondary from there on
    fence lifted                once access has moved

Before the role entry a failure takes all of it back: the fence is lifted and access is opened again. A death leaves
what the ledger says: the same call goes on from there, and one for the present primary takes it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from hadoop_dr.domain.check_results import Result, fail, refuse_on_failure, warn
from hadoop_dr.domain.errors import DrError, Failed, Refused
from hadoop_dr.domain.ledger.bodies.pair import ChangeBegun, ChangeGivenUp, FenceLifted, PersonAnswered, SiteFenced
from hadoop_dr.domain.roles.failover import ServiceOutlook
from hadoop_dr.domain.roles.identity import BELIEVED_S, Role
from hadoop_dr.domain.roles.switchover import is_carried_on, is_taken_back, refuse_holes, stands_against_switchover
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.ledger.roles import RolesRead
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.roles.change_roles import ChangeRoles
from hadoop_dr.services.roles.fence import Fence

_ROUNDS = 3
"""So often a point is made again because something changed behind it."""
_IN_FLIGHT_S = 0.5
"""A request of a client that was sent while it still had access."""
_SERVICES_AT_ONCE = 8
_TRIES = 3
"""So often the fence of the old primary is lifted, before a person has to run it again: access has moved by then."""


class Switchover:
    """Changes the roles of a pair of which both sites serve.

    Args:
        change: The steps of it that every change of roles has.
        arbitrate: Closes and opens the access of clients.
        fences: The fence of each site, by site.
        serving: Says of the parts of both sites whether they answer.
        tell: Told what is waited for.
    """

    def __init__(
        self,
        change: ChangeRoles,
        arbitrate: Arbitrate,
        fences: Mapping[str, Fence],
        serving: Callable[[], list[Result]],
        tell: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._change, self._arbitrate, self._serving, self._tell = change, arbitrate, serving, tell
        self._fences, self._origin, self._warnings = fences, change.other, list[str]()

    def look(self, *, force: bool = False) -> dict[str, Any]:
        """Says what a switchover would do, and what stands against it; changes nothing.

        Args:
            force: Judge as for a person who wants it all the same.
        """
        read = self._change.roles.read()
        looked = self._change.look_at_services(moved=read.state.primary == self._change.promoted)
        return self._change.outlook(looked, read.state.epoch, self._judge(read, looked, force=force), "fenced")

    def run(self, run: str, by: str, reason: str, *, approve: bool, force: bool = False) -> dict[str, Any]:
        """Carries it out, goes on with one that was interrupted, or takes one back towards the present primary.

        Args:
            run: Id of this call, which no other call has.
            approve: A person knows what would happen and wants it.
            force: Although a service does not go, or a writer is not known to be stopped.

        Raises:
            Refused: Nobody approved it, or something stands against it; the roles are those of before.
            Superseded: Somebody else has the change in hand.
            DrError: A step failed. Before the role entry all is as it was; behind it, run it again.
        """
        change = self._change
        pair, promoted, read = change.pair, change.promoted, change.roles.read()
        if is_taken_back(read.state, promoted):
            return self._take_back(read, run, by, reason)
        if is_carried_on(read.state, promoted):
            return self._go_on(read, run, by, reason, [])
        looked: Sequence[ServiceOutlook]
        with change.step("look"):
            looked = change.look_at_services()
            results = self._judge(read, looked, force=force)
        refuse_on_failure(pair, results)
        if not approve:
            said = f"a switchover to {promoted} has to be approved"
            raise Refused(pair, said, "See it with --dry-run; then give --approve.")
        points = {one.service: one.point for one in looked if one.point and not one.problem}
        asked = f"switchover to {promoted}{', whatever a writer does' if force else ''}"
        read = change.append(read, PersonAnswered(asked, True, by, reason, points), run)
        read = change.append(read, ChangeBegun("switchover", promoted, by, reason), run)
        try:
            read, looked, grade = self._prepare(read, run, f"switchover to {promoted}: {reason}", force=force)
            read = change.set_roles(
                read, "switchover", Role.SECONDARY, run, by, reason, fence=grade, held=True
            )  # fmt: skip
        except DrError as error:
            self._give_up(run, by, error)
            raise
        return self._go_on(read, run, by, reason, looked)

    def _prepare(
        self, read: RolesRead, run: str, why: str, *, force: bool
    ) -> tuple[RolesRead, Sequence[ServiceOutlook], str]:
        """All that comes before the role entry; gives what became of the services, and the grade of the fence."""
        change, clock = self._change, self._change.clock
        with change.step("close access"):
            self._arbitrate.close(self._origin, why)
            clock.sleep_until(clock.monotonic_s() + BELIEVED_S + _IN_FLIGHT_S)
        due, looked, gaps, older = list(change.services.names()), list[ServiceOutlook](), list[str](), list[str]()
        for _ in range(_ROUNDS):
            with change.step("fence"):
                read, roots, gaps = self._fence(read, run, force=force)
            with change.step("last points"):
                older += self._back_up(due, why, force=force)
            with change.step("runs"):
                looked = change.look_at_services()
                stopped = change.end_runs(looked, why)
                self._refuse_stopped(stopped, force=force)
                looked = change.look_at_services()
            due = [one.service for one in looked if one.lost.files and not one.problem]
            if not due and self._roots(force=force) <= roots:
                break
        changed = [path for one in looked for path in one.lost.files if not one.problem]
        gaps += older + refuse_holes(change.pair, (), (), changed, force=force)
        self._warnings += gaps
        return read, looked, "forced" if gaps else "fenced"

    def _fence(self, read: RolesRead, run: str, *, force: bool) -> tuple[RolesRead, set[str], list[str]]:
        """Records what the fence replaces, sets it, and proves it; the first quotas that were recorded count."""
        change, fence, roots = self._change, self._fences[self._origin], self._roots(force=force)
        known = read.state.fences.get(self._origin)
        if new := sorted(roots.difference(known.quotas if known else ())):
            read = change.append(read, SiteFenced(self._origin, "forced", fence.quotas(new)), run, held=True)
        fence.set(sorted(roots))
        holes = fence.holes(sorted(roots))
        still = fence.close_files(sorted(roots), self._tell)
        gaps = refuse_holes(change.pair, holes, still, (), force=force)
        grade = "forced" if gaps else "fenced"
        if (now := read.state.fences.get(self._origin)) is not None and now.grade != grade:
            read = change.append(read, SiteFenced(self._origin, grade, {}), run, held=True)
        return read, roots, gaps

    def _roots(self, *, force: bool) -> set[str]:
        """The directories of all services of which snapshots are taken now.

        Raises:
            DrError: Those of a service cannot be told, and nobody wants the switchover all the same.
        """

        def of(service: str) -> Iterable[str]:
            try:
                with self._change.services.open(service, moved=False) as opened:
                    return opened.roots()
            except DrError:
                if not force:
                    raise
                return ()

        found = map_bounded(of, self._change.services.names(), width=_SERVICES_AT_ONCE)
        return {root for roots in found for root in roots}

    def _back_up(self, services: Sequence[str], why: str, *, force: bool) -> list[str]:
        """Makes the last point of services; gives those of which there is none, with the reason."""

        def one(service: str) -> str:
            self._tell(service)
            try:
                with self._change.services.open(service, moved=False) as opened:
                    opened.back_up(why)
            except DrError as error:
                if not force:
                    raise
                return f"{service}: it goes with an older point: {error}"
            return ""

        return [said for said in map_bounded(one, services, width=_SERVICES_AT_ONCE) if said]

    def _refuse_stopped(self, stopped: Mapping[str, str], *, force: bool) -> None:
        for service, why in sorted(stopped.items()):
            if not force:
                raise Refused(self._change.pair, f"{service} cannot go: {why}", f"See: hadoop-dr explain {service}")

    def _go_on(
        self, read: RolesRead, run: str, by: str, reason: str, looked: Sequence[ServiceOutlook]
    ) -> dict[str, Any]:
        def lift(now: RolesRead) -> list[str]:
            with self._change.step("lift"):
                return self._lift_origin(now, run)

        document = self._change.go_on(read, run, by, reason, {one.service: one for one in looked}, lift)
        if document["fence"] == "fenced":  # nothing was acknowledged behind the last points
            document["rpo_seconds"] = dict.fromkeys(document["rpo_seconds"], 0.0)
        return {**document, "warnings": [*self._warnings, *document["warnings"]]}

    def _lift_origin(self, read: RolesRead, run: str) -> list[str]:
        """A secondary has no quotas: the point keeps them for the day on which it is primary again."""
        if (stands := read.state.fences.get(self._origin)) is None:
            return []
        for tries in range(_TRIES):
            try:
                self._fences[self._origin].lift(stands.quotas, keep=False)
                self._change.append(read, FenceLifted(self._origin), run)
            except DrError as error:
                if tries == _TRIES - 1:
                    return [f"the fence of {self._origin} still stands, run it again: {error}"]
            else:
                break
        return []

    def _give_up(self, run: str, by: str, error: DrError) -> None:
        """Takes back what was done before a failure, unless the role entry is there, or somebody else goes on."""
        change = self._change
        try:
            read = change.roles.read()
            if read.state.holder != run or read.state.primary == change.promoted:
                return
            self._restore(read, run, by, str(error))
        except DrError as another:
            remedy = f"Run it again, or take it back: hadoop-dr switchover {change.pair} --to {self._origin}"
            raise Failed(change.pair, f"{error}; and it could not be taken back: {another}", remedy) from error

    def _restore(self, read: RolesRead, run: str, by: str, why: str) -> None:
        """Lifts the fence of the primary, its own quotas set again, and gives its clients access.

        The first entry keeps a role entry whose answer was lost from taking effect later.
        """
        change, site = self._change, read.state.primary
        read = change.append(read, ChangeBegun("switchover", site, by, why), run)
        if (stands := read.state.fences.get(site)) is not None:
            self._fences[site].lift(stands.quotas, keep=True)
            read = change.append(read, FenceLifted(site), run, held=True)
        self._arbitrate.reopen(site, f"the switchover was taken back: {why}")
        change.append(read, ChangeGivenUp("switchover", why), run, held=True)

    def _take_back(self, read: RolesRead, run: str, by: str, reason: str) -> dict[str, Any]:
        change = self._change
        with change.step("take back"):
            self._restore(read, run, by, reason)
        return {
            "pair": change.pair,
            "from": change.other,
            "to": change.promoted,
            "epoch": read.state.epoch,
            "fence": None,
            "access": change.promoted,
            "points": {},
            "closed": {},
            "rpo_seconds": {},
            "rto_seconds": dict(change.seconds),
            "lost": {},
            "clients": {},
            "warnings": [f"a switchover to {change.other} was taken back: {change.promoted} is the primary as before"],
        }

    def _judge(self, read: RolesRead, looked: Sequence[ServiceOutlook], *, force: bool = False) -> list[Result]:
        change = self._change
        pair, promoted, state = change.pair, change.promoted, read.state
        if is_taken_back(state, promoted):
            said = f"a switchover to {change.other} was begun, and its roles are not set"
            return [warn("roles", said, "This takes it back.")]
        serving = [*change.lacks_newest_roles(read), *self._serving()]
        serving += [fail("ledger", f"{site}: {error.problem}", error.remedy) for site, error in read.silent.items()]
        against = stands_against_switchover(
            pair, promoted, state, serving, looked, self._open_files(state.primary), force=force
        )
        if is_carried_on(state, promoted) and not state.is_unfinished:
            against = [warn("fence", f"the fence of {change.other} still stands", "This lifts it.")]
        return against

    def _open_files(self, site: str) -> list[str]:
        """What a person should know is open now; where it cannot be told, the fence finds it."""
        if site != self._origin:
            return []
        with suppress(DrError):
            return self._fences[site].open_files(sorted(self._roots(force=True)))
        return []
