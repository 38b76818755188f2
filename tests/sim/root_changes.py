"""A service whose roots are to change, and how such a change is ordered, interrupted and looked at."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ledger import ServiceBody
from hadoop_dr.domain.ledger.bodies.ends import PointDamaged
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.report import all_entries, explanation
from sim.directories import hdfs, write
from sim.world import World, plan_and_stage

PARENT, CHILD, SIBLING, LAKE = "/data/ü %", "/data/ü %/b+ c", "/data/ü %/d#", "/lake"
ORDER: dict[str, Any] = {"change_roots": True, "approve": True, "reason": "one root for all"}
NARROW, WIDE = (CHILD, SIBLING), (PARENT,)


def lived_in(*declared: str) -> World:
    """Two points of these directories and of a lake beside them; the primary has moved on since."""
    world = World(hdfs(*declared, LAKE))
    for root in (PARENT, CHILD, SIBLING, LAKE):
        for name in ("f 1", "x=1/ü", "x=1/g%"):
            write(world, f"{root}/{name}", f"{root}{name}".encode() * 100)
    world.backup("first")
    write(world, f"{CHILD}/second", b"2" * 50)
    world.backup("second")
    for root in (CHILD, LAKE):
        write(world, f"{root}/third", b"3" * 30)
    east = world.clusters["east"]
    east.delete(f"{SIBLING}/f 1", recursive=False)
    east.rename(f"{LAKE}/x=1", f"{LAKE}/moved")
    return world


def namenode(world: World, site: str) -> MemoryNameNode:
    return MemoryNameNode(world.clusters[site])


def shots(world: World, site: str) -> dict[str, list[str]]:
    name = namenode(world, site)
    return {root: [shot.name for shot in name.snapshots(root)] for root in name.snapshottable()}


def state_of(world: World) -> Any:
    return world.context().ledger.read()


def told(world: World, kind: str) -> list[str]:
    chain = world.context().ledger.chain
    entries = explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]
    return [entry["text"] for entry in entries if entry["kind"] == kind]


def ordered(world: World, *declared: str) -> BackupStages:
    """A change to these roots and the lake that was ordered, and not a moment taken yet."""
    world.policy = hdfs(*declared, LAKE)
    world.host.name = "stages"
    stages = world.stages("stages")
    stages.preflight(**ORDER)
    return stages


def staged(world: World, *declared: str) -> BackupStages:
    """A change of roots whose bytes are all there, and nothing else of it yet."""
    stages = ordered(world, *declared)
    stages.moment()
    plan_and_stage(stages)
    return stages


WAYS = pytest.mark.parametrize(("before", "after"), [(NARROW, WIDE), (WIDE, NARROW)], ids=["widened", "narrowed"])


def damage(world: World, point: str, *files: tuple[str, str]) -> None:
    note(world, PointDamaged(point, "rot", files))


def note(world: World, body: ServiceBody) -> None:
    """An entry of the ledger that nobody of ours wrote."""
    ledger = world.context().ledger
    ledger.read()
    ledger.append(body, "t", ledger.chain.head_n)


HOW = ("dies before", "dies after", "loses")


def small(before: tuple[str, ...], after: tuple[str, ...]) -> World:
    """One point of little data, and other roots wanted since: few effects, and every one of them counts."""
    world = World(hdfs(*before))
    for root in (PARENT, CHILD):
        write(world, f"{root}/f 1", root.encode() * 100)
    world.backup("first")
    world.clusters["east"].delete(f"{CHILD}/f 1", recursive=False)
    write(world, f"{CHILD}/x=1/ü", b"new")
    world.policy = hdfs(*after)
    return world


def effects(world: World) -> int:
    faults = Faults()
    world.clone().backup("counted", faults, **ORDER)
    return faults.count


def interrupted(world: World, at: int, how: str) -> dict[str, Any]:
    """A change of roots that dies or loses an answer at an effect, and what the next run seals."""
    dies = how.startswith("dies")
    with suppress(Died, DrError):
        faults = Faults(at=at, die=dies, lose=not dies, after=how != "dies before")
        world.backup("interrupted", faults, **ORDER)
    world.host.dead.add("interrupted")
    state = state_of(world)
    first = next(iter(state.points.values()))
    if not first.gone:
        # Nothing was announced yet: the order has to be given again, and every point stands.
        return world.backup("next", **ORDER)
    staged = any(point.state is PointState.STAGED for point in state.unfinished())
    sealed = any(point.state is PointState.SEALED for point in list(state.points.values())[1:])
    assert sealed or staged or "west" not in first.gone, "both gone, and nothing to finish"
    document = world.backup("next")
    assert {p.state for p in state_of(world).points.values()} <= {PointState.SEALED, PointState.VOID}
    return document
