"""A process that dies at any effect of a run leaves nothing that the next run does not bring to a seal (I2, I6)."""

from __future__ import annotations

from itertools import product

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from sim.lived_in import lived_in
from sim.world import ROOT, World
from support.thinned import thinned

LIVED_IN = lived_in()


def effects_of_a_run() -> int:
    world, faults = LIVED_IN.clone(), Faults()
    world.backup("counted", faults)
    return faults.count


COUNT = effects_of_a_run()


@pytest.mark.parametrize(("at", "after"), thinned(product(range(1, COUNT + 1), (False, True)), 3))
def test_a_run_that_died_at_any_effect_is_followed_by_a_sealed_point(at: int, after: bool) -> None:
    world = LIVED_IN.clone()
    older = world.tree("west", f"{ROOT}/.snapshot/{only_snapshot(world)}")
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True, after=after))
    world.host.dead.add("dies")
    document = world.backup("next")
    assert document["state"] == "sealed"
    snapshot = document["snapshots"]["west"][ROOT]
    assert world.tree("west", f"{ROOT}/.snapshot/{snapshot}") == world.tree("east", f"{ROOT}/.snapshot/{snapshot}")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert world.tree("west", f"{ROOT}/.snapshot/{only_snapshot(world)}") == older
    assert world.clusters["west"].find(ROOT).children.keys() == {"a b", "moved", "h#"}


def only_snapshot(world: World) -> str:
    """Name of the first point's snapshot."""
    first = world.context().ledger.read().sealed()[0]
    return str(first.sealed.snapshots[ROOT].name)
