"""Runs that are killed or put to sleep at any instant: the next one seals, and nothing older is harmed (I2, I3, I6).

The source is a directory of three hundred files with hostile names that goes on changing: new files, rewritten ones,
tails, renames and swaps. The seed is printed; ``HADOOP_DR_CRASH_SEED`` chooses another one.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from support.cli import STAGES, cli_home
from support.crowd import SEED, Crowd

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.in_order, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def crowd(lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    print(f"seed {SEED}")
    with cli_home(tmp_path_factory) as home:
        found = Crowd(home, "crowd", takeover_after="2s")
        found.finish()
        yield found


@pytest.mark.parametrize(("early", "late"), [*zip(STAGES[:4], STAGES[4:], strict=True)])
def test_runs_that_are_killed_in_each_stage_are_followed_by_a_sealed_point(
    crowd: Crowd, early: str, late: str
) -> None:
    crowd.changes()
    crowd.killed_in(early)
    crowd.changes(many=4)
    third = crowd.begin()
    third.goes_on(crowd.tokens.uniform(0.5, 5))
    third.kill()
    crowd.killed_in(late)
    crowd.finish()


def test_every_point_sealed_among_the_kills_still_reads_back(crowd: Crowd) -> None:
    assert len(crowd.kept) > 1
    for point in crowd.kept:
        crowd.reads_back(point)


@pytest.mark.parametrize("stage", ["stage", "place"])
def test_a_sleeper_that_was_superseded_changes_nothing_when_it_wakes(crowd: Crowd, stage: str) -> None:
    crowd.changes(many=20)
    sleeper = crowd.begin()
    sleeper.reaches(stage)
    sleeper.goes_on(0.15)
    sleeper.process.send_signal(signal.SIGSTOP)
    try:
        point = crowd.finish()
        before = (crowd.home.tree("west", crowd.root), crowd.home.snapshots(crowd.service))
    finally:
        sleeper.process.send_signal(signal.SIGCONT)
    woken = sleeper.ended()
    assert woken.exit_code == 1, woken
    assert "superseded" in woken.error()
    assert (crowd.home.tree("west", crowd.root), crowd.home.snapshots(crowd.service)) == before
    assert crowd.home.sealed(crowd.service)[-1] == point
    crowd.finish()
