"""A whole pair in memory: two HDFS clusters, two ZooKeepers, roles, and the ground of one service's runs."""

from __future__ import annotations

import math
import threading
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, cast

from hadoop_dr.adapters import config
from hadoop_dr.adapters.memory.coordinator import MemoryCoordinator, MemoryEnsemble
from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.faults import (
    Faults,
    FaultyMover,
    faulty_files,
    faulty_namenode,
)
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.adapters.memory.metastore_faults import faulty_metastore
from hadoop_dr.adapters.reporting import Relay, reporting_mover
from hadoop_dr.adapters.reporting.counting import (
    counting_coordinator,
    counting_files,
    counting_metastore,
    counting_mover,
    counting_namenode,
    counting_queries,
)
from hadoop_dr.bootstrap.connections import reporting
from hadoop_dr.bootstrap.contexts import of_answering
from hadoop_dr.bootstrap.data_set_kinds import KINDS
from hadoop_dr.domain.config.datasets import SUPPORTED_KINDS, DataSetKind
from hadoop_dr.domain.config.pair import Pair, Site
from hadoop_dr.domain.config.policy import Policy, read_policy, with_overrides
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.ledger import CHECKPOINT_EVERY, pair_chain, service_chain
from hadoop_dr.domain.ledger.bodies.pair import RolesSet
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.domain.runs.process import Process
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import DATA, Note, Requests
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.context import (
    BackupContext,
    Build,
    Movers,
    PolicyFile,
    ProcessFacts,
    ProcessTools,
    SiteConnections,
)
from hadoop_dr.services.identity import AnnounceIdentity, bind_clusters
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.claims import Claims
from hadoop_dr.services.ledger.owners import RootOwners
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.ledger.service import ServiceLedger
from support.catalogs import database, table
from support.trees import comparable, read_tree
from support.twin import TwinWriter

ROOT = "/data/a b+%"
PAIR = Pair("east-west", (Site("east"), Site("west")), "east")
POLICY = """service: billing
pair: east-west
protect:
  - hdfs: /data/a b+%
limits: {deletions: 100%}
max_clock_offset: 1d
retention: {primary: "2", secondary: "5"}
"""


def protecting(*lines: str, policy: str = POLICY) -> str:
    """The policy with other lines under ``protect``, such as ``hive: bill``."""
    return policy.replace("  - hdfs: /data/a b+%\n", "".join(f"  - {line}\n" for line in lines))


TABLES = protecting("hive: bill")


_WEST_INODES = 500_000
"""Where the secondary's inode numbers begin, so that none is taken for one of the primary's."""


class StepClock:
    """Time that passes only when somebody waits, and a little with every look.

    Attributes:
        look_ms: How much with every look.
    """

    def __init__(self) -> None:
        self._now_ms = 1_790_000_000_000.0
        self.look_ms = 0.1

    def wall_ms(self) -> int:
        """Milliseconds."""
        self._now_ms += self.look_ms
        return int(self._now_ms)

    def monotonic_s(self) -> float:
        """The same time in seconds."""
        self._now_ms += self.look_ms
        return self._now_ms / 1000

    def sleep_until(self, monotonic_s: float) -> None:
        """Lets time pass."""
        self._now_ms = max(self._now_ms, monotonic_s * 1000)
        while self._now_ms / 1000 < monotonic_s:  # times a thousand and divided by it may be a little less
            self._now_ms = math.nextafter(self._now_ms, math.inf)


class CountingChance:
    """Tokens that differ and are the same in every run."""

    def __init__(self) -> None:
        self._count = 0

    def token(self) -> str:
        """The next one."""
        self._count += 1
        return f"{self._count:016x}"


class OneHost:
    """A process name that a test chooses, and the dead ones it declares."""

    def __init__(self) -> None:
        self.name, self.dead = "p1", set[str]()

    def me(self) -> Process:
        """The chosen name."""
        return Process(self.name, 1)

    def is_dead(self, owner: Process) -> bool:
        """Whether the test declared it dead."""
        return owner.host in self.dead


class Gone:
    """Whatever is asked of a site that is lost."""

    def __init__(self, site: str) -> None:
        self.site = site

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def ask(*args: Any, **named: Any) -> Any:
            raise Unreachable(self.site, "no connection", "Check that a NameNode runs")

        return ask


