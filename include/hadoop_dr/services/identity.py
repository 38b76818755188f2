"""Announces a site's role in the site's own ZooKeeper (S2.19), and looks which cluster a site is."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from hadoop_dr.domain.check_results import refuse_on_failure
from hadoop_dr.domain.config.pair import Pair
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.pair import ClustersBound
from hadoop_dr.domain.roles.clusters import other_clusters
from hadoop_dr.domain.roles.identity import Identity, Role, decode_identity, encode, identity_path
from hadoop_dr.ports.clock import Clock, TokenSource
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.ledger.roles import Roles


class AnnounceIdentity:
    """Writes identities; whoever calls has decided, this only never goes back (I5).

    Args:
        pair: The pair's name.
        coordinators: The ZooKeeper of each site.
    """

    def __init__(self, pair: str, coordinators: Mapping[str, Coordinator], clock: Clock, tokens: TokenSource) -> None:
        self._path, self._coordinators, self._clock, self._tokens = identity_path(pair), coordinators, clock, tokens

    def run(self, site: str, role: Role, epoch: int, by: str, reason: str) -> Identity:
        """Makes a site announce a role; announcing it again changes nothing.

        Args:
            site: The site, which is also whose ZooKeeper is written.
            role: Its role from now on.
            epoch: The epoch under which the role was given.
            by: Who asks for it.
            reason: Why, in words.

        Raises:
            Refused: The site announces a higher epoch, or another role at this one. Only one that is out, because it
                was lost, may become secondary again at the same epoch.
            Superseded: Somebody else wrote at the same time.
            Unreachable: That ZooKeeper does not answer; nothing was written.
            Unknown: Whether it was written could not be read back.
        """
        coordinator = self._coordinators[site]
        at = iso(self._clock.wall_ms())
        wanted = Identity(site, role, epoch, at, f"{by}/{self._tokens.token()}", reason)
        found = coordinator.read(self._path)
        if found is None:
            coordinator.create(self._path, encode(wanted))
            return wanted
        held = decode_identity(found.data, f"{site}: {self._path}")
        if (held.site, held.role, held.epoch) == (site, role, epoch):
            return held
        let_in = held.epoch == epoch and (held.role, role) == (Role.INVALID, Role.SECONDARY)
        if held.epoch >= epoch and not let_in:
            problem = f"it is {held.role} at epoch {held.epoch}, so it cannot become {role} at epoch {epoch}"
            raise Refused(f"{site}: {self._path}", problem, "Give roles with a higher epoch")
        coordinator.write(self._path, encode(wanted), found.version)
        return wanted

    def epoch_of(self, site: str) -> int:
        """Returns the epoch that a site announces; 0 when it announces none or does not answer."""
        try:
            found = self._coordinators[site].read(self._path)
            return decode_identity(found.data, f"{site}: {self._path}").epoch if found else 0
        except DrError:
            return 0


def refuse_other_clusters(pair: Pair, recorded: Mapping[str, str], namenodes: Mapping[str, NameNode]) -> None:
    """Makes sure that each site is the HDFS cluster that the ledger knows; one that does not answer is passed over.

    Args:
        recorded: Cluster ids by site, as the ledger has them.

    Raises:
        Refused: One answers as another cluster.
    """
    answering = dict[str, str]()
    for site, namenode in namenodes.items():
        with suppress(DrError):  # whoever needs the site says why it does not answer
            answering[site] = namenode.service().cluster_id
    refuse_on_failure(pair.name, other_clusters(pair.name, pair.file or "the pair file", recorded, answering))


def bind_clusters(roles: Roles, namenodes: Mapping[str, NameNode]) -> None:
    """Records which HDFS cluster each site is, unless that is known; safe to repeat.

    Raises:
        Superseded: Somebody appended to the pair's ledger at the same time.
        DrError: A site does not answer.
    """
    read = roles.read()
    if not read.state.clusters:
        found = {site: namenode.service().cluster_id for site, namenode in namenodes.items()}
        roles.append(read, read.state.deciding, ClustersBound(found), "initialise")


def bind_new_cluster(pair: Pair, roles: Roles, site: str, namenodes: Mapping[str, NameNode]) -> None:
    """Records that a site is another HDFS cluster from here on, because a person says so.

    Raises:
        Refused: It answers as the cluster of another site, or another site is not the cluster that is known.
        Superseded: Somebody appended to the pair's ledger at the same time.
        DrError: A site does not answer.
    """
    read = roles.read()
    recorded = read.state.clusters
    refuse_other_clusters(pair, recorded, {name: one for name, one in namenodes.items() if name != site})
    found = namenodes[site].service().cluster_id
    if owner := next((name for name, held in recorded.items() if name != site and held == found), None):
        problem = f"{site} answers as cluster {found}, which is {owner}"
        raise Refused(pair.name, problem, f"Correct the addresses in {pair.file or 'the pair file'}")
    if recorded.get(site) != found:
        roles.append(read, read.state.deciding, ClustersBound({site: found}), "new-cluster")
