"""Snapshots of large roots go one at a time: each holds up the NameNode for as long as its root is large."""

from __future__ import annotations

import threading

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.preflight import advice
from sim.world import POLICY, World

ROOTS = [f"/data/{size} {name}" for size in ("small", "large") for name in ("a%", "ü", "+=")]


def test_snapshots_of_large_roots_are_removed_one_at_a_time_and_those_of_small_ones_side_by_side(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(advice, "LARGE_NAMES", 5)
    world = World(POLICY.replace("  - hdfs: /data/a b+%\n", "".join(f'  - hdfs: "{root}"\n' for root in ROOTS)))
    east, alone, beside = world.clusters["east"], set[str](), set[str]()
    for root in ROOTS:
        for number in range(9 if "large" in root else 1):
            east.make_directory(f"{root}/d {number}", 0o755, parents=True)
    real = MemoryNameNode.delete_snapshot

    def watched(self: MemoryNameNode, path: str, name: str) -> None:
        (alone if threading.current_thread() is threading.main_thread() else beside).add(path)
        real(self, path, name)

    monkeypatch.setattr(MemoryNameNode, "delete_snapshot", watched)
    for number in range(4):
        world.backup(f"r{number}")
    assert alone == {root for root in ROOTS if "large" in root}
    assert beside == {root for root in ROOTS if "small" in root}


def test_no_more_is_removed_at_once_than_a_large_root_holds_up_the_namenode_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Roots of middling size, many of them: others would wait behind sixteen of their snapshots."""
    monkeypatch.setattr(advice, "LARGE_NAMES", 5)
    world = World(POLICY.replace("  - hdfs: /data/a b+%\n", "".join(f'  - hdfs: "{root}"\n' for root in ROOTS)))
    east, beside = world.clusters["east"], set[str]()
    for root in ROOTS:
        for number in range(3):                         # two of them are more than a large one
            east.make_directory(f"{root}/d {number}", 0o755, parents=True)
    real = MemoryNameNode.delete_snapshot

    def watched(self: MemoryNameNode, path: str, name: str) -> None:
        if threading.current_thread() is not threading.main_thread():
            beside.add(path)
        real(self, path, name)

    monkeypatch.setattr(MemoryNameNode, "delete_snapshot", watched)
    for number in range(4):
        world.backup(f"r{number}")
    assert beside == set()
