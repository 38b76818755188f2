"""The same backup the other way round, and a baseline carried over from one direction into the other (S2.26, S2.27)."""

from __future__ import annotations

import contextlib

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.catalog.protect.locations import locations
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.points.damage import mark_damaged
from sim.world import TABLES, TableWorld, World, plan_and_stage, protecting
from support.catalogs import table

ROOT = "/data/a b+%"


def put(cluster: MemoryCluster, path: str, content: bytes) -> None:
    made = cluster.make_file(path, replication=1, block_size=1024, overwrite=True)
    cluster.extend(made, content)


def filled() -> World:
    world = World()
    put_tree(world)
    return world


def put_tree(world: World) -> None:
    east = world.clusters["east"]
    east.make_directory(f"{ROOT}/x=1 ü", 0o755, parents=True)
    for number in range(20):
        put(east, f"{ROOT}/x=1 ü/part {number}%", b"old %d" % number)
    put(east, f"{ROOT}/goes#", b"goes")


def dies_in_place(world: World, faults: Faults) -> str:
    """A run dies while it changes the live tree; gives its point."""
    world.host.name = "dies"
    stages = world.stages("dies")
    stages.preflight()
    point = str(stages.moment()["point"])
    plan_and_stage(stages)
    with contextlib.suppress(Died):
        world.stages("dies", faults=faults).place()
    world.host.dead.add("dies")
    return point


def lose_documents(world: World, point: str) -> None:
    """What is needed to carry a point on is gone, so that it has to be undone."""
    context = world.context()
    for side in context.sides.values():
        side.files.remove(context.directory(point))


def test_a_baseline_made_in_one_direction_serves_in_the_other_and_only_the_change_is_copied() -> None:
    world = filled()
    first = world.backup("first")
    world.exchange_roles()
    west = world.clusters["west"]
    put(west, f"{ROOT}/x=1 ü/part 3%", b"new 3")
    put(west, f"{ROOT}/new+", b"new")
    west.rename(f"{ROOT}/x=1 ü/part 4%", f"{ROOT}/moved 4")
    west.delete(f"{ROOT}/goes#", recursive=False)
    second = world.backup("second")
    assert second["baseline"] == first["point"]
    assert second["files_copied"] == 2
    assert second["epoch"] == 2
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_roles_may_be_exchanged_again_and_again_and_every_point_builds_on_the_one_before(turns: int) -> None:
    world = filled()
    newest = world.backup("0")
    for turn in range(turns):
        world.exchange_roles()
        origin = ("west", "east")[turn % 2]
        put(world.clusters[origin], f"{ROOT}/of turn {turn}", b"%d" % turn)
        point = world.backup(str(turn + 1))
        assert (point["baseline"], point["files_copied"]) == (newest["point"], 1)
        assert world.tree("east", ROOT) == world.tree("west", ROOT)
        newest = point


def test_the_same_backup_runs_with_the_roles_exchanged_from_the_start() -> None:
    world = World()
    world.exchange_roles()
    west = world.clusters["west"]
    west.make_directory(ROOT, 0o755, parents=True)
    put(west, f"{ROOT}/part 0", b"zero")
    world.backup("first")
    put(west, f"{ROOT}/part 1", b"one")
    assert world.backup("second")["files_copied"] == 1
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_tables_go_the_other_way_too_with_the_addresses_of_the_other_site() -> None:
    world = TableWorld(TABLES)
    world.create("t 1")
    world.create("t 2")
    world.backup("first")
    world.exchange_roles()
    west = world.clusters["west"]
    west.make_directory("/wh/t3 ü", 0o755, parents=True)
    put(west, "/wh/t3 ü/part 0", b"t3")
    world.metastores["west"].create([table("bill", "t3", location="hdfs://west/wh/t3 ü")])
    world.metastores["west"].drop(world.metastores["west"].tables("bill", ["t 1"]))
    second = world.backup("second")
    assert world.metastores["east"].table_names("bill") == ["t 2", "t3"]
    assert world.clusters["east"].find("/wh/t3 ü/part 0").content == b"t3"
    assert second["files_copied"] == 1
    held = {row.key.table: locations([row]) for row in world.metastores["east"].tables("bill", ["t 2", "t3"])}
    assert {name: [str(place.path) for place in places] for name, places in held.items()} == {
        "t 2": ["/wh/t 2 ü"], "t3": ["/wh/t3 ü"],
    }  # fmt: skip
    assert b"hdfs://west" not in b"".join(row.raw for row in world.metastores["east"].tables("bill", ["t 2", "t3"]))


def test_what_was_written_on_the_old_primary_since_the_point_is_foreign_now_and_never_lost() -> None:
    world = filled()
    world.backup("first")
    put(world.clusters["east"], f"{ROOT}/never crossed", b"of the old primary")
    world.exchange_roles()
    with pytest.raises(Refused, match="never crossed"):
        world.backup("second")
    assert world.clusters["east"].find(f"{ROOT}/never crossed").content == b"of the old primary"
    world.policy = world.policy + "drift: restore\n"
    world.backup("third")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)
    [undone] = [entry for entry in world.context().ledger.chain.entries() if entry.kind == "undone"]
    assert undone.body.site == "east"
    shown = world.clusters["east"].find(f"{ROOT}/.snapshot/{undone.body.kept}/never crossed")
    assert shown.content == b"of the old primary"


