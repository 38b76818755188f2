"""An untouched catalog of the secondary is known by its log, a request at a time; the log is not trusted for ever."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore_log import Log
from hadoop_dr.domain.catalog.protect.point_parts import READ_WHOLE_MS
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.errors import DrError, ForeignFound, Refused
from sim.asked import Asked
from sim.world import TABLES, TableWorld, plan_and_stage
from support.catalogs import function, table, with_parameters

DAY_S = READ_WHOLE_MS / 1000
OF_METASTORES = ("current_event", "events", "databases", "database", "table_names", "tables", "partition_names",
                 "partitions", "constraints", "table_statistics", "partition_statistics", "functions")  # fmt: skip
RESTORING = TABLES + "drift: restore\n"


def backed_up(tables: int = 2, policy: str = TABLES) -> TableWorld:
    """A service of so many tables with two sealed points; the second found everything as the first left it."""
    world = TableWorld(policy)
    for number in range(tables):
        world.create(f"t{number}")
    world.backup("first")
    world.backup("second")
    return world


def asked_of_west(asked: Asked) -> dict[str, int]:
    """What a run asks of the secondary's metastore up to the seal."""
    return {
        f"{stage} {what}": count
        for (stage, site, what), count in sorted(asked.operations.items())
        if site == "west" and what in OF_METASTORES and stage != "preflight"
    }


def test_an_untouched_catalog_costs_its_log_at_each_step_and_nothing_for_a_table() -> None:
    few, many = (asked_of_west(Asked(backed_up(tables), "unchanged")) for tables in (3, 30))
    assert few == many == {"plan events": 1, "place events": 2, "verify events": 1}


def changed(world: TableWorld) -> Asked:
    """What a run asks that has one table to alter, one to drop and one to make."""
    east = world.metastores["east"]
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], ours="new ü")])
    east.drop(east.tables("bill", ["t0"]))
    world.create("made%20")
    return Asked(world, "changed")


def test_a_change_costs_the_tables_that_changed_and_nothing_for_the_others() -> None:
    few, many = (changed(backed_up(tables)) for tables in (3, 30))
    asked = asked_of_west(few), asked_of_west(many)
    assert few.recorded.figures["catalog"] == many.recorded.figures["catalog"] == {"create": 1, "alter": 1, "drop": 1}
    assert asked[0] == asked[1]


class DeafToOne(Log):
    """A log that misses what is done to one table and tells of all else, as one that several services write may."""

    def __init__(self, log: Log, table: str) -> None:
        self.__dict__.update(log.__dict__)
        self._missed = table

    def write(self, kind: str, database: str, table: str = "", /, **message: Any) -> None:
        """Writes an event of somebody else's transaction in place of one of that table."""
        if table == self._missed:
            super().write("OPEN_TXN", "")
        else:
            super().write(kind, database, table, **message)


def test_what_was_changed_is_read_afterwards_whatever_the_log_says() -> None:
    world = backed_up()
    west = world.metastores["west"]
    west.log = DeafToOne(west.log, "t1")
    asked = changed(world)
    assert asked.recorded.figures["catalog"]["alter"] == 1


def test_a_table_is_read_before_it_is_altered_whatever_the_log_says() -> None:
    world = backed_up(policy=RESTORING)
    changed_in_silence(world)
    east = world.metastores["east"]
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], ours="new ü")])
    assert world.backup("an hour later")["state"] == "sealed"
    assert any("bill.t1" in line for kept in world.context().ledger.read().kept for line in kept.found)


def changed_in_silence(world: TableWorld) -> None:
    """Somebody alters a table of the secondary while its metastore keeps no log of events."""
    west = world.metastores["west"]
    events, newest = list(west.log.events), west.log.newest
    west.alter([with_parameters(west.tables("bill", ["t1"])[0], theirs="x %")])
    west.log.events[:], west.log.newest = events, newest


def is_theirs(world: TableWorld) -> bool:
    return world.metastores["west"].tables("bill", ["t1"])[0].hash != \
        world.metastores["east"].tables("bill", ["t1"])[0].hash and \
        b"theirs" in repr(world.metastores["west"].tables("bill", ["t1"])[0].tree).encode()


def test_what_the_log_does_not_tell_is_found_within_a_day_and_put_right() -> None:
    world = backed_up(policy=RESTORING)
    changed_in_silence(world)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_S)
    assert world.backup("a day later")["state"] == "sealed"
    assert not is_theirs(world)


