"""The old primary of a world comes back, and what a test asks of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.come_back import ComeBack
from hadoop_dr.services.roles.reprotect import Reprotect
from sim.failing_over import begun, fail_over, put
from sim.world import World

WROTE = {"never crossed %": b"of the old primary", "a b": b"of the old primary, too", "h#": b"y" * 5000}


class _Services:
    def __init__(self, world: World, faults: Faults) -> None:
        self._world, self._faults = world, faults

    def names(self) -> list[str]:
        return ["billing"]

    @contextlib.contextmanager
    def open(self, service: str) -> Iterator[ComeBack]:
        yield ComeBack(self._world.context(self._faults), "reprotect")


def coming_back(world: World, faults: Faults | None = None) -> Reprotect:
    """A reprotect in a process of its own."""
    world.host.name, faults = "reprotect", faults or Faults()
    sides = world.sides(faults)
    roles = Roles("east-west", {name: side.files for name, side in sides.items()}, world.clock)
    coordinators = {name: side.coordinator for name, side in sides.items()}
    announce = AnnounceIdentity("east-west", coordinators, world.clock, world.tokens)
    return Reprotect("east-west", roles, _Services(world, faults), announce, world.clock)


def come_back(world: World, faults: Faults | None = None) -> dict[str, Any]:
    """One that a person approved."""
    return coming_back(world, faults).run("reprotect", "ann", "the rack is back", approve=True)


def diverged() -> World:
    """East was lost with what never crossed, west went on, and east is there again."""
    world, _ = begun()
    for name, content in WROTE.items():
        put(world, "east", name, content)
    world.clusters["east"].delete("/data/a b+%/ü dir/e%20", recursive=False)
    world.lose("east")
    fail_over(world)
    world.find("east")
    put(world, "west", "of west ü", b"of the new primary")
    put(world, "west", "a b", b"of the new primary, too")
    return world
