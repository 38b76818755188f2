"""A sealed point whose snapshot somebody removed or exchanged is noticed by the next prune, whatever it copied (I7)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.ledger.bodies.ends import PointsPruned
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.domain.tree.file_attributes import Snapshot
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.report import all_entries, explanation, points_document
from schemas import validate
from sim.world import POLICY, ROOT, World, fill, protecting

OTHER = "/data/c ü#"
QUIET = protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"', policy=POLICY.replace('"2"', '"20"').replace('"5"', '"20"'))


def grown() -> World:
    """Three points; in the second root nothing changes after the first, so that no sample ever reads it there."""
    world = World(QUIET)
    fill(world)
    east = world.clusters["east"]
    east.make_directory(OTHER, 0o755, parents=True)
    east.extend(east.make_file(f"{OTHER}/e%20 =", replication=1, block_size=1024, overwrite=False), b"still")
    for run in range(3):
        east.extend(east.find(f"{ROOT}/h#"), b"more")
        world.backup(f"r{run}")
    return world


def points(world: World) -> list[Point]:
    return world.context().ledger.read().sealed()


def remove(namenode: MemoryNameNode, name: str) -> None:
    namenode.delete_snapshot(OTHER, name)


def exchange(namenode: MemoryNameNode, name: str) -> None:
    namenode.delete_snapshot(OTHER, name)
    namenode.create_snapshot(OTHER, name)


def dissolve(namenode: MemoryNameNode, name: str) -> None:
    for shot in namenode.snapshots(OTHER):
        namenode.delete_snapshot(OTHER, shot.name)
    namenode.disallow_snapshot(OTHER)


def shown(world: World) -> dict[str, str]:
    document: dict[str, Any] = points_document("billing", world.context().ledger.read(), ("east", "west"))
    return {point["point"]: point["verified"] for point in validate("points", document)["points"]}


WAYS = pytest.mark.parametrize(
    ("how", "what"),
    [(remove, "is gone"), (exchange, "is another snapshot than the recorded one"), (dissolve, "is gone")],
)


@WAYS
def test_a_point_whose_copy_lost_a_snapshot_is_damaged_at_once_although_it_copied_nothing_there(
    how: Callable[[MemoryNameNode, str], None], what: str
) -> None:
    world = grown()
    second = points(world)[1]
    how(MemoryNameNode(world.clusters["west"]), second.sealed.snapshots[OTHER].name)
    warnings = Prune(world.context()).run("by hand")["warnings"]
    [line] = [line for line in warnings if line.startswith(f"point {second.point} is damaged: {OTHER}: west:{OTHER}/")]
    assert what in line
    assert shown(world)[second.point] == "mismatch"
    chain = world.context().ledger.chain
    told = explanation("billing", all_entries(chain.deciding, chain.path), second.point)["entries"]
    assert [what in entry["text"] for entry in told if entry["kind"] == "damaged"] == [True]
    Prune(world.context()).run("again")  # what the ledger says is not said twice
    told = explanation("billing", all_entries(chain.deciding, chain.path), second.point)["entries"]
    assert sum(entry["kind"] == "damaged" for entry in told) == 1
    how(MemoryNameNode(world.clusters["west"]), "nothing of ours")
    document = world.backup("next")
    assert shown(world)[document["point"]] != "mismatch"


def test_a_lost_snapshot_is_named_in_the_answer_of_the_run_that_meets_it() -> None:
    world = grown()
    first = points(world)[0]
    remove(MemoryNameNode(world.clusters["west"]), first.sealed.snapshots[OTHER].name)
    document = world.backup("next")
    [line] = [line for line in document["warnings"] if f"point {first.point} is damaged" in line]
    assert "is gone" in line
    assert [point.point for point in points(world) if point.damaged] == [first.point]


def test_a_mark_for_a_lost_snapshot_is_lifted_when_the_point_reads_back_with_it() -> None:
    world = grown()
    second, west = points(world)[1], world.clusters["west"]
    node = west.find(OTHER)
    there = node.snapshots
    node.snapshots = [shot for shot in there or () if shot.name != second.sealed.snapshots[OTHER].name]
    Prune(world.context()).run("while it was away")
    assert shown(world)[second.point] == "mismatch"
    node.snapshots = there
    verify_again(world.context(), second.point)
    assert shown(world)[second.point] == "match"


def test_a_lost_snapshot_of_the_origin_is_a_warning_and_damages_no_point() -> None:
    world = grown()
    second = points(world)[1]
    remove(MemoryNameNode(world.clusters["east"]), second.taken.snapshots[OTHER].name)
    warnings = Prune(world.context()).run("by hand")["warnings"]
    assert [line for line in warnings if line.startswith(f"east lost snapshots of point {second.point}: ")]
    assert not any(point.damaged for point in points(world))


def test_a_snapshot_that_is_missing_in_an_older_listing_than_the_seal_is_no_damage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another run seals between the listing and the reading of the ledger."""
    world, real, beside = grown(), MemoryNameNode.snapshots, ["once"]

    def listed(self: MemoryNameNode, root: str) -> Sequence[Snapshot]:
        found = real(self, root)
        if beside and self.site == "west":
            beside.pop()
            world.backup("beside")
        return found

    monkeypatch.setattr(MemoryNameNode, "snapshots", listed)
    Prune(world.context()).run("slow")
    assert points(world)[-1].run == "beside"
    assert not any(point.damaged for point in points(world))


def test_a_point_that_is_pruned_while_its_snapshots_are_listed_is_not_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another prune takes it out of the ledger, and its snapshots away, before this one lists them."""
    world = grown()
    world.policy = QUIET.replace('"20"', '"1"')
    real, beside = MemoryNameNode.snapshottable, ["once"]

    def listed(self: MemoryNameNode) -> Sequence[str]:
        if beside and self.site == "west":
            beside.pop()
            world.backup("beside")
            for point in points(world)[:2]:
                world.context().ledger.append_decided("beside", lambda _, name=point.point: gone(name))
                for root, kept in point.sealed.snapshots.items():
                    MemoryNameNode(world.clusters["west"]).delete_snapshot(root, kept.name)
        return real(self)

    monkeypatch.setattr(MemoryNameNode, "snapshottable", listed)
    Prune(world.context()).run("slow")
    assert not any(point.damaged for point in points(world))


def gone(point: str) -> PointsPruned:
    return PointsPruned((("west", point),))


def test_snapshots_that_a_person_removed_of_a_directory_that_left_the_policy_damage_no_point() -> None:
    world = grown()
    world.policy = POLICY
    dissolve(MemoryNameNode(world.clusters["west"]), "")
    assert Prune(world.context()).run("before the next run")["warnings"] == []
    world.backup("without it")
    Prune(world.context()).run("after it")
    assert not any(point.damaged for point in points(world))


def test_a_damaged_newest_point_that_only_lost_a_snapshot_still_serves_in_its_other_roots() -> None:
    world = grown()
    newest = points(world)[-1]
    remove(MemoryNameNode(world.clusters["west"]), newest.sealed.snapshots[OTHER].name)
    Prune(world.context()).run("by hand")
    assert points(world)[-1].damaged
    document = world.backup("next")
    assert document["baseline"] == newest.point
    assert document["files_copied"] == 0
