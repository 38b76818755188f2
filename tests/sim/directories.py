"""Directories of a policy, files in them, and which snapshots a site holds."""

from __future__ import annotations

from typing import Any

from sim.world import World, protecting

SITES = ("east", "west")


def hdfs(*directories: str, more: str = "") -> str:
    return protecting(*(f"hdfs: {directory}" for directory in directories)) + more


def write(world: World, path: str, data: bytes, site: str = "east") -> None:
    cluster = world.clusters[site]
    cluster.make_directory(path.rpartition("/")[0], 0o755, parents=True)
    node = cluster.make_file(path, replication=1, block_size=1024, overwrite=True)
    cluster.extend(node, data)


def holds(world: World, document: dict[str, Any], *roots: str) -> None:
    """The point has these roots and no other, and each is the primary's of its moment, on both sites and live."""
    for site in SITES:
        assert set(document["snapshots"][site]) == set(roots)
    for root in roots:
        wanted = world.tree("east", f"{root}/.snapshot/{document['snapshots']['east'][root]}")
        assert world.tree("west", f"{root}/.snapshot/{document['snapshots']['west'][root]}") == wanted
        assert world.tree("west", root) == wanted
