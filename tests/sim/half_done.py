"""A world in which a run died in the middle of its place and cannot be finished: several roots, and a catalog."""

from __future__ import annotations

from functools import cache
from typing import TypeVar

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from sim.chronicle import Chronicle, ChronicledWorld, beside
from sim.world import ROOT, TableWorld, World, fill, plan_and_stage, protecting
from support.catalogs import partition, table

OTHER = "/data/c ü#"
POLICY = protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"', "hive: bill")
DROPPED = "/wh/t3 ü"
Lived = TypeVar("Lived", bound=World)
Kind = TypeVar("Kind", bound=ChronicledWorld)
TABLES = {name: f"/wh/{name} ü" for name in ("t1", "t2", "t4")}


def _make(world: TableWorld, path: str, data: bytes) -> None:
    east = world.clusters["east"]
    east.extend(east.make_file(path, replication=1, block_size=1024, overwrite=True), data)


def lived_in(kind: type[Kind] = ChronicledWorld) -> Kind:  # type: ignore[assignment]
    """One sealed point, and a primary that has moved on in every way."""
    world = kind(POLICY)
    beside(world)
    fill(world)
    east, hive = world.clusters["east"], world.metastores["east"]
    east.make_directory(OTHER, 0o755, parents=True)
    for name in ("one =", "two %"):
        _make(world, f"{OTHER}/{name}", name.encode() * 400)
    for name in ("t1", "t2", "t3"):
        world.create(name)
    world.backup("first")
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    east.extend(east.find(f"{ROOT}/h#"), b"t" * 3000)
    east.delete(f"{ROOT}/a b", recursive=False)
    east.make_directory(f"{ROOT}/a b", 0o1777, parents=False)
    for source, target in (("one =", "aside"), ("two %", "one ="), ("aside", "two %")):
        east.rename(f"{OTHER}/{source}", f"{OTHER}/{target}")
    hive.alter([table("bill", "t1", location=f"hdfs://east{TABLES['t1']}", about="ü")])
    hive.drop([table("bill", "t2", location=f"hdfs://east{TABLES['t2']}")])
    hive.create([table("bill", "t2", location=f"hdfs://east{TABLES['t2']}", keys=("k",))])
    east.make_directory(f"{TABLES['t2']}/k=a b", 0o755, parents=False)
    hive.create([partition("bill", "t2", ("k",), ("a b",), location=f"hdfs://east{TABLES['t2']}/k=a b")])
    hive.drop([table("bill", "t3", location=f"hdfs://east{DROPPED}")])
    world.create("t4")
    return world


def to_place(world: World) -> str:
    """A run comes until its place; gives its point."""
    stages = world.stages("dies")
    stages.preflight()
    taken = stages.moment()
    plan_and_stage(stages)
    return str(taken["point"])


@cache
def _made() -> ChronicledWorld:
    return lived_in()


def made() -> ChronicledWorld:
    """The same world once more, for each test."""
    return _made().clone()


@cache
def _staged() -> tuple[ChronicledWorld, str]:
    world = made()
    return world, to_place(world)


@cache
def effects_of_place() -> int:
    """How many effects the place has that did not come to its end."""
    world, faults = _staged()[0].clone(), Faults()
    world.stages("dies", faults=faults).place()
    return faults.count


def died_in_place(staged: Lived, point: str, at: int) -> Lived:
    """The run dies at this effect of its place, and its plan and a snapshot of its moment are lost."""
    world = staged.clone()
    try:
        world.stages("dies", faults=Faults(at=at, die=True)).place()
    except Died:
        world.host.dead |= {"p1", "first", "dies"}
    context = world.context()
    for side in context.sides.values():
        side.files.remove(f"{context.directory(point)}/manifest.json")
    taken = context.ledger.read().points[point].taken.snapshots[ROOT]
    context.origin.namenode.delete_snapshot(ROOT, taken.name)
    return world


@cache
def _died(at: int) -> ChronicledWorld:
    return died_in_place(*_staged(), at)


def half_done(at: int) -> ChronicledWorld:
    """The run died at this effect of its place, and its plan and a snapshot of its moment are lost."""
    return _died(at).clone()


def back_at_the_sealed_point(world: ChronicledWorld) -> None:
    """Every promise holds, and the live secondary is the newest sealed point."""
    Chronicle(world).step("back at the sealed point", quiet=True)
