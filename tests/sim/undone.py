"""A run that cannot be finished, and the undo that follows it."""

from __future__ import annotations

from functools import cache

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import DrError
from sim.half_done import back_at_the_sealed_point, effects_of_place, half_done
from sim.world import World

LATE = effects_of_place() - 4


def preflight(world: World, run: str, faults: Faults | None = None) -> bool:
    """The stage that ends what earlier runs left, in a process that is dead afterwards; whether it came to its end."""
    world.host.name = run
    try:
        world.stages(run, faults=faults).preflight()
    except (Died, DrError):
        return False
    finally:
        world.host.dead.add(run)
    return True


@cache
def effects_until_undone(at: int) -> int:
    """Effects of the run that undoes what a place left that died at this effect."""
    world, faults = half_done(at), Faults()
    assert preflight(world, "counted", faults)
    back_at_the_sealed_point(world)
    return faults.count
