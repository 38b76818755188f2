"""One stage of one run in two processes at once, as Airflow may start a task twice (fault 71, I3, I6).

While the first worker is about to have an effect, whichever it is, the second one carries the whole stage out. One of
them may find that its part is taken; whatever the first does afterwards, the run seals what the primary was.
"""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.errors import DrError, Superseded
from hadoop_dr.services.backup.stages import BackupStages
from sim.chronicle import ChronicledWorld
from sim.half_done import made
from sim.in_step import in_step, only_snapshots_of_points, sealed
from support.thinned import thinned

RUN = "manual__1 ü"
STAGES = ("preflight", "moment", "plan", "stage", "place", "verify", "seal", "prune")


def carry_out(world: ChronicledWorld, stage: str, try_no: int, faults: Faults | None = None) -> None:
    """One task: a process of its own that knows the run by its id alone."""
    stages = BackupStages(world.context(faults), RUN, try_no)
    if stage != "stage":
        getattr(stages, stage)()
        return
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)


def up_to(stage: str) -> ChronicledWorld:
    world = made()
    for before in STAGES[: STAGES.index(stage)]:
        carry_out(world, before, 1)
    return world


def effects(stage: str) -> int:
    world, faults = up_to(stage), Faults()
    carry_out(world, stage, 1, faults)
    return faults.count


@pytest.mark.parametrize("stage", STAGES)
def test_whatever_two_workers_of_one_stage_do_at_once_the_run_seals_once_and_nothing_older_is_harmed(
    stage: str,
) -> None:
    begun = up_to(stage)
    problems = dict[int, str]()
    for at in thinned(range(1, effects(stage) + 1), 5):
        world = begun.clone()
        both = Faults(at=at, first=lambda world=world: carry_out(world, stage, 2))  # type: ignore[misc]
        try:
            carry_out(world, stage, 1, both)
        except Superseded:
            pass
        except DrError as error:
            problems[at] = f"{type(error).__name__}: {error}"
        for after in STAGES[STAGES.index(stage) :]:
            carry_out(world, after, 3)
        assert [point.run for point in sealed(world)] == ["first", RUN], at
        in_step(world)
        only_snapshots_of_points(world)
    assert problems == {}
