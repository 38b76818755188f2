"""What an audit of a large root looks back to, whatever became of the service since (I9).

A file that is refilled (the same length, its time put back) is told by no listing and by no difference of snapshots:
only its blocks since the last audit show it.
"""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from sim.directories import hdfs, write
from sim.root_changes import CHILD, LAKE, NARROW, ORDER, PARENT, SIBLING, WIDE
from sim.world import World

DAY_S = 86_400
LARGE = "audit_entries: 2\n"
FILE = f"{LAKE}/x=1/ü"


def holding(*declared: str) -> World:
    """These directories and the lake, of which only the declared ones are protected."""
    world = World(hdfs(*declared) + LARGE)
    for root in (PARENT, CHILD, SIBLING, LAKE):
        for name in ("f 1", "x=1/ü", "x=1/g%"):
            write(world, f"{root}/{name}", f"{root}{name}".encode() * 100)
    world.backup("first")
    return world


def refill(world: World, site: str) -> None:
    """Puts other bytes into a file without anything else to show for it."""
    cluster, namenode = world.clusters[site], MemoryNameNode(world.clusters[site])
    time_ms, length = namenode.status(FILE).facts.mtime_ms, len(cluster.find(FILE).content)
    cluster.truncate(FILE, 0)
    cluster.extend(cluster.find(FILE), b"E" * length)
    namenode.set_times(FILE, time_ms)


def later(world: World, run: str, days: float, **order: object) -> None:
    """Another point of a service that goes on living."""
    world.clock.sleep_until(world.clock.monotonic_s() + days * DAY_S)
    site = world.context().origin.name
    writer = MemoryNameNode(world.clusters[site])
    writer.set_times(f"{CHILD}/f 1", int(world.clock.wall_ms()))
    world.backup(run, **order)


def in_step(world: World) -> bool:
    """Whether both sites have the same bytes."""
    return len({bytes(cluster.find(FILE).content) for cluster in world.clusters.values()}) == 1


@pytest.mark.parametrize("changed", ["nothing", "a root more", "roles", "roots"])
def test_a_refilled_file_is_found_whatever_became_of_the_service_since_the_last_audit(changed: str) -> None:
    world = holding(*NARROW) if changed == "a root more" else holding(*NARROW, LAKE)
    if changed == "a root more":
        world.policy = hdfs(*NARROW, LAKE) + LARGE
        later(world, "more", 0.1)
    if changed == "roles":
        world.exchange_roles()
    refill(world, world.context().origin.name)
    if changed == "roots":
        world.policy = hdfs(*WIDE, LAKE) + LARGE
        later(world, "ordered", 0.1, **ORDER)
    for number in range(2):
        later(world, f"later {number}", 2)
    assert in_step(world)
