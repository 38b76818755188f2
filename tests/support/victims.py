"""Backups through Airflow whose tasks are killed, each together with its supervisor, so that nobody hears of it."""

from __future__ import annotations

import random
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil

from hadoop_dr.adapters.system import SystemChance, SystemClock
from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.bootstrap import backup_stages
from hadoop_dr.domain.addresses import HdfsAddress
from support.airflow import Airflow, eventually
from support.home import LabHome
from support.live import LiveWriter
from support.stranger import Look, Stranger, assert_same
from support.trees import Mischief

BEGINNING, BETWEEN, END = "at its beginning", "in between", "at its end"
STRETCH_S = 1.5
"""About as long as a stage takes, with the imports that each task begins with."""


@dataclass(frozen=True)
class Kill:
    """A task that is to die: its stage, and when (nothing done yet; at a random instant; all done, nobody told)."""

    stage: str
    when: str


class Victim:
    """A service with a sealed point, whose next runs are killed.

    Args:
        service: Its policy is there, its directory is on the primary.
    """

    def __init__(self, home: LabHome, airflow: Airflow, service: str, seed: int) -> None:
        self._airflow, self._service, self._dag = airflow, service, f"backup__{service}"
        self._chance = random.Random(seed)
        self._root = home.root(service)
        site = home.sites["east"]
        address = HdfsAddress("east", tuple(site["namenodes"]), tuple(site["webhdfs"]), site["nameservice"])
        self._namenode = WebHdfsNameNode(address, SystemClock(), SystemChance())
        self._writer = LiveWriter(site["webhdfs"][0])
        self._mischief = Mischief(self._namenode, self._writer, self._root, seed)
        self._east, self._west = (Stranger(home.sites[name]["webhdfs"][0]) for name in ("east", "west"))
        self._points: dict[str, Look] = {}
        self._mischief.run(20)
        with backup_stages(service, "the first one", home=home.path, one_process=True) as stages:
            self._is_right(stages.run_all()["point"])

    def dies(self, kills: Iterable[Kill]) -> None:
        """Has runs killed until every kill has hit a task at work; each run ends sealed and right."""
        left = list(kills)
        for share in (1.0, 0.5, 0.25, 0.1, 0.0):
            self._mischief.run(20)
            run_id = self._airflow.trigger(self._dag, {"moment": self._soon()})
            for kill in left:
                self._strike(run_id, kill, share)
            assert self._airflow.ended(self._dag, run_id, 240) == "success", self._airflow.tasks(self._dag, run_id)
            self._is_right(self._airflow.result(self._dag, run_id, "sealed")["point"])
            left = [kill for kill in left if self._tries(run_id, kill) == 1]
            if not left:
                return
        raise AssertionError(f"never at work when the blow came: {left}")

    def close(self) -> None:
        """Gives connections back."""
        for part in (self._namenode, self._writer, self._east, self._west):
            part.close()

    def _tries(self, run_id: str, kill: Kill) -> int:
        return self._airflow.tries(self._dag, run_id, kill.stage, mapped=kill.stage == "stage")

    @staticmethod
    def _soon() -> str:
        """A moment that has to be waited for."""
        return (datetime.now(UTC) + timedelta(seconds=20)).isoformat(timespec="milliseconds")

    def _strike(self, run_id: str, kill: Kill, share: float) -> None:
        what = f"{self._service}: a process of {kill.stage}"
        supervisor, child = eventually(
            lambda: self._airflow.at_work(self._dag, run_id, kill.stage), 120,
            lambda: f"{what} among {self._airflow.tasks(self._dag, run_id)}", every_s=0.05,
        )  # fmt: skip

        def says(words: str) -> bool:
            return not child.is_running() or words in self._airflow.logs(self._dag, run_id, kill.stage)

        eventually(lambda: says("::endgroup::"), 60, f"{what} begins", every_s=0.01)
        if kill.when == END:
            eventually(lambda: says(f'"{kill.stage}: '), 60, f"{what} ends", every_s=0.005)
        if kill.when == BETWEEN:
            with suppress(psutil.TimeoutExpired):
                child.wait(self._chance.uniform(0, share * STRETCH_S))
        for process in (supervisor, child):
            with suppress(psutil.NoSuchProcess):
                process.kill()

    def _is_right(self, point: str) -> None:
        """The new point and the live tree are the source's; every older point reads back as it did."""
        wanted = self._points[point] = self._east.tree(self._root)
        assert_same(self._west.tree(self._root), wanted, f"{self._service}: the live tree")
        for each, was in self._points.items():
            assert_same(self._west.point(self._root, each), was, f"{self._service}: point {each}")