@dataclass
class World:
    """Two sites in memory; ``east`` is primary in epoch 1.

    Attributes:
        policy: The service whose runs are made.
        others: Policy files of other services that the controller has, too.
        binds: The pair's ledger knows the cluster of each site from the start.
    """

    policy: str = POLICY
    clock: StepClock = field(default_factory=StepClock)
    tokens: CountingChance = field(default_factory=CountingChance)
    host: OneHost = field(default_factory=OneHost)
    checkpoint_every: int = 5 * CHECKPOINT_EVERY
    """Further apart than the product has them, so that a test finds all entries of its few runs in one reading."""
    takeover_after_s: float = 3.0
    handover_s: float = 600.0
    others: tuple[str, ...] = ()
    binds: bool = True
    built: ClassVar[Sequence[DataSetKind]] = SUPPORTED_KINDS
    """What policies may name."""

    def __post_init__(self) -> None:
        self.clusters = {
            "east": MemoryCluster("east", self.clock.wall_ms),
            "west": MemoryCluster("west", self.clock.wall_ms, first_inode=_WEST_INODES),
        }
        self.ensembles = {name: MemoryEnsemble() for name in self.clusters}
        self.lost = set[str]()
        Roles("east-west", self.files(), self.clock).initialise("east", "west", "test", "first")
        if self.binds:
            namenodes = {name: MemoryNameNode(cluster) for name, cluster in self.clusters.items()}
            bind_clusters(Roles("east-west", self.files(), self.clock), namenodes)
        announce = AnnounceIdentity("east-west", self.coordinators(), self.clock, self.tokens)
        announce.run("east", Role.PRIMARY, 1, "test", "first")
        announce.run("west", Role.SECONDARY, 1, "test", "first")

    def clone(self) -> Self:
        """The same world once more, in a tenth of the time that living in it took; give it no open grounds."""
        locks = [cluster.lock for cluster in self.clusters.values()]
        locks += [ensemble.guard for ensemble in self.ensembles.values()]
        return deepcopy(self, {id(lock): threading.RLock() for lock in locks})

    def read(self, text: str, file: str = "billing.yaml") -> Policy:
        """A policy, which may name the kinds that this world knows."""
        return read_policy(config.parse(text.encode(), file), config.longest_gap_ms, self.built)

    def thawed(self, frozen: FrozenPolicy) -> Policy:
        """The policy a claim froze, read back from its text."""
        return with_overrides(self.read(frozen.text, frozen.file), frozen.mode, frozen.transfer)

    def files(self) -> dict[str, MemoryFiles]:
        """Documents of both sites."""
        files = {name: MemoryFiles(cluster) for name, cluster in self.clusters.items()}
        return {name: cast(MemoryFiles, Gone(name)) if name in self.lost else one for name, one in files.items()}

    def coordinators(self) -> dict[str, MemoryCoordinator]:
        """Connections to both ZooKeepers."""
        return {name: MemoryCoordinator(name, ensemble) for name, ensemble in self.ensembles.items()}

    def lose(self, site: str) -> None:
        """Nothing of a site answers from here on."""
        self.lost.add(site)
        self.ensembles[site].reachable = False

    def find(self, site: str) -> None:
        """A lost site is back as it was."""
        self.lost.discard(site)
        self.ensembles[site].reachable = True

    def context(self, faults: Faults | None = None, *, moved: bool = False) -> BackupContext:
        """The ground of a new process, which may die or lose an answer at a chosen effect.

        Args:
            moved: The roles have changed; the service is opened in the direction of before.
        """
        faults = faults or Faults()
        policy = self.read(self.policy)
        relay, asked = Relay(), Requests()
        plain = {name: counted(side, asked.of(name)) for name, side in self.sides(faults).items()}
        sides = {name: reporting(side, relay) for name, side in plain.items()}
        files = {name: side.files for name, side in sides.items()}
        read = Roles("east-west", files, self.clock).read()
        roles, path = of_answering(read.state, self.lost, files), service_chain("east-west", policy.service)
        origin, decider = roles.primary, roles.deciding
        origin = next(name for name in files if name != origin) if moved else origin
        other = next(name for name in files if name != decider)
        follower = None if other in read.silent else files[other]
        chain = Chain(path, files[decider], follower, self.clock, self.checkpoint_every)
        ledger = ServiceLedger(chain, roles)
        others = [self.read(text) for text in self.others]
        declared = {one.service: one.directories for one in (policy, *others)}
        owners = RootOwners("east-west", policy.service, files[decider], follower, self.clock, roles, declared)
        claims = Claims(
            ledger,
            plain[decider].namenode,
            path.rpartition("/")[0],
            self.clock,
            self.host,
            self.takeover_after_s,
            self.handover_s,
        )
        relay.to, relay.quiet = claims.heartbeat.beat, claims.heartbeat.quiet
        movers = Movers(*(
            reporting_mover(counting_mover(one, asked.of(DATA)), relay) for one in self.movers(faults, origin)
        ))  # fmt: skip
        return BackupContext(
            pair=PAIR,
            roles=roles,
            policy=policy,
            policy_file=PolicyFile(self.policy, self.thawed),
            origin=sides[origin],
            destination=next(side for name, side in sides.items() if name != origin),
            ledger=ledger,
            owners=owners,
            claims=claims,
            movers=movers,
            tools=ProcessTools(self.clock, self.tokens, self.host, MemoryTables(), self.kinds(faults), asked),
            process=ProcessFacts(silent=read.silent, behind=read.behind),
        )

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites as a new process reaches them."""
        files, coordinators = self.files(), self.coordinators()
        return {
            name: SiteConnections(
                name,
                f"hdfs://{name}",
                (f"hdfs://{name}",),
                cast(NameNode, Gone(name)) if name in self.lost else faulty_namenode(self.namenode(cluster), faults),
                faulty_files(files[name], faults),
                coordinators[name],
                None,
                None,
            )
            for name, cluster in self.clusters.items()
        }

    def namenode(self, cluster: MemoryCluster) -> MemoryNameNode:
        """A connection to a site's NameNode."""
        return MemoryNameNode(cluster, self.clock.wall_ms)

    def kinds(self, faults: Faults) -> Sequence[Build]:
        """The kinds of data sets that a new process knows."""
        return KINDS

    def movers(self, faults: Faults, origin: str) -> tuple[Mover, Mover, Mover]:
        """From origin to destination, within the destination, within the origin."""
        here, there = self.clusters[origin], next(one for name, one in self.clusters.items() if name != origin)
        across, within = (FaultyMover(MemoryMover(one, there), faults) for one in (here, there))
        return across, within, MemoryMover(here, here)

    def exchange_roles(self) -> None:
        """The other site is primary from here on, and the copy of the ledger on the old one decides.

        Whoever exchanges roles brings the copies of each service's ledger in step first.
        """
        ledger = self.context().ledger
        ledger.read()
        assert ledger.chain.follow() is None
        files, state = self.files(), Roles("east-west", self.files(), self.clock).read().state
        old, new = state.primary, next(name for name in files if name != state.primary)
        follower = new if state.deciding == old else old
        chain = Chain(pair_chain("east-west"), files[state.deciding], files[follower], self.clock)
        body = RolesSet(new, old, "test", "exchanged")
        chain.entries()
        chain.append(body, epoch=state.epoch + 1, run="test", pair_n=0, seen_n=chain.head_n)
        chain.follow()
        announce = AnnounceIdentity("east-west", self.coordinators(), self.clock, self.tokens)
        announce.run(new, Role.PRIMARY, state.epoch + 1, "test", "exchanged")
        announce.run(old, Role.SECONDARY, state.epoch + 1, "test", "exchanged")

    def stages(self, run: str, try_no: int = 1, faults: Faults | None = None) -> BackupStages:
        """The stages of a run, as a new process opens them."""
        return BackupStages(self.context(faults), run, try_no, one_process=True)

    def backup(self, run: str, faults: Faults | None = None, **order: Any) -> dict[str, Any]:
        """One whole run in a process of its own."""
        self.host.name = run
        return self.stages(run, faults=faults).run_all(**order)

    def tree(self, site: str, top: str) -> dict[str, Any]:
        """A tree as a reader sees it, without inode ids; a root's own time is left out."""
        namenode, writer = MemoryNameNode(self.clusters[site]), TwinWriter(self.clusters[site])
        tree = comparable(read_tree(namenode, writer, top))
        facts, extras, digest = tree[""]
        return {**tree, "": (replace(facts, mtime_ms=0), extras, digest)}


