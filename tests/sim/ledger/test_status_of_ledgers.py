"""What ``status`` says where the deciding copy of a ledger lost something or its site is down (I4)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.bootstrap.contexts import PairContext
from hadoop_dr.bootstrap.status import PairLedgers
from hadoop_dr.domain.errors import DrError, Refused, Unreachable
from hadoop_dr.domain.ledger import entry_path, service_chain
from hadoop_dr.services.ledger.roles import RolesRead
from hadoop_dr.services.status import SiteProbes, Status
from schemas import validate
from sim.world import PAIR, World, fill

GONE = Unreachable("west", "no connection to http://127.0.0.1:1 (connection refused)", "Check that a NameNode runs")
PATH = service_chain("east-west", "billing")


@pytest.fixture
def world() -> World:
    """A service with two points."""
    found = World()
    fill(found)
    found.backup("first")
    found.backup("second")
    return found


def told(world: World, **silent: DrError) -> tuple[bool, dict[str, Any]]:
    """Whether ``status`` says that all is well, and what it says of the service."""
    context = world.context()
    ledgers = PairLedgers(PairContext(PAIR, context.sides, RolesRead(context.roles, silent, ())))
    views = [SiteProbes(s.name, s.namenode, s.files, s.coordinator, (), silent.get(s.name))
             for s in context.sides.values()]  # fmt: skip
    document = Status("east-west", context.roles, views, ledgers, world.clock, lambda _: None).run([context.policy])
    validate("status", {"ok": document["ok"], "problems": [], "pairs": [document]})
    return document["ok"], document["services"]["billing"]


def test_a_service_is_not_ok_where_its_deciding_ledger_lost_what_the_other_copy_has(world: World) -> None:
    newest = told(world)[1]["newest"]
    lost = world.context().ledger
    lost.read()
    world.backup("third")
    head = world.context().ledger
    head.read()
    for n in range(lost.chain.head_n + 1, head.chain.head_n + 1):
        world.files()["west"].remove(entry_path(PATH, n))
    ok, service = told(world)
    assert (ok, service["ok"], service["state"], service["newest"]) == (False, False, "unknown", newest)
    assert "whose copy decides, has lost it" in service["why"]
    with pytest.raises(Refused) as refused:
        world.backup("fourth")
    assert service["why"] in str(refused.value), "it says what every run says"


def test_the_age_of_the_newest_point_is_told_by_the_other_copy_while_the_deciding_site_is_down(world: World) -> None:
    _, before = told(world)
    ok, service = told(world, west=GONE)
    assert (ok, service["state"], service["newest"]) == (False, "unknown", before["newest"])
    assert service["age_seconds"] >= before["age_seconds"]
    assert service["why"].startswith("west: does not answer, and the deciding copy of the ledger is there")
    assert "The point is the newest that east knows, whose copy may be behind" in service["why"]


def test_where_neither_site_answers_nothing_is_told_of_a_service(world: World) -> None:
    ok, service = told(world, west=GONE, east=GONE)
    assert (ok, service["state"], service["newest"], service["age_seconds"]) == (False, "unknown", None, None)


def test_a_service_is_ok_while_the_site_of_the_other_copy_is_down(world: World) -> None:
    assert told(world, east=GONE)[1]["state"] == "ok"
