"""Foreign hands on the secondary, existing copies, rotten bytes: a run refuses, keeps, repairs, tells (I7-I10)."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import DrError, Failed, Mismatch, Refused, Unknown
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.ledger.heartbeat import HeartbeatWriter
from hadoop_dr.services.recovery.repair import Repair
from sim.world import POLICY, ROOT, World, fill, plan_and_stage
from support.thinned import thinned


def sealed_world(policy: str = POLICY) -> World:
    world = World(policy)
    fill(world)
    world.backup("first")
    return world


def vandalise(world: World) -> None:
    west = world.clusters["west"]
    west.rename(f"{ROOT}/ü dir", f"{ROOT}/stolen")
    west.delete(f"{ROOT}/h#", recursive=False)
    west.extend(west.make_file(f"{ROOT}/foreign", replication=1, block_size=1024, overwrite=False), b"theirs")


def in_step(world: World, document: dict[str, Any]) -> None:
    snapshot = document["snapshots"]
    east = world.tree("east", f"{ROOT}/.snapshot/{snapshot['east'][ROOT]}")
    assert world.tree("west", f"{ROOT}/.snapshot/{snapshot['west'][ROOT]}") == east
    assert world.tree("west", ROOT) == east


def looked_at_drift(world: World) -> Mark:
    """What a look says of foreign changes."""
    [found] = [result.mark for result in RunChecks(world.context()).look()
               if result.name == "drift"]  # fmt: skip
    return found


def test_foreign_changes_are_refused_by_name_and_left_alone() -> None:
    world = sealed_world()
    vandalise(world)
    before, entries = world.tree("west", ROOT), world.context().ledger.chain.entries()
    with pytest.raises(Refused, match=r"drift: west was changed by somebody else: .*foreign was created"):
        world.backup("second")
    assert world.tree("west", ROOT) == before
    assert world.context().ledger.chain.entries() == entries
    assert looked_at_drift(world) is Mark.FAIL


def test_foreign_changes_are_undone_and_kept_aside_when_the_policy_says_so() -> None:
    world = sealed_world(POLICY + "drift: restore\n")
    vandalise(world)
    vandalised = world.tree("west", ROOT)
    assert looked_at_drift(world) is Mark.WARN
    in_step(world, world.backup("second"))
    names = [s.name for s in world.context().destination.namenode.snapshots(ROOT) if "-kept-" in s.name]
    assert world.tree("west", f"{ROOT}/.snapshot/{names[0]}") == vandalised


def test_an_existing_identical_copy_is_adopted_and_not_copied() -> None:
    world = World()
    fill(world)
    world.clusters["east"], west = world.clusters["west"], world.clusters["east"]
    fill(world)
    world.clusters["east"], world.clusters["west"] = west, world.clusters["east"]
    document = world.backup("adopts")
    assert document["files_copied"] == 0
    in_step(world, document)


def test_a_lost_baseline_means_a_full_run_that_reuses_what_is_there() -> None:
    world = sealed_world()
    snapshot = world.context().ledger.read().sealed()[0].sealed.snapshots[ROOT].name
    world.context().destination.namenode.delete_snapshot(ROOT, snapshot)
    world.clusters["east"].extend(world.clusters["east"].find(f"{ROOT}/h#"), b"more")
    document = world.backup("second")
    assert document["baseline"] is None
    assert document["files_copied"] == 1
    in_step(world, document)


def test_a_snapshot_of_the_right_name_but_another_id_is_no_baseline() -> None:
    world = sealed_world()
    namenode = world.context().destination.namenode
    snapshot = world.context().ledger.read().sealed()[0].sealed.snapshots[ROOT].name
    namenode.delete_snapshot(ROOT, snapshot)
    vandalise(world)
    namenode.create_snapshot(ROOT, snapshot)
    document = world.backup("second")
    assert document["baseline"] is None
    in_step(world, document)


def placed(world: World) -> BackupStages:
    """A run whose live tree is changed and not yet verified."""
    stages = world.stages("first")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    return stages


def spoil_writes(world: World) -> None:
    """From now on the secondary's disks spoil one file's bytes whenever they are written."""
    west = world.clusters["west"]
    real = west.extend

    def bad_disk(node: Any, data: bytes) -> None:
        real(node, bytes(255 - byte for byte in data) if len(data) == 3000 else data)

    west.extend = bad_disk  # type: ignore[method-assign]


def rot(world: World, path: str) -> None:
    """Flips bytes of a file on the secondary, as a bad disk would: nothing in the name space tells."""
    node = world.clusters["west"].find(path)
    piece = node.pieces[0]
    node.pieces = (type(piece)(piece.id, bytes(255 - byte for byte in piece.data)), *node.pieces[1:])


def test_rotten_bytes_are_found_by_verify_and_repaired_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was copied is on record below the point, so that a next try copies only the rest."""
    world, planned = World(), list[tuple[str, int]]()
    fill(world)
    stages = placed(world)
    rot(world, f"{ROOT}/ü dir/e%20")
    west, context = world.clusters["west"], world.context()
    before = {node.path() for node in west.find("/").walk()}
    monkeypatch.setattr(
        HeartbeatWriter, "working", lambda self, what, items: planned.append((what, items)) or nullcontext()
    )
    stages.verify()
    claim = context.ledger.read().claim
    assert claim is not None
    own = f"{context.directory(claim.point)}/repair-{claim.n}/staged/0"
    made = {node.path() for node in west.find("/").walk()} - before
    assert [path for path in made if path.endswith(".parquet") and path.startswith(own)]
    assert [items > 0 for what, items in planned if what == "the order of a plan"] == [True], "and how long it plans"
    in_step(world, stages.seal())


