"""Many roots at one moment: the skew is a measured number, and one root that fails voids all (I1, S2.2)."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import OverQuota, Refused
from hadoop_dr.domain.ledger.bodies.taken import TakenRoot
from hadoop_dr.domain.runs.moment import LEAD_MS, rearm_pause_ms
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.ports.namenode import Service
from sim.many_roots import ROOTS, many, one_at_a_time
from sim.world import World


def ours(world: World, site: str) -> list[str]:
    namenode = MemoryNameNode(world.clusters[site])
    return [shot.name for root in namenode.snapshottable() for shot in namenode.snapshots(root)]


def taken(world: World) -> dict[str, TakenRoot]:
    [point] = [p for p in world.context().ledger.read().points.values() if p.state is PointState.SEALED]
    return dict(point.taken.roots)


def test_the_skew_is_measured_over_all_roots_and_kept_with_each(monkeypatch: pytest.MonkeyPatch) -> None:
    world = many()
    one_at_a_time(world, monkeypatch, each_ms=5)
    document = world.backup("r1")
    assert document["proof"] == "bounded"
    assert 5 * len(ROOTS) <= document["skew_ms"] <= 250
    roots = taken(world)
    assert set(roots) == set(ROOTS)
    assert min(root.asked_ms for root in roots.values()) == 0
    assert max(root.answered_ms for root in roots.values()) == pytest.approx(document["skew_ms"], abs=0.01)


def test_a_skew_above_the_limit_is_taken_again_three_times_and_then_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = many()
    one_at_a_time(world, monkeypatch, each_ms=60)
    with pytest.raises(Refused, match="the moment could not be proven"):
        world.backup("r1")
    points = world.context().ledger.read().points.values()
    assert [point.state for point in points] == [PointState.VOID] * 4
    moments = sorted(point.moment_ms for point in points)
    for rearmed, (earlier, later) in enumerate(pairwise(moments), 1):  # each after a pause of the service's own
        assert later - earlier >= rearm_pause_ms("billing", rearmed) + LEAD_MS
    assert ours(world, "east") == []
    assert ours(world, "west") == []


def test_roots_that_are_too_many_for_the_skew_are_taken_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each try is a snapshot of every root on the primary, and its removal: hundreds of thousands a day for nothing."""
    world = many("max_skew: 40ms\n")
    one_at_a_time(world, monkeypatch, each_ms=2)
    with pytest.raises(Refused, match="the moment could not be proven"):
        world.backup("r1")
    assert [point.state for point in world.context().ledger.read().points.values()] == [PointState.VOID] * 2
    assert world.clusters["east"].shots == 2 * len(ROOTS)
    assert ours(world, "east") == []


def test_roots_that_are_too_many_while_so_many_files_are_open_are_taken_again_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each snapshot looks at every open file of the cluster; the next one would, too."""
    world, real = many(), MemoryNameNode.service

    def crowded(self: MemoryNameNode) -> Service:
        return replace(real(self), open_files=20_000)

    monkeypatch.setattr(MemoryNameNode, "service", crowded)
    one_at_a_time(world, monkeypatch, each_ms=41)
    with pytest.raises(Refused, match="the moment could not be proven"):
        world.backup("r1")
    assert world.clusters["east"].shots == 2 * len(ROOTS)


def test_a_policy_may_have_it_sealed_as_unproven(monkeypatch: pytest.MonkeyPatch) -> None:
    world = many("unproven: seal\n")
    one_at_a_time(world, monkeypatch, each_ms=60)
    document = world.backup("r1")
    assert (document["state"], document["proof"]) == ("sealed", "unproven")
    assert document["skew_ms"] > 250


def test_a_root_that_cannot_be_taken_voids_the_moment_and_the_next_run_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    world = many()
    with monkeypatch.context() as full:
        real = MemoryNameNode.create_snapshot

        def limited(self: MemoryNameNode, path: str, name: str) -> None:
            if path == ROOTS[2]:
                raise OverQuota(path, "has 65536 snapshots already")
            real(self, path, name)

        full.setattr(MemoryNameNode, "create_snapshot", limited)
        with pytest.raises(OverQuota, match=re.escape(ROOTS[2])):
            world.backup("r1")
    assert ours(world, "east") == []
    assert world.context().ledger.read().sealed() == []
    assert world.backup("r2")["state"] == "sealed"
    assert set(taken(world)) == set(ROOTS)