def test_what_the_log_does_not_tell_is_found_within_a_day_and_left_to_a_person() -> None:
    world = backed_up()
    changed_in_silence(world)
    assert world.backup("an hour later")["state"] == "sealed"
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_S)
    with pytest.raises(ForeignFound, match=r"bill\.t1"):
        world.backup("a day later")
    assert is_theirs(world)


def test_the_day_begins_with_the_point_for_which_everything_was_read() -> None:
    world = backed_up()
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_S)
    assert Asked(world, "reads all").of("tables", "verify") == 1
    assert Asked(world, "asks the log").of("tables", "verify") == 0


class SilentLog(Log):
    """The log of a metastore that lost its listener: what it had is there, and nothing comes."""

    def __init__(self, log: Log) -> None:
        self.__dict__.update(log.__dict__)

    def write(self, *args: Any, **more: Any) -> None:
        """Writes nothing."""


def with_a_function(policy: str) -> TableWorld:
    world = TableWorld(policy)
    world.create("t1")
    world.metastores["east"].create([function("bill", "f ü", "hdfs://east/wh/a.jar")])
    world.backup("first")
    world.backup("second")
    return world


def alter_function(world: TableWorld) -> list[Row]:
    """Somebody gives the function of the secondary another class, of which a metastore writes no event."""
    west = world.metastores["west"]
    before = list(west.functions())
    west.alter([function("bill", "f ü", "hdfs://west/wh/a.jar", java="theirs.F")])
    return before


def replace_function(world: TableWorld) -> None:
    east = world.metastores["east"]
    east.drop(east.functions())
    east.create([function("bill", "f ü", "hdfs://east/wh/a.jar", java="org.x.B")])


def test_an_object_is_read_before_it_is_changed_whatever_the_log_says() -> None:
    world = with_a_function(TABLES)
    alter_function(world)
    replace_function(world)
    with pytest.raises(DrError, match="f ü") as told:
        world.backup("refuses")
    assert isinstance(told.value, ForeignFound | Refused)
    world = with_a_function(RESTORING)
    alter_function(world)
    replace_function(world)
    world.backup("restores")
    assert any("f ü" in line for kept in world.context().ledger.read().kept for line in kept.found)


def test_a_metastore_that_lost_its_log_wedges_no_service() -> None:
    world = with_a_function(RESTORING)
    west, east = world.metastores["west"], world.metastores["east"]
    west.log = SilentLog(west.log)
    west.create([table("bill", "new", location="hdfs://west/else", names=("a", "theirs"))])
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], ours="new ü")])
    assert world.backup("next")["state"] == "sealed"
    assert any("bill.new" in line for kept in world.context().ledger.read().kept for line in kept.found)


def test_what_was_put_back_without_an_event_is_seen_to_be_put_back() -> None:
    world = with_a_function(TABLES)
    before = alter_function(world)
    world.clock.sleep_until(world.clock.monotonic_s() + DAY_S)
    with pytest.raises(ForeignFound):
        world.backup("finds it")
    with pytest.raises(ForeignFound):
        world.backup("waits for a person")
    world.metastores["west"].alter(before)
    assert world.backup("put back")["state"] == "sealed"


def test_a_change_of_our_own_that_writes_no_event_is_repaired_by_nobody() -> None:
    world = with_a_function(TABLES)
    replace_function(world)
    world.backup("next")
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    assert {kept.name for kept in newest.sealed.snapshots.values()} == {newest.taken.snapshots["/wh/t1 ü"].name}


@pytest.mark.parametrize("written", [0, 1, 9], ids=["fewer events", "as many", "more events"])
def test_a_metastore_of_the_secondary_that_is_restored_before_verify_is_not_sealed_as_it_is(written: int) -> None:
    """The changes of place are gone again; verify finds it, whatever number of events the log has."""
    world = backed_up()
    west, east = world.metastores["west"], world.metastores["east"]
    east.alter([with_parameters(east.tables("bill", ["t1"])[0], ours="new ü")])
    backup = dict(west.objects), list(west.log.events), west.log.newest
    stages = world.stages("third")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    assert west.log.newest == backup[2] + 1
    west.objects, (west.log.events[:], west.log.newest) = backup[0], backup[1:]
    for number in range(written):
        west.log.write("OPEN_TXN", "", server=f"ü {number}")
    stages.verify()
    assert stages.seal()["state"] == "sealed"
    assert "ours" in repr(west.tables("bill", ["t1"])[0].tree)
