"""Points that a rule keeps or lets go."""

from __future__ import annotations

from functools import cache
from typing import Any

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.state.service_state import Point
from sim.world import POLICY, ROOT, World, fill

STRICT = POLICY.replace('primary: "2", secondary: "5"', 'primary: "1", secondary: "1"')


def backup(world: World, run: str) -> Any:
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/e%20 {run}", replication=1, block_size=1024, overwrite=False), run.encode())
    return world.backup(run)


def grown(points: int, policy: str = POLICY) -> World:
    return _grown(points, policy).clone()


@cache
def _grown(points: int, policy: str) -> World:
    world = World(policy)
    fill(world)
    for number in range(points):
        backup(world, f"r{number}")
    return world


def snapshots(world: World, site: str) -> list[str]:
    return [shot.name for shot in MemoryNameNode(world.clusters[site]).snapshots(ROOT)]


def sealed(world: World) -> list[Point]:
    return world.context().ledger.read().sealed()


def left(world: World, site: str) -> list[str]:
    """Points that still lie on a site, by the ledger; their snapshots are there, and no others of ours."""
    points = [point for point in sealed(world) if site not in point.gone]
    ours = [name for name in snapshots(world, site) if "-before" not in name and name != "somebody's"]
    assert ours == [point.sealed.snapshots[ROOT].name for point in points]
    return [point.run for point in points]
