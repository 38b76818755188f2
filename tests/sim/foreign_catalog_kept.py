"""What of somebody else's catalog is kept during a run."""

from __future__ import annotations

from hadoop_dr.services.datasets.hive.foreign.during_run import read_kept
from sim.foreign_catalog import SETTLED, on_west
from sim.world import TABLES, TableWorld
from support.catalogs import partition, with_parameters

RESTORE = TABLES + "drift: restore\n"
AT = "hdfs://east/wh/days %"


def moved_on() -> TableWorld:
    """A sealed point, and a primary whose catalog has changed in every way since."""
    world = SETTLED.clone()
    east = world.metastores["east"]
    east.drop(east.tables("bill", ["goes"]))
    world.create("t3")
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], ours="ü")])
    world.clusters["east"].make_directory("/wh/days %/d=3", 0o755, parents=True)
    east.create([partition("bill", "days", ("d",), ("3",), location=f"{AT}/d=3")])
    return world


MOVED_ON = moved_on()


def documents(world: TableWorld) -> list[str]:
    return [one.document.path for one in world.context().ledger.read().kept if one.document]


def kept_rows(world: TableWorld) -> set[tuple[str, str]]:
    context = world.context()
    every = [row for path in documents(world) for row in read_kept(context, path)]
    for path in documents(world):
        assert context.origin.files.get(path) == context.destination.files.get(path), "both sites have it"
    return {(str(row.key), row.hash) for row in every}


def rows_on_west(world: TableWorld) -> dict[str, str]:
    return {name: digest for name, digest in on_west(world).items() if " crm" not in name}
