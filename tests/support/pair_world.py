"""A pair as its services see it, for the explorer: two ZooKeepers, the ledger, arbiters, clients and people.

What decides is the product's own code, run step by step. What is modelled is what lies around it, as the ports promise
it: every read and write may find its ZooKeeper silent (cut off, stopped, or the session suspended or expired); a write
may be made and its answer lost, or be said to be unknown and arrive later, even after its author died; every program
may be killed between two of its steps and started again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hadoop_dr.domain.errors import AlreadyExists, DrError, Failed, Superseded, Unknown, Unreachable
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.roles.arbitration import AccessChange, AccessDecision, SiteRole
from hadoop_dr.domain.roles.failover import ServiceOutlook
from hadoop_dr.domain.roles.identity import (
    Access,
    Identity,
    Role,
    decode_access,
    decode_identity,
    encode,
    recorded_roles,
)
from hadoop_dr.ports.coordinator import Document
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.datasets.component import Promoted
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.roles import RolesRead
from hadoop_dr.services.roles.change_roles import ChangeRoles
from hadoop_dr.services.roles.failover import Failover
from support.explorer import Ask
from support.pair_ledger import ERROR, PAIR, SITES, TAKEN, RolesSaid, Still

SILENT, DONE, LOST, EXISTS = "silent", "done", "lost", "exists"
_RAISED: dict[Any, Callable[[], DrError]] = {
    SILENT: lambda: Unreachable(PAIR, "ZooKeeper does not answer", "Start it"),
    LOST: lambda: Unknown(PAIR, "the answer to a change was lost", "Read it"),
    TAKEN: lambda: Superseded(PAIR, "another writer changed it", "Read it again"),
    ERROR: lambda: Failed(PAIR, "it does not go", "Correct it"),
    EXISTS: lambda: AlreadyExists(PAIR, "the node already exists", "Read it again"),
}


def raised(answer: Any) -> Exception | None:
    """Gives the exception that an answer stands for, if it does."""
    return _RAISED[answer]() if isinstance(answer, str) and answer in _RAISED else None


Node = tuple[tuple[Any, ...], int] | None
"""What a document says, and its version."""


@dataclass
class Stepped:
    """The ZooKeeper of a site, each call a step of the program."""

    site: str
    ask: Ask

    def read(self, path: str) -> Document | None:
        name = path.rsplit("/", 1)[1]
        if (node := self.ask("read", self.site, name)) is None:
            return None
        said, version = node
        if name == "identity":
            return Document(encode(Identity(self.site, Role(said[0]), said[1], "", "", "")), version, 0)
        return Document(encode(Access(said[0], said[1], "", "", "", said[2])), version, 0)

    def create(self, path: str, data: bytes) -> Document:
        return self.write(path, data, -1)

    def write(self, path: str, data: bytes, version: int) -> Document:
        name = path.rsplit("/", 1)[1]
        if name == "identity":
            identity = decode_identity(data, self.site)
            said: tuple[Any, ...] = (identity.role.value, identity.epoch)
        else:
            access = decode_access(data, self.site)
            said = (access.site, access.epoch, access.alarm)
        self.ask("write", self.site, name, said, version)
        return Document(data, version + 1, 0)

    def watch(self, path: str, wake: Callable[[], None]) -> None:
        raise AssertionError("nobody waits for a watch")

    def close(self) -> None:
        pass


@dataclass
class SteppedRoles:
    """The pair's ledger as a change of roles reaches it, each call a step.

    Attributes:
        epoch: That of the roles that were read last.
    """

    ask: Ask
    sites: tuple[str, ...] = SITES
    epoch: int = 0

    def read(self) -> RolesRead:
        return self._told(self.ask("roles"))

    def append(self, read: RolesRead, decider: str, body: PairBody, run: str, epoch: int | None = None) -> RolesRead:
        return self._told(self.ask("append", read, decider, body, run, epoch))

    def _told(self, said: RolesSaid) -> RolesRead:
        read = said.read()
        self.epoch = read.state.epoch
        return read


@dataclass
class SteppedServices:
    """The one service of the pair."""

    ask: Ask
    roles: SteppedRoles

    def names(self) -> list[str]:
        return ["orders"]

    @contextmanager
    def open(self, service: str, *, moved: bool) -> Iterator[SteppedServices]:
        yield self

    def look(self) -> ServiceOutlook:
        return ServiceOutlook("orders", "a point", 0)

    def behind(self) -> str:
        return ""

    def end_runs(self, reason: str) -> None:
        pass

    def make_live(self, reason: str) -> tuple[str, Promoted]:
        self.ask("live", self.roles.epoch)
        return "a point", Promoted()


class _NoArbitration:
    """A failover ends with a round of arbitration; here the arbiters beside it make that round."""

    def run(self) -> Any:
        return self

    decision = AccessDecision(AccessChange.KEEP, None, 0, (("", SiteRole.UNKNOWN), ("", SiteRole.UNKNOWN)), "")


def coordinators(ask: Ask) -> dict[str, Stepped]:
    """Both ZooKeepers."""
    return {site: Stepped(site, ask) for site in SITES}


@dataclass(frozen=True, slots=True)
class Programs:
    """Whoever works on a pair, made of the product's own parts.

    Attributes:
        arbitrate, announce_identity, recorded_roles: Those parts; a test may break one.
    """

    arbitrate: type[Arbitrate] = Arbitrate
    announce_identity: type[AnnounceIdentity] = AnnounceIdentity
    recorded_roles: Callable[..., Any] = recorded_roles

    def arbiter(self, ask: Ask) -> tuple[Any, ...]:
        """One round of an arbiter."""
        still = Still()
        service = self.arbitrate(PAIR, coordinators(ask), still, still, "arbiter", lambda: ask("ruling").roles())
        return _decided(service.run().decision)

    def client(self, ask: Ask) -> tuple[Any, ...]:
        """One look of a client, which cannot read the ledger."""
        still = Still()
        return _decided(self.arbitrate(PAIR, coordinators(ask), still, still, "client").run(publish=False).decision)

    def failover(self, to: str, force: bool) -> Callable[[Ask], Any]:
        """A person who approves a failover."""

        def run(ask: Ask) -> None:
            still = Still()
            announce = self.announce_identity(PAIR, coordinators(ask), still, still)
            roles = SteppedRoles(ask)
            services = SteppedServices(ask, roles)
            common = ChangeRoles(PAIR, to, roles, services, announce, _NoArbitration(), still)  # type: ignore[arg-type]
            change = Failover(common, list, lambda: ask("answers") == "yes")
            change.run("run", "a person", "the site is lost", approve=True, force=force)

        return run

    def announce(self, ask: Ask) -> None:
        """A person who has the roles of the ledger announced."""
        still = Still()
        service = self.announce_identity(PAIR, coordinators(ask), still, still)
        state = ask("roles").roles()
        for name, role in self.recorded_roles(PAIR, state, SITES).items():
            service.run(name, role, state.epoch, "a person", "as the ledger says")

    def by_hand(self, role: Role) -> Callable[[Ask], Any]:
        """A person who gives west another role, within its epoch, with ZooKeeper's own tools, past the ledger."""

        def run(ask: Ask) -> None:
            (_, epoch), version = ask("read", "west", "identity")
            ask("write", "west", "identity", (role.value, epoch), version)

        return run


def _decided(found: AccessDecision) -> tuple[Any, ...]:
    return found.outcome, found.site, found.epoch, tuple(status for _, status in found.statuses)
