"""A try that was superseded while it slept: it neither works on nor looks as if somebody did (I3)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import Busy, Superseded
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased
from sim.world import ROOT, World, fill


def test_a_woken_try_does_not_make_its_successor_look_alive() -> None:
    world = World()
    fill(world)
    world.stages("first").preflight()
    context = world.context()
    zombie = context.claims.heartbeat_for(context.claims.owned("first")[1])
    world.stages("second").preflight(takeover=True)
    asleep = world.clock.sleep_until

    def woken(monotonic_s: float) -> None:
        asleep(monotonic_s)
        zombie.beat()

    world.clock.sleep_until = woken  # type: ignore[method-assign]
    assert world.backup("third")["state"] == "sealed"


def test_a_successor_that_moves_on_is_busy() -> None:
    world = World()
    fill(world)
    world.stages("first").preflight()
    context = world.context()
    owner = context.claims.heartbeat_for(context.claims.owned("first")[1])
    asleep = world.clock.sleep_until

    def works(monotonic_s: float) -> None:
        asleep(monotonic_s)
        owner.beat()

    world.clock.sleep_until = works  # type: ignore[method-assign]
    with pytest.raises(Busy, match="first"):
        world.backup("second")


def test_a_run_that_waits_for_its_moment_stops_when_it_is_superseded() -> None:
    world = World()
    fill(world)
    stages = world.stages("patient")
    stages.preflight(moment=iso(world.clock.wall_ms() + 3_600_000))
    asleep, begun_ms = world.clock.sleep_until, world.clock.wall_ms()

    def overtaken(monotonic_s: float) -> None:
        world.clock.sleep_until = asleep  # type: ignore[method-assign]
        world.backup("hasty", takeover=True)
        asleep(monotonic_s)

    world.clock.sleep_until = overtaken  # type: ignore[method-assign]
    with pytest.raises(Superseded):
        stages.moment()
    assert world.clock.wall_ms() - begun_ms < 3_600_000
    assert [len(world.clusters[site].find(ROOT).children) for site in ("east", "west")] == [3, 3]


def test_nothing_is_appended_under_a_claim_that_was_taken_over_since_the_ledger_was_read() -> None:
    """The entry is decided on what was read last; its number meets whoever came since, and then the claim is judged."""
    world = World()
    fill(world)
    world.stages("first").preflight()
    ledger = world.context().ledger
    claim = ledger.read().claim
    assert claim is not None
    world.stages("second").preflight(takeover=True)
    entries = len(world.context().ledger.chain.entries())
    with pytest.raises(Superseded, match=f"claim {claim.n} of run first was superseded"):
        ledger.append_mine(claim, ClaimReleased(claim.n, "over"))
    assert len(world.context().ledger.chain.entries()) == entries
