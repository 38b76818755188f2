"""``free-primary`` dies half-way, or a run works on elsewhere while only this machine is cut off (I2, I6, I7)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import DrError
from hadoop_dr.domain.ledger.bodies.ends import PointPinned, PointsPruned
from hadoop_dr.services.ledger.chain import Chain
from hadoop_dr.services.ledger.service import ServiceLedger
from hadoop_dr.services.roots.free_primary import FreePrimary
from sim.world import PAIR, POLICY, ROOT, World, fill

KEEPING = POLICY.replace('primary: "2"', 'primary: "5"') + "drift: restore\n"
SIZES = {"small": "", "large": "audit_entries: 3\n"}
STAGES = ("preflight", "moment", "plan", "stage", "place", "verify", "seal")


def lived_in(size: str = "") -> tuple[World, list[str]]:
    world = World(KEEPING + size)
    fill(world)
    points = []
    for number in range(3):
        write(world, b"more %d" % number)
        points.append(world.backup(f"run {number}")["point"])
    write(world, b"the last")
    return world, points


def write(world: World, content: bytes) -> None:
    east = world.clusters["east"]
    east.extend(east.find(f"{ROOT}/h#"), content)


def free(world: World, faults: Faults | None = None, *, newest: bool = False) -> dict[str, Any]:
    """What a person does on a machine that reaches the primary alone, with its own copy of the ledger."""
    context = world.context(faults)
    chain = Chain(context.ledger.chain.path, world.files()["east"], None, world.clock)
    state = ServiceLedger(chain, context.roles).read()
    free_primary = FreePrimary("billing", PAIR.name, context.sides["east"], context.roles.epoch, state)
    return free_primary.run(newest=newest, approve=True)


def shots(world: World, site: str) -> list[str]:
    return [shot.name for shot in MemoryNameNode(world.clusters[site]).snapshots(ROOT)]


def ends_right(world: World, points: list[str], run: str = "after") -> None:
    """The next run seals what the primary has, and every older point on the secondary is as it was."""
    assert world.backup(run)["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    state = world.context().ledger.read()
    kept = {point.sealed.snapshots[ROOT].name for point in state.sealed() if point.point in points}
    assert len(kept) == len(points)
    assert kept <= set(shots(world, "west"))


@pytest.mark.parametrize("newest", [False, True], ids=["all but the newest", "the newest too"])
@pytest.mark.parametrize("after", [False, True], ids=["before it", "behind it"])
def test_a_death_at_any_effect_is_finished_by_the_next_call_and_the_next_run_seals(newest: bool, after: bool) -> None:
    whole, counted = lived_in(), Faults()
    free(whole[0].clone(), counted, newest=newest)
    assert counted.count >= 2
    for at in range(1, counted.count + 1):
        world, points = whole[0].clone(), whole[1]
        with pytest.raises(Died):
            free(world, Faults(at=at, die=True, after=after), newest=newest)
        half = world.clone()
        ends_right(half, points)
        free(world, newest=newest)
        assert shots(world, "east") == ([] if newest else shots(whole[0], "east")[-1:])
        ends_right(world, points)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("newest", [False, True], ids=["all but the newest", "the newest too"])
@pytest.mark.parametrize("done", range(1, len(STAGES)))
def test_a_run_that_works_on_elsewhere_meanwhile_seals_what_the_primary_has_or_nothing(
    done: int, newest: bool, size: str
) -> None:
    world, points = lived_in(SIZES[size])
    world.host.name = "elsewhere"
    stages = world.stages("elsewhere")

    def run(*names: str) -> None:
        for name in names:
            if name == "stage":
                for shard in range(stages.plan()["shards"]):
                    stages.stage(shard)
            else:
                getattr(stages, name)()

    run(*STAGES[:done])
    right = world.tree("east", ROOT)
    free(world, newest=newest)
    with suppress(DrError):
        run(*STAGES[done:])
    state = world.context().ledger.read()
    sealed = [point for point in state.sealed() if point.run == "elsewhere"]
    for point in sealed:
        assert world.tree("west", f"{ROOT}/.snapshot/{point.sealed.snapshots[ROOT].name}") == right
    if not newest:
        assert sealed, "without --newest the run keeps what it needs"
    world.host.dead.add("elsewhere")
    write(world, b"later")
    ends_right(world, points)


def test_a_pinned_point_keeps_its_snapshots_on_the_primary_whatever_else_goes() -> None:
    world, points = lived_in()
    ledger = world.context().ledger
    ledger.append_decided("by hand", lambda state: PointPinned(points[0], "somebody", "a drill"))
    assert ledger.chain.follow() is None
    told = free(world, newest=True)
    assert told["stays"] == {points[0]: "it is pinned"}
    assert len(shots(world, "east")) == 1


def test_a_snapshot_that_the_ledger_does_not_record_stays_and_so_does_a_directory_that_is_no_root_any_more() -> None:
    world, _ = lived_in()
    namenode = MemoryNameNode(world.clusters["east"])
    name = shots(world, "east")[0].replace("billing", "billing-2")
    namenode.create_snapshot(ROOT, name)
    free(world, newest=True)
    assert shots(world, "east") == [name]
    namenode.delete_snapshot(ROOT, name)
    namenode.disallow_snapshot(ROOT)
    assert free(world, newest=True)["points"] == []
    assert world.clusters["east"].delete(ROOT, recursive=True)
    assert free(world, newest=True)["points"] == []


def test_what_the_ledger_says_is_gone_from_the_primary_is_not_missed_there() -> None:
    world, points = lived_in()
    ledger = world.context().ledger
    ledger.append_decided("by hand", lambda state: PointsPruned((("east", points[0]),)))
    assert ledger.chain.follow() is None
    MemoryNameNode(world.clusters["east"]).delete_snapshot(ROOT, shots(world, "east")[0])
    told = free(world)
    assert told["missing"] == 0
    assert [one["point"] for one in told["points"]] == points[1:2]
