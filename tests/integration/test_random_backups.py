"""Whole backups over random histories of directories, on two real clusters (I2, I6, I9; S2.5, S2.11).

After each round both trees are equal attribute by attribute, as a stranger reads them who shares no code with the
product; some older points are read back after each round, and every one at the end. Three histories that are backed up
by the services, and one by the command line, go on side by side. The same histories are in
tests/sim/backup/test_random_lives.py, with deaths, lost answers and takeovers in them.
More rounds: ``HADOOP_DR_RANDOM_ROUNDS=600``; others: ``HADOOP_DR_RANDOM_SEED=7`` (what is in use is printed).
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from hadoop_dr.bootstrap import backup_stages, points_of
from support.cli import CliHome
from support.history import KINDS, History
from support.stranger import Look, Stranger, assert_same

ROUNDS = int(os.environ.get("HADOOP_DR_RANDOM_ROUNDS", "24"))
SEED = int(os.environ.get("HADOOP_DR_RANDOM_SEED", "20261121"))
HISTORIES = 3
BY_COMMAND = ROUNDS // 6
READ_BACK = 3
pytestmark = [pytest.mark.lab, pytest.mark.timeout(300 + 20 * ROUNDS)]


def by_services(home: CliHome, service: str, run: str) -> Mapping[str, Any]:
    with backup_stages(service, run, home=home.path, one_process=True) as stages:
        return stages.run_all(approve_deletions=True)


def by_command(home: CliHome, service: str, run: str) -> Mapping[str, Any]:
    return home.backup(service, "--approve-deletions")


class Life:
    """One directory that changes and is backed up, and what each of its points has to be for ever."""

    def __init__(
        self, home: CliHome, back_up: Callable[[CliHome, str, str], Mapping[str, Any]], seed: int, rounds: int
    ) -> None:
        self.seed, self._home, self._back_up, self._rounds = seed, home, back_up, rounds
        self._service = f"random-{seed}"
        self._east, self._west = (Stranger(home.sites[site]["webhdfs"][0]) for site in ("east", "west"))
        self._root = home.service(self._service, retention={"primary": "2", "secondary": str(rounds + 1)})
        self.history = History(home.namenodes["east"], home.writers["east"], self._root,
                               f"{home.folder}/out side {seed}", seed, home.truncate)  # fmt: skip
        self._points: dict[str, Look] = {}

    def live(self, stop: Event) -> int:
        """Goes through all rounds, or until another life has failed; gives how many it went through."""
        try:
            tokens = random.Random(self.seed)
            for number in range(self._rounds):
                if stop.is_set():
                    return number
                self._round(f"seed {self.seed}, round {number}", number)
                for point in tokens.sample(list(self._points), min(READ_BACK, number)):
                    self._reads_back(point, f"seed {self.seed}, after round {number}")
            for point in self._points:
                self._reads_back(point, f"seed {self.seed}, at the end")
            listed = points_of(self._service, self._home.path)["points"]
            assert [(point["point"], point["state"]) for point in listed] == [(one, "sealed") for one in self._points]
            assert self._home.sealed(self._service) == list(self._points)
            return self._rounds
        except BaseException:
            stop.set()
            raise
        finally:
            self._east.close()
            self._west.close()

    def _round(self, where: str, number: int) -> None:
        last = next(reversed(self._points), None)
        self.history.round(self._points.get(last or "", {}))
        sealed = self._back_up(self._home, self._service, f"run {number}")
        assert sealed["baseline"] == last, where
        wanted = self._points[sealed["point"]] = self._east.tree(self._root)
        assert_same(self._west.tree(self._root), wanted, f"{where}: the live tree")
        self._reads_back(sealed["point"], f"{where}: the new point")

    def _reads_back(self, point: str, where: str) -> None:
        assert_same(self._west.point(self._root, point), self._points[point], f"{where}: point {point}")


def test_every_kind_of_change_arrives_and_every_older_point_still_reads_back(home: CliHome) -> None:
    print(f"seeds {SEED} to {SEED + HISTORIES}, {ROUNDS} rounds by the services, {BY_COMMAND} by the command line")
    shares = [ROUNDS // HISTORIES + (n < ROUNDS % HISTORIES) for n in range(HISTORIES)]
    lives = [Life(home, by_services, SEED + n, share) for n, share in enumerate(shares)]
    lives.append(Life(home, by_command, SEED + HISTORIES, BY_COMMAND))
    stop = Event()
    with ThreadPoolExecutor(len(lives)) as pool:
        lived = [life.result() for life in [pool.submit(life.live, stop) for life in lives]]
    assert lived == [*shares, BY_COMMAND]
    for some in (lives, lives[-1:]):
        happened = sum((life.history.done for life in some), Counter())
        print({kind: happened[kind] for kind in KINDS})
        fewest = (ROUNDS if some is lives else BY_COMMAND) // 2
        assert [kind for kind in KINDS if happened[kind] < fewest] == [], happened
