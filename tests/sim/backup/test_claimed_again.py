"""A run that is asked again under its id, or for a moment that was wanted before: it seals, or is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import Refused, Unreachable
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.preflight import StartRun
from sim.half_done import half_done, made
from sim.undone import LATE, effects_until_undone, preflight
from sim.world import ROOT, World, plan_and_stage


def soon(world: World) -> str:
    return iso(world.clock.wall_ms() + 25_000)


def fails_once(world: World, monkeypatch: pytest.MonkeyPatch, run: str, moment: str) -> None:
    """A preflight that finds no answer right after its claim."""
    with monkeypatch.context() as broken:
        error = Unreachable("east", "no answer for a moment")
        broken.setattr(StartRun, "_make_ready", lambda self, claim: (_ for _ in ()).throw(error))
        with pytest.raises(Unreachable):
            world.stages(run).preflight(moment=moment)


def sealed(world: World, run: str, moment: str, try_no: int) -> dict[str, Any]:
    stages = world.stages(run, try_no)
    stages.preflight(moment=moment)
    stages.moment()
    plan_and_stage(stages)
    for stage in (stages.place, stages.verify):
        stage()
    return stages.seal()


@pytest.mark.parametrize("run", ["scheduled__1", "another"])
def test_a_moment_whose_preflight_failed_after_its_claim_is_sealed_by_the_next_try_or_run(
    monkeypatch: pytest.MonkeyPatch, run: str
) -> None:
    world = made()
    moment = soon(world)
    fails_once(world, monkeypatch, "scheduled__1", moment)
    document = sealed(world, run, moment, 2)
    assert (document["state"], document["late_by_ms"]) == ("sealed", 1)
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert {p.state for p in world.context().ledger.read().points.values()} == {PointState.SEALED, PointState.VOID}


def test_a_moment_is_wanted_as_often_as_its_preflight_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    world = made()
    moment = soon(world)
    for _ in range(3):
        fails_once(world, monkeypatch, "scheduled__1", moment)
    assert sealed(world, "scheduled__1", moment, 4)["late_by_ms"] == 3


def test_the_moment_of_a_sealed_point_is_refused_by_name_and_nothing_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = made()
    moment = soon(world)
    point = world.backup("first of it", moment=moment)["point"]
    world.host.dead.add("first of it")
    entries = world.context().ledger.chain.entries()
    with pytest.raises(Refused, match=f"moment: point {point} of exactly this moment was sealed by run first of it"):
        world.backup("again", moment=moment)
    assert world.context().ledger.chain.entries() == entries


@pytest.mark.parametrize("at", [1, 8, 12, 20])
def test_a_run_that_died_in_its_place_and_is_asked_again_under_its_id_seals_its_point(at: int) -> None:
    """What it changed itself is no drift."""
    world = made()
    world.host.name = "manual__1"
    stages = world.stages("manual__1")
    stages.preflight()
    point = stages.moment()["point"]
    plan_and_stage(stages)
    with pytest.raises(Died):
        world.stages("manual__1", faults=Faults(at=at, die=True)).place()
    world.host.dead.add("manual__1")
    assert world.backup("manual__1")["point"] == point
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_run_whose_point_is_being_undone_makes_a_new_one_when_it_is_asked_again_under_its_id() -> None:
    world = half_done(LATE)
    [given_up] = world.context().ledger.read().unfinished()
    preflight(world, "stops", Faults(at=effects_until_undone(LATE) // 2, die=True))
    world.host.dead.add("stops")
    document = world.backup(given_up.run)
    assert document["point"] > given_up.point
    assert world.context().ledger.read().points[given_up.point].state is PointState.VOID
