"""Foreign changes on the secondary during a run: found before any repair, kept, never sealed, never lost (I10)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import DrError, ForeignFound
from hadoop_dr.domain.plan.root_plan import make_plan
from hadoop_dr.services.foreign import find
from hadoop_dr.services.foreign.find import CarriedOut, FindForeign
from sim.drifted import check, foreign_file, sealed_world, spy
from sim.foreign_changes import (
    CONTENT,
    EVERY,
    FOREIGN,
    RESTORE,
    ROOT,
    SIZES,
    base,
    extend,
    kept_snapshots,
    lived_in,
    placed,
    points,
    told,
    west,
)
from sim.world import POLICY, World, fill, plan_and_stage
from support.thinned import thinned


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", EVERY)
def test_foreign_changes_during_a_run_are_refused_by_name_and_left_alone(what: str, size: str) -> None:
    world = lived_in(POLICY + SIZES[size])
    stages = placed(world)
    change, name = EVERY[what]
    change(world)
    theirs = world.tree("west", ROOT)
    with pytest.raises(ForeignFound) as refused:
        stages.verify()
    said = str(refused.value)
    by_hand = "does not restore" if (" was deleted" in said or " was replaced" in said) else "Revert it"
    assert [text for text in (name, "drift: restore", by_hand) if text not in said] == [], said
    assert world.tree("west", ROOT) == theirs
    state = world.context().ledger.read()
    assert [point["state"] for point in points(world)["points"]] == ["sealed", "foreign"]
    staged = world.context().ledger.read().unfinished()[0].staged
    shown = points(world)["points"][-1]
    assert (shown["bytes_copied"], shown["entries"]) == (staged.bytes, staged.entries)
    assert shown["bytes_copied"] > 0
    [kept] = kept_snapshots(world)
    assert world.tree("west", f"{ROOT}/.snapshot/{kept}") == theirs
    assert [dict(one.snapshots) for one in state.kept] == [{ROOT: kept}]
    with pytest.raises(DrError, match="was not verified"):
        stages.seal()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", EVERY)
def test_foreign_changes_during_a_run_are_kept_and_undone_where_the_policy_says_restore(what: str, size: str) -> None:
    world = lived_in(POLICY + RESTORE + SIZES[size])
    stages = placed(world)
    EVERY[what][0](world)
    theirs = world.tree("west", ROOT)
    assert stages.verify()["word"] == "match"
    document = stages.seal()
    name = document["snapshots"]["west"][ROOT]
    assert world.tree("west", f"{ROOT}/.snapshot/{name}") == world.tree("east", f"{ROOT}/.snapshot/{name[:-3]}")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    [kept] = kept_snapshots(world)
    assert world.tree("west", f"{ROOT}/.snapshot/{kept}") == theirs
    assert [warning for warning in document["warnings"] if kept in warning]


@pytest.mark.parametrize("what", FOREIGN.keys() - {"the root's mode"})  # which place sets, whatever it is
@pytest.mark.parametrize("size", SIZES)
def test_what_somebody_did_between_plan_and_place_is_found_as_well(what: str, size: str) -> None:
    world = lived_in(POLICY + SIZES[size])
    change, name = FOREIGN[what]
    stages = placed(world, after=change)
    with pytest.raises(ForeignFound, match=name.split()[0]):
        stages.verify()


@pytest.mark.parametrize("what", CONTENT)
def test_what_was_kept_is_named_everywhere_until_a_person_removes_it_and_no_prune_does(what: str) -> None:
    world = lived_in(POLICY.replace('secondary: "5"', 'secondary: "1"') + RESTORE)
    stages = placed(world)
    EVERY[what][0](world)
    stages.verify()
    stages.seal()
    for number in range(4):
        world.backup(f"later {number}")
    [kept] = kept_snapshots(world)
    path, content = CONTENT[what]
    assert world.clusters["west"].find(f"{ROOT}/.snapshot/{kept}/{path}").content == content
    [named] = points(world)["kept"]
    assert (named["site"], named["snapshots"], named["count"]) == ("west", {ROOT: kept}, 1)
    [result] = [result for result in check(world) if result.name == "kept" and kept in result.detail]
    assert f"hdfs dfs -deleteSnapshot '{ROOT}' {kept}" in result.remedy
    [line] = told(world)
    assert kept in line
    west(world).delete_snapshot(ROOT, kept)
    world.backup("after")
    assert points(world)["kept"] == []
    assert not [result for result in check(world) if result.name == "kept"]
    assert "removed" in told(world)[-1]


@pytest.mark.parametrize(("path", "more"), [("came", ""), ("came/in %", SIZES["large"]), ("stays", "mode: full\n")])
def test_an_attribute_that_a_directory_of_the_run_should_not_have_is_in_no_point(path: str, more: str) -> None:
    world = lived_in()
    world.policy = POLICY + RESTORE + more
    stages = placed(world)
    west(world).set_xattr(f"{ROOT}/{path}", "user.ü", b"1")
    stages.verify()
    held = {site: roots[ROOT] for site, roots in stages.seal()["snapshots"].items()}
    trees = [world.tree(site, f"{ROOT}/.snapshot/{name}") for site, name in held.items()]
    assert trees[0] == trees[1]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("full", [False, True], ids=["moved", "adopted"])
@pytest.mark.parametrize("after_place", [False, True], ids=["before place", "after place"])
def test_an_extended_attribute_on_a_file_of_which_the_run_changes_nothing_is_refused_and_in_no_point(
    size: str, full: bool, after_place: bool,
) -> None:
    """The plan names the file, because it is elsewhere now or was compared whole, and gives it no attribute."""
    world = lived_in(POLICY + SIZES[size] + ("mode: full\n" if full else ""))
    old, new = f"{ROOT}/a b", f"{ROOT}/ü dir/a + b"
    if not full:
        world.clusters["east"].rename(old, new)

    def theirs(world: World) -> None:
        west(world).set_xattr(old if full or not after_place else new, "user.ü", b"1")

    stages = placed(world, after=None if after_place else theirs)
    if after_place:
        theirs(world)
    with pytest.raises(ForeignFound, match="its ACL or extended attributes differ"):
        stages.verify()


def test_a_first_run_into_an_empty_root_sees_what_came_meanwhile() -> None:
    world = World()
    fill(world)
    stages = placed(world)
    foreign_file(world, f"{ROOT}/ü dir/for eign")
    with pytest.raises(ForeignFound, match="ü dir/for eign was created"):
        stages.verify()


def effects(rule: str) -> int:
    """How many effects verify and seal have when they meet something foreign."""
    faults = Faults()
    world = lived_in(POLICY + rule + SIZES["large"])
    placed(world)
    foreign_file(world, f"{ROOT}/stays/for eign")
    stages = world.stages("r2", faults=faults)
    try:
        stages.verify()
        stages.seal()
    except ForeignFound:
        pass
    return faults.count


@pytest.mark.parametrize(
    ("at", "how"), thinned(product(range(1, effects(RESTORE) + 1), ("dies", "not done", "done")), 4)
)
def test_a_death_or_a_lost_answer_around_keeping_and_undoing_loses_nothing_and_the_next_run_seals(
    at: int, how: str
) -> None:
    world = lived_in(POLICY + RESTORE + SIZES["large"])
    placed(world)
    foreign_file(world, f"{ROOT}/stays/for eign")
    faults = Faults(at=at, die=how == "dies", lose=how != "dies", after=how == "done")
    try:
        stages = world.stages("r2", faults=faults)
        stages.verify()
        stages.seal()
    except (DrError, Died):
        world.host.dead.add("r2")
    world.backup("next")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    found = [name for name in kept_snapshots(world) if holds(world, name)]
    assert found
    recorded = {name for one in world.context().ledger.read().kept for name in one.snapshots.values()}
    assert recorded.issuperset(found[:1])
    assert not any(holds(world, name) for p in world.context().ledger.read().sealed()
                   for name in [p.sealed.snapshots[ROOT].name])  # fmt: skip


def holds(world: World, snapshot: str) -> bool:
    try:
        return world.clusters["west"].find(f"{ROOT}/.snapshot/{snapshot}/stays/for eign").content == b"FOREIGN"
    except DrError:
        return False


def test_a_root_in_which_nothing_happened_costs_one_request_to_know_it() -> None:
    world = sealed_world()
    context, asked = spy(world)
    west(world).create_snapshot(ROOT, "candidate")
    base = world.context().ledger.read().newest_sealed().sealed.snapshots[ROOT].name  # type: ignore[union-attr]
    plan = make_plan([], unit_files=1, unit_bytes=1, directory_limit=9)
    quiet, find = CarriedOut(ROOT, base, "candidate", [], plan, {}), FindForeign(context.destination.namenode)
    assert find.run(quiet, *find.differences([quiet])) == []
    assert asked.calls == ["diff"]


def test_a_listing_that_several_threads_look_into_at_once_loses_nothing_of_what_the_plan_brought(
    monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who sorts it by directory gives the others a turn after each entry: none of them may see half of it."""
    world, of = World(), find.parent
    fill(world)
    east = world.clusters["east"]
    for number in range(24):
        east.make_directory(f"{ROOT}/d {number}", 0o750, parents=True)
        for name in ("a ü", "b%"):
            node = east.make_file(f"{ROOT}/d {number}/{name}", replication=1, block_size=1024, overwrite=False)
            east.extend(node, name.encode())

    def slow(path: str) -> str:
        threading.Event().wait(0.002)
        return of(path)

    monkeypatch.setattr(find, "parent", slow)
    assert world.backup("r1")["state"] == "sealed"


