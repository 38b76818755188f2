"""Files that a user of a site writes."""

from __future__ import annotations

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster

__all__ = ["put"]


def put(cluster: MemoryCluster, path: str, content: bytes) -> None:
    """Writes a file anew; its directory is there."""
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), content)