def test_a_table_made_on_the_old_primary_since_the_point_is_foreign_now() -> None:
    world = TableWorld(TABLES)
    world.create("t 1")
    world.backup("first")
    world.create("late")
    world.exchange_roles()
    with pytest.raises(Refused, match=r"bill\.late"):
        world.backup("second")


@pytest.mark.parametrize("at", range(1, 60, 4))
def test_a_run_that_dies_anywhere_in_the_other_direction_is_carried_on(at: int) -> None:
    world = TableWorld(protecting("hdfs: /data/a b+%", "hive: bill"))
    put_tree(world)
    world.create("t 1")
    world.create("t 2")
    world.backup("first")
    world.exchange_roles()
    put(world.clusters["west"], f"{ROOT}/new+", b"new")
    world.clusters["west"].delete(f"{ROOT}/goes#", recursive=False)
    world.metastores["west"].drop(world.metastores["west"].tables("bill", ["t 1"]))
    with contextlib.suppress(Died, DrError):
        world.backup("dies", Faults(at=at, die=True))
    world.host.dead.add("dies")
    world.backup("next")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)
    assert world.metastores["east"].table_names("bill") == ["t 2"]


@pytest.mark.parametrize("at", [5, 9, 13])
def test_a_point_that_cannot_be_finished_is_undone_to_the_point_that_went_the_other_way(at: int) -> None:
    world = filled()
    world.backup("first")
    before = world.tree("east", ROOT)
    world.exchange_roles()
    put(world.clusters["west"], f"{ROOT}/new+", b"new")
    world.clusters["west"].rename(f"{ROOT}/x=1 ü", f"{ROOT}/y=2")
    point = dies_in_place(world, Faults(at=at, die=True, after=True))
    lose_documents(world, point)
    world.host.name = "next"
    world.stages("next").preflight()
    assert world.context().ledger.read().points[point].state is PointState.VOID
    assert world.tree("east", ROOT) == before
    world.host.dead.add("next")
    world.backup("last")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


@pytest.mark.parametrize("at", [1, 4, 7])
def test_what_was_begun_in_one_direction_is_refused_in_the_other_and_ended_in_its_own(at: int) -> None:
    world = filled()
    world.backup("first")
    east = world.clusters["east"]
    east.rename(f"{ROOT}/x=1 ü/part 4%", f"{ROOT}/moved 4")
    put(east, f"{ROOT}/new+", b"new")
    point = dies_in_place(world, Faults(at=at, die=True))
    world.exchange_roles()
    before = {site: world.tree(site, ROOT) for site in ("east", "west")}
    with pytest.raises(Refused, match=f"direction: point {point} .* goes from east to west"):
        world.backup("other way")
    assert before == {site: world.tree(site, ROOT) for site in ("east", "west")}
    world.exchange_roles()
    world.backup("own way")
    assert world.context().ledger.read().points[point].state is PointState.SEALED
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_an_undo_that_was_begun_on_one_site_is_never_carried_out_on_the_other() -> None:
    world = filled()
    world.backup("first")
    world.policy += "drift: restore\n"
    put(world.clusters["west"], f"{ROOT}/x=1 ü/foreign #", b"of somebody else")
    at = 0
    while world.context().ledger.read().undo is None:  # until it dies behind the announcement
        at += 1
        assert at < 200
        with contextlib.suppress(Died, DrError):
            world.backup(f"undoes {at}", Faults(at=at, die=True))
        world.host.dead.add(f"undoes {at}")
    put(world.clusters["east"], f"{ROOT}/east only", b"of the old primary")
    world.exchange_roles()
    before = {site: world.tree(site, ROOT) for site in ("east", "west")}
    with pytest.raises(Refused, match="direction: an undo on west"):
        world.backup("other way")
    assert before == {site: world.tree(site, ROOT) for site in ("east", "west")}
    world.exchange_roles()
    world.backup("own way")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)


def test_what_is_kept_of_the_old_primary_is_kept_there_and_stays_named() -> None:
    world = filled()
    world.backup("first")
    put(world.clusters["east"], f"{ROOT}/never crossed", b"of the old primary")
    world.exchange_roles()
    world.policy = world.policy + "drift: restore\n"
    world.backup("second")
    [kept] = world.context().ledger.read().kept
    assert kept.site == "east"
    assert world.clusters["east"].find(f"{ROOT}/.snapshot/{kept.snapshots[ROOT]}/never crossed")


def test_a_file_known_to_be_damaged_on_the_new_primary_never_replaces_the_good_one() -> None:
    world = filled()
    first = world.backup("first")["point"]
    point = world.context().ledger.read().points[first]
    bad, name = "x=1 ü/part 3%", f"{ROOT}/x=1 ü/part 3%"
    mark_damaged(world.context(), "verify", point, [Finding(ROOT, bad, "content differs")])
    world.exchange_roles()
    with pytest.raises(Refused, match=r"west:/data/a b\+%/x=1 ü/part 3% is damaged since point"):
        world.backup("second")
    put(world.clusters["west"], name, world.clusters["east"].find(name).content)
    world.backup("third")
    assert world.tree("east", ROOT) == world.tree("west", ROOT)