# What the plan itself deletes or rewrites: done before its first step, it shows in no difference afterwards.
GOING: dict[str, tuple[Callable[[World], Any], str, tuple[str, bytes]]] = {
    "a file in a directory that goes": (
        lambda w: foreign_file(w, f"{ROOT}/goes/for eign"), "goes/for eign was created", ("goes/for eign", b"FOREIGN")),
    "a file that goes grew": (lambda w: extend(w, "goes/z"), "goes/z was changed", ("goes/z", b"goes/zFOREIGN")),
    "a file that goes was written over": (
        lambda w: foreign_file(w, f"{ROOT}/goes/z", b"EVIL"), "goes/z was replaced", ("goes/z", b"EVIL")),
    "a file moved into a directory that goes": (
        lambda w: west(w).rename(f"{ROOT}/stays/x 1", f"{ROOT}/goes/x ü"), "stays/x 1 was moved to goes/x ü",
        ("goes/x ü", b"stays/x 1")),
    "a file that the primary appended to": (lambda w: extend(w, "h#"), "h# was changed", ("h#", b"")),
}  # fmt: skip


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", GOING)
def test_what_somebody_changes_in_what_the_plan_takes_away_or_rewrites_is_refused_before_the_first_step(
    what: str, size: str
) -> None:
    world = lived_in(POLICY + SIZES[size])
    act, said, _ = GOING[what]
    with pytest.raises(ForeignFound) as refused:
        placed(world, after=act)
    assert f"{ROOT}/{said}" in str(refused.value)
    assert west(world).status(f"{ROOT}/goes").facts.is_dir, "nothing was placed"
    world.host.dead.add("r2")
    with pytest.raises(ForeignFound):
        world.backup("r3")
    assert [p["state"] for p in points(world)["points"]] == ["sealed", "staged"]


