"""A pair of memory clusters for tests of services."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode, readable
from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.domain.errors import NotFound
from support.backup import Pair, Site
from support.trees import STRIPED

ROOT = "/data/bil ling"


class TwinWriter:
    """Writes as a user of a memory cluster."""

    block_size = 8

    def __init__(self, cluster: MemoryCluster) -> None:
        self.cluster = cluster

    def write(self, path: str, data: bytes, block_size: int | None = None) -> None:
        node = self.cluster.make_file(path, replication=1, block_size=block_size or self.block_size, overwrite=True)
        self.cluster.extend(node, data)

    def stripe(self, path: str) -> None:
        self.cluster.set_erasure_coding(path, STRIPED)

    def append(self, path: str, data: bytes) -> None:
        self.cluster.extend(self.cluster.live(path), data)

    def read(self, path: str) -> bytes:
        return readable(self.cluster.find(path), path)

    def exists(self, path: str) -> bool:
        try:
            self.cluster.find(path)
        except NotFound:
            return False
        return True


class TwinPair(Pair):
    """A pair whose clusters a test can reach directly."""

    def __init__(self) -> None:
        self.east, self.west = MemoryCluster("east", first_inode=20_000), MemoryCluster("west", first_inode=500_000)
        sites = [Site(MemoryNameNode(c), TwinWriter(c), MemoryFiles(c)) for c in (self.east, self.west)]
        super().__init__(*sites, MemoryMover(self.east, self.west), MemoryMover(self.west, self.west), MemoryTables(),
                         ROOT, "/.hadoop-dr/p/points")


def lived_in(seed: int, steps: int = 14) -> TwinPair:
    """A pair with one sealed point, and a source that has moved on since."""
    pair = TwinPair()
    pair.live_in(seed, steps)
    return pair
