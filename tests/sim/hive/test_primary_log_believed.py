"""The log of the primary's metastore is believed only where it is the same one still, and no longer than a day (I9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog.protect.point_parts import READ_WHOLE_MS, TAKEN_CATALOG, TakenCatalog
from hadoop_dr.domain.codec import Codec
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.datasets.hive import origin_catalog
from hadoop_dr.services.datasets.hive.foreign.left_by_points import exported_at
from hadoop_dr.services.datasets.hive.read.log_pages import position_at
from hadoop_dr.services.take_snapshots import TakeSnapshots
from sim.asked import Asked
from sim.world import TABLES, TableWorld
from support.catalogs import with_parameters

DAY_S = READ_WHOLE_MS / 1000


def made() -> TableWorld:
    """A service of two tables with two sealed points."""
    world = TableWorld(TABLES)
    for name in ("t1", "t2 ü"):
        world.create(name)
    world.backup("first")
    world.backup("second")
    return world


MADE = made()


@pytest.fixture
def world() -> TableWorld:
    return MADE.clone()


def change_in_silence(world: TableWorld) -> None:
    """A table of the primary becomes another one, and no event tells."""
    east = world.metastores["east"]
    events, newest = list(east.log.events), east.log.newest
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], silent="a=b %")])
    east.log.events[:], east.log.newest = events, newest


def restore(world: TableWorld, lost: int, written: int) -> None:
    """The primary's metastore is one from before its last events, and others wrote so many since."""
    change_in_silence(world)
    log = world.metastores["east"].log
    log.newest -= lost
    del log.events[log.newest :]
    for number in range(written):
        log.write("OPEN_TXN", "", server=f"ü {number}")


RESTORED: dict[str, Callable[[TableWorld], None]] = {
    "as many events since": lambda world: restore(world, 2, 2),
    "more events since": lambda world: restore(world, 2, 5),
    "fewer events since": lambda world: restore(world, 3, 1),
}


def is_held(world: TableWorld) -> bool:
    """Whether the secondary has what changed in silence."""
    return b"silent" in repr(world.metastores["west"].tables("bill", ["t1"])[0].tree).encode()


@pytest.mark.parametrize("how", RESTORED)
def test_a_primary_metastore_that_was_restored_is_read_whole_however_many_events_it_wrote_since(
    world: TableWorld, how: str
) -> None:
    RESTORED[how](world)
    assert world.backup("third")["state"] == "sealed"
    assert is_held(world)


@pytest.mark.parametrize("how", RESTORED)
def test_a_primary_metastore_that_is_restored_between_two_stages_is_read_whole(world: TableWorld, how: str) -> None:
    stages = world.stages("third")
    stages.preflight()
    RESTORED[how](world)
    stages.moment()
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)
    stages.place()
    stages.verify()
    assert stages.seal()["state"] == "sealed"
    assert is_held(world)


@pytest.mark.parametrize("how", RESTORED)
def test_a_primary_metastore_that_is_restored_while_a_moment_is_armed_makes_it_another_moment(
    world: TableWorld, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = TakeSnapshots.run, list[bool]()

    def run(self: TakeSnapshots, *arguments: Any) -> Any:
        if not done:
            done.append(True)
            RESTORED[how](world)
        return real(self, *arguments)

    monkeypatch.setattr(TakeSnapshots, "run", run)
    assert world.backup("third")["state"] == "sealed"
    assert [entry.kind for entry in world.context().ledger.chain.entries()].count("rearmed") == 1
    assert is_held(world)


def test_a_log_that_lost_its_newest_event_at_a_moment_costs_another_moment_and_no_run(
    world: TableWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, done = TakeSnapshots.run, list[bool]()

    def run(self: TakeSnapshots, *arguments: Any) -> Any:
        shot = real(self, *arguments)
        if not done:
            done.append(True)
            east = world.metastores["east"]
            east.alter([with_parameters(east.tables("bill", ["t1"])[0], silent="a=b %")])
            del east.log.events[-1]
        return shot

    monkeypatch.setattr(TakeSnapshots, "run", run)
    assert world.backup("third")["state"] == "sealed"
    assert is_held(world)


def a_day_passes(world: TableWorld) -> None:
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_S)


def test_what_the_log_of_the_primary_does_not_tell_is_in_a_point_within_a_day_which_names_it(
    world: TableWorld,
) -> None:
    change_in_silence(world)
    assert not any("without an event" in line for line in world.backup("an hour later")["warnings"])
    a_day_passes(world)
    told = [line for line in world.backup("a day later")["warnings"] if "without an event" in line]
    assert told == ["changed on the primary without an event, found by reading its catalog whole: table bill.t1"]
    assert is_held(world)
    assert not any("without an event" in line for line in world.backup("next")["warnings"])


def test_what_events_tell_is_not_called_untold(world: TableWorld) -> None:
    east = world.metastores["east"]
    a_day_passes(world)
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], told="ü")])
    east.drop(east.tables("bill", ["t2 ü"]))
    world.create("t3")
    assert not any("without an event" in line for line in world.backup("a day later")["warnings"])


