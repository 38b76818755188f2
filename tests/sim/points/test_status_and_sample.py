"""What ``status`` says of a service and its sites, and which older points a run reads back (I4), on the memory twin."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.mover import MemoryMover
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.config.conflicts import FileOut
from hadoop_dr.domain.errors import BadInput, DrError, Unreachable
from hadoop_dr.domain.roles.arbitration import NO_RULING
from hadoop_dr.ports.mover import Read
from hadoop_dr.services.arbitrate import Arbitrate
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.status import LedgerTold, SiteProbes, Status
from schemas import validate
from sim.world import POLICY, ROOT, World, fill, plan_and_stage

HOUR_S = 3600.0


@dataclass
class Ledgers:
    """The ledger of a world's service, and more if wanted; or none that can be read."""

    context: BackupContext
    more: tuple[str, ...] = ()
    silent: DrError | None = None

    def names(self) -> list[str]:
        if self.silent:
            raise self.silent
        return ["billing", *self.more]

    def read(self, service: str) -> LedgerTold:
        if self.silent:
            raise self.silent
        return LedgerTold(self.context.ledger.read())


def whole(world: World, warnings: list[str] | None = None, *, out: Iterable[FileOut] = (), **ledgers: Any) -> Any:
    """All that ``status`` says."""
    context = world.context()
    views = [SiteProbes(s.name, s.namenode, s.files, s.coordinator) for s in context.sides.values()]
    warn = ([] if warnings is None else warnings).append
    policies = [] if ledgers.pop("forgotten", False) else [context.policy]
    status = Status("east-west", context.roles, views, Ledgers(context, **ledgers), world.clock, warn)
    document = status.run(policies, out)
    validate("status", {"ok": document["ok"], "problems": [], "pairs": [document]})
    return document


def told(world: World, ledger: DrError | None = None, warnings: list[str] | None = None) -> dict[str, Any]:
    document: dict[str, Any] = whole(world, warnings, silent=ledger)
    return document


def filled() -> World:
    world = World(POLICY + "rpo: 1h\n")
    fill(world)
    return world


def test_a_service_is_ok_until_its_newest_point_is_older_than_the_wanted_bound_and_then_late() -> None:
    world = filled()
    assert told(world)["services"]["billing"] == {
        "newest": None, "age_seconds": None, "rpo_seconds": HOUR_S, "state": "no point", "ok": False, "damaged": [],
        "why": "no run has sealed one yet", "left_out": 0, "beside": {},
    }  # fmt: skip
    point = world.backup("r1")["point"]
    now = told(world)["services"]["billing"]
    assert (now["newest"], now["state"], now["ok"]) == (point, "ok", True)
    world.clock.sleep_until(world.clock.monotonic_s() + HOUR_S)
    late = told(world)["services"]["billing"]
    assert (late["newest"], late["state"], late["ok"]) == (point, "late", False)
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
    assert warnings == ["east: ZooKeeper does not answer. Start that ZooKeeper, or repair the network to it"]


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
    assert (service["state"], service["why"], service["ok"]) == ("unknown", "west: does not answer", False)
    assert service["newest"] is None


def test_a_service_of_a_broken_policy_is_broken_with_file_and_line_and_the_age_of_its_newest_point() -> None:
    world = filled()
    point = world.backup("r1")["point"]
    error = BadInput("include/policies/p #ü.yaml:7", "unknown key 'perod'", "Did you mean 'period'?")
    document = whole(world, out=[FileOut(error, "payroll", "east-west")])
    broken = document["services"]["payroll"]
    assert (broken["state"], broken["why"], broken["ok"]) == ("broken", str(error), False)
    assert broken["newest"] == point
    assert document["services"]["billing"]["ok"]
    assert document["ok"] is False
    silent = whole(world, out=[FileOut(error, "payroll", "east-west")], silent=Unreachable("west", "is gone"))
    assert (silent["services"]["payroll"]["state"], silent["services"]["payroll"]["newest"]) == ("broken", None)


def test_a_second_file_that_is_broken_does_not_hide_how_the_sound_one_is() -> None:
    world = filled()
    world.backup("r1")
    error = BadInput("include/policies/again.yaml:7", "unknown key 'perod'")
    assert whole(world, out=[FileOut(error, "billing", "east-west")])["services"]["billing"]["state"] == "ok"


def test_a_service_whose_policy_is_gone_is_not_forgotten_while_points_of_it_are_kept() -> None:
    world = filled()
    world.stages("r0").preflight()
    world.stages("r0").moment()
    assert "billing" not in whole(world, forgotten=True)["services"], "it never had a point"
    point = world.backup("r1")["point"]
    document = whole(world, forgotten=True)
    gone = document["services"]["billing"]
    assert (gone["state"], gone["newest"], gone["ok"], document["ok"]) == ("no policy", point, False, False)
    said = "2 of its points are kept, and no policy file names it any more"
    assert gone["why"] == f"{said} (see: hadoop-dr unprotect --help)"


def test_all_is_well_only_when_every_part_of_each_site_answers_and_clients_are_told_where_to_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = filled()
    world.backup("r1")
    assert told(world)["ok"] is False, "access was never published"
    Arbitrate("east-west", world.coordinators(), world.clock, world.tokens, "test", lambda: NO_RULING).run()
    assert told(world)["ok"] is True
    service, warnings = MemoryNameNode.service, list[str]()
    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "service", lambda self: replace(service(self), safe_mode="Safe mode is ON"))
        assert told(world, warnings=warnings)["ok"] is False
    said = "is in safe mode: Safe mode is ON. Wait for it to leave safe mode"
    assert sorted(warnings) == [f"east: {said}", f"west: {said}"]
    assert told(world)["ok"] is True
    with monkeypatch.context() as patched:
        patched.setattr(MemoryNameNode, "service", lambda self: replace(service(self), cluster_id="CID-other ü"))
        assert told(world, warnings=warnings)["ok"] is False
    assert sum("answers as cluster CID-other ü" in line for line in warnings) == len(world.clusters)
    world.ensembles["west"].reachable = False
    assert told(world)["ok"] is False


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


def test_a_cluster_that_runs_full_is_said_as_snapshots_keep_what_is_deleted_there() -> None:
    """Also, and above all, while the secondary is away and no backup says anything."""
    world, said = World(), list[str]()
    whole(world, said)
    assert said == []
    world.clusters["east"].remaining_bytes = world.clusters["east"].capacity_bytes // 21
    whole(world, said)
    [line] = said
    assert line.startswith("east has ")
    assert "frees no space until the snapshots are removed" in line
