"""What a run asks of the sites, counted and never timed: it follows the change, not the number of roots or files.

Twins count as many requests as the adapters they stand for send (``tests/contract/test_costs.py`` holds both).
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger import CHECKPOINT_EVERY
from hadoop_dr.ports.requests import AUDIT
from hadoop_dr.services.stored import stored_plan
from sim.asked import Asked, many, write
from sim.world import TableWorld, World, protecting

ROOTS = (3, 60, 200)
FIXED, PER_ROOT = 90, 9
FIXED_WITH_TABLES = 150
TRIPS = 40
"""From the stage of the moment to the seal and the other copy of the ledger, for a service without a change."""

CHANGED = 710
"""For 200 files in 200 directories, beside the 200 copies, and for each second a heartbeat, a look at claim and holds.

What no listing tells, and no snapshot diff tells apart from a child that came, are extended attributes: one request for
each new file and each directory on the primary, and one for each directory on the secondary, where somebody else may
have set some meanwhile. That is 600; the rest is the same for one changed file."""


@cache
def unchanged(roots: int) -> Asked:
    return Asked(many(roots), "unchanged")


@pytest.mark.parametrize("roots", ROOTS)
def test_an_unchanged_service_costs_a_constant_and_a_few_requests_for_each_root(roots: int) -> None:
    assert unchanged(roots).until_sealed() <= FIXED + PER_ROOT * roots


@cache
def unchanged_with_tables(tables: int) -> Asked:
    world = TableWorld(policy=protecting("hdfs: /data/r %", "hive: bill"), checkpoint_every=CHECKPOINT_EVERY)
    world.clusters["east"].make_directory("/wh/db", 0o755, parents=True)
    write(world.clusters["east"], "/data/r %/x", "part 0")
    for number in range(tables):
        world.create(f"t{number}")
    world.backup("first")
    world.backup("second")
    return Asked(world, "unchanged")


def test_an_unchanged_service_of_tables_costs_little_more_and_waits_no_longer_than_the_aim() -> None:
    few, many_tables = unchanged_with_tables(2), unchanged_with_tables(30)
    assert many_tables.until_sealed() <= FIXED_WITH_TABLES + PER_ROOT * 32  # each table is a root here
    assert max(few.trips(), many_tables.trips()) <= TRIPS
    assert many_tables.trips() - few.trips() <= 2


def test_how_long_an_unchanged_service_waits_does_not_grow_with_its_roots() -> None:
    trips = [unchanged(roots).trips() for roots in ROOTS]
    assert max(trips) <= TRIPS
    assert max(trips) - min(trips) <= 12


def test_how_long_a_first_run_waits_does_not_grow_with_its_roots() -> None:
    """Neither its checks and its new directories, nor the room it needs."""
    trips = []
    for roots in (3, 40):
        world = World(policy=protecting(*[f"hdfs: /data/r {number}+%" for number in range(roots)]))
        for number in range(roots):
            write(world.clusters["east"], f"/data/r {number}+%/ü d", "part 0")
        asked = Asked(world, "first").document["requests"]
        trips.append({stage: found["trips"] for stage, found in asked.items() if "trips" in found and stage != "prune"})
    grown = {stage: trips[1][stage] - trips[0][stage] for stage in trips[0]}
    assert max(grown.values()) <= 3, grown


def test_an_unchanged_service_stages_nothing_makes_no_work_area_and_seals_a_point() -> None:
    asked = unchanged(60)
    assert asked.document["state"] == "sealed"
    assert "stage" not in asked.document["requests"]
    assert asked.of("make_directory", "place") == asked.of("rename") == asked.of("copy") == 0


def test_what_each_stage_asked_is_told_and_kept_with_the_point() -> None:
    asked = unchanged(3)
    told, kept = asked.document["requests"], asked.recorded.requests
    assert {"before", "preflight", "moment", "plan", "place", "verify", "seal", "prune", AUDIT} == set(told)
    assert {stage: told[stage] for stage in kept if stage != "seal"} == {
        stage: dict(counts) for stage, counts in kept.items() if stage != "seal"
    }
    every = Counter[str]()
    for (stage, site, _), count in asked.operations.items():
        every[f"{stage} {site}"] += count
    assert every == {f"{stage} {site}": count for stage, counts in told.items() for site, count in counts.items()
                     if (site != "trips" and count) or (stage, site) in {(s, d) for s, d, _ in asked.operations}}


def test_a_small_change_in_a_large_directory_costs_what_changed() -> None:
    """200 files in 200 directories, each among others; their bytes and what is done to them is the data plane's.

    The figure is the same among 20,000 files, which take a minute to lay out and to compare; here are 4,000.
    """
    root = "/data/large ü"
    world = World(policy=protecting(f"hdfs: {root}"), checkpoint_every=CHECKPOINT_EVERY)
    east = world.clusters["east"]
    for directory in range(200):
        for number in range(20):
            write(east, f"{root}/d {directory}", f"part {number}")
    world.backup("first")
    for directory in range(200):
        write(east, f"{root}/d {directory}", "part 7", b"another")
    world.clock.look_ms = 0.0
    asked = Asked(world, "changed")
    assert asked.document["files_copied"] == asked.of("copy") == 200
    assert asked.until_sealed() <= CHANGED


def test_shares_of_many_small_roots_are_one_task() -> None:
    world = many(40)
    for number in range(40):
        write(world.clusters["east"], f"/data/r {number}+%/x", "part 1")
    world.host.name = "one task"
    stages = world.stages("one task")
    stages.preflight()
    stages.moment()
    assert stages.plan()["shards"] == 1
    assert stages.stage(0)["files"] == 40
    stages.place()
    stages.verify()
    point = stages.seal()["point"]
    name = snapshot_name("billing", 1, point)
    tree = world.tree("west", f"/data/r 7+%/.snapshot/{name}")
    assert tree == world.tree("east", f"/data/r 7+%/.snapshot/{name}")


@pytest.mark.parametrize(("more", "most"), [("", 16), ("stage_tasks: 3\n", 3)])
def test_what_many_roots_have_to_stage_is_packed_into_as_many_tasks_as_the_policy_allows(
    monkeypatch: pytest.MonkeyPatch, more: str, most: int
) -> None:
    monkeypatch.setattr(stored_plan, "SHARD_COST_BYTES", 1)      # every share is worth a task of its own
    names = [f"/data/r {number}+%" for number in range(40)]
    world = World(policy=protecting(*[f"hdfs: {name}" for name in names]) + more)
    for name in names:
        write(world.clusters["east"], f"{name}/ü d", "part 0")
    stages = world.stages("packed")
    stages.preflight()
    stages.moment()
    assert stages.plan()["shards"] == most
    staged = [stages.stage(task)["files"] for task in range(most)]
    assert (sum(staged), min(staged) > 0) == (40, True)
    stages.place()
    stages.verify()
    assert stages.seal()["state"] == "sealed"
