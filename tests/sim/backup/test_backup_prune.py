"""Points that no rule keeps go, oldest first, and nothing else does (I7, I8), on the memory twin."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.services.backup.prune import Prune
from sim.pruned import STRICT, backup, grown, left, sealed, snapshots
from sim.world import POLICY, ROOT, World, fill, plan_and_stage

GENEROUS = POLICY.replace('primary: "2", secondary: "5"', 'primary: "9", secondary: "9"')


def test_each_site_keeps_what_its_own_rule_keeps_and_every_point_left_reads_back() -> None:
    world, kept = World(), dict[str, Any]()
    fill(world)
    for number in range(8):
        document = backup(world, f"r{number}")
        kept[document["point"]] = world.tree("west", ROOT)
        for point in sealed(world):
            if "west" not in point.gone:
                name = point.sealed.snapshots[ROOT].name
                assert world.tree("west", f"{ROOT}/.snapshot/{name}") == kept[point.point]
    assert left(world, "east") == ["r6", "r7"]
    assert left(world, "west") == ["r3", "r4", "r5", "r6", "r7"]


def test_only_directories_of_the_service_are_looked_through_for_what_is_left_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A cluster has thousands of others, and a name like ours in one of them is somebody else's."""
    world, others = grown(8), "/data/c ü#"
    west = MemoryNameNode(world.clusters["west"])
    gone = next(point for point in world.context().ledger.read().sealed() if "west" in point.gone)
    left_over = snapshot_name("billing", gone.epoch, gone.point, 9)
    west.make_directory(others, 0o755)
    for root in (ROOT, others):
        west.allow_snapshot(root)
        west.create_snapshot(root, left_over)
    asked, real = set[str](), MemoryNameNode.snapshots
    monkeypatch.setattr(MemoryNameNode, "snapshots", lambda self, root: asked.add(root) or real(self, root))
    backup(world, "next")
    assert asked == {ROOT}
    assert left_over not in [shot.name for shot in west.snapshots(ROOT)]
    assert left_over in [shot.name for shot in west.snapshots(others)]


def test_documents_go_with_the_last_snapshot_of_a_point() -> None:
    world = grown(8)
    context = world.context()
    for point in context.ledger.read().sealed():
        there = [bool(side.files.names(context.directory(point.point))) for side in context.sides.values()]
        assert there == [set(point.gone) != {"east", "west"}] * 2, point.run


def may_lose_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, ordered = MemoryNameNode.settings, "dfs.namenode.snapshot.deletion.ordered"
    monkeypatch.setattr(MemoryNameNode, "settings",
                        lambda self, *names: {**settings(self, *names), ordered: "true"})  # fmt: skip


def test_a_point_lives_by_the_rule_it_was_sealed_under(monkeypatch: pytest.MonkeyPatch) -> None:
    may_lose_the_middle(monkeypatch)
    world = grown(4, GENEROUS)
    world.policy = STRICT
    backup(world, "strict 1")
    backup(world, "strict 2")
    assert left(world, "west") == ["r0", "r1", "r2", "r3", "strict 2"]
    world.policy = GENEROUS
    backup(world, "generous")
    assert "r0" in left(world, "west")


def test_what_somebody_else_made_is_never_removed() -> None:
    world = grown(1)
    for site in ("east", "west"):
        MemoryNameNode(world.clusters[site]).create_snapshot(ROOT, "somebody's")
    for number in range(1, 8):
        backup(world, f"r{number}")
    assert [("somebody's" in snapshots(world, site)) for site in ("east", "west")] == [True, True]
    assert left(world, "west") == ["r3", "r4", "r5", "r6", "r7"]


def test_a_point_that_is_given_up_costs_nothing_for_the_roots_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    world, asked, real = grown(1), list[str](), MemoryNameNode.snapshots
    for site in ("east", "west"):
        for number in range(40):
            directory = f"/others/ü {number}"
            world.clusters[site].make_directory(directory, 0o755, parents=True)
            MemoryNameNode(world.clusters[site]).allow_snapshot(directory)
    monkeypatch.setattr(MemoryNameNode, "snapshots", lambda self, path: (asked.append(path), real(self, path))[1])
    world.stages("dies").preflight()
    world.host.dead.add("dies")
    backup(world, "next")
    assert set(asked) == {ROOT}


def test_where_the_namenode_may_not_lose_the_middle_only_the_oldest_row_goes() -> None:
    world = grown(2, GENEROUS)
    world.policy = STRICT
    for number in range(3):
        backup(world, f"strict {number}")
    assert left(world, "west") == ["r0", "r1", "strict 0", "strict 1", "strict 2"]


@pytest.mark.parametrize("at", [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_prune_that_dies_is_finished_by_the_next(at: int, after: bool) -> None:
    world = grown(6)
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more")
    stages = world.stages("r6")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    for stage in (stages.place, stages.verify, stages.seal):
        stage()
    tree = world.tree("west", ROOT)
    try:
        Prune(world.context(Faults(at=at, die=True, after=after))).run("dies")
    except Died:
        Prune(world.context()).run("next")
    assert left(world, "east") == ["r5", "r6"]
    assert left(world, "west") == ["r2", "r3", "r4", "r5", "r6"]
    assert world.tree("west", ROOT) == tree


def due(world: World) -> None:
    """Lets an hour pass: of the points sealed under a grid of so long, only the newest stays."""
    world.clock.sleep_until(world.clock.monotonic_s() + 3601)


def before_a_run() -> World:
    """Points that are all due to go but the last, and changes for the next run to carry."""
    world = grown(4, POLICY.replace('primary: "2", secondary: "5"', 'primary: "1h:1m", secondary: "1h:1m"'))
    due(world)
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more" * 700)
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    return world


def effects_of_a_run() -> int:
    world, counted = before_a_run(), Faults()
    world.backup("r4", counted)
    return counted.count


@pytest.mark.parametrize("at", range(1, effects_of_a_run() + 1, 3))
def test_a_prune_beside_a_run_takes_nothing_that_the_run_builds_on(at: int) -> None:
    """A person prunes at any step of it; the run seals on the baseline it had, and what is due goes."""
    world, removed = before_a_run(), list[Any]()
    tree = world.tree("east", ROOT)
    baseline = sealed(world)[-1].point
    with_prune = Faults(at=at, first=lambda: removed.append(Prune(world.context()).run("by hand")["removed"]))
    document = world.backup("r4", with_prune)
    assert (document["state"], document["baseline"]) == ("sealed", baseline)
    assert len(removed) == 1
    assert (world.tree("west", ROOT), world.tree("east", ROOT)) == (tree, tree)
    Prune(world.context()).run("after")
    assert (left(world, "east"), left(world, "west")) == (["r4"], ["r4"])
    assert world.backup("r5")["baseline"] == document["point"]