def whole_readings(world: TableWorld, run: str) -> int:
    asked = Asked(world, run)
    return sum(count for (_, site, what), count in asked.operations.items() if (site, what) == ("east", "databases"))


def test_the_catalog_of_the_primary_is_read_whole_once_a_day(world: TableWorld) -> None:
    assert whole_readings(world, "within the day") == 0
    a_day_passes(world)
    assert whole_readings(world, "a day later") == 1
    assert whole_readings(world, "right after") == 0
    a_day_passes(world)
    assert whole_readings(world, "another day later") == 1


def test_a_whole_reading_delays_the_moment_of_no_other_run(world: TableWorld) -> None:
    a_day_passes(world)
    lead_ms = world.context().ledger.read().lead_ms
    world.backup("a day later")
    assert world.context().ledger.read().lead_ms <= lead_ms


def asked_of_log(operations: Mapping[tuple[str, str, str], int]) -> dict[str, int]:
    """What the stage of the moment asks the primary's metastore."""
    of_catalog = ("current_event", "events", "databases", "database", "tables", "functions")
    return {what: count for (stage, site, what), count in operations.items()
            if (stage, site) == ("moment", "east") and what in of_catalog}  # fmt: skip


def test_an_untouched_catalog_of_the_primary_costs_its_log_and_nothing_for_a_table(world: TableWorld) -> None:
    assert asked_of_log(Asked(world, "unchanged").operations) == {"events": 2, "current_event": 3}


def test_a_moment_in_a_process_of_its_own_costs_the_same(world: TableWorld) -> None:
    BackupStages(world.context(), "apart").preflight()
    context = world.context()
    BackupStages(context, "apart").moment()
    assert asked_of_log(context.tools.asked.by_operation()) == {"events": 2, "current_event": 3}


def test_a_point_of_a_version_that_noted_no_position_is_followed_by_one_whole_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def as_before(taken: TakenCatalog) -> Any:
        return TAKEN_CATALOG.dump(replace(taken, digest="", whole_ms=0))

    with monkeypatch.context() as older:
        older.setattr(origin_catalog, "TAKEN_CATALOG", Codec(as_before, TAKEN_CATALOG.load))
        world = made()
    change_in_silence(world)
    assert whole_readings(world, "upgraded") == 1
    assert is_held(world)
    assert whole_readings(world, "next") == 0


def test_a_primary_whose_log_forgot_its_old_events_is_not_read_whole_in_every_run(world: TableWorld) -> None:
    """A metastore forgets events after some days; one on which nothing happens is no reason to read it whole."""
    world.metastores["east"].log.events.clear()
    assert [whole_readings(world, run) for run in ("first since", "second since")] == [0, 0]
    a_day_passes(world)
    assert [whole_readings(world, run) for run in ("a day later", "right after")] == [1, 0]


def test_the_ledger_knows_the_newest_event_of_the_moment_again(world: TableWorld) -> None:
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    kept = exported_at(newest)
    store: MemoryMetastore = world.metastores["east"]
    assert kept is not None
    assert kept.position == position_at(store, store.current_event())
