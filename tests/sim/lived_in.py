"""A world that a run has to carry on in: one sealed point, and a primary that has moved on."""

from __future__ import annotations

from sim.world import ROOT, World, fill


def lived_in() -> World:
    """One sealed point, and a source that has moved on in every way."""
    world = World()
    fill(world)
    world.backup("first")
    east = world.clusters["east"]
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    east.extend(east.find(f"{ROOT}/h#"), b"tail" * 700)
    east.delete(f"{ROOT}/a b", recursive=False)
    east.make_directory(f"{ROOT}/a b", 0o1777, parents=False)
    east.extend(east.make_file(f"{ROOT}/a b/new", replication=2, block_size=1024, overwrite=False), b"n" * 3000)
    return world
