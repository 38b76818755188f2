"""Whole backups through the command line over random histories of a directory (I2, I6, I9; S2.5, S2.11).

After each: both trees are equal attribute by attribute, and every older point still reads back as it was. More rounds:
``HADOOP_DR_RANDOM_ROUNDS=100``; another history: ``HADOOP_DR_RANDOM_SEED=7`` (the seed in use is printed).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress

import pytest

from hadoop_dr.domain.errors import Failed
from support.backup import assert_equal_trees
from support.cli import CliHome, Tree
from support.trees import Mischief

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(600)]
ROUNDS = int(os.environ.get("HADOOP_DR_RANDOM_ROUNDS", "10"))
SEED = int(os.environ.get("HADOOP_DR_RANDOM_SEED", "20261120"))
STEPS = 12


class Neighbourhood(Mischief):
    """Changes below a root, and traffic with the directory beside it."""

    def __init__(self, home: CliHome, root: str, seed: int) -> None:
        super().__init__(home.namenodes["east"], home.writers["east"], root, seed)
        self._home, self._aside = home, f"{home.folder}/out side"
        self.namenode.make_directory(self._aside, 0o755)
        self._count = 0

    def leave(self) -> None:
        """Something leaves the root for good, or until it comes back."""
        self._count += 1
        self.namenode.rename(self._any(), f"{self._aside}/left {self._count}")

    def come(self) -> None:
        """Something from outside comes in: what left before, or a file that was never here."""
        gone = [entry.name for entry in self.namenode.list(self._aside)]
        if not gone or self.chance.random() < 0.4:
            self._count += 1
            gone = [f"new {self._count}"]
            self.writer.write(f"{self._aside}/{gone[0]}", self._bytes())
        self.namenode.rename(f"{self._aside}/{self.chance.choice(gone)}", self._free())

    def cut_anywhere(self) -> None:
        """A truncate inside a block."""
        path = self._file()
        length = self.namenode.status(path).facts.length
        if length > 1:
            self._home.truncate(path, self.chance.randrange(1, length))

    def rewrite_in_place(self) -> None:
        """Other bytes of the same number, and the old time put back."""
        path = self._file()
        was = self.namenode.status(path).facts
        self.writer.write(path, self.chance.randbytes(was.length))
        self.namenode.set_times(path, was.mtime_ms)

    def unmark(self) -> None:
        """An extended attribute comes, another one goes."""
        path = self._any()
        self.namenode.set_xattr(path, "user.e%20", b"\x00\xff")
        self.namenode.remove_xattr(path, "user.note")

    def _insist(self, change: Callable[[], None]) -> None:
        """Makes a change; where the cluster refuses (a name taken, no file there), elsewhere."""
        for _ in range(20):
            with suppress(Failed, IndexError):
                return change()
            self.put()
        raise AssertionError(f"{change.__name__} was never possible")

    def round(self) -> None:
        """One round: each special change once, ordinary ones in between."""
        for special in (self.leave, self.come, self.cut_anywhere, self.rewrite_in_place, self.unmark):
            self.run(STEPS // 5)
            self._insist(special)
        self.run(STEPS % 5)


def test_random_histories_arrive_whole_and_leave_older_points_alone(home: CliHome) -> None:
    print(f"seed {SEED}, {ROUNDS} rounds")
    root = home.service("random", retention={"primary": "2", "secondary": str(ROUNDS + 1)})
    history = Neighbourhood(home, root, SEED)
    history.run(30)
    kept: dict[str, Tree] = {}
    for number in range(ROUNDS):
        history.round()
        document = home.backup("random")
        assert document["baseline"] == (list(kept)[-1] if kept else None), f"seed {SEED}, round {number}"
        for older, was in kept.items():
            assert_equal_trees(home.point("west", "random", older), was)
        kept[document["point"]] = home.holds("random", document["point"])
        assert_equal_trees(home.tree("east", root), kept[document["point"]])
    assert home.sealed("random") == list(kept)
