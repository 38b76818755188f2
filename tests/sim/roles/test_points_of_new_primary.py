"""Behind a failover the points live on the primary: nothing takes them away before others are sealed (I7, I8)."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.ledger import service_chain
from hadoop_dr.domain.roles.identity import Role
from hadoop_dr.services.identity import AnnounceIdentity
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.roles import Roles
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.roots.free_primary import FreePrimary
from hadoop_dr.services.roots.unprotect import Unprotect
from sim.directories import hdfs, write
from sim.failing_over import announce, fail_over, put
from sim.root_changes import CHILD, LAKE, NARROW, ORDER, PARENT, SIBLING, shots
from sim.world import PAIR, POLICY, ROOT, World, fill

POINTS = 3


def moved() -> World:
    world = World(POLICY)
    fill(world)
    for number in range(POINTS):
        put(world, "east", f"ü %{number}", b"x" * number)
        world.backup(f"r{number}")
    world.lose("east")
    fail_over(world)
    return world


def free(world: World) -> FreePrimary:
    """What a person has on the site that still answers: its copies of both ledgers, and its ZooKeeper."""
    roles = Roles("east-west", world.files(), world.clock).read().state
    side = world.context().sides[roles.primary]
    chain = Chain(service_chain("east-west", "billing"), world.files()[side.name], None, world.clock)
    return FreePrimary("billing", PAIR.name, side, roles.epoch, ServiceLedger(chain, roles).read())


def names(world: World, site: str) -> list[str]:
    return [shot.name for shot in MemoryNameNode(world.clusters[site]).snapshots(ROOT)]


@pytest.mark.parametrize("newest", [False, True])
def test_free_primary_never_removes_points_that_live_on_the_new_primary(newest: bool) -> None:
    world = moved()
    before = names(world, "west")
    said = free(world).run(newest=newest, approve=True)
    assert said["points"] == []
    assert len(said["stays"]) == POINTS
    assert set(said["stays"].values()) == {"it was copied to west and lives there"}
    assert names(world, "west") == before


def test_free_primary_is_refused_where_zookeeper_announces_another_role_than_an_old_ledger() -> None:
    """The copy of the pair's ledger on the old primary was never brought in step, and the new primary is silent."""
    world = moved()
    world.find("east")
    announced = AnnounceIdentity("east-west", world.coordinators(), world.clock, world.tokens)
    announced.run("east", Role.SECONDARY, 2, "test", "announced, and its ledger never followed")
    world.lose("west")
    assert Roles("east-west", world.files(), world.clock).read().state.primary == "east"
    before = names(world, "east")
    with pytest.raises(Refused, match=r"ZooKeeper announces secondary in epoch 2, the ledger .* primary in epoch 1"):
        free(world).run(newest=True, approve=True)
    assert names(world, "east") == before


def test_free_primary_is_refused_where_zookeeper_announces_nothing() -> None:
    world = moved()
    world.ensembles["west"].nodes.clear()
    with pytest.raises(Refused, match="west: its ZooKeeper announces no role"):
        free(world).run()


def test_roots_change_on_a_new_primary_only_once_a_point_is_sealed_on_the_other_site() -> None:
    world = World(hdfs(PARENT, LAKE))
    for root in (CHILD, SIBLING, LAKE):
        for name in ("f 1", "x=1/ü"):
            write(world, f"{root}/{name}", f"{root}{name}".encode() * 100)
    world.backup("first")
    world.lose("east")
    fail_over(world)
    world.find("east")
    announce(world)
    declared, world.policy = world.policy, hdfs(*NARROW, LAKE)
    before = shots(world, "west")
    with pytest.raises(Refused, match="lives on west, which is the primary now, and no point was sealed on east since"):
        world.backup("too early", **ORDER)
    assert shots(world, "west") == before
    world.policy = declared
    world.backup("back")
    world.policy = hdfs(*NARROW, LAKE)
    world.backup("changed", **ORDER)
    assert set(shots(world, "west")) == {*NARROW, LAKE}
    for root in NARROW:
        assert world.tree("east", root) == world.tree("west", root)


def test_unprotect_takes_the_points_of_a_new_primary_only_once_one_is_sealed_on_the_other_site() -> None:
    world = moved()
    world.find("east")
    announce(world)
    before = names(world, "west")
    with pytest.raises(Refused, match=rf"points of it \({POINTS}\) live on west alone, which is the primary now"):
        Unprotect(world.context(), "too early").run("the rack moves")
    assert names(world, "west") == before
    assert world.context().ledger.read().claim is None
    back = world.backup("back")["point"]
    assert Unprotect(world.context(), "away").run("the rack moves")["points_left"] == 1
    assert (names(world, "west"), world.context().ledger.read().points[back].gone) == ([], ("west",))
