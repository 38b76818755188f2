"""A world of directories and tables that has moved on, and whether both sites are equal again."""

from __future__ import annotations

from functools import cache
from typing import Any

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, rewrite_rows
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.half_done import lived_in
from sim.world import TableWorld
from support.catalogs import hashes


@cache
def _lived_in() -> TableWorld:
    return lived_in()


def made() -> TableWorld:
    """One sealed point of two directories and a database, and a primary that has moved on in every way."""
    return _lived_in().clone()


def sealed(world: TableWorld) -> list[Point]:
    return world.context().ledger.read().sealed()


def trees(world: TableWorld, point: Point) -> dict[str, Any]:
    """What a reader of the secondary finds in a point."""
    return {root: world.tree("west", f"{root}/.snapshot/{kept.name}")
            for root, kept in point.sealed.snapshots.items()}  # fmt: skip


def catalog(world: TableWorld, site: str) -> dict[str, str]:
    """Every protected object of a site, as it is on the secondary."""
    rows = read_all(world.metastores[site], selection_of(["bill"])).values()
    return hashes({row.key: row for row in rewrite_rows(rows, Rewrite(("hdfs://east",), "hdfs://west"))})


def in_step(world: TableWorld) -> None:
    """Nothing of the primary has changed since the newest point: point, live trees and both catalogs are equal."""
    newest = sealed(world)[-1]
    for root, kept in newest.sealed.snapshots.items():
        east = world.tree("east", root)
        assert world.tree("west", f"{root}/.snapshot/{kept.name}") == east, root
        assert world.tree("west", root) == east, root
    assert catalog(world, "west") == catalog(world, "east")


def only_snapshots_of_points(world: TableWorld, *others: str) -> None:
    """No snapshot of the product is left on the primary but those of sealed points."""
    east = MemoryNameNode(world.clusters["east"])
    for root in {root for point in sealed(world) for root in point.taken.roots}.union(others):
        wanted = {point.taken.roots[root].snapshot.name for point in sealed(world)
                  if root in point.taken.roots and "east" not in point.gone}  # fmt: skip
        assert {shot.name for shot in east.snapshots(root)} == wanted, root