@pytest.mark.parametrize("what", GOING)
def test_what_somebody_changes_in_what_the_plan_takes_away_or_rewrites_is_kept_where_the_policy_says_restore(
    what: str,
) -> None:
    act, said, (path, content) = GOING[what]
    world = lived_in(POLICY + RESTORE)
    stages = placed(world, after=act)
    stages.verify()
    document = stages.seal()
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    held = [shot for shot in kept_snapshots(world) if shot.endswith(".placing.1")]
    [found] = [world.clusters["west"].find(f"{ROOT}/.snapshot/{shot}/{path}").content for shot in held]
    assert found == (content or world.clusters["west"].find(f"{ROOT}/.snapshot/{base(world)}/h#").content + b"FOREIGN")
    assert any(said in line and held[0] in line for line in document["warnings"])


def test_once_what_was_put_into_a_directory_that_goes_is_taken_away_the_next_run_places_and_seals() -> None:
    world = lived_in()
    with pytest.raises(ForeignFound):
        placed(world, after=GOING["a file in a directory that goes"][0])
    west(world).delete(f"{ROOT}/goes/for eign")
    world.host.dead.add("r2")
    world.backup("r3")
    assert [p["state"] for p in points(world)["points"]] == ["sealed"] * 3
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_nothing_that_place_did_is_taken_for_somebody_elses_when_it_is_carried_out_again() -> None:
    """It died when all was done: the live tree then differs from the plan's base in all that the plan takes away."""
    world = lived_in()
    placed(world)
    world.host.dead.add("r2")
    world.backup("r3")
    assert [p["state"] for p in points(world)["points"]] == ["sealed"] * 3


def test_what_comes_after_a_death_around_that_look_is_kept_as_well() -> None:
    """Until it is noted that the plan may have begun, each try looks again, and keeps what is there by then."""
    act, late, tried = GOING["a file in a directory that goes"][0], f"{ROOT}/goes/later ü", 0
    ready = lived_in(POLICY + RESTORE)
    ready.host.name = "r2"
    stages = ready.stages("r2")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    act(ready)
    point = ready.context().ledger.read().unfinished()[0].point
    for at in range(1, 20):
        world = ready.clone()
        world.host.name = "r2"
        with pytest.raises(Died):
            world.stages("r2", faults=Faults(at, die=True, after=True)).place()
        if world.files()["west"].names(world.context().directory(point)).count("placing.json"):
            break
        foreign_file(world, late)
        world.host.dead.add("r2")
        world.backup("r3")
        assert world.tree("west", ROOT) == world.tree("east", ROOT)
        inside = [west(world).list(f"{ROOT}/.snapshot/{shot}/goes") for shot in kept_snapshots(world)]
        found = {listed.name for listing in inside for listed in listing}
        assert {"for eign", "later ü"} <= found, at
        named = " ".join(line for kept in world.context().ledger.read().kept for line in kept.found)
        assert "goes/later ü was created" in named, at
        tried += 1
    assert tried >= 3
