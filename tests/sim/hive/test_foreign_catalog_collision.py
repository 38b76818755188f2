"""Somebody changes an object of the catalog after a run compared it and just before the run does (I10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog.rows import Row
from hadoop_dr.domain.errors import ForeignFound, Unknown
from sim.foreign_catalog import dropped, made, west
from sim.foreign_catalog_kept import MOVED_ON, RESTORE, documents, kept_rows, rows_on_west
from sim.tables_lived_in import assert_equal
from sim.world import TABLES, TableWorld
from support.catalogs import database, partition, table


class Overtaken(MemoryMetastore):
    """A metastore in which somebody is faster than one change, once; that change may get no answer and be lost."""

    def __init__(self, inner: MemoryMetastore, change: tuple[str, str], act: Callable[[], Any], lost: bool) -> None:
        self.__dict__.update(inner.__dict__)
        self._change, self._act, self._lost, self.met = change, act, lost, False

    def _meet(self, verb: str, rows: Sequence[Row]) -> None:
        if self.met or (verb, str(rows[0].key)) != self._change:
            return
        self.met = True
        self._act()
        if self._lost:
            raise Unknown("metastore", "no answer")

    def create(self, rows: Sequence[Row]) -> None:
        self._meet("create", rows)
        super().create(rows)

    def alter(self, rows: Sequence[Row]) -> None:
        self._meet("alter", rows)
        super().alter(rows)


def new_database() -> TableWorld:
    world = TableWorld(TABLES)
    world.create("t1")
    return world


T3, DAY, BILL = "table bill.t3", "partition bill.days d=3", "database bill"
# The world, which change somebody is faster than, what they do, how it is told, and whether an answer is lost.
MADE: dict[str, tuple[TableWorld, tuple[str, str], Callable[[TableWorld], Any], str]] = {
    "a table": (
        MOVED_ON, ("create", T3),
        lambda w: made(w, table("bill", "t3", location="hdfs://west/theirs %", names=("x", "theirs"))), T3),
    "a partition": (
        MOVED_ON, ("create", DAY),
        lambda w: made(w, partition("bill", "days", ("d",), ("3",), location="hdfs://west/theirs +")), DAY),
    "a database": (new_database(), ("create", BILL), lambda w: made(w, database("bill", "hdfs://west/theirs ü")), BILL),
}  # fmt: skip


def overtaken(
    world: TableWorld, rule: str, change: tuple[str, str], act: Callable[[TableWorld], Any], lost: bool = False
) -> TableWorld:
    world = world.clone()
    world.policy = rule
    world.metastores["west"] = Overtaken(west(world), change, lambda: act(world), lost)
    return world


def has_met(world: TableWorld) -> bool:
    return bool(getattr(west(world), "met", False))


def made_first(what: str, policy: str, *, lost: bool) -> tuple[TableWorld, str, list[str]]:
    """Somebody makes an object just before the run does; with its name, and what the metastore then has under it."""
    base, change, act, name = MADE[what]
    seen = list[str]()
    world = overtaken(base, policy, change, lambda w: (act(w), seen.append(rows_on_west(w)[name])), lost)
    return world, name, seen


@pytest.mark.parametrize(("what", "lost"), list(product(MADE, (False, True))))
def test_what_somebody_makes_just_before_the_run_makes_it_is_refused_by_name_and_left_alone(
    what: str, lost: bool
) -> None:
    world, name, seen = made_first(what, TABLES, lost=lost)
    with pytest.raises(ForeignFound, match=f"{name} was (created|there)"):
        world.backup("second")
    assert has_met(world)
    assert rows_on_west(world)[name] == seen[0]
    assert (name, seen[0]) in kept_rows(world)


@pytest.mark.parametrize(("what", "lost"), list(product(MADE, (False, True))))
def test_what_somebody_makes_just_before_the_run_makes_it_is_kept_where_the_policy_says_restore(
    what: str, lost: bool
) -> None:
    world, name, seen = made_first(what, RESTORE, lost=lost)
    document = world.backup("second")
    assert (has_met(world), document["state"]) == (True, "sealed")
    assert_equal(world)
    assert (name, seen[0]) in kept_rows(world)
    assert any(name in text for text in document["warnings"])


def test_what_somebody_drops_just_before_the_run_alters_it_is_refused_by_name() -> None:
    world = overtaken(MOVED_ON, TABLES, ("alter", "table bill.t1"), lambda w: dropped(w, "t1"))
    with pytest.raises(ForeignFound, match=r"table bill\.t1 was dropped"):
        world.backup("second")
    assert "table bill.t1" not in rows_on_west(world)


@pytest.mark.parametrize("lost", [False, True])
def test_an_object_that_is_there_as_the_run_wanted_to_make_it_is_nobodys(lost: bool) -> None:
    """Whether an overtaken worker of ours made it, or this one whose answer was lost."""
    ready = MOVED_ON.clone()
    ready.backup("second")
    [wanted] = west(ready).tables("bill", ["t3"])
    world = overtaken(MOVED_ON, TABLES, ("create", T3), lambda w: made(w, wanted), lost)
    assert world.backup("second")["state"] == "sealed"
    assert has_met(world)
    assert_equal(world)
    assert documents(world) == []
