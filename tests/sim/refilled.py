"""A file that was cut and filled again: what no difference shows."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from sim.world import POLICY, ROOT, World

LARGE = f"{POLICY}audit_entries: 3\n"
TOUCHED = f"{ROOT}/ü dir/e%20"


def refill(world: World) -> None:
    """Gives a file of the primary another end of the same length, and its time back: only its blocks show it."""
    names, east = MemoryNameNode(world.clusters["east"]), world.clusters["east"]
    was = names.status(TOUCHED).facts
    names.truncate(TOUCHED, 2048)
    east.extend(east.live(TOUCHED), b"!" * (was.length - 2048))
    names.set_times(TOUCHED, was.mtime_ms)
    assert names.status(TOUCHED).facts == was
