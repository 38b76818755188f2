"""Everything one service's run stands on, built by bootstrap and handed to each stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hadoop_dr.domain.config.pair import Pair
from hadoop_dr.domain.config.policy import Drift, Policy
from hadoop_dr.domain.direction import Direction
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger import point_directory
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.ports.clock import Clock, TokenSource
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.files import Files, Tables
from hadoop_dr.ports.host import Host
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import Requests
from hadoop_dr.ports.sql import Queries
from hadoop_dr.services.datasets.component import Component, Decide, Probe
from hadoop_dr.services.ledger.claims import Claims
from hadoop_dr.services.ledger.owners import RootOwners
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.process_cache import ProcessCache
from hadoop_dr.services.stored.copies import Copies
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.transfer.apply_plan import Ends


@dataclass(frozen=True, slots=True)
class SiteConnections:
    """One site as the stages see it.

    Attributes:
        authority: Scheme and authority of its file system as it stands in table locations, ``hdfs://host:port``.
        addresses: Every way its file system is named in locations: the authority and each NameNode.
        metastore: Its Hive metastore; None when the site has none.
        sql: Its HiveServer2; None when the site has none.
    """

    name: str
    authority: str
    addresses: tuple[str, ...]
    namenode: NameNode
    files: Files
    coordinator: Coordinator
    metastore: Metastore | None
    sql: Queries | None


class Build(Protocol):
    """A kind, before there is a service: makes its component for one stage of a service's run."""

    def __call__(self, context: BackupContext, decide: Decide) -> Component:
        """Makes it; contacts nothing."""

    def probes(self, side: SiteConnections) -> Sequence[Probe]:
        """Returns what this kind needs of a site beside its file system and its ZooKeeper, each as a question."""


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """Where policies come from.

    Attributes:
        text: The policy file as it was read: what a claim freezes.
        load_frozen: Reads a policy back from what a claim froze, so that a run keeps what it began with.
    """

    text: str
    load_frozen: Callable[[FrozenPolicy], Policy]


@dataclass(frozen=True, slots=True)
class Movers:
    """The movers of a run: they copy and read the bytes of files.

    Attributes:
        across: From origin to destination.
        within: Inside the destination: undo, repair of drift, reading back.
        of_origin: Reads files of the origin back, to compare with what the destination has.
    """

    across: Mover
    within: Mover
    of_origin: Mover


@dataclass(frozen=True, slots=True)
class ProcessTools:
    """The tools of this process, the same for every service.

    Attributes:
        tables: Packs and reads tables.
        kinds: What makes the component of each kind of data sets, in the order in which stages ask them.
        asked: Counts the requests of this process.
    """

    clock: Clock
    tokens: TokenSource
    host: Host
    tables: Tables
    kinds: Sequence[Build]
    asked: Requests = field(default_factory=Requests)


@dataclass(frozen=True, slots=True)
class ProcessFacts:
    """What this process has found out and need not ask again.

    Attributes:
        controller_site: Where this controller stands; empty for one controller of both sites.
        silent: Sites that gave no answer when the roles were read, with the error.
        behind: Sites whose copy of the pair's ledger lacked entries then.
        cache: What this process wrote and read.
        handed_on: What a kind of data sets hands on to its next stage in this process, by a name of its own.
    """

    controller_site: str = ""
    silent: Mapping[str, DrError] = field(default_factory=dict)
    behind: tuple[str, ...] = ()
    cache: ProcessCache = field(default_factory=ProcessCache)
    handed_on: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BackupContext:
    """A service, its pair in its present roles, and the tools of this process.

    Attributes:
        origin: The primary.
        destination: The site that is not primary; its ledger copy decides.
        owners: Owns and releases the service's roots.
    """

    pair: Pair
    roles: PairState
    policy: Policy
    policy_file: PolicyFile
    origin: SiteConnections
    destination: SiteConnections
    ledger: ServiceLedger
    owners: RootOwners
    claims: Claims
    movers: Movers
    tools: ProcessTools
    process: ProcessFacts = field(default_factory=ProcessFacts)

    @property
    def direction(self) -> Direction:
        """Which way the service's work goes in the roles of now."""
        return Direction(self.origin.name, self.destination.name, self.roles.deciding)

    @property
    def drift(self) -> Drift:
        """What becomes of foreign changes: what the policy says; a divergence that a person approved is undone."""
        approved = self.ledger.last_read().approved_on(self.destination.name, self.roles.epoch)
        return self.policy.drift if approved is None else Drift.RESTORE

    @property
    def ends(self) -> Ends:
        """Both ends of a backup."""
        return Ends(self.origin.namenode, self.destination.namenode, self.movers.across, self.movers.within)

    @property
    def ends_within(self) -> Ends:
        """Both ends of an undo: the destination's own snapshots and tree."""
        return Ends(self.destination.namenode, self.destination.namenode, self.movers.within, self.movers.within)

    @property
    def sides(self) -> Mapping[str, SiteConnections]:
        """Both sites, by name."""
        return {self.origin.name: self.origin, self.destination.name: self.destination}

    def directory(self, point: str) -> str:
        """Returns the directory of a point's documents, the same on both sites."""
        return point_directory(self.pair.name, self.policy.service, point)

    def documents(self, point: Point) -> Documents:
        """Returns the documents of a point."""
        copies = Copies(
            self.directory(point.point),
            point,
            self.destination.files,
            self.origin.files,
            self.process.cache,
            self.ledger.notes,
        )
        return Documents(copies, point, self.tools.tables, self.claims.heartbeat.working)

    def candidate_name(self, point: Point) -> str:
        """Returns the name of a point's snapshots, the same on both sites."""
        return snapshot_name(self.policy.service, point.epoch, point.point)

    def check_claim(self, claim: Claim) -> None:
        """Proves that a claim is in force, on a fresh read (I13).

        Raises:
            Superseded: It is not.
        """
        self.ledger.require(claim)

    def check_claim_lately(self, claim: Claim) -> None:
        """The same on what was read or appended within the last second, for steps that the work area's name guards.

        Raises:
            Superseded: It is not.
        """
        self.ledger.require_lately(claim)
