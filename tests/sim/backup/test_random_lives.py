"""Lives at random of a service with directories and tables; every promise is asked for after every step (I1 to I9).

A failure names its seed; ``HADOOP_DR_SIM_SEED=17 .venv/bin/pytest tests/sim/backup/test_random_lives.py`` is that life
again.
``make chaos`` lives many more.
"""

from __future__ import annotations

import os

import pytest

from sim.chronicle import INVARIANTS
from sim.life import WAYS, Life
from support.thinned import THOROUGH

ONE = os.environ.get("HADOOP_DR_SIM_SEED")
SEEDS = [int(ONE)] if ONE else range(2_000 if THOROUGH else 20)
ROUNDS = 7


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_happens_to_its_runs_every_visible_point_is_what_the_primary_was(seed: int) -> None:
    Life(seed).live(ROUNDS)


def test_an_even_seed_is_the_same_life_again() -> None:
    """So a failure can be looked at."""
    for seed in (2, 30):
        told = []
        for _ in range(2):
            life = Life(seed)
            life.live(4)
            told.append(life.chronicle.done)
        assert told[0] == told[1]


def test_these_lives_have_everything_in_them() -> None:
    """Else they show little: each disturbance strikes, the catalog changes in many ways, points come and go."""
    lives = [Life(seed) for seed in range(100, 104)]
    for life in lives:
        for number, way in enumerate(WAYS):
            life.users(5)
            life.run(f"run {number}", way)
        life.run("last", "undisturbed")
    happened = {way: sum(life.happened[way] for life in lives) for way in WAYS}
    assert [way for way, times in happened.items() if not times] == []
    states = [life.world.context().ledger.read() for life in lives]
    assert all(len(state.sealed()) > 4 for state in states)
    assert any(point.gone for state in states for point in state.sealed())
    assert len(INVARIANTS) >= 9
