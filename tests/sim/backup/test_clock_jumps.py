"""Clocks that jump by an hour in the middle of a run: no wait for it, and no point with a wrong moment (fault 55)."""

from __future__ import annotations

import re

import pytest

from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.state.service_state import PointState
from sim.world import POLICY, ROOT, StepClock, World, fill, plan_and_stage

HOUR_MS = 3_600_000
STRICT = POLICY.replace("max_clock_offset: 1d", "max_clock_offset: 500ms")
STAGES = ("preflight", "moment", "plan", "place", "verify", "seal", "prune")


class Jumping(StepClock):
    """Wall time of the controller, which people and NTP set; the monotonic clock goes on."""

    ahead_ms = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.ahead_ms


def jumping(policy: str) -> tuple[World, Jumping]:
    """Sites whose clocks are right, and a controller whose clock is not to stay so."""
    world = World(policy)
    clock = Jumping()
    clock.__dict__ = world.clock.__dict__  # one time for all
    world.clock = clock
    fill(world)
    return world, clock


def backup(world: World, clock: Jumping, before: str, jump_ms: int) -> str:
    """A run in whose middle the clock jumps; gives the point."""
    stages = world.stages("jumps")
    for stage in STAGES:
        if stage == before:
            clock.ahead_ms = jump_ms
        if stage == "plan":
            plan_and_stage(stages)
        else:
            getattr(stages, stage)()
    return str(stages.sealed()["point"])


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS], ids=["ahead", "back"])
@pytest.mark.parametrize("before", STAGES[2:])
def test_a_clock_that_jumps_after_the_moment_changes_nothing(before: str, jump_ms: int) -> None:
    world, clock = jumping(STRICT)
    began_s = world.clock.monotonic_s()
    backup(world, clock, before, jump_ms)
    [point] = world.context().ledger.read().sealed()
    assert abs(point.taken.roots[ROOT].snapshot.created_ms - point.moment_ms) < 500
    assert world.clock.monotonic_s() - began_s < 60
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    clock.ahead_ms = 0
    assert world.backup("next")["baseline"] == point.point


def off(jump_ms: int) -> str:
    """How a jump is told, to the millisecond that a request may take."""
    return f"({'|'.join(re.escape(f'{jump_ms + more_ms:+d}') for more_ms in (-1, 0, 1))})"


@pytest.mark.parametrize("jump_ms", [HOUR_MS, -HOUR_MS], ids=["ahead", "back"])
def test_a_clock_that_jumps_before_the_moment_makes_no_point_and_nobody_waits_for_it(jump_ms: int) -> None:
    world, clock = jumping(STRICT)
    began_s = world.clock.monotonic_s()
    said = rf"the clock of east is {off(-jump_ms)} ms off, the limit is 500 ms.*Synchronise the clocks"
    with pytest.raises(Refused, match=said):
        backup(world, clock, "moment", jump_ms)
    assert world.clock.monotonic_s() - began_s < 60
    clock.ahead_ms = 0
    document = world.backup("next")
    points = world.context().ledger.read().points.values()
    assert {point.point for point in points if point.state is PointState.SEALED} == {document["point"]}
    names = [shot.name for shot in world.context().origin.namenode.snapshots(ROOT)]
    assert [name for name in names if not name.endswith(document["point"])] == []
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_namenodes_clock_that_jumps_before_the_moment_is_named() -> None:
    world, clock = jumping(STRICT)
    stages = world.stages("jumps")
    stages.preflight()
    world.clusters["east"].now_ms = lambda: StepClock.wall_ms(clock) - HOUR_MS
    with pytest.raises(Refused, match=f"clock of east is {off(-HOUR_MS)} ms off"):
        stages.moment()


def ledger_length(world: World) -> int:
    ledger = world.context().ledger
    ledger.read()
    return ledger.chain.head_n


def test_points_keep_the_order_of_their_moments_when_every_clock_is_set_back() -> None:
    """An older id would be taken for an older point, by the next increment and by retention."""
    world, clock = jumping(POLICY)
    first = world.backup("first")["point"]
    seen = ledger_length(world)
    clock.ahead_ms = -HOUR_MS
    with pytest.raises(Refused, match=f"the newest point, {first}, is of a later moment than .*clock went back"):
        world.backup("refused")
    assert ledger_length(world) == seen
    clock.ahead_ms = 0
    with pytest.raises(Refused, match=f"the newest point, {first}, is of a later moment than"):
        backup(world, clock, "moment", -HOUR_MS)
    clock.ahead_ms = 0
    assert world.backup("next")["baseline"] == first
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
