"""What has to hold of a pair of sites after every step of any history, and the history itself.

A world writes down what the primary was when a snapshot of it was taken, before anybody can know what will become of
it. ``Chronicle.check`` is called after each step, whoever died in it, and asks each of ``INVARIANTS``. Later work (a
failover, a restore) adds to them with ``@invariant``; each gets the world as a new process sees it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.faults import Faults, faulty_namenode
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, rewrite_rows
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.runs import ServiceClaimed
from hadoop_dr.domain.paths import WORK_AREA
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.services.context import BackupContext, SiteConnections
from hadoop_dr.services.datasets.hive.foreign.left_by_points import exported_rows
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from hadoop_dr.services.ledger.proof import check_chain
from hadoop_dr.services.ledger.stream import entries
from hadoop_dr.services.points.baseline import recorded_snapshots
from sim.world import TableWorld
from support.catalogs import database, hashes, table
from support.twin import TwinWriter

Tree = dict[str, Any]


@dataclass
class Moment:
    """What the primary was when its snapshots of one name were taken.

    Attributes:
        trees: By root.
        catalog: Hashes of its objects, in its own addresses.
    """

    trees: dict[str, Tree] = field(default_factory=dict)
    catalog: dict[str, str] = field(default_factory=dict)


class Witness(MemoryNameNode):
    """The primary's name space; what is there when a snapshot is taken is written down at once."""

    def __init__(self, cluster: MemoryCluster, seen: Callable[[str, str], None]) -> None:
        super().__init__(cluster)
        self._seen = seen

    def create_snapshot(self, path: str, name: str) -> None:
        """Takes it while nobody else can change anything."""
        with self.cluster.lock:
            super().create_snapshot(path, name)
            self._seen(path, name)


class ChronicledWorld(TableWorld):
    """A pair of sites whose every moment is written down.

    Attributes:
        moments: By the name of their snapshots.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        self.moments: dict[str, Moment] = {}

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites, the primary through its witness."""
        sides = super().sides(faults)
        witness = faulty_namenode(Witness(self.clusters["east"], self._note), faults)
        return {**sides, "east": replace(sides["east"], namenode=witness)}

    def catalog(self, site: str) -> dict[str, str]:
        """Hashes of all protected objects of a site, in the secondary's addresses."""
        rows = read_all(self.metastores[site], selection_of(["bill"])).values()
        return on_the_secondary(rows)

    def _note(self, root: str, name: str) -> None:
        moment = self.moments.setdefault(name, Moment())
        moment.trees[root] = self.tree("east", root)
        moment.catalog = self.catalog("east")


def on_the_secondary(rows: Any) -> dict[str, str]:
    """Hashes of rows of the primary as the secondary has to have them; its own stay as they are."""
    return hashes({row.key: row for row in rewrite_rows(rows, Rewrite(("hdfs://east",), "hdfs://west"))})


def without_times_of_directories(tree: Tree) -> Tree:
    """HDFS shows the time of a later change of a directory in the newest snapshot, too, and no diff tells of it."""
    return {path: (replace(facts, mtime_ms=0) if facts.is_dir else facts, *rest)
            for path, (facts, *rest) in tree.items()}  # fmt: skip


@dataclass
class Found:
    """What an invariant may look at.

    Attributes:
        quiet: No run is unfinished, and the primary has not changed since the newest point.
        loose: The primary was changed between a moment and its plan; times of directories are not compared then.
    """

    world: ChronicledWorld
    context: BackupContext
    state: ServiceState
    entries: list[LedgerEntry]
    quiet: bool
    loose: bool

    def both(self, there: Tree, wanted: Tree) -> tuple[Tree, Tree]:
        """Two trees as far as they can be the same."""
        return (without_times_of_directories(there), without_times_of_directories(wanted)) if self.loose else (
            there, wanted)  # fmt: skip

    def sealed_here(self) -> Iterator[tuple[Point, Moment]]:
        """The points that the secondary still has, each with what the primary was at its moment."""
        for point in self.state.sealed():
            if "west" not in point.gone:
                names = {kept.snapshot.name for kept in point.taken.roots.values()}
                assert len(names) == 1, f"{point.point}: one moment has one name"
                yield point, self.world.moments[names.pop()]


Invariant = Callable[[Found], None]
INVARIANTS: dict[str, Invariant] = {}


def invariant(promise: str) -> Callable[[Invariant], Invariant]:
    """Adds one to those that are asked after every step."""

    def add(check: Invariant) -> Invariant:
        INVARIANTS[promise] = check
        return check

    return add


@invariant("I1, I2, I9: the trees of every visible point are what the primary was at its moment")
def trees_of_points(found: Found) -> None:
    for point, moment in found.sealed_here():
        assert moment.trees.keys() == point.sealed.snapshots.keys(), point.point
        for root, kept in point.sealed.snapshots.items():
            there, wanted = found.both(found.world.tree("west", f"{root}/.snapshot/{kept.name}"), moment.trees[root])
            differing = [path for path in there.keys() | wanted.keys() if there.get(path) != wanted.get(path)]
            assert differing == [], (point.point, root, [(there.get(p), wanted.get(p)) for p in differing[:2]])


