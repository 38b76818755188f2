"""Somebody deleted snapshots of the newest point: the next run compares what is there and seals (I7, I10, fault 8)."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.state.service_state import Point
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.points.damage import mark_damaged
from sim.prune_to_come import grown as unpruned_world
from sim.world import ROOT, World, protecting

OTHER = "/data/c ü#"
POLICY = protecting(f"hdfs: {ROOT}", f'hdfs: "{OTHER}"')
BOTH = (ROOT, OTHER)


def write(world: World, site: str, path: str, data: bytes) -> None:
    cluster = world.clusters[site]
    cluster.extend(cluster.make_file(path, replication=1, block_size=1024, overwrite=True), data)


@cache
def _grown(drift: str) -> World:
    world = World(POLICY + f"drift: {drift}\n")
    for root in BOTH:
        world.clusters["east"].make_directory(f"{root}/ü dir", 0o750, parents=True)
    for run in range(3):
        for root in BOTH:
            write(world, "east", f"{root}/ü dir/e%20 {run}", b"one" * 900)
            write(world, "east", f"{root}/changes +", b"version %d" % run)
        world.backup(f"r{run}")
        world.host.dead.add(f"r{run}")
    for root in BOTH:
        write(world, "east", f"{root}/new =", b"new")
        world.clusters["east"].delete(f"{root}/ü dir/e%20 1", recursive=False)
    return world


def grown(drift: str = "refuse") -> World:
    """Three points of two roots, and a primary that has moved on since."""
    return _grown(drift).clone()


def points(world: World) -> list[Point]:
    return world.context().ledger.read().sealed()


def lose(world: World, site: str, point: Point, *roots: str) -> list[str]:
    """Somebody deletes snapshots of a point; gives the paths that a person will look for."""
    names = {root: (point.taken.snapshots if site == "east" else point.sealed.snapshots)[root] for root in roots}
    for root, kept in names.items():
        MemoryNameNode(world.clusters[site]).delete_snapshot(root, kept.name)
    return [f"{site}:{root}/.snapshot/{kept.name} is gone" for root, kept in names.items()]


def of_newest(*where: tuple[str, str]) -> list[tuple[str, int, str]]:
    return [(site, -1, root) for site, root in where]


MIXTURES: dict[str, list[tuple[str, int, str]]] = {
    "east": of_newest(("east", ROOT), ("east", OTHER)),
    "west": of_newest(("west", ROOT), ("west", OTHER)),
    "both": of_newest(*((site, root) for site in ("east", "west") for root in BOTH)),
    "newest two on west": [("west", at, root) for at in (-1, -2) for root in BOTH],
    "newest east, the one before west": [("east", -1, ROOT), ("east", -1, OTHER), ("west", -2, ROOT)],
    "one root east": of_newest(("east", OTHER)),
    "one root west": of_newest(("west", OTHER)),
    "one root here, one there": of_newest(("east", ROOT), ("west", OTHER)),
    "all on west": [("west", at, root) for at in (-1, -2, -3) for root in BOTH],
}


CASES = [*((mixture, "incremental") for mixture in MIXTURES), ("both", "full"), ("one root west", "full")]


@pytest.mark.parametrize(("mixture", "mode"), CASES)
def test_whatever_snapshots_of_the_newest_points_are_gone_the_next_run_adopts_what_is_there_and_seals(
    mixture: str, mode: str
) -> None:
    world = grown()
    for site, at, root in MIXTURES[mixture]:
        lose(world, site, points(world)[at], root)
    newest = points(world)[-1]
    document = world.backup("next", mode=mode)
    for root in BOTH:
        assert world.tree("west", root) == world.tree("east", root)
        snapshots = document["snapshots"]
        east = world.tree("east", f"{root}/.snapshot/{snapshots['east'][root]}")
        assert world.tree("west", f"{root}/.snapshot/{snapshots['west'][root]}") == east
    assert document["files_copied"] == 2, "only what is new since crosses"
    if mode == "incremental":
        name = newest.sealed.snapshots[ROOT].name
        said = sorted(line for line in document["warnings"] if f"/.snapshot/{name} is gone; " in line)
        lost = sorted({root for _, at, root in MIXTURES[mixture] if at == -1})
        assert [root for root, line in zip(lost, said, strict=True) if f"{root} is compared whole" not in line] == []
    world.host.dead.add("next")
    assert world.backup("after")["baseline"] == document["point"]


@pytest.mark.parametrize("mixture", ["one root east", "one root west"])
def test_roots_whose_snapshots_are_all_there_go_on_as_an_increment(mixture: str) -> None:
    world = grown()
    newest = points(world)[-1]
    for site, at, root in MIXTURES[mixture]:
        lose(world, site, points(world)[at], root)
    before = [name for name in names(world, ROOT) if name.endswith("-before")]
    document = world.backup("next")
    assert document["baseline"] == newest.point
    manifest = (
        world.context().destination.files.get(f"{world.context().directory(document['point'])}/manifest.json").decode()
    )
    assert [name for name in names(world, ROOT) if name.endswith("-before")] == before
    assert f'"older": "{newest.taken.roots[ROOT].snapshot.name}"' in manifest


def names(world: World, root: str) -> list[str]:
    return [snapshot.name for snapshot in MemoryNameNode(world.clusters["west"]).snapshots(root)]


def test_foreign_changes_are_found_as_long_as_the_secondary_has_its_own_newest_snapshot() -> None:
    world = grown()
    [gone, _] = lose(world, "east", points(world)[-1], *BOTH)
    write(world, "west", f"{ROOT}/theirs", b"theirs")
    before = world.context().ledger.chain.entries()
    looked = {r.name: r.detail for r in RunChecks(world.context()).look()}
    assert f"{ROOT}/theirs was created" in looked["drift"]
    assert gone in looked["baseline"] or OTHER in looked["baseline"]
    with pytest.raises(Refused, match="theirs was created"):
        world.backup("next")
    assert world.context().ledger.chain.entries() == before


def test_foreign_changes_are_kept_aside_where_the_policy_says_so_although_the_primarys_snapshot_is_gone() -> None:
    world = grown("restore")
    lose(world, "east", points(world)[-1], *BOTH)
    write(world, "west", f"{ROOT}/theirs", b"theirs")
    world.backup("next")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert kept(world, f"{ROOT}/theirs") == [b"theirs"]


def kept(world: World, path: str) -> list[bytes]:
    """What snapshots for a person hold under a path."""
    root = next(root for root in BOTH if path.startswith(f"{root}/"))
    west = world.clusters["west"]
    inside = [f"{root}/.snapshot/{name}{path[len(root) :]}" for name in names(world, root) if "-kept-" in name]
    return [west.find(one).content for one in inside]


@pytest.mark.parametrize("drift", ["refuse", "restore"])
def test_what_may_be_foreign_is_kept_where_the_secondarys_own_snapshot_is_gone(drift: str) -> None:
    """Nobody can tell it from what the primary deleted since; it goes, and a snapshot of its own has it."""
    world = grown(drift)
    lose(world, "west", points(world)[-1], *BOTH)
    write(world, "west", f"{ROOT}/theirs", b"theirs")
    write(world, "west", f"{OTHER}/changes +", b"theirs, too")
    document = world.backup("next")
    for root in BOTH:
        assert world.tree("west", root) == world.tree("east", root)
        assert any(f"west:{root}: foreign changes cannot be recognised" in line for line in document["warnings"])
    assert kept(world, f"{ROOT}/theirs") == [b"theirs"]
    assert kept(world, f"{OTHER}/changes +") == [b"theirs, too"]
    [named] = world.context().ledger.read().kept
    assert set(named.snapshots) == set(BOTH)
    assert f"{OTHER}/changes +" in " ".join(named.found)


def test_a_damaged_newest_point_is_compared_whole_and_foreign_changes_beside_the_damage_are_found() -> None:
    world = grown()
    newest = points(world)[-1]
    mark_damaged(world.context(), "verify", newest, [Finding(ROOT, "changes +", "could not be read back")])
    world.clusters["west"].delete(f"{ROOT}/changes +", recursive=False)
    write(world, "west", f"{OTHER}/theirs", b"theirs")
    with pytest.raises(Refused, match=f"{OTHER}/theirs was created"):
        world.backup("next")
    world.clusters["west"].delete(f"{OTHER}/theirs", recursive=False)
    document = world.backup("after")
    assert document["baseline"] is None
    assert any(f"point {newest.point} is marked damaged" in line for line in document["warnings"])
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_foreign_changes_beside_a_damaged_newest_point_are_kept_where_the_policy_says_restore() -> None:
    world = grown("restore")
    mark_damaged(world.context(), "verify", points(world)[-1], [Finding(ROOT, "changes +", "could not be read back")])
    write(world, "west", f"{OTHER}/theirs", b"theirs")
    world.backup("next")
    assert set(kept(world, f"{OTHER}/theirs")) == {b"theirs"}
    assert world.tree("west", OTHER) == world.tree("east", OTHER)


def test_a_look_before_the_run_says_what_is_lost_and_what_it_would_do() -> None:
    world = grown()
    gone = lose(world, "west", points(world)[-1], OTHER)
    [lost] = [r for r in RunChecks(world.context()).look() if r.name == "baseline"]
    assert gone[0] in lost.detail
    preview: dict[str, Any] = Preview(world.context()).run()
    assert preview["baseline"] == points(world)[-1].point
    assert preview["deletions"] == 2


def test_the_sample_says_of_a_point_whose_snapshot_is_gone_that_it_is_lost_and_nothing_of_the_new_one() -> None:
    world = grown()
    for point in points(world):
        lose(world, "west", point, *BOTH)
    document = world.backup("next")
    newest = points(world)[-1]
    assert newest.sealed.verified.word == "match"
    assert newest.damaged == ""
    damaged = [point for point in points(world) if point.damaged]
    assert damaged == points(world)[:-1]
    for point in damaged:
        assert point.damaged.endswith("is gone and 1 more")
        assert any(point.point in line for line in document["warnings"])


def test_prune_keeps_the_newest_point_that_both_sites_have_whole() -> None:
    world = unpruned_world()
    *_, common, newest = points(world)
    lose(world, "east", newest, ROOT)
    [warning] = Prune(world.context()).run("by hand")["warnings"]
    assert warning.startswith(f"east lost snapshots of point {newest.point}: ")
    left = [point.run for point in points(world) if not point.gone]
    assert left == [common.run, newest.run]
