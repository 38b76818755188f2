"""The old primary comes back as the secondary; what it wrote is kept until a person releases it (S0.8, S2.26, I10)."""

from __future__ import annotations

import contextlib

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.roles.identity import Role, decode_identity, identity_path
from hadoop_dr.services.backup.check.run_checks import RunChecks
from sim.coming_back import WROTE, come_back, coming_back, diverged
from sim.failing_over import begun, fail_over, put
from sim.world import ROOT, TABLES, TableWorld, World
from support.catalogs import table

KEPT = "dr-billing-kept-2-diverged"


def announced(world: World) -> Role:
    found = world.coordinators()["east"].read(identity_path("east-west"))
    assert found is not None
    return decode_identity(found.data, "east").role


def assert_back(world: World) -> None:
    """East is as west, and what it wrote is readable."""
    assert world.tree("east", ROOT) == world.tree("west", ROOT)
    for name, content in WROTE.items():
        assert world.clusters["east"].find(f"{ROOT}/.snapshot/{KEPT}/{name}").content == content


def test_the_next_backup_undoes_what_was_approved_and_copies_only_what_the_new_primary_changed() -> None:
    world = diverged()
    document = come_back(world)
    assert (document["from"], document["to"], document["epoch"], document["approved"]) == ("west", "east", 2, True)
    assert document["kept"] == {"billing": {ROOT: KEPT}}
    said = document["diverged"]["billing"]
    assert said["count"] == 4
    assert sorted(line.partition(" was ")[0] for line in said["files"]) == [
        f"{ROOT}/{name}" for name in ("a b", "h#", "never crossed %", "ü dir/e%20")
    ]
    assert announced(world) is Role.SECONDARY
    done = world.backup("back")
    assert (done["verified"], done["files_copied"], done["baseline"]) == ("match", 2, document["points"]["billing"])
    assert_back(world)
    [kept] = world.context().ledger.read().kept
    assert kept.text().startswith(f"east:{ROOT}/.snapshot/{KEPT}: 4 changes that east made as primary and that never")
    put(world, "east", "foreign +", b"of somebody else")
    with pytest.raises(Refused, match="foreign"):  # the approval was for that divergence alone
        world.backup("after")


def test_without_a_word_of_a_person_it_is_kept_and_shown_and_a_look_does_not_even_keep_it() -> None:
    world = diverged()
    before = world.tree("east", ROOT), world.context().ledger.read()
    looked = coming_back(world).look()
    assert looked["diverged"]["billing"]["count"] == 4
    assert (world.tree("east", ROOT), world.context().ledger.read()) == before
    shown = coming_back(world).run("reprotect", "ann", "why", approve=False)
    assert (shown["kept"], shown["approved"]) == ({"billing": {ROOT: KEPT}}, False)
    assert announced(world) is Role.PRIMARY
    assert world.context().ledger.read().divergence is None
    assert world.tree("east", ROOT) == before[0]


@pytest.mark.parametrize("more", ["another file", "more in a file"])
def test_what_is_written_there_after_a_person_looked_refuses_the_backup_until_it_is_shown_too(more: str) -> None:
    world = diverged()
    come_back(world)
    put(world, "east", "late =" if more == "another file" else "a b", b"written late")
    before = world.tree("east", ROOT)
    with pytest.raises(Refused, match="it is more than ann approved, or was written since"):
        world.backup("refused")
    assert world.tree("east", ROOT) == before
    assert world.context().ledger.read().claim is None
    assert come_back(world)["kept"] == {"billing": {ROOT: f"{KEPT}.2"}}
    assert world.backup("back")["verified"] == "match"
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


@pytest.mark.parametrize("how", ["die", "die behind it", "lose"])
def test_wherever_it_is_interrupted_the_next_call_ends_it(how: str) -> None:
    start = diverged()
    for at in range(1, 200, 2):
        world = start.clone()
        faults = Faults(at=at, die=how != "lose", lose=how == "lose", after=how != "die")
        with contextlib.suppress(Died, DrError):
            come_back(world, faults)
        come_back(world)
        assert len(world.context().ledger.read().kept) == 1
        assert announced(world) is Role.SECONDARY
        world.backup("back")
        assert_back(world)
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


@pytest.mark.parametrize("how", ["die", "lose"])
def test_a_backup_that_dies_anywhere_behind_it_is_carried_on_and_keeps_what_diverged(how: str) -> None:
    start = diverged()
    come_back(start)
    for at in range(1, 400, 7):
        world = start.clone()
        faults = Faults(at=at, die=how == "die", lose=how == "lose")
        with contextlib.suppress(Died, DrError):
            world.backup("dies", faults)
        world.host.dead.add("dies")
        world.backup("next")
        assert_back(world)
        if faults.count < at:
            return
    raise AssertionError("it never came to its end")


def test_what_is_kept_goes_when_a_person_releases_it_and_not_before_the_site_has_come_back() -> None:
    world = diverged()
    come_back(world)
    with pytest.raises(Refused, match="no point was sealed on east since it diverged"):
        coming_back(world).release()
    world.backup("back")
    path = f"{ROOT}/.snapshot/{KEPT}"
    assert coming_back(world).release(dry_run=True)["released"] == {"billing": [path]}
    assert coming_back(world).release()["released"] == {"billing": [path]}
    assert KEPT not in [shot.name for shot in MemoryNameNode(world.clusters["east"]).snapshots(ROOT)]
    assert world.context().ledger.read().kept == ()
    assert coming_back(world).release()["released"] == {}
    assert world.backup("after")["verified"] == "match"


def test_it_is_refused_by_name_where_it_is_unsafe() -> None:
    world = diverged()
    world.lose("east")
    with pytest.raises(Refused, match="east does not answer"):
        come_back(world)
    world.find("east")
    east = MemoryNameNode(world.clusters["east"])
    for snapshot in east.snapshots(ROOT):
        east.delete_snapshot(ROOT, snapshot.name)
    with pytest.raises(Refused, match="billing: no common point: east has lost its snapshot of point"):
        come_back(world)
    assert world.context().ledger.read().kept == ()
    assert announced(world) is Role.PRIMARY


def test_a_site_that_wrote_nothing_comes_back_without_anything_to_keep() -> None:
    world, _ = begun()
    fail_over(world)
    document = come_back(world)
    assert (document["diverged"], document["kept"], document["closed"]) == ({}, {}, {})
    assert world.backup("back")["verified"] == "match"
    assert come_back(world)["diverged"] == {}  # done already


def test_tables_that_never_crossed_are_named_undone_and_their_definitions_kept() -> None:
    world = TableWorld(TABLES)
    world.create("t 1")
    world.backup("first")
    world.create("late ü")
    world.lose("east")
    fail_over(world)
    world.find("east")
    document = come_back(world)
    assert ["late ü" in line for line in document["diverged"]["billing"]["tables"]] == [True]
    assert world.backup("back")["verified"] == "match"
    assert world.metastores["east"].table_names("bill") == ["t 1"]
    assert any(one.document and "late ü" in one.changes() for one in world.context().ledger.read().kept)
    assert RunChecks(world.context()).since_newest()[0].mark == "ok"


def test_a_table_that_is_made_after_a_person_looked_refuses_the_backup() -> None:
    world = TableWorld(TABLES)
    world.create("t 1")
    world.backup("first")
    fail_over(world)
    come_back(world)
    world.metastores["east"].create([table("bill", "later ü", location="hdfs://east/wh/t 1 ü")])
    with pytest.raises(Refused, match="later ü"):
        world.backup("refused")
    assert world.metastores["east"].table_names("bill") == ["later ü", "t 1"]
