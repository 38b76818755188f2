"""A sealed snapshot holds the user's data and nobody's unfinished work (I2, I3)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from sim.world import World, plan_and_stage, protecting

ROOT = "/data/a b+%"


def write(world: World, name: str) -> None:
    east = world.clusters["east"]
    east.make_directory(ROOT, 0o755, parents=True)
    east.extend(east.make_file(f"{ROOT}/{name}", replication=1, block_size=1024, overwrite=True), name.encode())


@pytest.mark.parametrize("opened", ["billing-1-1/made", ""], ids=["area", "place of areas"])
@pytest.mark.parametrize("most", [3, 1000], ids=["large", "small"])
@pytest.mark.parametrize("points", [0, 1])
def test_what_an_overtaken_worker_opens_before_the_candidate_is_in_no_sealed_snapshot(
    most: int, points: int, opened: str
) -> None:
    world = World(policy=protecting(f"hdfs: {ROOT}") + f"audit_entries: {most}\n")
    for number in range(9):
        write(world, f"part {number} ü")
    for number in range(points):
        world.backup(f"first {number}")
    write(world, "later#")
    world.host.name = "late"
    stages = world.stages("late")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    world.clusters["west"].make_directory(f"{ROOT}/.hadoop-dr/{opened}".rstrip("/"), 0o700, parents=True)
    stages.verify()
    stages.seal()
    sealed = world.context().ledger.read().newest_sealed()
    assert sealed is not None
    top = f"{ROOT}/.snapshot/{sealed.sealed.snapshots[ROOT].name}"
    assert ".hadoop-dr" not in {entry.name for entry in MemoryNameNode(world.clusters["west"]).list(top)}
    assert world.backup("next")["state"] == "sealed"


def test_what_a_worker_opened_that_woke_after_the_seal_costs_an_unchanged_run_no_repair() -> None:
    world = World(policy=protecting(f"hdfs: {ROOT}"))
    for number in range(2):
        write(world, f"part {number} ü")
        world.backup(f"first {number}")
    world.clusters["west"].make_directory(f"{ROOT}/.hadoop-dr/billing-1-1/made", 0o700, parents=True)
    world.backup("next")
    sealed = world.context().ledger.read().newest_sealed()
    assert sealed is not None
    name = sealed.sealed.snapshots[ROOT].name
    assert name.endswith(sealed.point), f"{name} is the candidate after a repair"
    assert ".hadoop-dr" not in {entry.name for entry in MemoryNameNode(world.clusters["west"]).list(ROOT)}
