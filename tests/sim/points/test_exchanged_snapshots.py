"""Somebody removes a snapshot that a run works with, and takes another one under its name: no point is sealed with it.

Two snapshots of one name are told apart by their ids. What was read from the other one, or was not read because it
hides what changed, would be sealed as equal (I2, I7).
"""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import BaselineLost, Unreachable
from hadoop_dr.services.backup.stages import BackupStages
from sim.asked import many
from sim.world import ROOT, World, fill, protecting

SIZES = {"small": "", "large": "audit_entries: 3\n"}
AFTER = ("moment", "plan", "place", "verify")
STAGES = ("preflight", "moment", "plan", "place", "verify", "seal")


def lived(size: str, drift: str = "refuse") -> World:
    world = World(policy=protecting(f"hdfs: {ROOT}") + SIZES[size] + f"drift: {drift}\n")
    fill(world)
    world.backup("r1")
    write(world, "east", f"{ROOT}/ü dir/e%20", b"another")
    return world


def write(world: World, site: str, path: str, content: bytes) -> None:
    cluster = world.clusters[site]
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), content)


def run(stages: BackupStages, *names: str) -> None:
    for name in names:
        told = getattr(stages, name)()
        if name == "plan" and told["shards"]:
            stages.stage(0)


def exchange(world: World, site: str, name: str, *, again: bool = True) -> None:
    namenode = MemoryNameNode(world.clusters[site])
    assert namenode.delete_snapshot(ROOT, name)
    if again:
        namenode.create_snapshot(ROOT, name)


def baseline(world: World) -> tuple[str, str]:
    [point] = world.context().ledger.read().sealed()
    return point.taken.snapshots[ROOT].name, point.sealed.snapshots[ROOT].name


def own(world: World) -> tuple[str, str]:
    newest = {site: MemoryNameNode(cluster).snapshots(ROOT)[-1].name for site, cluster in world.clusters.items()}
    return newest["east"], newest["west"]


def check(world: World, stages: BackupStages, done: str) -> None:
    """The run ends without a point; the next one seals what the primary has."""
    with pytest.raises(BaselineLost, match=r"another snapshot than the recorded one|is gone"):
        run(stages, *STAGES[STAGES.index(done) + 1:])
    assert [point.run for point in world.context().ledger.read().sealed()] == ["r1"]
    world.host.dead.add("r2")
    assert world.backup("r3")["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("after", AFTER)
def test_a_baseline_that_was_exchanged_on_the_primary_during_a_run_is_noticed_before_the_seal(
    after: str, size: str
) -> None:
    """Exchanged before the plan it hides every change: the difference is empty, and nothing would be copied."""
    world = lived(size)
    stages = world.stages("r2")
    run(stages, *STAGES[: STAGES.index(after) + 1])
    exchange(world, "east", baseline(world)[0])
    check(world, stages, after)


@pytest.mark.parametrize("again", [True, False], ids=["another", "gone"])
@pytest.mark.parametrize("which", ["primary", "candidate", "base"])
def test_a_snapshot_that_was_exchanged_or_removed_after_it_was_verified_is_in_no_point(which: str, again: bool) -> None:
    """What somebody hid in one on the secondary is foreign to the next run, and kept aside by the drift rule."""
    world = lived("small", "restore")
    stages = world.stages("r2")
    run(stages, *STAGES[:5])
    match which:
        case "primary":
            exchange(world, "east", own(world)[0], again=again)
        case "candidate":
            write(world, "west", f"{ROOT}/ü dir/foreign", b"x")
            exchange(world, "west", own(world)[1], again=again)
            world.clusters["west"].delete(f"{ROOT}/ü dir/foreign", recursive=False)
        case _:
            exchange(world, "west", baseline(world)[1], again=again)
    check(world, stages, "verify")


def test_a_primary_that_is_silent_by_the_time_of_the_seal_takes_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    world = lived("small")
    stages = world.stages("r2")
    run(stages, *STAGES[:5])
    real = MemoryNameNode.root_times

    def silent(self: MemoryNameNode) -> object:
        if self.site == "east":
            raise Unreachable("east", "does not answer")
        return real(self)

    monkeypatch.setattr(MemoryNameNode, "root_times", silent)
    assert stages.seal()["state"] == "sealed"


def test_roots_that_nobody_touched_are_not_asked_for_their_snapshots_again() -> None:
    world = many(20)
    world.host.name = "third"
    context = world.context()
    BackupStages(context, "third", one_process=True).run_all()
    counts = context.tools.asked.by_operation()
    asked = [(site, what, n) for (stage, site, what), n in counts.items() if stage == "seal"]
    assert {(site, n) for site, what, n in asked if what == "root_times"} == {("east", 1), ("west", 1)}
    assert "snapshots" not in {what for _, what, _ in asked}
