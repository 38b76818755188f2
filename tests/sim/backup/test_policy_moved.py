"""A policy that moves to another file is the same service: a service is known by its name (S2.1)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.context import BackupContext
from sim.world import ROOT, World, fill


class Moving(World):
    """A world whose policy lies in a file that a test chooses."""

    file = "include/policies/old ü.yaml"

    def context(self, faults: Faults | None = None) -> BackupContext:
        """The ground of a new process, which finds the policy where it is now."""
        context = super().context(faults)
        return replace(context, policy=replace(context.policy, file=self.file))


def lived_in() -> Moving:
    world = Moving()
    fill(world)
    world.backup("first")
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more")
    return world


LIVED_IN, COUNTED = lived_in(), Faults()
LIVED_IN.clone().backup("counted", COUNTED)


@pytest.mark.parametrize("at", range(1, COUNTED.count + 1, 3))
def test_a_run_whose_policy_moved_is_finished_and_the_next_one_goes_on_as_an_increment(at: int) -> None:
    world = LIVED_IN.clone()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True))
    world.host.dead.add("dies")
    world.file = "include/policies/new %20.yml"
    document = world.backup("next")
    assert document["baseline"] is not None
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert {p.state for p in world.context().ledger.read().points.values()} <= {PointState.SEALED, PointState.VOID}


def test_stages_of_one_run_find_the_policy_wherever_it_lies_then() -> None:
    world = LIVED_IN.clone()
    world.host.name = "one"
    names = iter(f"include/policies/{n} #.yaml" for n in range(9))

    def stages() -> object:
        world.file = next(names)
        return world.stages("one")

    for name in ("preflight", "moment", "plan"):
        getattr(stages(), name)()
    for shard in range(world.stages("one").plan()["shards"]):
        world.stages("one").stage(shard)
    for name in ("place", "verify", "seal"):
        getattr(stages(), name)()
    assert len(world.context().ledger.read().sealed()) == 2
