"""Services of many roots."""

from __future__ import annotations

import threading

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from sim.world import POLICY, World

ROOTS = [f"/data/{name} {n}" for n in range(8) for name in ("a b", "e%20", "f+", "ü")]


def many(policy: str = "") -> World:
    protect = "".join(f'  - hdfs: "{root}"\n' for root in ROOTS)
    world = World(POLICY.replace("  - hdfs: /data/a b+%\n", protect) + policy)
    east = world.clusters["east"]
    for root in ROOTS:
        east.make_directory(root, 0o755, parents=True)
        east.extend(east.make_file(f"{root}/h#", replication=1, block_size=1024, overwrite=False), root.encode())
    return world


def one_at_a_time(world: World, patch: pytest.MonkeyPatch, each_ms: float) -> None:
    """The primary's NameNode takes snapshots one after the other, each in so much time."""
    real, busy = MemoryNameNode.create_snapshot, threading.Lock()

    def slow(self: MemoryNameNode, path: str, name: str) -> None:
        with busy:
            real(self, path, name)
            if self.site == "east":
                world.clock.sleep_until(world.clock.monotonic_s() + each_ms / 1000)

    patch.setattr(MemoryNameNode, "create_snapshot", slow)
