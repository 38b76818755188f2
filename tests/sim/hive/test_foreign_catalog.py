"""Foreign changes of the secondary's catalog before a run: told by name; the cost follows the change (I8, I10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.formats.fenced import plain_name
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.datasets.hive.foreign.left_by_points import CATALOG
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.foreign_catalog import (
    FOREIGN,
    SETTLED,
    altered,
    check,
    drift,
    dropped,
    made,
    on_west,
    west,
)
from sim.world import TABLES, TableWorld, protecting
from support.catalogs import database, function, partition, table, with_parameters


def written(world: TableWorld) -> tuple[int, int]:
    """How far the ledger and the secondary's log have come."""
    return len(world.context().ledger.chain.entries()), west(world).current_event()


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_change_of_the_catalog_is_refused_by_name_and_left_alone(what: str) -> None:
    """Also where the primary has dropped what somebody changed: it would go with the change."""
    world = SETTLED.clone()
    change, name = FOREIGN[what]
    change(world)
    theirs, before = on_west(world), written(world)
    found = drift(world)
    assert (found.mark, name in found.detail) == (Mark.FAIL, True), found.detail
    with pytest.raises(Refused) as refused:
        world.backup("refused")
    said = str(refused.value)
    assert [text for text in (name, "drift: restore", "Revert it") if text not in said] == [], said
    assert (on_west(world), written(world)) == (theirs, before)


def test_what_goes_with_a_foreign_table_is_told_by_the_table() -> None:
    world = SETTLED.clone()
    made(world, table("bill", "p", keys=("d",), location="hdfs://west/p"))
    made(world, *(partition("bill", "p", ("d",), (str(n),), location=f"hdfs://west/p/{n}") for n in range(20)))
    dropped(world, "t1")
    assert drift(world).detail.endswith("by somebody else: table bill.p was created; table bill.t1 was dropped")


def test_a_database_that_somebody_dropped_is_refused_by_name_and_not_made_again() -> None:
    world = SETTLED.clone()
    every = read_all(west(world), selection_of(["bill"])).values()
    for kind in ("function", "table", "database"):
        west(world).drop([row for row in every if row.key.kind.value == kind])
    assert drift(world).detail.endswith("by somebody else: database bill was dropped")
    with pytest.raises(Refused, match="database bill was dropped"):
        world.backup("refused")
    assert west(world).databases() == []


UNCHANGED: dict[str, Callable[[TableWorld], Any]] = {
    "another database": lambda w: made(
        w, database("sales"), table("sales", "x", location="hdfs://west/x"), function("sales", "f", "hdfs://west/f")),
    "a table that came and went": lambda w: (
        made(w, table("bill", "passing", location="hdfs://west/p")), dropped(w, "passing")),
    "a table altered back": lambda w: (
        altered(w, "t1", k="v"), west(w).alter([west(SETTLED).tables("bill", ["t1"])[0]])),
    "a table dropped and made as it was": lambda w: (
        dropped(w, "t2"), west(w).create(west(SETTLED).tables("bill", ["t2"]))),
    "the same as on the primary": lambda w: (
        made(w, table("bill", "both ü", location="hdfs://west/both")),
        w.clusters["east"].make_directory("/both", 0o755, parents=True),
        w.metastores["east"].create([table("bill", "both ü", location="hdfs://east/both")])),
}  # fmt: skip


@pytest.mark.parametrize("what", UNCHANGED)
def test_events_that_leave_every_object_as_it_should_be_are_no_drift(what: str) -> None:
    world = SETTLED.clone()
    UNCHANGED[what](world)
    assert drift(world).mark is Mark.OK
    theirs = [key for key in on_west(world) if " sales" in key]
    world.backup("second")
    assert [key for key in on_west(world) if " sales" in key] == theirs


def test_runs_of_another_service_on_the_same_metastore_are_no_drift() -> None:
    world = SETTLED.clone()
    world.policy = protecting("hive: crm", policy=world.policy.replace("billing", "custom"))
    world.policy = world.policy.replace("hive: bill", "hive: crm")
    world.backup("theirs")
    assert "table crm.other" in on_west(world)
    world.policy = TABLES
    assert drift(world).mark is Mark.OK
    world.backup("second")


class Asked:
    """A metastore that notes what it is asked."""

    def __init__(self, inner: MemoryMetastore) -> None:
        self._inner, self.calls = inner, list[str]()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if callable(found):
            self.calls.append(name)
        return found


def asked(world: TableWorld) -> list[str]:
    """What a look for drift asks the secondary's metastore."""
    inner, ours = west(world), Asked(west(world))
    world.metastores["west"] = ours  # type: ignore[assignment]
    checks = RunChecks(world.context())
    checks.components.roots()
    ours.calls.clear()
    checks.components.drift()
    world.metastores["west"] = inner
    return ours.calls


def test_a_catalog_in_which_nothing_happened_costs_one_request() -> None:
    assert asked(SETTLED.clone()) == ["events"]


def test_what_happened_elsewhere_costs_one_request() -> None:
    world = SETTLED.clone()
    UNCHANGED["another database"](world)
    assert asked(world) == ["events"]


def test_only_what_events_name_is_read() -> None:
    world = SETTLED.clone()
    altered(world, "t1", k="v")
    calls = asked(world)
    assert calls.count("tables") == 1
    assert not {"databases", "table_names", "partition_names"} & set(calls)


def restored(world: TableWorld, events: int) -> None:
    """The secondary's metastore has another database: with the same objects, and that many events."""
    log = west(world).log
    for number, event in enumerate(log.events):
        log.events[number] = type(event)(**{**{name: getattr(event, name) for name in event.__slots__}, "time_s": 7})
    while log.newest < events:
        log.write("OPEN_TXN", "")
    del log.events[events:]
    log.newest = events


