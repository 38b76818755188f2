"""A secondary that missed many moments: one increment to the newest, and what was skipped is no point (fault 22)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.errors import DrError, Refused, Unreachable
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.report import points_document
from sim.chronicle import ChronicledWorld
from sim.half_done import lived_in
from sim.in_step import in_step, only_snapshots_of_points, sealed
from sim.world import ROOT
from support.catalogs import table


class Apart(ChronicledWorld):
    """A world whose secondary can be out of reach."""

    is_away = False

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites."""
        sides = super().sides(faults)
        if self.is_away:
            away = Away()
            sides["west"] = replace(sides["west"], namenode=away, files=away)  # type: ignore[arg-type]
        return sides


class Away:
    """A NameNode that nobody reaches."""

    site = "west"

    def __getattr__(self, name: str) -> object:
        def call(*_: object, **__: object) -> None:
            raise Unreachable("west", "no answer", "See whether it runs")

        return call


def moves_on(world: Apart, number: int) -> None:
    """One file changes each time, one is new and goes again, and so does a table."""
    east, hive = world.clusters["east"], world.metastores["east"]
    east.extend(east.find(f"{ROOT}/h#"), b"more" * number)
    new = f"{ROOT}/new % {number}"
    east.extend(east.make_file(new, replication=1, block_size=1024, overwrite=True), b"n" * 700)
    if number:
        east.delete(f"{ROOT}/new % {number - 1}", recursive=False)
        hive.drop([table("bill", f"passing {number - 1}", location=f"hdfs://east/wh/passing {number - 1} ü")])
    world.create(f"passing {number}")


def skipped_by_an_outage(world: Apart, number: int) -> None:
    world.is_away = True
    with pytest.raises(DrError):
        world.backup(f"skipped {number}")
    world.is_away = False


def skipped_by_a_refusal(world: Apart, number: int) -> None:
    """The moment is taken, and the run may not go on."""
    policy, world.policy = world.policy, world.policy.replace("100%", "{share: 0%, at_least: 0}")
    with pytest.raises(Refused):
        world.backup(f"skipped {number}")
    world.policy = policy


def skipped_by_a_death(world: Apart, number: int) -> None:
    """The process dies before its moment."""
    with pytest.raises(Died):
        world.backup(f"skipped {number}", Faults(at=3, die=True, after=True))
    world.host.dead.add(f"skipped {number}")


WAYS = {"outage": [skipped_by_an_outage], "refusal": [skipped_by_a_refusal], "death": [skipped_by_a_death],
        "in turn": [skipped_by_an_outage, skipped_by_a_refusal, skipped_by_a_death]}  # fmt: skip


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
def test_after_many_skipped_moments_one_increment_brings_the_newest_and_no_skipped_one_is_a_point(
    ways: list[object],
) -> None:
    world = lived_in(kind=Apart)
    [first] = sealed(world)
    for number in range(6):
        moves_on(world, number)
        ways[number % len(ways)](world, number)  # type: ignore[operator]
    document = world.backup("at last")
    assert (document["state"], document["baseline"]) == ("sealed", first.point)
    assert document["files_copied"] < 9, "each file that is there now crosses once, and none that came and went"
    in_step(world)
    state = world.context().ledger.read()
    assert [point.run for point in state.sealed()] == ["first", "at last"]
    assert {point.state for point in state.points.values()} <= {PointState.SEALED, PointState.VOID}
    assert [point["point"] for point in points_document("billing", state, ("east", "west"))["points"]] == [
        first.point, document["point"]]  # fmt: skip
    only_snapshots_of_points(world)
    assert sorted(world.metastores["west"].table_names("bill")) == ["passing 5", "t1", "t2", "t4"]
