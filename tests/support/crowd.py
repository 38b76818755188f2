"""A service with hundreds of hostile names that goes on changing, and runs that are hurt at any instant of a stage.

What a point has to hold is read from the source between the changes; the seed is ``HADOOP_DR_CRASH_SEED``.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from hadoop_dr.domain.ids import moment_of
from support.backup import assert_equal_trees
from support.cli import CliHome, Running, Tree
from support.trees import NAMES, Mischief

SEED = int(os.environ.get("HADOOP_DR_CRASH_SEED", "20261120"))
FILES = 300
STRETCH_S = {"preflight": 0.6, "moment": 0.6, "plan": 0.6, "stage": 0.6, "place": 0.6, "verify": 0.4, "seal": 0.15,
             "prune": 0.3}  # fmt: skip
"""How long after the beginning of a stage it may be hurt: about as long as the stage takes on a quiet machine."""


class Crowd:
    """A service with many files, and changes of every kind between two runs."""

    def __init__(self, home: CliHome, service: str, **keys: Any) -> None:
        self.home, self.service = home, service
        self.root = home.service(service, retention={"primary": "60", "secondary": "60"}, **keys)
        self.tokens = random.Random(SEED)
        self.east, self.writer = home.namenodes["east"], home.writers["east"]
        self.kept: dict[str, Tree] = {}
        self._directories = [f"{self.root}/{name}" for name in NAMES]
        self._mischief = Mischief(self.east, self.writer, f"{self.root}/wild", SEED)
        self._count = 0
        self._states: list[tuple[int, Tree]] = []
        self.east.make_directory(f"{self.root}/wild", 0o755)
        for path in self._directories:
            self.east.make_directory(path, self.tokens.choice([0o755, 0o1777]))
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
        return self.tokens.randbytes(self.tokens.choice([0, 10, 1023, 1024, 2050, 5000]))

    def _write(self, contents: dict[str, bytes]) -> None:
        def write(share: list[tuple[str, bytes]]) -> None:
            writer = self.home.writer("east")
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
        some = self.tokens.sample(files, 5 * many)
        self._write({path: self._bytes() for path in some[:many]})
        for path in some[many : 2 * many]:
            self.writer.append(path, self.tokens.randbytes(1500))
        for n, path in enumerate(some[2 * many : 3 * many]):
            self.east.rename(path, f"{self.tokens.choice(self._directories)}/moved {self._count}.{n}")
        for path in some[3 * many : 4 * many]:
            self.east.set_permission(path, self.tokens.choice([0o600, 0o640, 0o755]))
        self._write({f"{self.tokens.choice(self._directories)}/new {self._count}.{n}": self._bytes()
                     for n in range(many)})  # fmt: skip
        one, other = self.tokens.sample(self._directories, 2)
        self.east.rename(one, f"{self.root}/aside")
        self.east.rename(other, one)
        self.east.rename(f"{self.root}/aside", other)
        self._mischief.run(5)
        self._look()

    def begin(self, *more: str) -> Running:
        """A backup under way."""
        return self.home.begin("backup", self.service, *more)

    def hurt_in(self, stage: str, hurt: Callable[[Running], None]) -> Running:
        """A run that is hurt at a random instant of a stage; one that was faster than that is followed by another."""
        for attempt in range(5):
            run = self.begin("--json")
            run.reaches(stage)
            if run.goes_on(self.tokens.uniform(0, STRETCH_S[stage]) / 2**attempt):
                hurt(run)
                return run
            self.changes(many=4)
        raise AssertionError(f"every run ended before it could be hurt in {stage}: nothing was tried")

    def killed_in(self, stage: str) -> None:
        """A run that dies at a random instant of a stage."""
        self.hurt_in(stage, lambda run: run.kill())

    def finish(self, *more: str) -> str:
        """The next run, which has to seal and to hold what the source had."""
        return self.sealed(str(self.home.backup(self.service, *more)["point"]))

    def sealed(self, point: str) -> str:
        """Judges a run that sealed: the tree is the source's, and so is each point since the last look."""
        for new in self.home.sealed(self.service):
            if new not in self.kept:
                if new == point:
                    self.kept[new] = self.home.holds(self.service, new, self._at(new))
                else:
                    self._recovered(new)
        self.reads_back(self.tokens.choice(list(self.kept)))
        return point

    def _recovered(self, point: str) -> None:
        """A point that a later run carried to its end, after the source had moved on.

        A directory may have a later time than it had: HDFS shows the time of a child that came afterwards in the
        source's snapshot too (of one that was moved in, its own time), so a plan made then cannot know the right one.
        """
        found, wanted = self.home.point("west", self.service, point), self._at(point)
        assert_equal_trees(found, with_raised_times(wanted, found))
        self.kept[point] = found

    def reads_back(self, point: str) -> None:
        """An older point is what it was."""
        assert_equal_trees(self.home.point("west", self.service, point), self.kept[point])


def with_raised_times(tree: Tree, other: Tree) -> Tree:
    """A tree whose directories have the times of another one where those are later."""

    def raised(path: str) -> int:
        there = other.get(path, tree[path])[0]
        return max(tree[path][0].mtime_ms, there.mtime_ms) if there.is_dir else tree[path][0].mtime_ms

    return {path: (replace(facts, mtime_ms=raised(path)), *more) for path, (facts, *more) in tree.items()}