def test_what_somebody_puts_in_the_place_of_a_file_just_before_it_is_repaired_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The repair goes by the candidate: what lies there by then is not what it has to take away (I8)."""
    world = World()
    fill(world)
    stages = placed(world)
    rot(world, f"{ROOT}/ü dir/e%20")
    west, real = world.clusters["west"], Repair.repair

    def somebody(*words: Any) -> None:
        west.delete(f"{ROOT}/ü dir/e%20", recursive=False)
        theirs = west.make_file(f"{ROOT}/ü dir/e%20", replication=1, block_size=1024, overwrite=False)
        west.extend(theirs, b"theirs")
        real(*words)

    monkeypatch.setattr(Repair, "repair", somebody)
    with pytest.raises(DrError, match=r"e%20: was replaced on the destination by somebody") as told:
        stages.verify()
    [kept] = [one for one in west.find(ROOT).walk() if not one.is_dir and one.content == b"theirs"]
    assert kept.path() in str(told.value)


def test_bytes_that_rot_again_after_the_repair_fail_with_the_path_and_stay_hidden() -> None:
    world = World()
    fill(world)
    stages = placed(world)
    rot(world, f"{ROOT}/ü dir/e%20")
    spoil_writes(world)
    with pytest.raises(Mismatch, match="e%20"):
        stages.verify()
    assert world.context().ledger.read().sealed() == []


def test_a_point_whose_verify_found_a_difference_is_sealed_by_nobody_who_runs_the_stage_alone() -> None:
    world = World()
    fill(world)
    stages = placed(world)
    rot(world, f"{ROOT}/ü dir/e%20")
    spoil_writes(world)
    with pytest.raises(Mismatch):
        stages.verify()
    with pytest.raises(Failed, match="was not verified as equal"):
        stages.seal()
    assert world.context().ledger.read().sealed() == []


def test_deletions_above_the_limit_wait_for_a_person() -> None:
    world = sealed_world(POLICY.replace("100%", "{share: 10%, at_least: 0}"))
    world.clusters["east"].delete(f"{ROOT}/ü dir", recursive=True)
    before = world.tree("west", ROOT)
    with pytest.raises(Refused, match="would be deleted"):
        world.backup("second")
    assert world.tree("west", ROOT) == before
    in_step(world, world.backup("third", approve_deletions=True))


def test_what_a_given_up_run_left_in_the_tree_is_undone_even_when_drift_is_refused() -> None:
    world = sealed_world()
    world.clusters["east"].rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    world.clusters["east"].extend(world.clusters["east"].find(f"{ROOT}/h#"), b"t" * 3000)
    stages = world.stages("dies")
    stages.preflight()
    taken = stages.moment()
    plan_and_stage(stages)
    with pytest.raises(Died):
        world.stages("dies", faults=Faults(at=8, die=True)).place()
    world.host.dead.add("p1")
    context = world.context()
    context.destination.files.remove(f"{context.directory(taken['point'])}/manifest.json")
    context.origin.files.remove(f"{context.directory(taken['point'])}/manifest.json")
    context.origin.namenode.delete_snapshot(ROOT, taken["snapshots"][ROOT])
    in_step(world, world.backup("next"))
    assert PointState.VOID in [p.state for p in world.context().ledger.read().points.values()]


def grown_world() -> World:
    """One sealed point, and a file that has grown since."""
    world = sealed_world()
    world.clusters["east"].extend(world.clusters["east"].find(f"{ROOT}/h#"), b"tail")
    return world


GROWN = grown_world()


def effects() -> int:
    world, faults = GROWN.clone(), Faults()
    world.backup("counted", faults)
    return faults.count


@pytest.mark.parametrize(("at", "after"), thinned(product(range(1, effects() + 1), (False, True)), 3))
def test_a_lost_answer_is_settled_or_stops_the_run_and_the_next_one_seals(at: int, after: bool) -> None:
    world = GROWN.clone()
    try:
        document = world.backup("loses", Faults(at=at, lose=True, after=after))
    except (Unknown, Refused):
        world.host.dead.add("loses")
        document = world.backup("next")
    in_step(world, document)


def test_a_verify_that_is_run_again_looks_at_what_the_repair_made_not_at_an_older_candidate() -> None:
    world = World()
    fill(world)
    stages = placed(world)
    west = world.clusters["west"]
    good_disk = west.extend
    rot(world, f"{ROOT}/ü dir/e%20")
    spoil_writes(world)
    with pytest.raises(Mismatch):
        stages.verify()
    west.extend = good_disk  # type: ignore[method-assign]
    stages.verify()
    in_step(world, stages.seal())


def test_a_run_that_is_asked_again_under_its_id_seals_the_point_it_claims_now() -> None:
    world = sealed_world(POLICY.replace("100%", "{share: 10%, at_least: 0}"))
    world.clusters["east"].delete(f"{ROOT}/ü dir", recursive=True)
    with pytest.raises(Refused, match="would be deleted"):
        world.backup("again")
    world.host.dead.add("again")
    document = world.backup("again", approve_deletions=True)
    assert document["point"] == world.context().ledger.read().newest_sealed().point  # type: ignore[union-attr]
    assert world.context().ledger.read().claim is None
    in_step(world, document)


def test_a_run_says_what_of_somebody_elses_it_undid_and_where_that_is_kept() -> None:
    world = sealed_world(POLICY + "drift: restore\n")
    west = world.clusters["west"]
    west.make_file(f"{ROOT}/by ü hand", replication=1, block_size=1024, overwrite=True)
    [told] = [line for line in world.backup("undoes")["warnings"] if line.startswith("undone: ")]
    assert f"{ROOT}/by ü hand was created, kept in west:{ROOT}/.snapshot/dr-billing-kept-1-" in told
    assert [line for line in world.backup("next")["warnings"] if line.startswith("undone: ")] == []


def test_a_run_says_which_earlier_point_it_carried_to_its_seal() -> None:
    world = sealed_world()
    dead = world.stages("dead run")
    dead.preflight()
    point = dead.moment()["point"]
    world.host.dead.add("first")
    assert f"finished point {point} of run dead run" in world.backup("next")["warnings"]
