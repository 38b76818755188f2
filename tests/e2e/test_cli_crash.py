"""Runs that are killed or put to sleep at any instant: the next one seals, and nothing older is harmed (I2, I3, I6).

The source is a directory of three hundred files with hostile names that goes on changing: new files, rewritten ones,
tails, renames and swaps. The seed is printed; ``HADOOP_DR_CRASH_SEED`` chooses another one.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.domain.ids import moment_of
from support.backup import assert_equal_trees
from support.cli import STAGES, CliHome, Running, Tree, cli_home
from support.live import LiveWriter
from support.trees import NAMES, Mischief

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(900)]
SEED = int(os.environ.get("HADOOP_DR_CRASH_SEED", "20261120"))
FILES = 300
STRETCH_S = {"preflight": 0.6, "moment": 0.6, "plan": 0.6, "stage": 0.6, "place": 0.6, "verify": 0.4, "seal": 0.15,
             "prune": 0.3}  # fmt: skip
"""How long after the beginning of a stage a kill may come: about as long as the stage takes on a quiet machine."""


class Crowd:
    """A service with many files, and changes of every kind between two runs."""

    def __init__(self, home: CliHome, service: str, **keys: Any) -> None:
        self.home, self.service = home, service
        self.root = home.service(service, retention={"primary": "60", "secondary": "60"}, **keys)
        self.chance = random.Random(SEED)
        self.east, self.writer = home.namenodes["east"], home.writers["east"]
        self.kept: dict[str, Tree] = {}
        self._directories = [f"{self.root}/{name}" for name in NAMES]
        self._mischief = Mischief(self.east, self.writer, f"{self.root}/wild", SEED)
        self._count = 0
        self._states: list[tuple[int, Tree]] = []
        self.east.make_directory(f"{self.root}/wild", 0o755)
        for path in self._directories:
            self.east.make_directory(path, self.chance.choice([0o755, 0o1777]))
        names = [f"{path}/{NAMES[n % len(NAMES)]} {n}" for path in self._directories
                 for n in range(FILES // len(NAMES))]  # fmt: skip
        self._write({name: self._bytes() for name in names})
        self._mischief.run(20)
        self._look()

    def _look(self) -> None:
        """Remembers what the source is from now on; every moment until the next change has to be this."""
        self._states.append((time.time_ns() // 1_000_000, self.home.tree("east", self.root)))

    def _at(self, point: str) -> Tree:
        return next(tree for since_ms, tree in reversed(self._states) if since_ms <= moment_of(point))

    def _bytes(self) -> bytes:
        return self.chance.randbytes(self.chance.choice([0, 10, 1023, 1024, 2050, 5000]))

    def _write(self, contents: dict[str, bytes]) -> None:
        def write(share: list[tuple[str, bytes]]) -> None:
            writer = LiveWriter(self.home.sites["east"]["webhdfs"][0])
            for path, data in share:
                writer.write(path, data)
            writer.close()

        every = list(contents.items())
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(write, [every[n::4] for n in range(4)]))

    def changes(self, many: int = 12) -> None:
        """New, rewritten and longer files, renames, swapped directories, attributes, and some of anything."""
        self._count += 1
        files = [f"{path}/{entry.name}" for path in self._directories for entry in self.east.list(path)
                 if not entry.facts.is_dir]  # fmt: skip
        some = self.chance.sample(files, 5 * many)
        self._write({path: self._bytes() for path in some[:many]})
        for path in some[many : 2 * many]:
            self.writer.append(path, self.chance.randbytes(1500))
        for n, path in enumerate(some[2 * many : 3 * many]):
            self.east.rename(path, f"{self.chance.choice(self._directories)}/moved {self._count}.{n}")
        for path in some[3 * many : 4 * many]:
            self.east.set_permission(path, self.chance.choice([0o600, 0o640, 0o755]))
        self._write({f"{self.chance.choice(self._directories)}/new {self._count}.{n}": self._bytes()
                     for n in range(many)})  # fmt: skip
        one, other = self.chance.sample(self._directories, 2)
        self.east.rename(one, f"{self.root}/aside")
        self.east.rename(other, one)
        self.east.rename(f"{self.root}/aside", other)
        self._mischief.run(5)
        self._look()

    def begin(self, *more: str) -> Running:
        """A backup under way."""
        return self.home.begin("backup", self.service, *more)

    def killed_in(self, stage: str) -> None:
        """A run that dies at a random instant of a stage; one that was faster than the kill is followed by another."""
        for attempt in range(5):
            run = self.begin()
            run.reaches(stage)
            alive = run.goes_on(self.chance.uniform(0, STRETCH_S[stage]) / 2**attempt)
            run.kill()
            if alive:
                return
            self.changes(many=4)
        raise AssertionError(f"every run ended before it could be killed in {stage}: nothing was tried")

    def finish(self, *more: str) -> str:
        """The next run, which has to seal; the tree is the source's, and so is each point since the last look."""
        point = str(self.home.backup(self.service, *more)["point"])
        for new in self.home.sealed(self.service):
            if new not in self.kept:
                if new == point:
                    self.kept[new] = self.home.holds(self.service, new, self._at(new))
                else:
                    self._recovered(new)
        self.reads_back(self.chance.choice(list(self.kept)))
        return point

    def _recovered(self, point: str) -> None:
        """A point that a later run carried to its end, after the source had moved on.

        Times of directories that are later than the moment are left out: HDFS shows the time of a later child in the
        source's snapshot too, so a plan that was made afterwards cannot know the right one.
        """
        found, wanted = self.home.point("west", self.service, point), self._at(point)
        assert_equal_trees(without_later_times(found, point), without_later_times(wanted, point, found))
        self.kept[point] = found

    def reads_back(self, point: str) -> None:
        """An older point is what it was."""
        assert_equal_trees(self.home.point("west", self.service, point), self.kept[point])


def without_later_times(tree: Tree, point: str, judge: Tree | None = None) -> Tree:
    """A tree without the times of those directories that have, in ``judge``, one later than the moment."""
    judge, moment_ms = judge or tree, moment_of(point)
    late = {path for path, (facts, *_) in judge.items() if facts.is_dir and facts.mtime_ms > moment_ms}
    return {
        path: (replace(facts, mtime_ms=0) if path in late else facts, *more) for path, (facts, *more) in tree.items()
    }


@pytest.fixture(scope="module")
def crowd(lab: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    print(f"seed {SEED}")
    with cli_home(tmp_path_factory) as home:
        found = Crowd(home, "crowd", takeover_after="2s")
        found.finish()
        yield found


@pytest.mark.parametrize(("early", "late"), [*zip(STAGES[:4], STAGES[4:], strict=True)])
def test_killed_runs_are_followed_by_a_sealed_point_whatever_they_were_doing(
    crowd: Crowd, early: str, late: str
) -> None:
    crowd.changes()
    crowd.killed_in(early)
    crowd.changes(many=4)
    third = crowd.begin()
    third.goes_on(crowd.chance.uniform(0.5, 5))
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
