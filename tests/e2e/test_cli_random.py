"""Whole backups through the command line over random histories of a directory (I2, I6, I9; S2.5, S2.11).

After each: both trees are equal attribute by attribute, and every older point still reads back as it was, judged by a
stranger who shares no code with the product. More rounds: ``HADOOP_DR_RANDOM_ROUNDS=100``; another history:
``HADOOP_DR_RANDOM_SEED=7`` (the seed in use is printed).
"""

from __future__ import annotations

import os

import pytest

from support.cli import CliHome
from support.history import KINDS, History
from support.stranger import Look, Stranger, assert_same

ROUNDS = int(os.environ.get("HADOOP_DR_RANDOM_ROUNDS", "10"))
SEED = int(os.environ.get("HADOOP_DR_RANDOM_SEED", "20261120"))
pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300 + 40 * ROUNDS)]


def test_random_histories_arrive_whole_and_leave_older_points_alone(home: CliHome) -> None:
    print(f"seed {SEED}, {ROUNDS} rounds")
    east, west = (Stranger(home.sites[site]["webhdfs"][0]) for site in ("east", "west"))
    root = home.service("random", retention={"primary": "2", "secondary": str(ROUNDS + 1)})
    history = History(home.namenodes["east"], home.writers["east"], root, f"{home.folder}/out side", SEED,
                      home.truncate)  # fmt: skip
    points: dict[str, Look] = {}
    for number in range(ROUNDS):
        where, last = f"seed {SEED}, round {number}", next(reversed(points), None)
        history.round(points.get(last or "", {}))
        document = home.backup("random", "--approve-deletions")
        assert document["baseline"] == last, where
        wanted = points[document["point"]] = east.tree(root)
        assert_same(west.tree(root), wanted, f"{where}: the live tree")
        for point, was in points.items():
            assert_same(west.point(root, point), was, f"{where}: point {point}")
    assert home.sealed("random") == list(points)
    print({kind: history.done[kind] for kind in KINDS})
    assert [kind for kind in KINDS if history.done[kind] < ROUNDS // 2] == [], history.done
    east.close()
    west.close()