def counted(side: SiteConnections, note: Note) -> SiteConnections:
    """The same site, each request to which is counted."""
    return replace(
        side,
        namenode=counting_namenode(side.namenode, note),
        files=counting_files(side.files, note),
        coordinator=counting_coordinator(side.coordinator, note),
        metastore=side.metastore and counting_metastore(side.metastore, note),
        sql=side.sql and counting_queries(side.sql, note),
    )


class TableWorld(World):
    """Two sites with a metastore each, and two databases; each table has a directory of its own elsewhere."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.metastores = {site: MemoryMetastore(site) for site in self.clusters}
        self.metastores["east"].create([database("bill", "hdfs://east/wh/db"), database("crm", "hdfs://east/wh/crm")])

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites with their metastores."""
        return {
            name: replace(side, metastore=faulty_metastore(self.metastores[name], faults))
            for name, side in super().sides(faults).items()
        }

    def create(self, name: str, database: str = "bill") -> None:
        """Makes a table on the primary, with one file in its directory ``/wh/<name> ü``."""
        east = self.clusters["east"]
        east.make_directory(f"/wh/{name} ü", 0o755, parents=True)
        made = east.make_file(f"/wh/{name} ü/part 0", replication=1, block_size=1024, overwrite=True)
        east.extend(made, name.encode())
        self.metastores["east"].create([table(database, name, location=f"hdfs://east/wh/{name} ü")])


def plan_and_stage(stages: BackupStages) -> None:
    """Plans a run whose moment is taken, and stages all its shards."""
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)


def fill(world: World) -> None:
    """Four files with hostile names in two directories below ``ROOT``."""
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/ü dir/g=1", 0o750, parents=True)
    for name, data in {"a b": b"one", "ü dir/e%20": b"two" * 1000, "ü dir/g=1/f+": b"", "h#": b"x" * 5000}.items():
        node = east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=False)
        east.extend(node, data)
