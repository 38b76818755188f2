"""The primary's NameNode dies among the snapshots of a moment and comes back much later (fault 1, I1, I11).

From then on it answers nothing: what was asked for last was done or not, and nobody can look. What lies there when it
is back is never taken for a moment's snapshot, and goes.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.errors import DrError, Unknown, Unreachable
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.points.void import Void
from sim.chronicle import ChronicledWorld
from sim.half_done import lived_in
from sim.in_step import in_step, only_snapshots_of_points, sealed
from sim.world import plan_and_stage


class Mortal(ChronicledWorld):
    """A world whose primary dies with a snapshot request.

    Attributes:
        dies_at: With which request of the next run; 0 never.
        done: That snapshot is taken all the same.
    """

    dies_at = 0
    done = False
    asked = 0
    is_dead = False

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites; everything of the primary goes through one that may be dead."""
        sides = super().sides(faults)
        east = sides["east"]
        parts = {name: Dying(self, getattr(east, name)) for name in ("namenode", "files")}
        return {**sides, "east": replace(east, **parts)}  # type: ignore[arg-type]

    def come_back(self) -> None:
        """The NameNode has started again."""
        self.is_dead, self.dies_at, self.asked = False, 0, 0


class Dying:
    """One port of the primary."""

    def __init__(self, world: Mortal, inner: Any) -> None:
        self._world, self._inner = world, inner

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if not callable(real):
            return real

        def call(*arguments: Any, **named: Any) -> Any:
            world = self._world
            if world.is_dead:
                raise Unreachable("east", "no answer", "Start its NameNode")
            if name == "create_snapshot":
                world.asked += 1
                if world.asked == world.dies_at:
                    world.is_dead = True
                    if world.done:
                        real(*arguments, **named)
                    raise Unknown(str(arguments[0]), "the answer to create_snapshot was lost")
            return real(*arguments, **named)

        return call


@cache
def _lived_in() -> Mortal:
    world = lived_in(kind=Mortal)
    world.asked = 0
    return world


@cache
def snapshots_of_a_moment() -> int:
    world = _lived_in().clone()
    stages = world.stages("counted")
    stages.preflight()
    stages.moment()
    return world.asked


def cases() -> list[tuple[int, bool, str]]:
    return [(at, done, then) for at in range(1, snapshots_of_a_moment() + 1) for done in (False, True)
            for then in ("the task again", "the run again", "another run")]  # fmt: skip


def carry_out(world: Mortal, first: str, try_no: int) -> dict[str, Any]:
    """The tasks of a run from one stage on, each a process of its own as in Airflow; gives the sealed point."""
    order = ("preflight", "moment", "plan", "stage", "place", "verify", "seal")
    for stage in order[order.index(first) :]:
        stages = BackupStages(world.context(), "dies", try_no)
        if stage == "stage":
            plan_and_stage(stages)
        else:
            document = getattr(stages, stage)()
    return dict(document)


@pytest.mark.parametrize(("at", "done", "then"), cases())
def test_a_primary_that_dies_at_any_snapshot_of_a_moment_leaves_none_that_is_taken_for_one(
    at: int, done: bool, then: str
) -> None:
    world = _lived_in().clone()
    world.dies_at, world.done = at, done
    with pytest.raises(DrError):
        carry_out(world, "preflight", 1) if then == "the task again" else world.backup("dies")
    assert world.is_dead
    assert [point.run for point in sealed(world)] == ["first"]
    died_ms = world.clock.wall_ms()
    world.come_back()
    world.host.dead.add("dies")
    if then == "the task again":
        document = carry_out(world, "moment", 2)
        Void(world.context()).sweep(world.context().ledger.read())
    else:
        document = world.backup("dies" if then == "the run again" else "next")
    assert document["state"] == "sealed"
    newest = sealed(world)[-1]
    assert newest.moment_ms >= died_ms
    assert all(root.snapshot.created_ms >= died_ms for root in newest.taken.roots.values())
    states = [point.state for point in world.context().ledger.read().points.values()]
    assert (states.count(PointState.SEALED), states.count(PointState.VOID)) == (2, len(states) - 2)
    in_step(world)
    only_snapshots_of_points(world)
