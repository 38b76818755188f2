"""Foreign changes on the secondary before a run: seen without a trace, named, refused or undone (I8, I10; fault 21)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.foreign.tree_drift import drift_by_root, found_by_root, lines_by_root
from sim.drifted import check, foreign_file, sealed_world, spy
from sim.root_looks import ACL, looks
from sim.world import POLICY, World, fill, protecting

ROOT = "/data/a b+%"
RESTORE = POLICY + "drift: restore\n"
LARGE = "audit_entries: 3\n"


def drift(world: World) -> Result:
    [found] = [result for result in check(world) if result.name == "drift"]
    return found


@pytest.mark.parametrize("policy", [POLICY, RESTORE], ids=["refuse", "restore"])
@pytest.mark.parametrize("mode", ["incremental", "full"])
def test_a_plan_says_that_a_run_would_be_refused_for_foreign_changes_or_would_undo_them(policy: str, mode: str) -> None:
    world = sealed_world(f"{policy}mode: {mode}\n")
    assert Preview(world.context()).run()["refused"] == []
    foreign_file(world, f"{ROOT}/for eign")
    told = Preview(world.context()).run()
    said = told["refused"] if policy is POLICY else told["notes"]
    assert [f"{ROOT}/for eign was created" in line for line in said if "changed by somebody else" in line] == [True]
    assert (told["refused"] == []) is (policy is RESTORE)
    stages = world.stages("works")
    if policy is RESTORE:
        stages.preflight()
        assert not any("changed by somebody else" in line for line in Preview(world.context()).run()["notes"])


def test_looking_for_foreign_changes_takes_no_snapshot_and_sets_no_time() -> None:
    world = sealed_world()
    foreign_file(world, f"{ROOT}/ü dir/for eign")
    west = MemoryNameNode(world.clusters["west"])
    before = west.status(ROOT), west.snapshots(ROOT), world.tree("west", ROOT), world.clusters["west"].shots
    assert drift(world).mark is Mark.FAIL
    with pytest.raises(Refused, match=r"ü dir/for eign was created"):
        world.backup("refused")
    assert (west.status(ROOT), west.snapshots(ROOT), world.tree("west", ROOT), world.clusters["west"].shots) == before


def test_a_root_in_which_nothing_changed_costs_one_request() -> None:
    world = sealed_world()
    context, asked = spy(world)
    newest = context.ledger.read().newest_sealed()
    assert found_by_root(context, Baseline(None, newest=newest, with_base=frozenset({ROOT}))) == {}
    assert asked.calls == ["diff"]


def test_many_roots_are_looked_at_side_by_side_and_not_all_at_once() -> None:
    world = World()
    west = MemoryNameNode(world.clusters["west"])
    roots = {f"/many/g={number}": "s" for number in range(64)}
    for root in roots:
        west.make_directory(root, 0o755)
        west.allow_snapshot(root)
        west.create_snapshot(root, "s")
    west.make_directory("/many/g=63/for eign", 0o700)
    context, asked = spy(world, together=8)
    assert lines_by_root(drift_by_root(context, roots)) == {"/many/g=63": ["/many/g=63/for eign was created"]}
    assert 8 <= asked.most <= 16


ATTRIBUTES: dict[str, Callable[[MemoryNameNode], None]] = {
    "mode 777 instead of 755": lambda west: west.set_permission(ROOT, 0o777),
    "owner eve instead of hdfs": lambda west: west.set_owner(ROOT, "eve", "supergroup"),
    "group e-ve instead of supergroup": lambda west: west.set_owner(ROOT, "hdfs", "e-ve"),
    "has_acl True instead of False": lambda west: west.set_acl(ROOT, ACL),
    "extended attributes": lambda west: west.set_xattr(ROOT, "user.ü", b"1"),
}


@pytest.mark.parametrize("size", ["", LARGE], ids=["small", "large"])
@pytest.mark.parametrize("said", ATTRIBUTES)
def test_a_root_that_somebody_opened_or_took_is_refused_by_name_and_stays_as_it_is(said: str, size: str) -> None:
    world = sealed_world(POLICY + size)
    ATTRIBUTES[said](MemoryNameNode(world.clusters["west"]))
    theirs = looks(world, "west")
    world.clusters["east"].delete(f"{ROOT}/h#", recursive=False)
    with pytest.raises(Refused) as refused:
        world.backup("refused")
    assert f"{ROOT} was changed: " in str(refused.value)
    assert said in str(refused.value)
    assert drift(world).mark is Mark.FAIL
    assert looks(world, "west") == theirs


@pytest.mark.parametrize("said", ATTRIBUTES)
def test_a_root_that_somebody_opened_or_took_is_the_primarys_again_where_the_policy_says_restore(said: str) -> None:
    world = sealed_world(RESTORE + LARGE)
    ATTRIBUTES[said](MemoryNameNode(world.clusters["west"]))
    theirs = looks(world, "west")
    world.clusters["east"].delete(f"{ROOT}/h#", recursive=False)
    world.backup("restored")
    assert looks(world, "west") == looks(world, "east")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    kept = [shot.name for shot in MemoryNameNode(world.clusters["west"]).snapshots(ROOT) if "-kept-" in shot.name]
    assert [looks(world, "west", f"{ROOT}/.snapshot/{name}") for name in kept] == [theirs]


def test_a_roots_time_is_nobodys_change() -> None:
    world = sealed_world()
    MemoryNameNode(world.clusters["west"]).set_times(ROOT, 1_500_000_000_000)
    assert drift(world).mark is Mark.OK
    world.backup("r2")


def test_a_file_that_was_written_again_with_the_same_bytes_is_told_as_replaced_and_needs_restore() -> None:
    """It is another file, and a plan builds on the one that is gone."""
    world = sealed_world()
    west, path = world.clusters["west"], f"{ROOT}/h#"
    was = MemoryNameNode(west).status(path).facts
    foreign_file(world, path, west.find(path).content)
    MemoryNameNode(west).set_owner(path, was.owner, was.group)
    MemoryNameNode(west).set_permission(path, was.mode)
    MemoryNameNode(west).set_times(path, was.mtime_ms)
    assert MemoryNameNode(west).status(path).facts == was
    found = drift(world)
    assert found.detail == f"west was changed by somebody else: {path} was replaced"
    assert "A copy of it does not restore what was replaced or deleted: set drift: restore" in found.remedy
    with pytest.raises(Refused, match=r"A copy of it does not restore what was replaced or deleted"):
        world.backup("refused")
    world.policy = RESTORE
    world.clusters["east"].extend(world.clusters["east"].find(path), b"more")
    world.backup("restored")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_what_somebody_took_back_is_nobodys_change() -> None:
    world = sealed_world()
    west, path = MemoryNameNode(world.clusters["west"]), f"{ROOT}/h#"
    mode = west.status(path).facts.mode
    foreign_file(world, f"{ROOT}/ü dir/for eign")
    west.set_permission(path, 0o777)
    west.rename(f"{ROOT}/ü dir/g=1", f"{ROOT}/moved %")
    trash = "/trash =ü"
    west.rename(f"{ROOT}/a b", trash)
    assert drift(world).mark is Mark.FAIL
    west.rename(trash, f"{ROOT}/a b")
    west.delete(f"{ROOT}/ü dir/for eign")
    west.set_permission(path, mode)
    west.rename(f"{ROOT}/moved %", f"{ROOT}/ü dir/g=1")
    assert drift(world).mark is Mark.OK
    world.clusters["east"].extend(world.clusters["east"].find(f"{ROOT}/a b"), b"more")
    world.backup("r2")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_what_is_not_protected_any_more_is_not_looked_at() -> None:
    world = World(policy=protecting("hdfs: /data/a b+%", "hdfs: /data/gone g=1"))
    fill(world)
    world.clusters["east"].make_directory("/data/gone g=1/ü", 0o755, parents=True)
    world.backup("r1")
    MemoryNameNode(world.clusters["west"]).make_directory("/data/gone g=1/theirs", 0o755)
    assert drift(world).mark is Mark.FAIL
    world.policy = POLICY
    assert drift(world).mark is Mark.OK
    world.backup("r2")
    assert MemoryNameNode(world.clusters["west"]).status("/data/gone g=1/theirs").facts.is_dir


@pytest.mark.parametrize("policy", [POLICY, RESTORE], ids=["refuse", "restore"])
def test_a_full_run_over_a_point_sees_foreign_changes_as_any_other_run_does(policy: str) -> None:
    world = sealed_world(policy)
    foreign_file(world, f"{ROOT}/for eign")
    world.policy = policy + "mode: full\n"
    assert drift(world).mark is (Mark.FAIL if policy is POLICY else Mark.WARN)
    if policy is POLICY:
        with pytest.raises(Refused, match="for eign was created"):
            world.backup("full")
        return
    world.backup("full")
    kept = [shot.name for shot in MemoryNameNode(world.clusters["west"]).snapshots(ROOT) if "-kept-" in shot.name]
    assert [world.clusters["west"].find(f"{ROOT}/.snapshot/{name}/for eign").content for name in kept] == [b"FOREIGN"]
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
