"""Other directories under ``protect`` than the last point had: in the next point, or left alone and named (S2.1)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.services.audit.reverify import verify_again
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.datasets.hdfs.quotas import kept_quotas
from sim.directories import SITES, hdfs, holds, write
from sim.world import World, plan_and_stage
from support.thinned import thinned

STAYS, GOES, COMES = "/data/stays ü", "/data/goes %20", "/lake/comes#+"


def filled(*directories: str, policy: str | None = None) -> World:
    """A primary with all three directories, of which the policy has some."""
    world = World(policy or hdfs(*directories))
    for root in (STAYS, GOES, COMES):
        for name in ("a b", "d=1/ü", "d=1/g%"):
            write(world, f"{root}/{name}", f"{root}{name}".encode() * 40)
    return world


def namenode(world: World, site: str) -> MemoryNameNode:
    return MemoryNameNode(world.clusters[site])


def left(document: dict[str, Any]) -> list[str]:
    return [warning for warning in document["warnings"] if "not protected any more" in warning]


def free_by_hand(world: World, root: str) -> None:
    """What a person does who wants the directory gone: our snapshots, the right to have them, then all of it."""
    for site in SITES:
        name = namenode(world, site)
        for shot in name.snapshots(root):
            name.delete_snapshot(root, shot.name)
        name.disallow_snapshot(root)
        name.delete(root, recursive=True)


@pytest.mark.parametrize("more", ["", "mode: full\n", "audit_entries: 1\n", "drift: restore\n"])
def test_a_directory_that_is_added_is_in_the_next_point_and_the_others_go_on_as_increments(more: str) -> None:
    world = filled(STAYS, policy=hdfs(STAYS, more=more))
    first = world.backup("first")
    holds(world, first, STAYS)
    world.policy = hdfs(STAYS, COMES, more=more)
    write(world, f"{STAYS}/new", b"n")
    second = world.backup("second")
    holds(world, second, STAYS, COMES)
    assert second["files_copied"] == 4
    assert left(second) == []
    assert world.backup("third")["files_copied"] == 0


def test_a_directory_that_is_taken_out_stays_as_it_is_and_is_named_once() -> None:
    world = filled(STAYS, GOES)
    world.backup("first")
    kept = world.tree("west", GOES)
    world.policy = hdfs(STAYS)
    write(world, f"{GOES}/later", b"x")
    second = world.backup("second")
    holds(world, second, STAYS)
    assert left(second) == [f"not protected any more: hdfs: {GOES}; what west has of it stays as it is"]
    assert left(world.backup("third")) == []
    assert world.tree("west", GOES) == kept


def test_directories_are_named_with_the_tables_that_were_taken_out_with_them() -> None:
    world = filled(STAYS, GOES, COMES)
    world.backup("first")
    world.policy = hdfs(STAYS)
    assert f"any more: hdfs: {GOES}, hdfs: {COMES}; what" in left(world.backup("second"))[0]


def test_what_is_done_to_a_directory_that_was_taken_out_is_nobodys_business() -> None:
    world = filled(STAYS, GOES)
    world.backup("first")
    world.policy = hdfs(STAYS)
    write(world, f"{GOES}/by hand", b"x", "west")
    world.clusters["west"].delete(f"{GOES}/a b", recursive=False)
    holds(world, world.backup("second"), STAYS)
    assert world.clusters["west"].find(f"{GOES}/by hand").content == b"x"


@pytest.mark.parametrize("when", ["before the next point", "after the next point"])
@pytest.mark.parametrize("more", ["", "drift: restore\n"])
def test_a_directory_that_was_taken_out_and_removed_by_hand_stops_no_run_and_no_prune(when: str, more: str) -> None:
    two = hdfs(STAYS, more=more).replace('primary: "2", secondary: "5"', 'primary: "1", secondary: "1"')
    world = filled(policy=two.replace(f"hdfs: {STAYS}", f"hdfs: {STAYS}\n  - hdfs: {GOES}"))
    first = world.backup("first")
    world.policy = two
    if when == "after the next point":
        holds(world, world.backup("second"), STAYS)
    free_by_hand(world, GOES)
    if when == "before the next point":
        assert "is gone" in verify_again(world.context(), first["point"])["mismatch"][0]
    document = world.backup("next")
    holds(world, document, STAYS)
    last = world.backup("last")
    assert [warning for warning in last["warnings"] if "not pruned" in warning] == []
    state = world.context().ledger.read()
    assert set(state.points[first["point"]].gone) == set(SITES)


def test_a_directory_removed_by_hand_costs_the_others_no_full_run() -> None:
    world = filled(STAYS, GOES)
    first = world.backup("first")
    world.policy = hdfs(STAYS)
    free_by_hand(world, GOES)
    second = world.backup("second")
    assert second["baseline"] == first["point"]
    assert [warning for warning in second["warnings"] if "gone" in warning] == []


def test_a_directory_that_comes_back_is_compared_and_not_copied() -> None:
    world = filled(STAYS, GOES)
    world.backup("first")
    world.policy = hdfs(STAYS)
    world.backup("second")
    world.policy = hdfs(STAYS, GOES)
    write(world, f"{GOES}/d=1/new", b"x" * 10)
    third = world.backup("third")
    holds(world, third, STAYS, GOES)
    assert (third["files_copied"], third["bytes_copied"]) == (1, 10)


def test_quotas_are_kept_of_a_directory_that_comes_and_of_none_that_goes() -> None:
    world = filled(STAYS, GOES)
    for root in (STAYS, GOES, COMES):
        namenode(world, "east").set_quota(f"{root}/d=1", 50, -1)
    world.backup("first")
    world.policy = hdfs(STAYS, COMES)
    document = world.backup("second")
    point = world.context().ledger.read().points[document["point"]]
    quotas = kept_quotas(world.context().documents(point))
    assert quotas is not None
    assert {root: set(found.found) for root, found in quotas.items()} == {STAYS: {"d=1"}, COMES: {"d=1"}}


STAGES = ("moment", "plan", "stage", "place", "verify")


@pytest.mark.parametrize("until", STAGES)
def test_a_point_of_an_earlier_run_is_carried_to_its_end_with_its_own_directories(until: str) -> None:
    world = filled(STAYS, GOES)
    world.backup("first")
    write(world, f"{GOES}/later", b"x" * 2000)
    world.host.name = "ended"
    stages = world.stages("ended")
    stages.preflight()
    for name in STAGES[: STAGES.index(until) + 1]:
        if name == "stage":
            for shard in range(stages.plan()["shards"]):
                stages.stage(shard)
        else:
            getattr(stages, name)()
    world.host.dead.add("ended")
    world.policy = hdfs(STAYS, COMES)
    document = world.backup("next")
    holds(world, document, STAYS, COMES)
    carried = world.context().ledger.read().sealed()[1]
    assert set(carried.taken.roots) == {STAYS, GOES}
    assert world.clusters["west"].find(f"{GOES}/later").content == b"x" * 2000


def test_what_a_given_up_run_left_in_a_directory_that_was_taken_out_is_undone() -> None:
    world = filled(STAYS, GOES)
    world.backup("first")
    before = {root: world.tree("west", root) for root in (STAYS, GOES)}
    for root in (STAYS, GOES):
        world.clusters["east"].rename(f"{root}/d=1", f"{root}/moved")
    world.host.name = "ended"
    stages = world.stages("ended")
    stages.preflight()
    stages.moment()
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)
    write(world, f"{STAYS}/moved", b"in the way", "west")
    with pytest.raises(DrError):
        stages.place()
    world.host.dead.add("ended")
    world.clusters["west"].delete(f"{STAYS}/moved", recursive=False)
    world.policy = hdfs(STAYS, COMES)
    write(world, f"{STAYS}/moved", b"in the way", "west")
    holds(world, world.backup("next"), STAYS, COMES)
    assert world.tree("west", GOES) == before[GOES]
    assert ".hadoop-dr" not in world.clusters["west"].find(GOES).children


def test_a_foreign_change_of_a_directory_that_stays_is_refused_when_another_one_went() -> None:
    world = filled(STAYS, GOES)
    world.backup("first")
    world.policy = hdfs(STAYS, COMES)
    write(world, f"{STAYS}/by hand", b"x", "west")
    with pytest.raises(Refused, match="by hand was created"):
        world.backup("second")


CHANGED, COUNTED = filled(STAYS, GOES), Faults()
CHANGED.backup("first")
CHANGED.policy = hdfs(STAYS, COMES)
CHANGED.clusters["east"].rename(f"{STAYS}/d=1", f"{STAYS}/moved")
CHANGED.clone().backup("counted", COUNTED)
HOW = ("dies before", "dies after", "loses")


@pytest.mark.parametrize(
    ("at", "how", "then"),
    thinned(((at, HOW[at % 3], ((STAYS, COMES), (COMES, GOES))[at % 2]) for at in range(1, COUNTED.count + 1)), 5),
)
def test_whatever_interrupts_the_run_that_changes_directories_the_next_one_holds_what_is_declared_then(
    at: int, how: str, then: tuple[str, ...]
) -> None:
    world, dies = CHANGED.clone(), how.startswith("dies")
    kept = world.tree("west", GOES)
    with suppress(Died, DrError):
        world.backup("first try", Faults(at=at, die=dies, lose=not dies, after=how != "dies before"))
    world.host.dead.add("first try")
    world.policy = hdfs(*then)
    holds(world, world.backup("next"), *then)
    assert world.tree("west", GOES) == kept
    for root in (STAYS, GOES, COMES):
        assert ".hadoop-dr" not in world.clusters["west"].find(root).children
    Prune(world.context()).run("then")


ROUNDS = st.lists(
    st.tuples(
        st.sets(st.sampled_from([STAYS, GOES, COMES]), min_size=1), st.sampled_from(["", "grow", "move", "drop"])
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=15)
@given(ROUNDS)
def test_after_any_sequence_of_directories_each_point_holds_exactly_what_is_declared(
    rounds: list[tuple[set[str], str]],
) -> None:
    world = filled(STAYS)
    for number, (roots, change) in enumerate(rounds):
        world.policy = hdfs(*sorted(roots))
        east = world.clusters["east"]
        for root in (STAYS, GOES, COMES):
            if change == "grow":
                write(world, f"{root}/n {number}", b"n" * number)
            elif change == "move":
                east.rename(f"{root}/d=1", f"{root}/moved")
                east.rename(f"{root}/moved", f"{root}/d=1")
            elif change == "drop" and "a b" in east.find(root).children:
                east.delete(f"{root}/a b", recursive=False)
        others = {root: world.tree("west", root) for root in (STAYS, GOES, COMES) if exists(world, root)}
        holds(world, world.backup(f"run {number}"), *roots)
        for root in set(others) - roots:
            assert world.tree("west", root) == others[root]


def exists(world: World, root: str) -> bool:
    try:
        return bool(world.clusters["west"].find(root))
    except DrError:
        return False


def test_a_new_root_that_somebody_broke_while_bytes_moved_stops_no_later_run_and_all_that_went_is_kept() -> None:
    """The given-up point's work area in the root that no sealed point has is parted from what comes."""
    world = filled(STAYS)
    namenode(world, "east").set_owner(f"{COMES}/a b", "alice", "staff")
    namenode(world, "east").set_xattr(f"{COMES}/a b", "user.k", b"v")
    write(world, f"{COMES}/a b", b"older version", "west")
    MemoryNameNode(world.clusters["west"]).set_times(f"{COMES}/a b", 1_500_000_000_000)
    write(world, f"{COMES}/d=1/ü", f"{COMES}d=1/ü".encode() * 40, "west")
    world.backup("r1")
    write(world, f"{STAYS}/new", b"n")
    world.policy = hdfs(STAYS, COMES, more="drift: restore\n")
    world.host.name = "r2"
    stages = world.stages("r2")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    west = world.clusters["west"]
    west.rename(f"{COMES}/d=1", "/moved away")
    write(world, f"{COMES}/d=1", b"FOREIGN", "west")
    with pytest.raises(DrError):
        stages.place()
    world.host.dead.add("r2")
    holds(world, world.backup("next", approve_deletions=True), STAYS, COMES)
    kept = [shot.name for shot in MemoryNameNode(west).snapshots(COMES) if "-kept-" in shot.name]
    older = [west.find(f"{COMES}/.snapshot/{one}/a b").content for one in kept]
    assert b"older version" in older
    assert any(not west.find(f"{COMES}/.snapshot/{one}/d=1").is_dir for one in kept)
