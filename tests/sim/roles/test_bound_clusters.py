"""The ledger of a pair knows which HDFS cluster each site is: exchanged addresses are refused before anything else."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.config.pair import Pair, Site
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.state.pair_state import PairState
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.identity import bind_clusters, bind_new_cluster, refuse_other_clusters
from hadoop_dr.services.ledger.roles import Roles
from sim.world import ROOT, World, fill

PAIR = Pair("east-west", (Site("east"), Site("west")), "east", "a b %.yaml")
BOUND = {"east": "CID-east", "west": "CID-west"}


def roles(world: World) -> Roles:
    return Roles("east-west", world.files(), world.clock)


def state(world: World) -> PairState:
    return roles(world).read().state


def namenodes(world: World) -> dict[str, NameNode]:
    return {name: side.namenode for name, side in world.context().sides.items()}


def exchange_addresses(world: World) -> None:
    """The sites' HDFS addresses are exchanged in the pair file; the ZooKeepers' are not."""
    world.clusters = dict(zip(world.clusters, reversed(world.clusters.values()), strict=True))


def lived(*, binds: bool) -> World:
    world = World(binds=binds)
    fill(world)
    world.backup("first")
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/new +%", replication=1, block_size=1024, overwrite=False), b"of today")
    return world


@pytest.mark.parametrize("binds", [True, False], ids=["bound by initialise", "bound by the first run"])
def test_exchanged_addresses_are_refused_by_name_and_no_tree_is_brought_back(binds: bool) -> None:
    world = lived(binds=binds)
    assert state(world).clusters == BOUND
    exchange_addresses(world)
    before = {site: world.tree(site, ROOT) for site in world.clusters}
    head = state(world).n
    with pytest.raises(Refused, match=r"east answers as cluster CID-west, the ledger knows it as CID-east.*exchanged"):
        world.backup("exchanged")
    assert {site: world.tree(site, ROOT) for site in world.clusters} == before
    assert (state(world).n, world.context().ledger.read().claim) == (head, None)
    failed = [one for one in RunChecks(world.context()).look() if one.mark is Mark.FAIL]
    assert {one.name for one in failed} == {"clusters"}
    with pytest.raises(Refused, match="east answers as cluster CID-west"):
        refuse_other_clusters(PAIR, state(world).clusters, namenodes(world))
    exchange_addresses(world)
    assert world.backup("put right")["files_copied"] == 1


def test_a_run_that_knows_the_clusters_records_and_asks_nothing_more() -> None:
    world = lived(binds=True)
    head = state(world).n
    bind_clusters(roles(world), namenodes(world))
    world.backup("second")
    assert state(world).n == head


def test_a_site_that_is_silent_is_passed_over() -> None:
    world = lived(binds=True)
    world.lose("west")
    refuse_other_clusters(PAIR, BOUND, {name: side.namenode for name, side in world.context().sides.items()})


def test_a_cluster_that_was_made_anew_is_recorded_only_by_a_person_and_never_as_the_other_site() -> None:
    world = lived(binds=True)
    whole = dict(world.clusters)
    anew = {"east": MemoryNameNode(whole["east"]), "west": MemoryNameNode(MemoryCluster("anew ü"))}
    bind_clusters(roles(world), anew)
    assert state(world).clusters == BOUND
    bind_new_cluster(PAIR, roles(world), "west", anew)
    assert state(world).clusters == {"east": "CID-east", "west": "CID-anew ü"}
    with pytest.raises(Refused, match="west answers as cluster CID-east, which is east"):
        bind_new_cluster(PAIR, roles(world), "west", dict.fromkeys(whole, anew["east"]))
    with pytest.raises(Refused, match="east answers as cluster CID-anew ü"):
        bind_new_cluster(PAIR, roles(world), "west", dict.fromkeys(whole, anew["west"]))