@invariant("I1, I2: the catalog of every visible point is what the primary's was at its moment")
def catalogs_of_points(found: Found) -> None:
    for point, moment in found.sealed_here():
        kept = on_the_secondary(exported_rows(found.context.documents(point)))
        assert kept == moment.catalog, point.point


@invariant("I2: between runs the live secondary is the newest point")
def live_is_newest(found: Found) -> None:
    if not found.quiet:
        return
    *_, (point, moment) = found.sealed_here()
    for root in point.sealed.snapshots:
        assert WORK_AREA not in found.world.clusters["west"].find(root).children, root
        live, wanted = found.both(found.world.tree("west", root), moment.trees[root])
        assert live == wanted, root
    assert found.world.catalog("west") == moment.catalog


@invariant("I2, I3: no visible point holds anybody's unfinished work, on either site")
def no_unfinished_work(found: Found) -> None:
    for site, cluster in found.world.clusters.items():
        for point in found.state.sealed():
            for root, kept in (recorded_snapshots(point, site) or {}).items():
                names = {entry.name for entry in MemoryNameNode(cluster).list(f"{root}/.snapshot/{kept.name}")}
                assert WORK_AREA not in names, (site, root, point.point)


@invariant("I3, I6: the documents of every visible point are those that the ledger recorded")
def documents_as_recorded(found: Found) -> None:
    for point in found.state.sealed():
        files = found.world.files()[point.destination]
        there = set(files.names(found.context.directory(point.point)))
        for name, sha256 in point.staged.documents.items():
            if name in there:
                content = files.get(f"{found.context.directory(point.point)}/{name}")
                assert hashlib.sha256(content).hexdigest() == sha256, (point.point, name)


@invariant("I3, I13: what a run says under a claim stands while no later claim does")
def claims_are_in_force(found: Found) -> None:
    claim_n = 0
    for entry in found.entries:
        if isinstance(entry.body, ServiceClaimed):
            claim_n = entry.n
        elif getattr(entry.body, "claim", None):
            assert entry.body.claim == claim_n, f"entry {entry.n} ({entry.kind}) of an older claim"  # type: ignore[attr-defined]


@invariant("I4: points become visible in the order of their moments, each once")
def points_in_order(found: Found) -> None:
    sealed = [entry.body.point for entry in found.entries if entry.kind == "sealed"]  # type: ignore[attr-defined]
    assert sealed == sorted(set(sealed))


@invariant("I5: epochs never go down, and no number is left out")
def one_chain(found: Found) -> None:
    epochs = [entry.epoch for entry in found.entries]
    assert epochs == sorted(epochs)
    numbers = [entry.n for entry in found.entries]
    assert numbers == list(range(1, len(numbers) + 1))


@invariant("I5: the copies of the ledger are one chain, as far as both go")
def copies_agree(found: Found) -> None:
    files = {site: side.files for site, side in found.context.sides.items()}
    assert check_chain(found.context.ledger.chain.path, files)["problems"] == []


@invariant("I7: both sites have what the next increment builds on, and whatever the ledger lists")
def nothing_listed_is_missing(found: Found) -> None:
    for site, cluster in found.world.clusters.items():
        namenode = MemoryNameNode(cluster)
        for point in found.state.sealed():
            for root, kept in (recorded_snapshots(point, site) or {}).items():
                assert kept.name in {shot.name for shot in namenode.snapshots(root)}, (site, root, point.point)
    newest = found.state.newest_sealed()
    assert newest is None or not newest.gone


@invariant("I8: nothing outside the roots is touched")
def nothing_outside(found: Found) -> None:
    assert found.world.clusters["west"].find(OUTSIDE).content == b"not ours"
    assert found.world.metastores["west"].table_names("crm") == ["not ours"]


OUTSIDE = "/other/out side ü"


def beside(world: ChronicledWorld) -> None:
    """Puts on the secondary what is nobody's of the service."""
    west, hive = world.clusters["west"], world.metastores["west"]
    west.make_directory(OUTSIDE.rpartition("/")[0], 0o755, parents=True)
    TwinWriter(west).write(OUTSIDE, b"not ours")
    hive.create([database("crm", "hdfs://west/crm")])
    hive.create([table("crm", "not ours", location="hdfs://west/crm/x")])


@dataclass
class Chronicle:
    """One history: what was done, and whether all of it kept every promise.

    Attributes:
        done: One line a step.
        loose: The primary was changed between a moment and its plan.
    """

    world: ChronicledWorld
    done: list[str] = field(default_factory=list)
    loose: bool = False

    def step(self, what: str, *, quiet: bool = False) -> None:
        """Writes down a step that was created, and asks every invariant."""
        self.done.append(what)
        context = self.world.context()
        state = context.ledger.read()
        chain = context.ledger.chain
        every = list(entries(chain.deciding, chain.path))  # also those before a checkpoint
        found = Found(self.world, context, state, every, quiet, self.loose)
        for promise, check in INVARIANTS.items():
            try:
                check(found)
            except AssertionError as broken:
                told = "\n".join(self.done)
                raise AssertionError(f"{promise}: {broken}\nafter\n{told}") from broken
