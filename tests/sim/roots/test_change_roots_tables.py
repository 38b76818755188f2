"""A change of roots of a database: its tables were roots of their own, and then its directories are (S2.1, I6)."""

from __future__ import annotations

import pytest

from sim.bill import HOME, MANAGED, Bill
from sim.root_changes import HOW, effects, interrupted, shots, told
from sim.world import TABLES, protecting
from support.thinned import thinned


def singly() -> Bill:
    """Two tables that were chosen singly, a point of them, and the whole database wanted since."""
    world = Bill(protecting("hive: bill.m", "hive: bill.n"))
    for name in ("m", "n"):
        world.east.create("bill", name)
        world.east.insert("bill", name, name.encode() * 50)
    world.backup("first")
    world.policy = TABLES
    world.east.create("bill", "o")
    world.east.insert("bill", "o", b"new")
    return world


SINGLY = singly()


def test_a_database_gets_its_directory_as_root_and_its_tables_come_and_go_freely_afterwards() -> None:
    world = SINGLY.clone()
    document = world.backup("change", change_roots=True, approve=True, reason="tables shall come and go")
    assert set(document["snapshots"]["west"]) >= {HOME}
    assert document["bytes_copied"] == 3
    world.holds("m", "n", "o")
    assert f"{HOME}/m, {HOME}/n are replaced by {HOME} on east" in told(world, "root_change")[0]
    world.east.drop("bill", "m")
    world.east.create("bill", "m")
    world.east.rename("bill", "n", "renamed")
    world.backup("next")
    world.holds("m", "renamed", "o")
    assert world.west.rows("bill", "m") == []


@pytest.mark.parametrize(("at", "how"), thinned(((at, HOW[at % 3]) for at in range(1, effects(SINGLY) + 1)), 2))
def test_whatever_interrupts_it_the_next_run_seals_the_whole_database(at: int, how: str) -> None:
    world = SINGLY.clone()
    interrupted(world, at, how)
    world.holds("m", "n", "o")
    for site in ("east", "west"):
        assert set(shots(world, site)) <= {HOME, MANAGED}
