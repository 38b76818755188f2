"""Holding back new points: no run begins, none that waits takes its moment, and one that took it is finished (S0.3)."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest

from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import BadInput, Refused, Unreachable
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger import pair_chain
from hadoop_dr.domain.ledger.bodies.pair import MONITOR, PERSON, ClustersBound, SynchronisingHeld
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.ledger.chain_copy import entry_digest
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.roles.hold import HoldSynchronising
from sim.world import ROOT, StepClock, World, fill, plan_and_stage

HOUR_MS = 3_600_000
WHY = "the rack moves, 100 % ü"


class WokenClock(StepClock):
    """Something happens while somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], object] | None = None

    def sleep_until(self, monotonic_s: float) -> None:
        act, self.meanwhile = self.meanwhile, None
        if act is not None:
            act()
        super().sleep_until(monotonic_s)


def roles(world: World) -> Roles:
    return Roles("east-west", world.files(), world.clock)


def holds(world: World) -> HoldSynchronising:
    return HoldSynchronising("east-west", roles(world), world.clock)


def hold(world: World) -> None:
    told = holds(world).hold(world.clock.wall_ms() + HOUR_MS, "hold-1", "ann ü", WHY)
    assert [(one["slot"], one["by"], one["reason"]) for one in told["held"]] == [(PERSON, "ann ü", WHY)]


def monitor_holds(world: World) -> None:
    held = SynchronisingHeld(MONITOR, "monitor", "east has failed", site="east")
    roles(world).decide(lambda state: None if MONITOR in state.holds else held, "monitor-1")


def snapshots(world: World) -> list[str]:
    return [shot.name for shot in world.context().origin.namenode.snapshots(ROOT)]


@pytest.fixture
def world() -> World:
    made = World(clock=WokenClock())
    fill(made)
    return made


@pytest.mark.parametrize("holding", [hold, monitor_holds])
def test_no_run_begins_while_new_points_are_held_back_and_nothing_is_changed(
    world: World, holding: Callable[[World], None]
) -> None:
    holding(world)
    with pytest.raises(Refused, match=r"hold: east-west: no point is made until .* held by .*because"):
        world.backup("held")
    assert (world.context().ledger.read().claim, snapshots(world)) == (None, [])
    failed = [one for one in RunChecks(world.context()).look() if one.mark is Mark.FAIL]
    assert [one.name for one in failed] == ["hold"], "whatever else stands against a run is looked at all the same"
    assert holds(world).resume("resume-1", "bob", "it stands")["held"] == []
    assert world.backup("then")["state"] == "sealed"


def test_a_hold_said_after_the_checks_stops_the_moment_and_the_next_run_goes_on(world: World) -> None:
    stages = world.stages("first")
    stages.preflight()
    hold(world)
    with pytest.raises(Refused, match="held by ann ü"):
        stages.moment()
    assert snapshots(world) == []
    stages.give_back("a stage failed")
    holds(world).resume("resume-1", "bob", "it stands")
    assert world.backup("then")["state"] == "sealed"


def test_a_hold_said_while_a_run_waits_for_its_moment_stops_it(world: World) -> None:
    assert isinstance(world.clock, WokenClock)
    stages = world.stages("first")
    stages.preflight(moment=iso(world.clock.wall_ms() + 25_000))
    world.clock.meanwhile = lambda: hold(world)
    with pytest.raises(Refused, match="held by ann ü"):
        stages.moment()
    assert snapshots(world) == []


def test_a_point_whose_moment_was_taken_is_finished(world: World) -> None:
    stages = world.stages("first")
    stages.preflight()
    stages.moment()
    hold(world)
    plan_and_stage(stages)
    stages.place()
    stages.verify()
    assert stages.seal()["state"] == "sealed"


def test_a_hold_is_over_at_its_time_without_anybody_doing_anything(world: World) -> None:
    hold(world)
    world.clock.sleep_until(world.clock.monotonic_s() + 3600)
    assert world.backup("then")["state"] == "sealed"


def test_a_time_that_has_passed_is_refused_and_the_same_hold_is_written_once(world: World) -> None:
    with pytest.raises(BadInput, match="has passed"):
        holds(world).hold(world.clock.wall_ms(), "hold-1", "ann", WHY)
    until, before = world.clock.wall_ms() + HOUR_MS, roles(world).read().state.n
    for _ in range(2):
        holds(world).hold(until, "hold-1", "ann", WHY)
    assert roles(world).read().state.n == before + 1
    for _ in range(2):
        assert holds(world).resume("resume-1", "ann", WHY) == {"pair": "east-west", "held": []}
    assert roles(world).read().state.n == before + 2


def test_it_is_said_while_the_primary_is_lost_and_not_while_the_site_that_decides_is(world: World) -> None:
    world.lose("east")
    hold(world)
    world.find("east")
    world.lose("west")
    with pytest.raises(Unreachable):
        holds(world).resume("resume-1", "ann", WHY)


def test_a_pair_without_roles_is_told_to_get_some(world: World) -> None:
    empty = HoldSynchronising("north-south", Roles("north-south", world.files(), world.clock), world.clock)
    with pytest.raises(Refused, match="no roles yet"):
        empty.hold(world.clock.wall_ms() + HOUR_MS, "hold-1", "ann", WHY)


def test_a_checkpoint_of_an_older_version_which_knows_no_holds_lifts_none(world: World) -> None:
    hold(world)
    wanted = roles(world).read().state.holds
    chatter = ClustersBound({"east": "CID-east"})
    for _ in range(30):
        roles(world).decide(lambda state: chatter, "chatter")
    path, n = pair_chain("east-west"), 20
    for files in world.files().values():
        old = {"v": 6, "n": n, "digest": entry_digest(files, path, n), "state": {
            "epoch": 1, "primary": "east", "deciding": "west", "n": n, "owners": {}, "fences": {}}}  # fmt: skip
        files.put(f"{path}/checkpoints/{n:012d}.json.gz", gzip.compress(json.dumps(old).encode()))
    assert roles(world).read().state.holds == wanted
    with pytest.raises(Refused, match="held by ann ü"):
        world.backup("held")


def test_who_was_first_in_between_costs_another_look_and_no_entry(world: World) -> None:
    seen: list[int] = []

    def decide(state: PairState) -> SynchronisingHeld | None:
        seen.append(state.n)
        if len(seen) == 1:
            monitor_holds(world)
        return SynchronisingHeld(PERSON, "ann", WHY)

    state = roles(world).decide(decide, "hold-1")
    assert seen == [seen[0], seen[0] + 1]
    assert set(state.holds) == {MONITOR, PERSON}


def test_the_pairs_ledger_keeps_a_checkpoint_also_where_no_run_writes(world: World) -> None:
    while roles(world).read().state.n < 20:
        roles(world).decide(lambda state: ClustersBound({"east": "CID-east"}), "chatter")
    for files in world.files().values():
        assert files.names(f"{pair_chain('east-west')}/checkpoints") == [f"{20:012d}.json.gz"]
