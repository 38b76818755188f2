"""The active NameNode dies in any stage of a run: the same run seals, nothing older is harmed (I6, I11; faults 1, 2).

Once as the secondary, once as the primary, whose snapshots are then asked for around the death. Needs a lab of its own
with an HA site; see ``support/ha_lab.py``. The seed is printed; ``HADOOP_DR_CRASH_SEED`` chooses another one.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from support import ha_lab
from support.cli import STAGES, Running, cli_home
from support.crowd import SEED, Crowd

pytestmark = [*ha_lab.NEEDS_HA_LAB, pytest.mark.in_order, pytest.mark.timeout(1200)]
AHEAD_S = 12.0
"""How far off a wanted moment is: preflight and a slow machine have to fit in."""


class Hurt:
    """A crowd on a pair of which one site has two NameNodes; the active one is killed, and brought back meanwhile."""

    def __init__(self, crowd: Crowd, pool: ThreadPoolExecutor) -> None:
        self.crowd, self._pool = crowd, pool
        self._back: Future[None] | None = None

    def active(self) -> str:
        """The NameNode to kill, once there is another one to take over."""
        if self._back:
            self._back.result()
        return ha_lab.active()

    def survives(self, run: Running, killed: str) -> None:
        """The run itself seals, and everything reads back, before and after the killed NameNode has come back."""
        try:
            ran = run.ended(within_s=600)
        finally:
            self._back = self._pool.submit(ha_lab.start, killed)
        assert ran.exit_code == 0, ran
        self.crowd.sealed(str(ran.document("backup")["point"]))


@pytest.fixture(scope="module", params=["west", "east"], ids=["secondary", "primary"])
def hurt(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hurt]:
    """A crowd whose secondary, or whose primary, has two NameNodes."""
    print(f"seed {SEED}")
    plain, double = (ha_lab.sites()[site] for site in ("east", "west"))
    sites = {"east": plain, "west": double} if request.param == "west" else {"east": double, "west": plain}
    ha_lab.active()
    with cli_home(tmp_path_factory, sites) as home, ThreadPoolExecutor(1) as pool:
        crowd = Crowd(home, "crowd", max_skew="1m")
        crowd.finish()
        yield Hurt(crowd, pool)


@pytest.mark.parametrize("stage", STAGES)
def test_the_same_run_seals_when_the_active_namenode_dies(hurt: Hurt, stage: str) -> None:
    killed = hurt.active()
    hurt.crowd.changes()
    run = hurt.crowd.hurt_in(stage, lambda run: ha_lab.kill(killed))
    hurt.survives(run, killed)


@pytest.mark.parametrize("stage", ["moment", "stage", "place"])
def test_the_same_run_seals_when_the_active_namenode_hangs(hurt: Hurt, stage: str) -> None:
    """Its connections stay open and nothing answers: the other one takes over much later than after a death."""
    hung = hurt.active()
    hurt.crowd.changes()
    run = hurt.crowd.hurt_in(stage, lambda run: ha_lab.hang(hung))
    ha_lab.wait_for_takeover(hung)
    ha_lab.kill(hung)      # as the fencing of a real site does; the DataNodes, too, wait for one that only hangs
    hurt.survives(run, hung)


@pytest.mark.parametrize("after_ms", [-200, -20, 0, 5, 20])
def test_the_same_run_seals_when_it_dies_around_its_snapshot(hurt: Hurt, after_ms: int) -> None:
    killed = hurt.active()
    hurt.crowd.changes(many=4)
    at_s = time.time() + AHEAD_S
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at_s)) + f".{int(at_s % 1 * 1000):03d}Z"
    run = hurt.crowd.begin("--json", "--moment", moment)
    run.reaches("moment")
    assert run.goes_on(at_s + after_ms / 1000 - time.time())
    ha_lab.kill(killed)
    hurt.survives(run, killed)


def test_every_point_sealed_among_the_failovers_still_reads_back(hurt: Hurt) -> None:
    hurt.active()
    assert len(hurt.crowd.kept) > 1
    for point in hurt.crowd.kept:
        hurt.crowd.reads_back(point)
