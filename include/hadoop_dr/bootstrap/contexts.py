"""Opens a pair or a service: reads its files and roles, connects its sites, and hands over one context."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from hadoop_dr import settings
from hadoop_dr.adapters import config
from hadoop_dr.adapters.parquet import ParquetTables
from hadoop_dr.adapters.process import LocalHost
from hadoop_dr.adapters.reporting import Relay
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles
from hadoop_dr.bootstrap.connections import open_mover, open_side, reporting
from hadoop_dr.bootstrap.data_set_kinds import KINDS
from hadoop_dr.bootstrap.login import NOBODY, Users, login_to
from hadoop_dr.bootstrap.lost import NONE_GIVEN_UP, lost, lost_files
from hadoop_dr.domain.config.pair import Pair
from hadoop_dr.domain.config.policy import Policy, read_policy, with_overrides
from hadoop_dr.domain.errors import BadInput, DrError, Refused, Unreachable
from hadoop_dr.domain.ledger import service_chain
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.mover import MoverLimits
from hadoop_dr.ports.requests import Requests
from hadoop_dr.services.context import (
    BackupContext,
    Movers,
    PolicyFile,
    ProcessFacts,
    ProcessTools,
    SiteConnections,
)
from hadoop_dr.services.identity import refuse_other_clusters
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.claims import Claims
from hadoop_dr.services.ledger.owners import RootOwners
from hadoop_dr.services.ledger.roles import Roles, RolesRead
from hadoop_dr.services.ledger.service import ServiceLedger

LONE_FIRST_CONTACT = Deadlines(budget_s=10.0)
"""For the first request to a site with a single NameNode, which no other one could answer in its place."""


@dataclass(frozen=True, slots=True)
class PairContext:
    """Both sites of a pair, reached."""

    pair: Pair
    sides: dict[str, SiteConnections]
    roles: RolesRead


@contextmanager
def open_pair(name: str, home: Path | None = None, users: Users = NOBODY) -> Iterator[PairContext]:
    """Reaches both sites of a pair and reads their roles from the ledger."""
    home = home or settings.find_home()
    pair = settings.load_pair(home, name)
    with ExitStack() as stack:
        sides = {site.name: open_side(site, home, stack, users) for site in pair.sites}
        roles = read_roles(pair, home, users)
        yield PairContext(pair, sides, roles)


@contextmanager
def open_service(
    service: str,
    home: Path | None = None,
    *,
    both: bool = False,
    users: Users = NOBODY,
    frozen: tuple[Policy, str] | None = None,
    moved: bool = False,
    given_up: Mapping[str, DrError] = NONE_GIVEN_UP,
) -> Iterator[BackupContext]:
    """Builds everything a service's run stands on.

    Args:
        service: Its name.
        home: The directory with the user's files; found when None.
        both: What is wanted needs both sites, not only the one whose ledger decides.
        users: HDFS users by site; a site that is not named has that of the environment.
        frozen: Policy and text of a service that has no file any more.
        moved: The primary is where the service was backed up to until the roles changed; it is opened as before.
        given_up: Sites that nobody waits for again, with the error that they gave.

    Raises:
        BadInput: Pair or policy are wrong; before any connection.
        Refused: The pair has no roles yet.
        Unreachable, NotReady: A site that is needed does not serve.
    """
    home = home or settings.find_home()
    if frozen is None:
        policies, text = settings.policy_and_text(home, service)
        policy = settings.policy_of(policies, service)
    else:
        policies, (policy, text) = settings.load_policies(home), frozen
    pair = settings.load_pair(home, policy.pair)
    controller_site = settings.acting_site(pair) or ""
    refuse_two_users(pair, home, users)
    with ExitStack() as stack:
        sites = {site.name: site for site in pair.sites}
        relay, asked = Relay(), Requests()
        read = read_roles(pair, home, users, asked, given_up)
        plain = {name: open_side(site, home, stack, users, relay, asked.of(name)) for name, site in sites.items()}
        plain |= {name: lost(plain[name], error) for name, error in given_up.items()}
        sides = {name: reporting(side, relay) for name, side in plain.items()}
        clock, host = SystemClock(), LocalHost()
        roles = of_answering(read.state, given_up, sides)
        require_roles(pair, roles)
        other = roles.other(roles.primary, sides)
        from_to = (other, roles.primary) if moved else (roles.primary, other)
        origin, destination = (sides[name] for name in from_to)
        require_answers(read, roles, both=both)
        ledger = ServiceLedger(_chain(pair.name, service, roles.deciding, sides, read.silent), roles)
        owners = RootOwners(
            pair.name,
            service,
            ledger.chain.deciding,
            ledger.chain.follower,
            clock,
            roles,
            policies.declared(pair.name),
        )
        directory = service_chain(pair.name, service).rpartition("/")[0]
        limits = MoverLimits(bandwidth_bytes_s=policy.limits.bandwidth_bytes_s)
        there, here = (
            login_to(side.name, users).hdfs(settings.addresses(home, sites[side.name]))
            for side in (origin, destination)
        )
        claims = Claims(
            ledger,
            plain[roles.deciding].namenode,
            directory,
            clock,
            host,
            policy.takeover_after_ms / 1000,
            policy.handover_ms / 1000,
        )
        relay.to, relay.quiet = claims.heartbeat.beat, claims.heartbeat.quiet
        between = partial(open_mover, stack, limits, relay, asked)
        yield BackupContext(
            pair=pair,
            roles=roles,
            policy=policy,
            policy_file=PolicyFile(text, load_frozen_policy),
            origin=origin,
            destination=destination,
            ledger=ledger,
            owners=owners,
            claims=claims,
            movers=Movers(
                across=between(there, here), within=between(here, here), of_origin=between(there, there)
            ),
            tools=ProcessTools(clock, SystemTokens(), host, ParquetTables(), KINDS, asked),
            process=ProcessFacts(controller_site, read.silent, read.behind),
        )


def refuse_two_users(pair: Pair, home: Path, users: Users) -> None:
    """Makes sure that one user acts on both sites: the library that moves the bytes knows one for a whole process.

    Raises:
        BadInput: The sites would have two; before any connection.
    """
    acting = {site.name: login_to(site.name, users).user for site in pair.sites}
    if len(set(acting.values())) > 1:
        users_by_site = " and ".join(f"{user} on {site}" for site, user in acting.items())
        raise BadInput(f"pair {pair.name}", f"would be accessed as {users_by_site}", "Name one user for both sites")


def require_roles(pair: Pair, state: PairState) -> None:
    """Makes sure that somebody decides.

    Raises:
        Refused: The pair has no roles yet, or roles of other sites.
    """
    if state.epoch == 0:
        raise Refused(
            pair.name,
            "the pair has no roles yet",
            f"Set the first ones: hadoop-dr identity {pair.name} --initialise",
        )
    for site in (state.primary, state.deciding):
        if site not in pair.site_names:
            raise Refused(
                pair.name,
                f"its ledger names the site '{site}', its file names {' and '.join(pair.site_names)}",
                f"Give the sites in {pair.file} the names that the ledger knows",
            )


def of_answering(roles: PairState, given_up: Container[str], sides: Iterable[str]) -> PairState:
    """Returns the roles, the other copy deciding where the one that should is given up with its site."""
    return replace(roles, deciding=roles.other(roles.deciding, sides)) if roles.deciding in given_up else roles


def require_clusters(context: BackupContext) -> None:
    """Makes sure that each site is the HDFS cluster that the ledger knows; a backup looks for itself.

    Raises:
        Refused: One answers as another cluster.
    """
    namenodes = {name: side.namenode for name, side in context.sides.items()}
    refuse_other_clusters(context.pair, context.roles.clusters, namenodes)


def require_answers(read: RolesRead, roles: PairState, *, both: bool) -> None:
    """Makes sure that the sites that are needed answered when the roles were read.

    Args:
        both: Both are needed, not only the one whose ledger decides.

    Raises:
        Unreachable, NotReady: One that is needed did not.
    """
    if why := read.silent.get(roles.deciding):
        raise Unreachable(roles.deciding, f"the deciding copy of the ledger is there: {why.problem}", why.remedy)
    if both and read.silent:
        raise next(iter(read.silent.values()))


def deciding_roles(context: PairContext) -> PairState:
    """Returns the roles of a pair whose deciding ledgers can be read.

    Raises:
        Refused: The pair has no roles yet.
        Unreachable: Their site gave no answer a moment ago. Why is told of the site, once, and not of each service.
    """
    state = context.roles.state
    require_roles(context.pair, state)
    if why := context.roles.silent.get(state.deciding):
        raise Unreachable(state.deciding, "does not answer, and the deciding copy of the ledger is there", why.remedy)
    return state


def ledger_on(context: PairContext, service: str, site: str) -> ServiceLedger:
    """Returns a service's ledger as the copy of a site has it; that need not be the one that decides."""
    chain = _chain(context.pair.name, service, site, context.sides, context.roles.silent)
    return ServiceLedger(chain, context.roles.state)


