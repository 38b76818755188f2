"""Deaths, lost answers and takeovers in the middle of drops, creates and alters of a metastore (I2, I3, I6, I11).

Every request that changes the secondary's metastore is an effect here, also those that one call of the port is made of.
"""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.errors import Superseded, Unknown
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.datasets.hive.foreign.during_run import read_kept
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from hadoop_dr.services.recovery.undo import UndoChanges
from sim.tables_lived_in import (
    COUNT,
    LIVED_IN,
    assert_equal,
)
from sim.world import TableWorld
from support.catalogs import hashes, with_parameters
from support.thinned import thinned

MOST_REQUESTS_OF_A_BATCH = 3
"""Partitions without figures of their own: their table is marked, they are added, it is as it was."""


AT = pytest.mark.parametrize("at", thinned(range(1, COUNT + 1), 2))
WHEN = pytest.mark.parametrize("after", [False, True], ids=["before", "after"])


def test_a_run_over_this_catalog_drops_creates_and_alters() -> None:
    """Else what follows shows nothing."""
    world, called = LIVED_IN.clone(), list[str]()
    west = world.metastores["west"]
    for name in ("create", "alter", "drop"):
        real = getattr(west, name)
        setattr(west, name, lambda rows, name=name, real=real: (called.append(name), real(rows)))
    world.backup("counted")
    assert {name: called.count(name) >= 3 for name in ("create", "alter", "drop")} == {
        "create": True, "alter": True, "drop": True}  # fmt: skip
    assert len(called) == COUNT


@WHEN
@AT
def test_a_run_that_dies_at_any_request_is_followed_by_a_sealed_point_with_the_whole_catalog(
    at: int, after: bool
) -> None:
    world = LIVED_IN.clone()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True, after=after))
    world.host.dead.add("dies")
    assert world.backup("next")["state"] == "sealed"
    assert sealed_runs(world) == ["first", "dies", "next"], "what had been staged is carried to its end"
    assert_equal(world)


@WHEN
@AT
def test_a_lost_answer_is_read_back_and_never_sent_again_or_the_next_run_has_it_all(at: int, after: bool) -> None:
    world = LIVED_IN.clone()
    try:
        world.backup("loses", Faults(at=at, lose=True, after=after))
    except Unknown:
        assert sealed_runs(world) == ["first"], "nothing may be built on what is unknown"
        world.backup("next")
    assert sealed_runs(world)[:2] == ["first", "loses"]
    assert_equal(world)


def sealed_runs(world: TableWorld) -> list[str]:
    return [point.run for point in world.context().ledger.read().sealed()]


@AT
def test_a_sleeper_that_wakes_ends_its_batch_and_no_more_and_the_next_run_sees_what_it_did(at: int) -> None:
    """Whoever took over has sealed by then: what the sleeper still does comes behind everybody's back."""
    world = LIVED_IN.clone()
    sent_when_it_slept: list[int] = []
    faults = Faults(at=at)

    def sleep() -> None:
        sent_when_it_slept.append(faults.count)
        assert world.backup("successor", takeover=True)["state"] == "sealed"
        assert_equal(world)

    faults.first = sleep
    with pytest.raises(Superseded):
        world.backup("sleeper", faults)
    assert faults.count - sent_when_it_slept[0] < MOST_REQUESTS_OF_A_BATCH
    assert world.backup("next")["state"] == "sealed"
    assert_equal(world)


def dies_without_a_way_on(world: TableWorld) -> None:
    """A run dies when its catalog is applied, and one of its files can never be read back as it was."""
    disk, east = world.clusters["west"], world.clusters["east"]
    real = disk.extend

    def bad_disk(node: Any, data: bytes) -> None:
        real(node, bytes(255 - byte for byte in data) if data == b"spoiled" else data)

    east.extend(east.make_file("/wh/made %/f", replication=1, block_size=1024, overwrite=True), b"spoiled")
    disk.extend = bad_disk  # type: ignore[method-assign]
    with pytest.raises(Died):
        world.backup("dies", Faults(at=COUNT, die=True, after=True))


def test_a_point_that_cannot_be_finished_takes_its_tables_back_when_it_is_given_up() -> None:
    """What it had created goes, what it had dropped or altered is as the last point has it."""
    world = LIVED_IN.clone()
    before = hashes_on_west(world)
    dies_without_a_way_on(world)
    assert hashes_on_west(world) != before
    world.host.dead.add("dies")
    world.stages("next").preflight()
    points = {point.run: point.state for point in world.context().ledger.read().points.values()}
    assert points["dies"] is PointState.VOID
    assert hashes_on_west(world) == before


def test_what_somebody_made_of_a_table_is_kept_when_a_given_up_run_is_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what came after the last try to carry it on."""
    world, announce = LIVED_IN.clone(), UndoChanges._announce
    before = hashes_on_west(world)
    west = world.metastores["west"]
    dies_without_a_way_on(world)
    theirs: list[str] = []

    def alter(self: UndoChanges, *arguments: Any) -> int:
        west.alter([with_parameters(west.tables("bill", ["kept"])[0], theirs="ü")])
        theirs.append(west.tables("bill", ["kept"])[0].hash)
        return announce(self, *arguments)

    monkeypatch.setattr(UndoChanges, "_announce", alter)
    world.host.dead.add("dies")
    world.stages("next").preflight()
    assert hashes_on_west(world) == before
    context = world.context()
    documents = [one.document.path for one in context.ledger.read().kept if one.document]
    assert theirs[0] in {row.hash for path in documents for row in read_kept(context, path)}


def hashes_on_west(world: TableWorld) -> dict[str, str]:
    return hashes(read_all(world.metastores["west"], selection_of(["bill"])))
