"""A file that was cut and filled again: what no difference shows."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from sim.world import POLICY, ROOT, World

LARGE = f"{POLICY}audit_entries: 3\n"
TOUCHED = f"{ROOT}/ü dir/e%20"


def refill(world: World, site: str = "east", path: str = TOUCHED, keep: int = 2048) -> bytes:
    """Gives a file another end of the same length, and its time back: only its blocks show it. Returns its content."""
    names, cluster = MemoryNameNode(world.clusters[site]), world.clusters[site]
    was = names.status(path).facts
    names.truncate(path, keep)
    cluster.extend(cluster.live(path), b"!" * (was.length - keep))
    names.set_times(path, was.mtime_ms)
    assert names.status(path).facts == was
    return bytes(cluster.find(path).content)
