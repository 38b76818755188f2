"""A run names its moment as early as earlier runs needed it, so that it is rarely missed."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.runs.moment import LEAD_MS
from hadoop_dr.services.ledger.chain import Chain
from sim.world import World, fill

READY_S = 0.7


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world, follow = World(), Chain.follow
    fill(world)

    def slow(self: Chain) -> str | None:
        world.clock.sleep_until(world.clock.monotonic_s() + READY_S)
        return follow(self)

    monkeypatch.setattr(Chain, "follow", slow)
    return world


def kinds(world: World) -> list[str]:
    return [entry.kind for entry in world.context().ledger.chain.entries()]


def test_a_moment_that_was_missed_is_not_missed_again_and_leaves_nothing_to_clear(world: World) -> None:
    world.backup("first")
    assert kinds(world).count("rearmed") == 1
    world.backup("second")  # it clears what the missed moment may have left
    cleared = kinds(world)
    world.backup("third")
    assert [kind for kind in kinds(world)[len(cleared):] if kind != "pruned"] == ["claim", "taken", "staged", "sealed"]
    assert kinds(world).count("rearmed") == 1


def test_a_moment_that_somebody_asked_for_is_not_moved_by_it(world: World) -> None:
    world.backup("first")
    assert world.context().ledger.read().lead_ms > LEAD_MS
    wanted_ms = world.clock.wall_ms() + 5_000
    document = world.backup("second", moment=iso(wanted_ms))
    assert world.context().ledger.read().points[document["point"]].moment_ms == wanted_ms
