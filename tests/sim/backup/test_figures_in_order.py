"""Figures of a run are shown in the order of its stages, whatever order the ledger keeps them in."""

from __future__ import annotations

from sim.world import World, fill

STAGES = ["preflight", "moment", "plan", "stage", "place", "verify"]


def test_seconds_and_requests_are_in_the_order_of_the_stages() -> None:
    world = World()
    fill(world)
    document = world.backup("r 1%")
    stages = [*STAGES, "seal", "prune"]
    assert list(document["seconds"]) == STAGES
    assert [name for name in document["requests"] if name in stages] == stages
    again = world.stages("r 1%").sealed()
    assert list(again["seconds"]) == STAGES
    assert [name for name in again["requests"] if name in stages] == [*STAGES, "seal"]
