"""Whether both sites of a world of directories and tables are equal again."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.state.service_state import Point
from sim.chronicle import Chronicle, ChronicledWorld
from sim.world import TableWorld


def sealed(world: TableWorld) -> list[Point]:
    return world.context().ledger.read().sealed()


def in_step(world: ChronicledWorld) -> None:
    """Every promise holds, older points included, and nothing of the primary has changed since the newest point."""
    Chronicle(world).step("in step", quiet=True)
    moment = world.moments[next(iter(sealed(world)[-1].taken.roots.values())).snapshot.name]
    assert {root: world.tree("east", root) for root in moment.trees} == moment.trees
    assert world.catalog("east") == moment.catalog


def equal(world: ChronicledWorld) -> None:
    """The live trees and the catalogs of both sites are the same."""
    for root in sealed(world)[-1].sealed.snapshots:
        assert world.tree("west", root) == world.tree("east", root), root
    assert world.catalog("west") == world.catalog("east")


def only_snapshots_of_points(world: TableWorld, *others: str) -> None:
    """No snapshot of the product is left on the primary but those of sealed points."""
    east = MemoryNameNode(world.clusters["east"])
    for root in {root for point in sealed(world) for root in point.taken.roots}.union(others):
        wanted = {point.taken.roots[root].snapshot.name for point in sealed(world)
                  if root in point.taken.roots and "east" not in point.gone}  # fmt: skip
        assert {shot.name for shot in east.snapshots(root)} == wanted, root
