"""Attributes of a root that somebody gave it, and how they look on a site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from sim.world import World

ROOT = "/data/a b+%"
ACL = ("group::r-x", "mask::rwx", "other::---", "user::rwx", "user:alice:rw-")


def looks(world: World, site: str, root: str = ROOT) -> Any:
    """Everything but the time of a root, which HDFS sets anew with each snapshot."""
    namenode = MemoryNameNode(world.clusters[site])
    return replace(namenode.status(root).facts, mtime_ms=0), namenode.extras(root)
