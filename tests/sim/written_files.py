"""Files that a user of a site writes."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster

__all__ = ["put"]


def put(cluster: MemoryCluster, path: str, content: bytes, block_size: int = 1024) -> None:
    """Writes a file anew; its directory is there."""
    cluster.extend(cluster.make_file(path, replication=1, block_size=block_size, overwrite=True), content)
