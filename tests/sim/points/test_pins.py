"""A point that somebody holds goes neither by its rule nor by an order, and goes once it is let go (I7)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import NotFound, Refused
from hadoop_dr.domain.ledger import LedgerEntry, ServiceBody
from hadoop_dr.domain.state.service_state import Pin
from hadoop_dr.services.backup.prune import Prune
from hadoop_dr.services.ledger.pins import Pins
from hadoop_dr.services.report import all_entries, explanation, points_document
from hadoop_dr.services.roots.unprotect import Unprotect
from sim.directories import hdfs
from sim.pruned import STRICT, backup, grown, left, sealed
from sim.root_changes import LAKE, NARROW, ORDER, WIDE, lived_in, state_of
from sim.world import ROOT, World, plan_and_stage


def hold(world: World, point: str, by: str = "ann ü") -> Pin:
    return Pins(world.context().ledger).pin(point, by, "the audit", "by hand")


def sealed_only(world: World, run: str) -> None:
    """A run that ends before it prunes."""
    stages = world.stages(run)
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place(), stages.verify(), stages.seal()


def let_go(world: World, pin: Pin) -> None:
    Pins(world.context().ledger).unpin(pin, "ann ü", "the audit is over", "by hand")


def test_pruning_keeps_a_point_on_both_sites_as_long_as_somebody_holds_it() -> None:
    world = grown(2, STRICT)
    held = sealed(world)[-1]
    tree = world.tree("west", f"{ROOT}/.snapshot/{held.sealed.snapshots[ROOT].name}")
    first, second = hold(world, held.point), hold(world, held.point, "drill")
    for run in ("s1", "s2"):
        backup(world, run)
    for site in ("east", "west"):
        assert left(world, site)[0] == "r1"
    let_go(world, first)
    let_go(world, first)
    Prune(world.context()).run("by hand")
    assert left(world, "west")[0] == "r1", "the other pin still holds it"
    assert world.tree("west", f"{ROOT}/.snapshot/{held.sealed.snapshots[ROOT].name}") == tree
    let_go(world, second)
    Prune(world.context()).run("by hand")
    for site in ("east", "west"):
        assert left(world, site) == ["s2"]


def test_a_pin_that_comes_when_a_prune_has_decided_is_seen_before_the_point_goes() -> None:
    world = grown(1, STRICT)
    [doomed] = sealed(world)
    sealed_only(world, "second")
    context, pins = world.context(), list[Pin]()
    real = context.ledger.append

    def pinned_first(body: ServiceBody, run: str, seen_n: int) -> LedgerEntry:
        if not pins:
            pins.append(hold(world, doomed.point))
        return real(body, run, seen_n)

    context.ledger.append = pinned_first  # type: ignore[method-assign]
    Prune(context).run("prune")
    assert pins, "the prune was about to take it"
    for site in ("east", "west"):
        assert left(world, site) == ["r0", "second"]
    let_go(world, pins[0])
    Prune(world.context()).run("prune")
    assert left(world, "west") == ["second"]


def test_what_is_not_there_is_not_held_and_a_pin_of_another_ledger_is_not_taken_back() -> None:
    world = grown(1)
    point = sealed(world)[0].point
    with pytest.raises(Refused, match=r"^point 20250101T000000\.000Z: is not .* sealed point\. See: hadoop-dr points$"):
        hold(world, "20250101T000000.000Z")
    with pytest.raises(NotFound, match=rf"^pin 999 of point {point}: is in no ledger\. See: hadoop-dr explain$"):
        let_go(world, Pin(999, point, "ann ü", "the audit"))


def test_a_point_is_let_go_once_and_by_the_run_that_says_so() -> None:
    world = grown(1)
    pin = hold(world, sealed(world)[0].point)
    let_go(world, pin)
    let_go(world, pin)
    said = [(entry.kind, entry.run) for entry in world.context().ledger.chain.entries()][-3:]
    assert said[1:] == [("pin", "by hand"), ("unpin", "by hand")]
    assert said[0][0] != "pin"


def test_a_change_of_roots_is_refused_while_a_point_of_the_old_ones_is_held() -> None:
    world = lived_in(*NARROW)
    pin = hold(world, state_of(world).sealed()[0].point)
    world.policy = hdfs(*WIDE, LAKE)
    with pytest.raises(Refused, match="points that are pinned"):
        world.backup("change", **ORDER)
    assert state_of(world).change is None
    let_go(world, pin)
    assert world.backup("again", **ORDER)["state"] == "sealed"


def test_a_pin_that_comes_after_the_roots_made_way_on_the_primary_keeps_them_on_the_secondary() -> None:
    world = lived_in(*NARROW)
    world.policy = hdfs(*WIDE, LAKE)
    stages = world.stages("change")
    stages.preflight(**ORDER)
    stages.moment()
    for shard in range(stages.plan()["shards"]):
        stages.stage(shard)
    point = state_of(world).sealed()[0]
    pin = hold(world, point.point)
    with pytest.raises(Refused, match=f"pinned: {point.point} by ann ü"):
        stages.place()
    assert "west" not in state_of(world).points[point.point].gone
    let_go(world, pin)
    stages.place(), stages.verify()
    assert stages.seal()["state"] == "sealed"


def test_a_service_is_not_unprotected_while_a_point_that_would_go_is_held() -> None:
    world = grown(2)
    pin = hold(world, sealed(world)[0].point)
    with pytest.raises(Refused, match="would remove points that are pinned"):
        Unprotect(world.context(), "unprotect").run("over", both=True)
    assert left(world, "west") == ["r0", "r1"]
    assert state_of(world).claim is None
    let_go(world, pin)
    Unprotect(world.context(), "unprotect").run("over", both=True)
    assert sealed(world)[0].gone == ("east", "west")


def test_who_held_a_point_and_who_let_it_go_is_told() -> None:
    world = grown(1)
    point = sealed(world)[0].point
    pin = hold(world, point)
    let_go(world, pin)
    chain = world.context().ledger.chain
    told = [one["text"] for one in explanation("billing", all_entries(chain.deciding, chain.path), point)["entries"]]
    assert told[-2:] == [
        f"ann ü holds point {point}: the audit",
        f"ann ü holds point {point} no longer (entry {pin.n}): the audit is over",
    ]


def test_the_list_of_points_says_which_are_held() -> None:
    world = grown(3)
    pin = hold(world, sealed(world)[0].point)

    def pinned() -> list[bool]:
        return [point["pinned"] for point in points_document("billing", state_of(world), ["east", "west"])["points"]]

    assert pinned() == [True, False, True]  # the newest is always held
    let_go(world, pin)
    assert pinned() == [False, False, True]
