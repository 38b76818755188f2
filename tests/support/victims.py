"""Backups through Airflow that are killed: a task, its supervisor, or both, so that nobody hears of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil

from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.bootstrap import backup_stages
from hadoop_dr.domain.config.addresses import HdfsAddress
from support.airflow import Airflow, AtWork, eventually
from support.home import LabHome
from support.live import LiveWriter
from support.stranger import Look, Stranger, assert_same
from support.trees import Mischief

BEGINNING, BETWEEN, END = "at its beginning", "in between", "at its end"
BOTH, CHILD, SUPERVISOR = "task and supervisor", "task", "supervisor"
STAGES = ("preflight", "moment", "plan", "stage", "place", "verify", "seal", "prune", "sealed")
STRETCH_S = 1.5
"""About as long as a stage takes, with the imports that each task begins with."""
KEPT = {"east": 1, "west": 3}
"""How many points each site keeps of a victim: few, so that every run has something to prune."""
POLICY = {"period": "24h", "limits": {"deletions": "100%"},
          "retention": {"primary": f"{KEPT['east']}", "secondary": f"{KEPT['west']}"}}  # fmt: skip
_TRIES = 3
"""As often as one task of a run is tried again."""
_ENDED = ("success", "failed", "upstream_failed", "skipped")


@dataclass(frozen=True)
class Kill:
    """A task that is to die.

    Attributes:
        stage: Which.
        when: Nothing done yet; at a random instant; all done, and nobody told.
        who: Of the two processes. A task without its supervisor works on, beside the next try of it.
    """

    stage: str
    when: str
    who: str = BOTH


@dataclass(frozen=True)
class Struck:
    """A kill, and the try that it was to hit; none where the task was at its end before."""

    kill: Kill
    work: AtWork | None


class Victim:
    """A service with a sealed point, whose next runs are killed.

    Args:
        service: Its policy is there, its directory is on the primary.
    """

    def __init__(self, home: LabHome, airflow: Airflow, service: str, seed: int) -> None:
        self._airflow, self._service, self._dag = airflow, service, f"backup__{service}"
        self._tokens = random.Random(seed)
        self._root = home.root(service)
        site = home.sites["east"]
        address = HdfsAddress("east", tuple(site["namenodes"]), tuple(site["webhdfs"]), site["nameservice"])
        self._namenode = WebHdfsNameNode(address, SystemClock(), SystemTokens())
        self._writer = LiveWriter(site["webhdfs"][0])
        self._mischief = Mischief(self._namenode, self._writer, self._root, seed)
        self._east, self._west = (Stranger(home.sites[name]["webhdfs"][0]) for name in ("east", "west"))
        self._points: dict[str, Look] = {}
        self._missed: Counter[Kill] = Counter()
        self._mischief.run(20)
        with backup_stages(service, "the first one", home=home.path, one_process=True) as stages:
            self._is_right(stages.run_all()["point"])

    def dies(self, kills: Iterable[Kill]) -> None:
        """Has runs killed until every kill has hit a task at work; each run ends sealed and right."""
        left = sorted(kills, key=lambda kill: STAGES.index(kill.stage))
        while left:
            now = self._for_one_run(left)
            run_id = self._begins({"moment": self._soon()} if _waiting(now) else {})
            struck = [self._strike(run_id, kill) for kill in now]
            self._ends_right(run_id, [each.work for each in struck])
            for each in struck:
                self._settle(each, left)

    def outlives(self, stage: str, what: Callable[[], None]) -> None:
        """Something befalls Airflow at a random instant of a stage; the run ends sealed and right."""
        run_id = self._begins({})
        work = self._comes_to(run_id, Kill(stage, BETWEEN))
        what()
        self._ends_right(run_id, [work])

    def close(self) -> None:
        """Gives connections back."""
        for part in (self._namenode, self._writer, self._east, self._west):
            part.close()

    @staticmethod
    def _for_one_run(left: Sequence[Kill]) -> list[Kill]:
        """As many as every task survives, with a try to spare; the two last tasks run at the same time."""
        alone = [kill for kill in left if kill.stage != "sealed" or all(other.stage != "prune" for other in left)]
        return [kill for n, kill in enumerate(alone) if sum(k.stage == kill.stage for k in alone[:n]) < _TRIES - 1]

    def _settle(self, struck: Struck, left: list[Kill]) -> None:
        """Strikes off what hit; what came too late comes sooner the next time."""
        if struck.work is not None and self._airflow.became(struck.work) != "success":
            left.remove(struck.kill)
            return
        self._missed[struck.kill] += 1
        assert self._missed[struck.kill] < 5, f"{self._service}: never at work when the blow came: {struck.kill}"

    @staticmethod
    def _soon() -> str:
        """A moment that has to be waited for."""
        return (datetime.now(UTC) + timedelta(seconds=15)).isoformat(timespec="milliseconds")

    def _begins(self, wishes: Mapping[str, str]) -> str:
        """A run that has something to carry."""
        self._mischief.run(20)
        return self._airflow.trigger(self._dag, wishes)

    def _ends_right(self, run_id: str, hurt: Sequence[AtWork | None]) -> None:
        """The run seals, and is judged when nobody works any more who lost his supervisor."""
        assert self._airflow.ended(self._dag, run_id, 240) == "success", self._airflow.tasks(self._dag, run_id)
        _, alive = psutil.wait_procs([work.child for work in hurt if work is not None], timeout=120)
        assert not alive, f"{self._service}: tasks that lost their supervisors never end: {alive}"
        self._is_right(self._airflow.result(self._dag, run_id, "sealed")["point"])

    def _comes_to(self, run_id: str, kill: Kill) -> AtWork | None:
        """Waits for the instant of a kill; none when the task has ended already."""
        what = f"{self._service}: {kill.who} of {kill.stage} {kill.when}"
        seen: list[AtWork | None] = eventually(
            lambda: self._seen(run_id, kill.stage), 120,
            lambda: f"{what}, among {self._airflow.tasks(self._dag, run_id)}", every_s=0.1,
        )  # fmt: skip
        if (work := seen[0]) is None:
            return None

        def says(words: str) -> bool:
            said = self._airflow.logs(self._dag, run_id, kill.stage, work.try_no)
            return not work.child.is_running() or words in said

        eventually(lambda: says("::endgroup::"), 60, f"{what}: it never begins", every_s=0.01)
        if kill.when == END:
            eventually(lambda: says(f'"{kill.stage}: '), 60, f"{what}: it never ends", every_s=0.005)
        if kill.when == BETWEEN:
            share = (1.0, 0.5, 0.25, 0.1, 0.0)[self._missed[kill]]
            with suppress(psutil.TimeoutExpired):
                work.child.wait(self._tokens.uniform(0, share * STRETCH_S))
        return work

    def _seen(self, run_id: str, stage: str) -> list[AtWork | None] | None:
        """The task at work, or that there is none any more; None while there may be one yet."""
        work = self._airflow.at_work(self._dag, run_id, stage)
        ended = work is None and self._airflow.tasks(self._dag, run_id).get(stage) in _ENDED
        return [work] if work is not None or ended else None

    def _strike(self, run_id: str, kill: Kill) -> Struck:
        work = self._comes_to(run_id, kill)
        if work is not None:
            for process in [*[work.supervisor] * (kill.who != CHILD), *[work.child] * (kill.who != SUPERVISOR)]:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            eventually(lambda: self._airflow.missed(work), 120, f"{self._service}: nobody misses {work}")
        return Struck(kill, work)

    def _is_right(self, point: str) -> None:
        """The new point and the live tree are the source's; every older point that is kept reads back as it did."""
        wanted = self._points[point] = self._east.tree(self._root)
        assert_same(self._west.tree(self._root), wanted, f"{self._service}: the live tree")
        every = sorted(self._points)
        for site, stranger in (("east", self._east), ("west", self._west)):
            there = [name[-len(point) :] for name in stranger.snapshots(self._root)]
            assert there == every[-KEPT[site] :], f"{self._service}: what prune left at {site}"
        for each in every[-KEPT["west"] :]:
            assert_same(self._west.point(self._root, each), self._points[each], f"{self._service}: point {each}")


def die_side_by_side(home: LabHome, airflow: Airflow, shares: Mapping[str, Sequence[Kill]], seed: int) -> None:
    """Has several services killed at the same time."""

    def life(number: int, service: str) -> None:
        victim = Victim(home, airflow, service, seed + number)
        try:
            victim.dies(shares[service])
        finally:
            victim.close()

    with ThreadPoolExecutor(len(shares)) as pool:
        for lived in [pool.submit(life, number, service) for number, service in enumerate(shares)]:
            lived.result()


def _waiting(kills: Iterable[Kill]) -> bool:
    """Whether somebody is to die while the moment is waited for; all others need not wait for one."""
    return any((kill.stage, kill.when) == ("moment", BETWEEN) for kill in kills)
