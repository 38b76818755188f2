"""A run that failed gives its claim back, so that the next one is at its moment and not late (S2.16), on the twin."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import DrError, Failed
from hadoop_dr.domain.ids import iso
from hadoop_dr.services.backup.stages import BackupStages
from sim.by_hand import STAGES, task
from sim.half_done import made
from sim.takeover import STANDSTILL_S, takes_s
from sim.world import ROOT, World


def failed_at(stage: str, *, dies: bool) -> World:
    """A run of many processes, one of which dies early in this stage, or loses an answer that ends it there."""
    before = made()
    before.host.name = "a worker that lives"
    for done in STAGES[: STAGES.index(stage)]:
        task(before, "scheduled__1", done)
    for at in count(1):
        world = before.clone()
        stages = BackupStages(world.context(Faults(at=at, die=dies, lose=not dies)), "scheduled__1")
        try:
            stages.stage(0) if stage == "stage" else getattr(stages, stage)()
        except (Died, DrError):
            return world
    raise AssertionError("unreachable")


def last_word(world: World, run: str = "scheduled__1") -> dict[str, Any]:
    return BackupStages(world.context(), run).last_word()


@pytest.mark.parametrize("dies", [False, True], ids=["fails", "dies"])
@pytest.mark.parametrize("stage", STAGES[1:])
def test_after_a_run_that_failed_anywhere_the_next_one_begins_at_once_and_is_not_late(stage: str, dies: bool) -> None:
    world = failed_at(stage, dies=dies)
    with pytest.raises(Failed, match="run scheduled__1 sealed no point"):
        last_word(world)
    assert world.context().ledger.read().claim is None
    moment = iso(world.clock.wall_ms() + 1500)
    documents = list[dict[str, Any]]()
    assert takes_s(world, lambda: documents.append(world.backup("scheduled__2", moment=moment))) < STANDSTILL_S
    assert documents[0]["late_by_ms"] == 0
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_the_last_word_of_a_run_that_was_overtaken_leaves_the_others_claim_alone() -> None:
    world = failed_at("moment", dies=True)
    world.host.name = "another"
    world.stages("another").preflight(takeover=True)
    before = world.context().ledger.chain.entries()
    with pytest.raises(Failed, match="run scheduled__1 sealed no point"):
        last_word(world)
    assert world.context().ledger.chain.entries() == before


def test_the_last_word_of_a_run_that_sealed_is_its_point_and_no_other_runs_claim_goes_with_it() -> None:
    world = made()
    for stage in STAGES:
        task(world, "scheduled__1", stage)
    world.stages("another").preflight()
    before = world.context().ledger.chain.entries()
    assert last_word(world)["point"] == world.context().ledger.read().sealed()[-1].point
    assert world.context().ledger.chain.entries() == before
