"""What HDFS keeps of points that are gone is shown by `points` and `status`, as it counts against its limits."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Unreachable
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.services.points.counts import snapshot_counts
from hadoop_dr.services.report import points_document
from hadoop_dr.services.status import LedgerTold, SiteProbes, Status
from schemas import validate
from sim.pruned import grown
from sim.world import ROOT, World


def kept_by_hdfs() -> World:
    """Pruned points whose snapshots HDFS only marked as deleted, under names of its own."""
    world = grown(8)
    west = MemoryNameNode(world.clusters["west"])
    for point in world.context().ledger.read().sealed():
        if "west" in point.gone:
            west.create_snapshot(ROOT, f"{snapshot_name('billing', point.epoch, point.point)}#17")
    return world


def points(world: World) -> Any:
    context = world.context()
    document = points_document("billing", context.ledger.read(), ("east", "west"), snapshot_counts(context))
    validate("points", document)
    return document["beside"]


class Ledgers:
    def __init__(self, world: World) -> None:
        self.world = world

    def names(self) -> list[str]:
        return ["billing"]

    def read(self, service: str) -> Any:
        return LedgerTold(self.world.context().ledger.read())


def status(world: World) -> Any:
    context = world.context()
    views = [SiteProbes(s.name, s.namenode, s.files, s.coordinator) for s in context.sides.values()]
    asked = Status("east-west", context.roles, views, Ledgers(world), world.clock, lambda _: None)
    document = asked.run([context.policy])
    validate("status", {"ok": document["ok"], "problems": [], "pairs": [document]})
    return document["services"]["billing"]["beside"]


def test_snapshots_that_hdfs_keeps_of_pruned_points_are_counted_by_points_and_status() -> None:
    world = kept_by_hdfs()
    gone = sum("west" in point.gone for point in world.context().ledger.read().sealed())
    assert gone > 0
    assert points(world) == status(world) == {"west": gone}
    assert points(grown(8)) == status(grown(8)) == {}


def test_a_site_that_does_not_answer_keeps_nobody_from_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    world = kept_by_hdfs()

    def silent(self: MemoryNameNode) -> dict[str, int]:
        raise Unreachable(self.site, "no answer")

    monkeypatch.setattr(MemoryNameNode, "snapshot_counts", silent)
    assert points(world) == status(world) == {}
