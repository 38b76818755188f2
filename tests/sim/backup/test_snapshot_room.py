"""A NameNode has bounds for snapshots, whoever took them: a run makes room, or is refused, before it meets them."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import OverQuota, Refused
from hadoop_dr.domain.preflight import snapshot_room
from hadoop_dr.services.backup.check import snapshot_room as looks
from hadoop_dr.services.backup.check.run_checks import RunChecks
from sim.many_roots import ROOTS, many
from sim.world import World


def told(world: World, name: str = "snapshots") -> list[Result]:
    return [result for result in RunChecks(world.context()).look() if result.name == name]


def lowered(world: World, site: str, limit: int, patch: pytest.MonkeyPatch) -> None:
    """A cluster so near to its bound that somebody asks for it."""
    patch.setattr(looks, "NONE_NEAR", 0)
    world.clusters[site].snapshot_limit = limit


@pytest.mark.parametrize("site", ["east", "west"])
def test_a_run_that_would_meet_the_bound_is_refused_by_name_and_nothing_has_changed(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = many()
    world.backup("r1")
    lowered(world, site, world.clusters[site].count_snapshots() + len(ROOTS) - 1, monkeypatch)
    before = {name: cluster.count_snapshots() for name, cluster in world.clusters.items()}
    [found] = [result for result in told(world) if result.mark is Mark.FAIL]
    assert found.detail.startswith(f"{site} has {before[site]} snapshots of its")
    with pytest.raises(Refused, match=f"snapshots: {site} has .* a point needs {len(ROOTS)} more"):
        world.backup("r2")
    assert {name: cluster.count_snapshots() for name, cluster in world.clusters.items()} == before
    assert [point.run for point in world.context().ledger.read().points.values()] == ["r1"]


def test_points_that_no_rule_keeps_make_room_first(monkeypatch: pytest.MonkeyPatch) -> None:
    world = many()
    world.policy = world.policy.replace('"5"', '"1h:1m"')
    for number in range(3):
        world.backup(f"r{number}")
        world.clock.sleep_until(world.clock.monotonic_s() + 61)
    world.clock.sleep_until(world.clock.monotonic_s() + 3600)           # no prune has seen that yet
    lowered(world, "west", world.clusters["west"].count_snapshots(), monkeypatch)
    document = world.backup("r3")
    assert document["state"] == "sealed"
    assert any(warning.startswith("pruned early to make room on west: ") for warning in document["warnings"])


def test_a_bound_that_is_met_all_the_same_ends_the_run_and_leaves_no_snapshot() -> None:
    """Somebody else takes the last ones between the look and the moment."""
    world = many()
    world.clusters["east"].snapshot_limit = len(ROOTS) - 1
    with pytest.raises(OverQuota, match=r"already 31 snapshot.* file system snapshot limit is 31"):
        world.backup("r1")
    assert world.clusters["east"].count_snapshots() == 0
    world.clusters["east"].snapshot_limit = 65_536
    assert world.backup("r2")["state"] == "sealed"


def test_check_foretells_what_retention_keeps() -> None:
    world = many()
    assert told(world) == []
    world.clusters["west"].snapshot_limit = 6 * len(ROOTS)
    [foretold] = told(world)
    assert foretold.mark is Mark.WARN
    assert f"west: retention keeps up to 6 points of {len(ROOTS)} roots" in foretold.detail


def test_check_foretells_what_hdfs_keeps_of_a_grid_of_which_the_rule_asks_for_little() -> None:
    """Refused after hours at the bound, a service whose rule keeps seven points would be a riddle."""
    world = many()
    world.policy = world.policy.replace('"5"', '"12h:2h"') + "period: 5m\n"
    [line] = told(world)
    assert line.mark is Mark.OK
    assert "west: retention asks for up to 8 points, but HDFS lets only the oldest" in line.detail
    world.clusters["west"].snapshot_limit = 100 * len(ROOTS)
    [foretold] = told(world)
    assert foretold.mark is Mark.WARN
    assert f"146 points of {len(ROOTS)} roots" in foretold.detail
    assert foretold.remedy.startswith("No span of retention longer than 6 h 30 min. ")


def test_a_large_root_holds_its_last_audit_for_a_day_and_check_counts_that() -> None:
    world = many("audit_entries: 0\nperiod: 5m\n")
    assert told(world) == []
    world.backup("r1")
    assert {line.detail.partition(":")[0] for line in told(world)} == {"east", "west"}
    assert all("keeps up to 290 snapshots of each root" in line.detail for line in told(world))


def test_a_primary_that_runs_full_is_told_by_check_and_with_the_point() -> None:
    world = many()
    world.backup("r1")
    assert [result.mark for result in told(world, "space")] == [Mark.OK]
    world.clusters["east"].remaining_bytes = world.clusters["east"].capacity_bytes // 21
    [full] = [result for result in told(world, "space") if result.mark is Mark.WARN]
    assert full.detail.startswith("east has ")
    assert any("space: east has" in warning for warning in world.backup("r2")["warnings"])


def test_a_run_far_from_every_bound_asks_for_no_setting_more(monkeypatch: pytest.MonkeyPatch) -> None:
    world, asked, settings = many(), list[str](), MemoryNameNode.settings

    def noted(self: MemoryNameNode, *names: str) -> object:
        asked.extend(names)
        return settings(self, *names)

    monkeypatch.setattr(MemoryNameNode, "settings", noted)
    world.backup("r1")
    assert snapshot_room.FILE_SYSTEM not in asked
