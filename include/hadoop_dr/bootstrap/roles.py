"""Roles: the first ones, what is announced, and who says so."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.bootstrap.arbitration import open_arbiter
from hadoop_dr.bootstrap.connections import open_coordinator, open_side
from hadoop_dr.bootstrap.contexts import open_pair, require_roles
from hadoop_dr.bootstrap.login import NOBODY, Users
from hadoop_dr.domain.errors import BadInput, DrError, Refused
from hadoop_dr.domain.ledger.bodies.pair import PersonAnswered
from hadoop_dr.domain.roles.identity import access_path, decode_access, decode_identity, identity_path, recorded_roles
from hadoop_dr.services.identity import AnnounceIdentity, bind_clusters, bind_new_cluster, refuse_other_clusters
from hadoop_dr.services.ledger.roles import Roles


def initialise_pair(pair: str, by: str, home: Path | None = None) -> None:
    """Gives a new pair its first roles, those of its file, epoch 1; safe to repeat."""
    home = home or settings.find_home()
    found = settings.load_pair(home, pair)
    with ExitStack() as stack:
        sides = {site.name: open_side(site, home, stack) for site in found.sites}
        secondary = found.other(found.initial_primary).name
        roles = Roles(pair, {name: side.files for name, side in sides.items()}, SystemClock())
        roles.initialise(found.initial_primary, secondary, by, "first roles of the pair")
        bind_clusters(roles, {name: side.namenode for name, side in sides.items()})
    announce_roles(pair, by, home)
    with open_arbiter(pair, by, home) as arbiter:
        arbiter.arbitrate()


def record_new_cluster(pair: str, site: str, home: Path | None = None) -> None:
    """Records that a site is another HDFS cluster from here on.

    Raises:
        BadInput: The pair has no such site.
        Refused: The ledger has no roles yet, or the site answers as the cluster of the other one.
    """
    with open_pair(pair, home) as context:
        require_roles(context.pair, context.roles.state)
        if site not in context.sides:
            names = " or ".join(context.sides)
            raise BadInput("--new-cluster", f"'{site}' is no site of the pair {pair}", f"Name {names}.")
        roles = Roles(pair, {name: side.files for name, side in context.sides.items()}, SystemClock())
        bind_new_cluster(context.pair, roles, site, {name: side.namenode for name, side in context.sides.items()})


def refuse_change(
    pair: str, what: str, run: str, by: str, reason: str, *, users: Users = NOBODY, home: Path | None = None
) -> None:
    """Records that a person was asked for a change of roles and refused it; nothing else changes.

    Args:
        what: Which change, such as ``failover to west``.
        run: Who asked: the run.
        by: The person.
        reason: The reason that the change was wanted for.

    Raises:
        Superseded: Somebody appended to the pair's ledger at the same time.
    """
    with open_pair(pair, home, users) as context:
        roles = Roles(pair, {name: side.files for name, side in context.sides.items()}, SystemClock())
        read = roles.read()
        state = read.state
        decider = state.other(state.deciding, context.sides) if state.deciding in read.silent else state.deciding
        roles.append(read, decider, PersonAnswered(what, False, by, reason), run)


def announce_roles(pair: str, by: str, home: Path | None = None) -> None:
    """Writes the ledger's roles into both ZooKeepers.

    Raises:
        Refused: The ledger has none yet, a change of them has not come to its end, or a site is another cluster than it
            knows.
    """
    with open_pair(pair, home) as context:
        state = context.roles.state
        require_roles(context.pair, state)
        namenodes = {name: side.namenode for name, side in context.sides.items()}
        refuse_other_clusters(context.pair, state.clusters, namenodes)
        announce = AnnounceIdentity(
            pair, {n: s.coordinator for n, s in context.sides.items()}, SystemClock(), SystemTokens()
        )
        roles = Roles(pair, {n: s.files for n, s in context.sides.items()}, SystemClock())
        if context.roles.behind and (why := roles.follow(context.roles)):
            raise Refused(pair, f"the ledger of the pair could not be brought in step: {why}", "Announce it again.")
        for name, role in recorded_roles(pair, state, context.sides).items():
            announce.run(name, role, state.epoch, by, "as the ledger says")


def identity_of(pair: str, home: Path | None = None) -> dict[str, Any]:
    """Shows the ledger's roles and clusters beside what each ZooKeeper announces and each NameNode says."""
    with open_pair(pair, home) as context:
        state = context.roles.state
        sites: dict[str, Any] = {}
        access: dict[str, str | None] = {}
        for name, side in context.sides.items():
            sites[name] = {"role": None, "epoch": None, "readable": True, "problem": "", "cluster": None}
            sites[name]["recorded_cluster"] = state.clusters.get(name)
            if name not in context.roles.silent:
                with suppress(DrError):
                    sites[name]["cluster"] = side.namenode.service().cluster_id
            try:
                if (document := side.coordinator.read(identity_path(pair))) is not None:
                    identity = decode_identity(document.data, name)
                    sites[name] |= {"role": identity.role.value, "epoch": identity.epoch}
                if (document := side.coordinator.read(access_path(pair))) is not None:
                    access[name] = decode_access(document.data, name).site
            except DrError as error:
                sites[name] |= {"readable": False, "problem": str(error)}
        decided = access.get(state.primary) or next(iter(access.values()), None)
        return {"pair": pair, "epoch": state.epoch, "primary": state.primary, "access": decided, "sites": sites}


def roles_in_zookeeper(home: Path, lab_sites: list[str]) -> dict[str, str | None]:
    """Reads the announced role of the lab's sites; None where nothing is announced or nobody answers."""
    found: dict[str, str | None] = dict.fromkeys(lab_sites)
    for name in settings.pair_names(home):
        for site in settings.load_pair(home, name).sites:
            if site.lab in found:
                found[site.lab] = _role(home, name, site.lab)
    return found


def _role(home: Path, pair: str, lab_site: str) -> str | None:
    site = next(s for s in settings.load_pair(home, pair).sites if s.lab == lab_site)
    coordinator = open_coordinator(site, home)
    try:
        document = coordinator.read(identity_path(pair))
        return decode_identity(document.data, site.name).role.value if document else None
    except DrError:
        return None
    finally:
        coordinator.close()
