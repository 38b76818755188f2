"""How long a contender waits before it takes a service over."""

from __future__ import annotations

from collections.abc import Callable

from sim.world import World

STANDSTILL_S = 3.0
"""What the world's claims are preset to."""


def takes_s(world: World, work: Callable[[], object]) -> float:
    since = world.clock.monotonic_s()
    work()
    return world.clock.monotonic_s() - since
