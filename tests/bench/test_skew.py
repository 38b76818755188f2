"""Skew of a group of 32 roots beside a plain loop over them on one warm connection (S2.2)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from uuid import uuid4

import pytest

from bench.scene import say
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.services.take_snapshots import TakeSnapshots

pytestmark = [pytest.mark.bench, pytest.mark.lab]
ROOTS, ROUNDS = 32, 5


@pytest.fixture
def roots(lab: dict[str, dict[str, list[str]]]) -> Iterator[tuple[WebHdfsNameNode, list[str]]]:
    site = lab["east"]
    namenode = WebHdfsNameNode(HdfsAddress("east", tuple(site["namenodes"]), tuple(site["webhdfs"])),
                               SystemClock(), SystemTokens())
    folder = f"/t/bench/skew-{uuid4().hex[:8]}"
    paths = [f"{folder}/root {n}" for n in range(ROOTS)]
    for path in paths:
        namenode.make_directory(path, 0o755)
        namenode.allow_snapshot(path)
    yield namenode, paths
    for path in paths:
        for shot in namenode.snapshots(path):
            namenode.delete_snapshot(path, shot.name)
    namenode.delete(folder, recursive=True)
    namenode.close()


def test_skew_of_many_roots(roots: tuple[WebHdfsNameNode, list[str]]) -> None:
    namenode, paths = roots
    clock = SystemClock()
    together, one_by_one = [], []
    for n in range(ROUNDS):
        taken = TakeSnapshots(namenode, clock).run(
            paths, f"t{n}", clock.monotonic_s() + 0.3, lambda: None, clock.sleep_until)
        together.append(taken.skew_ms)
        begun_s = time.monotonic()
        for path in paths:
            namenode.create_snapshot(path, f"l{n}")
        one_by_one.append((time.monotonic() - begun_s) * 1000)
    say(f"skew of {ROOTS} roots, median of {ROUNDS}", together_ms=median(together), loop_ms=median(one_by_one),
        ratio=median(one_by_one) / median(together))
