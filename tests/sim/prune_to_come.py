"""A world whose next prune has something to do."""

from __future__ import annotations

from functools import cache
from typing import Any

from sim.half_done import OTHER
from sim.pruned import STRICT
from sim.world import ROOT, TableWorld, World, fill, plan_and_stage, protecting
from support.catalogs import table


def unpruned(world: World, run: str) -> dict[str, Any]:
    """A run of which every stage but the last was carried out."""
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/e%20 {run}", replication=1, block_size=1024, overwrite=False), run.encode())
    if isinstance(world, TableWorld):
        for one in world.metastores["east"].table_names("bill"):
            world.metastores["east"].drop([table("bill", one, location=f"hdfs://east/wh/{one} ü")])
        for one in ("stays", run):
            world.create(one)
    world.host.name = run
    stages = world.stages(run)
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    stages.verify()
    return stages.seal()


ROOTS_AND_TABLES = protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"', "hive: bill", policy=STRICT)


@cache
def _grown(*, tables: bool) -> World:
    world: World = TableWorld(ROOTS_AND_TABLES) if tables else World(STRICT)
    fill(world)
    world.clusters["east"].make_directory(OTHER, 0o755, parents=True)
    for run in range(4):
        unpruned(world, f"r{run}")
    return world


def grown(*, tables: bool = False) -> World:
    """Four points, of which all but the newest have to go, on both sites, with their documents.

    Args:
        tables: Of two directories and of tables, each point with one that no other has, and its directory as a root.
    """
    return _grown(tables=tables).clone()
