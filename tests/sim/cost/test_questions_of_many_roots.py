"""What is asked about a service of many roots goes out side by side (S2.14)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.ports.requests import trips
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.roots.unprotect import Unprotect
from sim.asked import many
from sim.world import World

FEW, MANY = 3, 16
WORLDS = {roots: many(roots) for roots in (FEW, MANY)}
ACTS: dict[str, Callable[[BackupContext], object]] = {
    "coverage": lambda context: Coverage(context).run(),
    "plan": lambda context: Preview(context).run(),
    "check": lambda context: RunChecks(context).look(),
    "unprotect": lambda context: Unprotect(context, "away").run("the rack moves", both=True),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_what_waits_for_one_another_does_not_grow_with_the_roots(act: Callable[[BackupContext], object]) -> None:
    def taken(world: World) -> int:
        world = world.clone()
        context, before = world.context(), trips()
        act(context)
        return trips() - before

    few, more = (taken(WORLDS[roots]) for roots in (FEW, MANY))
    assert more - few <= MANY - FEW, f"{few} trips with {FEW} roots, {more} with {MANY}"
