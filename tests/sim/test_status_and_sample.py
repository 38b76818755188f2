"""What ``status`` says of a service and its sites, and which older points a run reads back (I4), on the memory twin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Unreachable
from hadoop_dr.domain.service_state import ServiceState
from hadoop_dr.ports.mover import Read
from hadoop_dr.services.status import SiteView, Status
from sim.test_backup_flow import ROOT, fill
from sim.world import POLICY, World, plan_and_stage

HOUR_S = 3600.0


def told(world: World, ledger: DrError | None = None, warnings: list[str] | None = None) -> dict[str, Any]:
    ground = world.ground()

    def read(_: str) -> ServiceState:
        if ledger is not None:
            raise ledger
        return ground.ledger.read()

    views = [SiteView(s.name, s.namenode, s.files, s.coordinator, None) for s in ground.sides.values()]
    warn = ([] if warnings is None else warnings).append
    return Status("east-west", ground.roles, views, read, world.clock, warn).run([ground.policy])


def filled() -> World:
    world = World(POLICY + "rpo: 1h\n")
    fill(world)
    return world


def test_a_service_is_ok_until_its_newest_point_is_older_than_the_wanted_bound_and_then_late() -> None:
    world = filled()
    assert told(world)["services"]["billing"] == {
        "newest": None, "age_seconds": None, "rpo_seconds": HOUR_S, "state": "no point",
    }  # fmt: skip
    point = world.backup("r1")["point"]
    now = told(world)["services"]["billing"]
    assert (now["newest"], now["state"]) == (point, "ok")
    world.clock.sleep_until(world.clock.monotonic_s() + HOUR_S)
    late = told(world)["services"]["billing"]
    assert (late["newest"], late["state"]) == (point, "late")
    assert late["age_seconds"] - now["age_seconds"] == pytest.approx(HOUR_S, abs=1)
    world.backup("r2")
    assert told(world)["services"]["billing"]["state"] == "ok"


def test_a_part_of_a_site_that_does_not_answer_is_named_in_one_line() -> None:
    world, warnings = filled(), list[str]()
    assert told(world, warnings=warnings)["sites"]["east"]["health"] == {"available": 2, "total": 2}
    assert warnings == []
    world.ensembles["east"].reachable = False
    east = told(world, warnings=warnings)["sites"]["east"]
    assert (east["health"], east["readable"]) == ({"available": 1, "total": 2}, True)
    assert warnings == ["east: ZooKeeper does not answer. Start that ZooKeeper, or mend the way to it"]


def test_a_service_whose_live_tree_is_being_changed_says_so() -> None:
    world = filled()
    world.backup("r1")
    stages = world.stages("r2")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    assert told(world)["services"]["billing"]["state"] == "placing"
    stages.verify()
    stages.seal()
    assert told(world)["services"]["billing"]["state"] == "ok"


def test_a_ledger_that_cannot_be_read_is_unknown_and_never_ok() -> None:
    world = filled()
    world.backup("r1")
    service = told(world, Unreachable("west", "does not answer"))["services"]["billing"]
    assert service["state"] == "unknown: west: does not answer"
    assert service["newest"] is None


def test_a_site_that_does_not_answer_is_counted_and_the_other_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = filled()
    world.backup("r1")
    service = MemoryNameNode.service

    def silent(self: MemoryNameNode) -> Any:
        if self.site == "east":
            raise Unreachable("east", "does not answer")
        return service(self)

    monkeypatch.setattr(MemoryNameNode, "service", silent)
    sites = told(world)["sites"]
    assert (sites["east"]["readable"], sites["east"]["health"]) == (False, {"available": 1, "total": 2})
    assert (sites["west"]["readable"], sites["west"]["health"]) == (True, {"available": 2, "total": 2})
    assert told(world)["services"]["billing"]["state"] == "ok"


def test_the_sample_goes_round_and_reads_every_older_point(monkeypatch: pytest.MonkeyPatch) -> None:
    world = filled()
    read: list[str] = []
    digest = MemoryMover.digest

    def noted(self: MemoryMover, reads: Iterable[Read]) -> Any:
        asked = list(reads)
        read.extend(one.path for one in asked)
        return digest(self, asked)

    monkeypatch.setattr(MemoryMover, "digest", noted)
    east, points = world.clusters["east"], list[str]()
    sampled: set[str] = set()
    for number in range(20):
        east.extend(east.make_file(f"{ROOT}/a b", replication=1, block_size=1024, overwrite=True), b"%d" % number)
        read.clear()
        document = world.backup(f"r{number}")
        here = {point for point in points for path in read if f"/.snapshot/dr-billing-e1-{point}/" in path}
        assert len(here) <= 1, "one older point each time"
        assert here or not points
        sampled |= here
        points.append(document["point"])
        world.clock.sleep_until(world.clock.monotonic_s() + 61)
    assert len(sampled) > 9, "the same points are read again and again"
