"""``--change-roots``: other roots than those of the points, after approval, and never without a way on (I2, I6, I8)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.domain.errors import BadInput, DrError, Refused
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.prune import Prune
from sim.directories import SITES, hdfs, holds, write
from sim.root_changes import (
    CHILD,
    HOW,
    LAKE,
    NARROW,
    ORDER,
    PARENT,
    WAYS,
    WIDE,
    damage,
    effects,
    interrupted,
    lived_in,
    ordered,
    shots,
    small,
    staged,
    state_of,
    told,
)
from sim.world import plan_and_stage
from support.thinned import thinned


@WAYS
def test_roots_change_on_order_and_what_is_there_is_compared_and_not_copied(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    if after == WIDE:
        # What lies beside the old roots is new to the service: it is copied.
        beside = sum(node.length for node in world.clusters["east"].find(PARENT).walk() if not node.is_dir)
        beside -= sum(n.length for root in NARROW for n in world.clusters["east"].find(root).walk() if not n.is_dir)
    else:
        beside = 0
    world.policy = hdfs(*after, LAKE)
    document = world.backup("change", **ORDER)
    holds(world, document, *after, LAKE)
    assert document["bytes_copied"] == beside + 60
    state = state_of(world)
    assert (state.change, state.sticky_roots()) == (None, {*after, LAKE})
    holds(world, world.backup("next"), *after, LAKE)


@WAYS
def test_nothing_is_done_before_the_cost_was_told_and_approved(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    world.policy = hdfs(*after, LAKE)
    held, n = [shots(world, site) for site in SITES], len(world.context().ledger.chain.entries())
    with pytest.raises(Refused) as refused:
        world.backup("asks", change_roots=True, reason="why")
    points = ", ".join(state_of(world).points)
    for said in (
        f"from {', '.join(sorted(before))} to {', '.join(sorted(after))} needs approval",
        f"east loses 2 points ({points}) before the moment",
        f"west loses 2 points ({points}) once everything is staged, and not before",
        "until the new point is sealed",
        "there is no point at all",
        "is compared with east and not copied",
    ):
        assert said in refused.value.problem
    assert "--change-roots --approve --reason TEXT" in refused.value.remedy
    assert [shots(world, site) for site in SITES] == held
    assert len(world.context().ledger.chain.entries()) == n


def test_an_order_without_a_reason_and_an_approval_of_nothing_are_bad_input() -> None:
    world = lived_in(*NARROW)
    for order in ({"change_roots": True, "approve": True}, {"approve": True, "reason": "why"}):
        with pytest.raises(BadInput):
            world.backup("wrong", **order)


@pytest.mark.parametrize("approve", [False, True])
def test_an_order_that_changes_nothing_is_refused_and_does_nothing(approve: bool) -> None:
    world = lived_in(*NARROW)
    entries = world.context().ledger.chain.entries()
    with pytest.raises(Refused, match="no root would change"):
        world.backup("ordered", change_roots=True, approve=approve, reason="why")
    assert world.context().ledger.chain.entries() == entries


@WAYS
def test_roots_that_stay_go_on_as_increments_and_the_ledger_tells_the_story(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    newest = state_of(world).newest_sealed()
    world.policy = hdfs(*after, LAKE)
    document = world.backup("change", **ORDER)
    assert document["baseline"] == newest.point
    here, there = told(world, "root_change")
    assert f"are replaced by {', '.join(sorted(after))} on east" in here
    assert "on west" in there
    assert all("because one root for all" in text and newest.point in text for text in (here, there))
    for point in list(state_of(world).points.values())[:2]:
        assert set(point.gone) == set(SITES)


@WAYS
def test_the_older_points_stand_on_the_secondary_until_everything_is_staged(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    held = shots(world, "west")
    stages = staged(world, *after)
    assert {root: held[root] for root in before} == {root: shots(world, "west")[root] for root in before}
    assert [point.destination in point.gone for point in state_of(world).sealed()] == [False, False]
    assert state_of(world).newest_sound() is not None
    stages.place()
    assert not set(before) & set(shots(world, "west"))
    assert state_of(world).newest_sound() is None
    stages.verify()
    holds(world, stages.seal(), *after, LAKE)


def test_snapshots_and_documents_of_the_points_that_went_are_cleared_away() -> None:
    world = lived_in(*NARROW)
    world.policy = hdfs(*WIDE, LAKE)
    document = world.backup("change", **ORDER)
    Prune(world.context()).run("now")
    for site in SITES:
        assert shots(world, site) == {root: [document["snapshots"][site][root]] for root in (*WIDE, LAKE)}
        assert world.files()[site].names("/.hadoop-dr/east-west/services/billing/points") == [document["point"]]


def test_what_was_found_damaged_under_an_old_root_is_copied_again_under_the_new_one() -> None:
    """Its checksum may not tell: a disk can rot what the NameNode counts as whole."""
    world = lived_in(*WIDE)
    first = next(iter(state_of(world).points))
    damage(world, first, (PARENT, "b+ c/x=1/ü"), (PARENT, "d#/x=1/g%"))
    world.policy = hdfs(CHILD, LAKE)
    document = world.backup("change", **ORDER)
    holds(world, document, CHILD, LAKE)
    assert document["files_copied"] == 3
    assert document["bytes_copied"] == 60 + len(f"{CHILD}x=1/ü".encode()) * 100


def test_a_damaged_newest_point_refuses() -> None:
    world = lived_in(*NARROW)
    damage(world, state_of(world).newest_sealed().point)
    world.policy = hdfs(*WIDE, LAKE)
    with pytest.raises(Refused, match=r"the newest point, .* is damaged"):
        world.backup("change", **ORDER)


def test_what_an_earlier_run_left_of_its_work_in_an_old_root_is_no_part_of_the_new_one() -> None:
    world = lived_in(*NARROW)
    write(world, f"{CHILD}/.hadoop-dr/billing-1-7/stage/0-7.1/x", b"left", "west")
    world.policy = hdfs(*WIDE, LAKE)
    stages = world.stages("looks")
    stages.preflight(**ORDER)
    stages.moment()
    assert stages.plan()["deletions"] == 1, "the one file that went, and no file of ours"
    world.host.dead.add("p1")
    holds(world, world.backup("change"), *WIDE, LAKE)


@WAYS
def test_a_prune_in_the_middle_of_a_change_takes_nothing_that_it_builds_on(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    stages = ordered(world, *after)
    Prune(world.context()).run("meanwhile")
    stages.moment()
    plan_and_stage(stages)
    Prune(world.context()).run("meanwhile")
    stages.place()
    Prune(world.context()).run("meanwhile")
    stages.verify()
    document = stages.seal()
    holds(world, document, *after, LAKE)
    assert document["baseline"] is not None


@WAYS
@pytest.mark.parametrize("at", thinned(range(1, 38, 2), 5))
def test_a_worker_that_sleeps_in_the_switch_and_wakes_after_another_has_sealed_does_no_harm(
    before: tuple[str, ...], after: tuple[str, ...], at: int
) -> None:
    world = lived_in(*before)
    staged(world, *after)
    sealed: list[dict[str, Any]] = []
    world.host.name = "sleeps"
    asleep = world.stages("stages", 2, Faults(at=at, first=lambda: sealed.append(world.backup("hasty", takeover=True))))
    with suppress(DrError):
        asleep.place()
    if not sealed:
        pytest.fail("the effect was not reached")
    holds(world, sealed[0], *after, LAKE)
    holds(world, world.backup("next"), *after, LAKE)


@WAYS
def test_who_puts_protect_back_before_the_switch_has_the_old_roots_again(
    before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    world = lived_in(*before)
    ordered(world, *after)
    world.host.dead.add("stages")
    assert "is in progress since run stages (one root for all)" in str(
        [r.detail for r in RunChecks(world.context()).look() if r.name == "roots"]
    )
    world.policy = hdfs(*before, LAKE)
    document = world.backup("back")
    holds(world, document, *before, LAKE)
    state = state_of(world)
    assert state.change is None
    assert [point.destination in point.gone for point in state.sealed()] == [False, False, False]


CHANGES = {"widened": small((CHILD,), (PARENT,)), "narrowed": small((PARENT,), (CHILD,))}
CASES = [("widened", at, how) for at in range(1, effects(CHANGES["widened"]) + 1) for how in (HOW[at % 2], "loses")]
CASES += [("narrowed", at, HOW[at % 3]) for at in range(1, effects(CHANGES["narrowed"]) + 1)]


@pytest.mark.parametrize(("way", "at", "how"), thinned(CASES, 5))
def test_whatever_interrupts_a_change_of_roots_the_next_run_goes_on_with_it_and_there_was_always_a_way(
    way: str, at: int, how: str
) -> None:
    world = CHANGES[way].clone()
    root = PARENT if way == "widened" else CHILD
    document = interrupted(world, at, how)
    holds(world, document, root)
    for directory in (PARENT, CHILD):
        assert ".hadoop-dr" not in world.clusters["west"].find(directory).children
    Prune(world.context()).run("then")
    for site in SITES:
        assert set(shots(world, site)) == {root}
