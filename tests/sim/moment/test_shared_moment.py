"""The snapshots of a group leave together at T0, or none stays (I1, S2.2), seen on the twin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.reporting.counting import counting_namenode
from hadoop_dr.domain.errors import DrError
from hadoop_dr.ports.requests import Requests
from hadoop_dr.services.take_snapshots import AT_ONCE, TakeSnapshots
from sim.world import StepClock

ROOTS = ("/a b", "/c%20", "/d+=#", "/ü")
NAME = "hdr-p-s-1"


class Interrupted(tuple[str, ...]):
    """Roots among which a person's Ctrl-C falls, after the first of them has its waiting thread."""

    shares = 0

    def __getitem__(self, which: Any) -> Any:
        self.shares += 1
        if self.shares > 1:
            raise KeyboardInterrupt
        return super().__getitem__(which)


@pytest.fixture
def site() -> MemoryNameNode:
    namenode = MemoryNameNode(MemoryCluster("east"))
    for root in ROOTS:
        namenode.make_directory(root, 0o755)
        namenode.allow_snapshot(root)
    return namenode


def take(namenode: MemoryNameNode, roots: tuple[str, ...] = ROOTS, before: Callable[[], None] = lambda: None) -> None:
    clock = StepClock()
    TakeSnapshots(namenode, clock).run(roots, NAME, clock.monotonic_s() + 1, before, clock.sleep_until)


def taken(namenode: MemoryNameNode) -> set[str]:
    return {root for root in ROOTS for shot in namenode.snapshots(root) if shot.name == NAME}


def moments_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("moment")]


def test_every_root_has_its_snapshot_after_the_moment(site: MemoryNameNode) -> None:
    take(site)
    assert taken(site) == set(ROOTS)


def test_marks_are_read_before_the_first_request_leaves_and_after_the_last_answer(site: MemoryNameNode) -> None:
    """What changes in between is no part of the moment: E0 and E1 of a metastore enclose all snapshots."""
    seen = list[set[str]]()
    clock = StepClock()
    TakeSnapshots(site, clock).run(
        ROOTS, NAME, clock.monotonic_s() + 1, lambda: seen.append(taken(site)), clock.sleep_until,
        lambda: seen.append(taken(site)),
    )  # fmt: skip
    assert seen == [set(), set(ROOTS)]


@pytest.mark.parametrize(("idle_s", "asked"), [(1.0, 0), (60.0, len(ROOTS))])
def test_connections_are_warmed_unless_they_were_used_a_moment_ago(
    site: MemoryNameNode, idle_s: float, asked: int
) -> None:
    clock, counted = StepClock(), Requests()
    used_s = clock.monotonic_s()
    clock.sleep_until(used_s + idle_s)
    warmed = TakeSnapshots(counting_namenode(site, counted.of("east")), clock, used_s)
    warmed.run(ROOTS, NAME, clock.monotonic_s() + 1, lambda: None, clock.sleep_until)
    assert counted.by_operation().get(("before", "east", "status"), 0) == asked


def test_a_root_that_fails_takes_the_snapshots_of_all_others_back(site: MemoryNameNode) -> None:
    with pytest.raises(DrError, match="/gone"):
        take(site, (*ROOTS, "/gone"))
    assert taken(site) == set()


def test_a_catalog_that_cannot_be_read_at_the_moment_leaves_no_snapshot(site: MemoryNameNode) -> None:
    def unreadable() -> None:
        raise DrError("hive", "does not answer", "Start it")

    with pytest.raises(DrError, match="does not answer"):
        take(site, before=unreadable)
    assert taken(site) == set()
    assert moments_threads() == []


@pytest.mark.timeout(20)
def test_a_run_that_is_interrupted_while_it_arms_ends_at_once_and_takes_nothing(site: MemoryNameNode) -> None:
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        take(site, Interrupted(ROOTS))
    assert time.monotonic() - begun < 10, "it waited for threads that wait for a moment that does not come"
    assert taken(site) == set()
    assert moments_threads() == []


def test_very_many_roots_share_a_bounded_number_of_waiting_threads(site: MemoryNameNode) -> None:
    """One for each of a thousand would wait for all others, and for a NameNode that serves one after the other."""
    many = tuple(f"/many/{n} ü" for n in range(2 * AT_ONCE + 3))
    for root in many:
        site.make_directory(root, 0o755)
        site.allow_snapshot(root)
    waiting: list[int] = []
    clock = StepClock()
    taken = TakeSnapshots(site, clock).run(many, NAME, clock.monotonic_s() + 1,
                                           lambda: waiting.append(len(moments_threads())), clock.sleep_until)
    assert waiting == [AT_ONCE]
    assert tuple(one.root for one in taken.roots) == many
    assert all([shot.name for shot in site.snapshots(root)] == [NAME] for root in many)


def test_a_root_that_breaks_its_thread_ends_the_moment_at_once(
    site: MemoryNameNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = MemoryNameNode.status

    def broken(self: MemoryNameNode, path: str) -> Any:
        if path == ROOTS[1]:
            raise MemoryError(path)
        return real(self, path)

    monkeypatch.setattr(MemoryNameNode, "status", broken)
    with pytest.raises(threading.BrokenBarrierError):
        take(site)
    assert taken(site) == set()
    assert moments_threads() == []
