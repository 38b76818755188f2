"""The secondary is away for long: the primary gets its room back, and the next run carries everything all the same."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.state.service_state import ServiceState
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.roots.free_primary import FreePrimary
from sim.world import PAIR, POLICY, ROOT, World, fill

KEEPING = POLICY.replace('primary: "2"', 'primary: "5"')


def lived_in() -> tuple[World, list[str]]:
    world = World(KEEPING)
    fill(world)
    points = []
    for n in range(3):
        east = world.clusters["east"]
        east.extend(east.find(f"{ROOT}/h#"), b"more %d" % n)
        points.append(world.backup(f"run {n}")["point"])
    return world, points


def of_primary(world: World) -> FreePrimary:
    """What a person has while nothing of the secondary answers: the primary and its own copy of the ledger."""
    context = world.context()
    chain = Chain(context.ledger.chain.path, world.files()["east"], None, world.clock)
    state = ServiceLedger(chain, context.roles).read()
    return FreePrimary("billing", PAIR.name, context.sides["east"], context.roles.epoch, state)


def shots(world: World) -> list[str]:
    return [shot.name for shot in MemoryNameNode(world.clusters["east"]).snapshots(ROOT)]


def test_without_approval_nothing_goes_and_with_it_only_what_nothing_builds_on() -> None:
    world, points = lived_in()
    before, theirs = shots(world), "theirs %"
    MemoryNameNode(world.clusters["east"]).create_snapshot(ROOT, theirs)
    told = of_primary(world).run()
    assert ([one["point"] for one in told["points"]], list(told["stays"])) == (points[:2], points[2:])
    assert shots(world) == [*before, theirs]
    done = of_primary(world).run(approve=True)
    assert done["points"] == told["points"]
    assert shots(world) == [before[-1], theirs]
    again = of_primary(world).run(approve=True)
    assert (again["points"], again["missing"]) == ([], 2)
    document = world.backup("after")
    assert document["baseline"] == points[-1]
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_when_the_newest_goes_too_the_next_run_compares_everything_and_copies_what_differs() -> None:
    world, points = lived_in()
    assert [one["point"] for one in of_primary(world).run(newest=True, approve=True)["points"]] == points
    assert shots(world) == []
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/a b"), b"written meanwhile")
    document = world.backup("after")
    assert document["files_copied"] == 1
    assert any("is compared whole" in text for text in document["warnings"])
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_snapshot_that_was_made_again_under_a_recorded_name_stays() -> None:
    world, points = lived_in()
    namenode = MemoryNameNode(world.clusters["east"])
    first = shots(world)[0]
    namenode.delete_snapshot(ROOT, first)
    namenode.create_snapshot(ROOT, first)
    done = of_primary(world).run(approve=True)
    assert ([one["point"] for one in done["points"]], done["missing"]) == (points[1:2], 1)
    assert first in shots(world)


def test_a_service_that_the_primary_knows_nothing_of_is_refused_by_name() -> None:
    world = World()
    with pytest.raises(Refused, match="billing: the copy of its ledger on east has no point"):
        FreePrimary("billing", PAIR.name, world.context().sides["east"], 1, ServiceState()).run()
