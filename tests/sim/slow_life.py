"""A world whose sites answer slowly, one point behind."""

from __future__ import annotations

from sim.slow_world import POLICY, SlowWorld
from support.catalogs import partition, table, with_parameters


def write(world: SlowWorld, site: str, path: str, data: bytes = b"") -> None:
    cluster = world.clusters[site]
    cluster.make_directory(path.rpartition("/")[0], 0o755, parents=True)
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), data or path.encode())


def grow(world: SlowWorld, number: int) -> None:
    """Files of every kind of change, and a table with partitions that come and go."""
    for at in range(6):
        write(world, "east", f"/wh/d{number} ü/e%20 {at}")
        write(world, "east", f"/wh/h#/f{at}+{number}", b"x" * (500 if at else 3000))
    east = world.metastores["east"]
    east.create([table("bill", f"p{number}", keys=("d",), location=f"hdfs://east/wh/p{number}")])
    world.clusters["east"].make_directory(f"/wh/p{number}", 0o755, parents=True)
    rows = []
    for at in range(4):
        world.clusters["east"].make_directory(f"/wh/p{number}/d={at} %", 0o755, parents=True)
        location = f"hdfs://east/wh/p{number}/d={at} %"
        rows.append(partition("bill", f"p{number}", ("d",), (f"{at} ü",), location=location))
    east.create(rows)
    if number:
        east.alter([with_parameters(row, note="%") for row in east.partitions("bill", "p0", ["d=0 ü", "d=1 ü"])])
        east.drop(east.partitions("bill", "p0", ["d=2 ü"]))
        world.clusters["east"].rename(f"/wh/d{number - 1} ü", f"/wh/moved {number}")
        world.clusters["east"].delete(f"/wh/h#/f1+{number - 1}", recursive=False)


def lived_in(policy: str = POLICY) -> SlowWorld:
    """A service with one point, and a source that has moved on."""
    world = SlowWorld(policy)
    grow(world, 0)
    world.backup("first")
    grow(world, 1)
    return world