LOGS: dict[str, Callable[[TableWorld], Any]] = {
    "fewer events": lambda w: restored(w, 2),
    "none": lambda w: restored(w, 0),
    "as many events of another log": lambda w: restored(w, west(w).log.newest),
    "more events of another log": lambda w: restored(w, west(w).log.newest + 3),
    "a gap": lambda w: (w.metastores["west"].log.write("OPEN_TXN", ""), made(w, database("x")),
                        w.metastores["west"].log.events.pop(-2)),
    "the old events forgotten": lambda w: (made(w, database("x")), w.metastores["west"].log.events.clear()),
}  # fmt: skip


@pytest.mark.parametrize("changed", [False, True], ids=["unchanged", "changed"])
@pytest.mark.parametrize("how", LOGS)
def test_where_the_log_does_not_tell_every_object_is_compared(how: str, changed: bool) -> None:
    world = SETTLED.clone()
    if changed:
        west(world).objects.update(row_without_event())
    LOGS[how](world)
    found = drift(world)
    assert found.mark is (Mark.FAIL if changed else Mark.OK), found.detail
    assert ("table bill.silent was created" in found.detail) is changed


def row_without_event() -> dict[Any, Any]:
    store = MemoryMetastore("west")
    store.create([database("bill"), table("bill", "silent", location="hdfs://west/silent")])
    return {key: tree for key, tree in store.objects.items() if key.table}


def test_a_log_that_forgot_everything_and_has_nothing_new_is_not_read_around() -> None:
    """A metastore forgets events after a day; a secondary on which nothing happens is no reason to read it whole."""
    world = SETTLED.clone()
    west(world).log.events.clear()
    assert asked(world) == ["events", "current_event"]


# ------------------------------------------------------------------ a copy that was there before


def first(policy: str = TABLES) -> TableWorld:
    world = TableWorld(policy)
    world.create("t1")
    return world


BEFORE: dict[str, tuple[Callable[[TableWorld], Any], str]] = {
    "a table of their own": (
        lambda w: made(w, database("bill", "hdfs://west/wh/db"), table("bill", "own +", location="hdfs://west/own")),
        "table bill.own + was there before any point of this service: the primary has no such"),
    "another definition": (
        lambda w: made(w, database("bill", "hdfs://west/wh/db"), table("bill", "t1", location="hdfs://west/wh/t1 ü/")),
        "table bill.t1 was there before any point of this service: it differs from the primary's in sd.location"),
    "a database of their own": (
        lambda w: made(w, database("bill", "hdfs://west/elsewhere")),
        "database bill was there before any point of this service: it differs from the primary's in locationUri"),
}  # fmt: skip


@pytest.mark.parametrize("what", BEFORE)
def test_what_only_the_secondary_has_before_a_first_run_is_refused_by_name_and_not_dropped(what: str) -> None:
    world = first()
    change, name = BEFORE[what]
    change(world)
    theirs, before = on_west(world), written(world)
    assert name in drift(world).detail
    with pytest.raises(Refused) as refused:
        world.backup("first")
    assert name in str(refused.value)
    assert (on_west(world), written(world)) == (theirs, before)


def test_a_copy_that_is_as_on_the_primary_is_taken_over() -> None:
    world = first()
    made(world, database("bill", "hdfs://west/wh/db"), table("bill", "t1", location="hdfs://west/wh/t1 ü"))
    assert [result for result in check(world) if result.name == "drift"] == []
    world.backup("first")
    assert drift(world).mark is Mark.OK


def test_what_the_secondary_has_of_a_database_that_is_new_to_the_policy_is_refused_by_name() -> None:
    world = SETTLED.clone()
    made(world, database("crm", "hdfs://west/wh/crm"), table("crm", "own", location="hdfs://west/own"))
    assert drift(world).mark is Mark.OK
    world.policy = protecting("hive: bill", "hive: crm")
    assert "table crm.own was there before" in drift(world).detail
    with pytest.raises(Refused, match=r"table crm\.own was there before"):
        world.backup("second")
    assert "table crm.own" in on_west(world)


# ------------------------------------------------------------------ what is nobody's foreign change


def test_what_the_policy_does_not_select_any_more_is_nobodys_change() -> None:
    world = SETTLED.clone()
    world.policy = protecting("hive: bill.t1")
    world.backup("second")
    dropped(world, "t2")
    made(world, table("bill", "theirs", location="hdfs://west/theirs"))
    assert drift(world).mark is Mark.OK
    world.backup("third")
    assert {"table bill.theirs", "table bill.t1"} <= set(on_west(world))
    assert "table bill.t2" not in on_west(world)


def test_what_was_selected_once_is_told_from_the_point_that_selected_it() -> None:
    """Taken out and put in again: what we left there is no foreign copy, what somebody made of it is one."""
    world = SETTLED.clone()
    world.policy = protecting("hive: bill.t1")
    world.backup("second")
    east = world.metastores["east"]
    east.alter([with_parameters(east.tables("bill", ["t2"])[0], later="1")])
    world.policy = TABLES
    assert drift(world).mark is Mark.OK
    altered(world, "t2", theirs="1")
    assert "table bill.t2 was changed: differs in parameters[theirs]" in drift(world).detail


def test_a_point_whose_catalog_is_lost_refuses_nobody_as_foreign() -> None:
    world = SETTLED.clone()
    point = world.context().ledger.read().newest_sealed()
    assert point is not None
    directory = world.context().directory(point.point)
    for files in world.files().values():
        [catalog] = [name for name in files.names(directory) if plain_name(name) == CATALOG]
        files.remove(f"{directory}/{catalog}")
    altered(world, "t1", k="v")
    assert drift(world).mark is Mark.OK