def read_service(context: PairContext, service: str) -> ServiceState:
    """Reads a service's ledger from the copy that decides.

    Raises:
        Refused: The pair has no roles yet.
        Unreachable: That copy's site gave no answer a moment ago; nobody waits for it again.
    """
    return ledger_on(context, service, deciding_roles(context).deciding).read()


def load_frozen_policy(frozen: FrozenPolicy) -> Policy:
    """Reads back the policy a claim froze, with the overrides of its run."""
    policy = read_policy(config.parse(frozen.text.encode(), frozen.file), config.longest_gap_ms)
    return with_overrides(policy, frozen.mode, frozen.transfer)


def read_roles(
    pair: Pair,
    home: Path,
    users: Users = NOBODY,
    asked: Requests | None = None,
    given_up: Mapping[str, DrError] = NONE_GIVEN_UP,
) -> RolesRead:
    """Reads the roles from both sites at once, waiting for neither longer than a failover of it would take."""
    clock, tokens, asked = SystemClock(), SystemTokens(), asked or Requests()
    with ExitStack() as stack:
        files: dict[str, Files] = {name: lost_files(name, error) for name, error in given_up.items()}
        for site in pair.sites:
            if site.name in given_up:
                continue
            address = login_to(site.name, users).hdfs(settings.addresses(home, site))
            patience = Deadlines() if len(address.webhdfs) > 1 else LONE_FIRST_CONTACT
            made = WebHdfsFiles(address, clock, tokens, patience, note=asked.of(site.name))
            stack.callback(made.close)
            files[site.name] = made
        return Roles(pair.name, files, clock).read()


def _chain(
    pair: str, service: str, deciding: str, sides: Mapping[str, SiteConnections], silent: Mapping[str, DrError]
) -> Chain:
    other = next(name for name in sides if name != deciding)
    follower = None if other in silent else sides[other].files
    return Chain(service_chain(pair, service), sides[deciding].files, follower, SystemClock())
