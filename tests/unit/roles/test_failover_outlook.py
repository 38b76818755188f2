"""What a failover would make of a service, and what a person is told before it is approved (S2.22)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.domain.check_results import fail, ok, warn
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import RolesChanged, RolesSet
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.points.recovery import Step
from hadoop_dr.domain.roles.failover import LostData, ServiceOutlook, differs_from, outlook, paths_told, stands_against
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState, Undo
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes
from support.entries import taken

ROLES = PairState(epoch=3, primary="east", deciding="west", done_epoch=3)
GOES = ServiceOutlook("billing", "p1", 1_000)
LOST = LostData(("/data/a b/ü",), (), unknown=False)
STAYS = ServiceOutlook("crm ü", problem="no point of it was ever sealed on west")


def point(name: str, state: PointState = PointState.SEALED, **more: Any) -> Point:
    return replace(Point(name, int(name[1:]) * 1000, state, "r", 1, 1, taken(name)), **more)


def state(*points: Point, **more: Any) -> ServiceState:
    return replace(ServiceState({one.point: one for one in points}), **more)


@pytest.mark.parametrize(
    ("found", "live", "flying", "ending"),
    [
        (state(point("p1"), point("p2")), "p2", None, Step.NOTHING),
        (state(point("p1"), point("p2", gone=("west",))), "p1", None, Step.NOTHING),
        (state(point("p1"), point("p2", PointState.STAGED)), "p2", "p2", Step.ROLL_FORWARD),
        (state(point("p2", PointState.STAGED)), "p2", "p2", Step.ROLL_FORWARD),
        (state(point("p1"), point("p2", PointState.TAKEN)), "p1", "p2", Step.VOID),
        (state(point("p1"), point("p2", PointState.CLAIMED)), "p1", None, Step.NOTHING),
        (state(point("p1"), undo=Undo("p2", "p1", "west", (), (), "")), "p1", None, Step.FINISH_UNDO),
    ],
)
def test_a_staged_point_goes_live_and_whatever_is_less_does_not(
    found: ServiceState, live: str, flying: str | None, ending: Step
) -> None:
    seen = outlook("billing", found, "west", LOST)
    assert (seen.point, seen.moment_ms, seen.in_flight, seen.ending) == (live, int(live[1:]) * 1000, flying, ending)
    assert (seen.service, seen.problem, seen.doubts, seen.lost) == ("billing", "", (), LOST)


def test_a_service_without_a_point_on_the_target_stays_closed() -> None:
    seen = outlook("billing", state(point("p1", PointState.TAKEN)), "west", LostData())
    assert (seen.point, seen.moment_ms, seen.problem) == (None, None, "no point of it was ever sealed on west")


def test_the_origin_of_the_newest_point_has_newer_data_than_any_point_and_may_come_back() -> None:
    seen = outlook("billing", state(point("p1", gone=("east",))), "east", LostData())
    assert (seen.point, seen.problem) == ("p1", "")


def test_damage_is_told_and_a_point_that_waits_for_a_person_keeps_its_service_closed() -> None:
    damaged = outlook("billing", state(point("p1", damaged="a b is gone")), "west", LostData())
    assert damaged.doubts == ("point p1 is damaged: a b is gone",)
    waits = Kept(1, "p2", 0, "west", {"/a": "k"}, ("a b was moved",), 1, "refuse", n=7)
    seen = outlook("billing", state(point("p1"), point("p2", PointState.STAGED), kept=(waits,)), "west", LostData())
    assert seen.problem.startswith("point p2 waits for a person: ")


def test_a_change_of_roles_is_under_way_until_its_end_is_recorded_and_an_older_end_ends_nothing() -> None:
    done = RolesChanged("failover", "east", "west", {}, {}, {})
    first = reduce_pair([entry(1, 1, RolesSet("east", "west", "a", "b"))])
    assert not first.changing
    moved = reduce_pair([entry(2, 2, RolesSet("west", "west", "a", "b"))], first)
    assert moved.changing
    assert reduce_pair([entry(3, 1, done)], moved).changing
    ended = reduce_pair([entry(3, 2, done)], moved)
    assert not ended.changing
    assert load_pair_state(dump_pair_state(ended)) == ended


def test_the_state_says_of_which_change_the_newest_roles_are_a_step_and_what_the_old_primary_is_since() -> None:
    """So that another call, in another process, carries the change on as it was begun."""
    read = reduce_pair([entry(2, 2, RolesSet("west", "west", "a", "b", change="switchover", old_role="secondary"))])
    assert (read.change, read.old_role) == ("switchover", "secondary")
    assert load_pair_state(dump_pair_state(read)) == read
    older = reduce_pair([entry(3, 3, RolesSet("east", "east", "a", "b"))], read)
    assert (older.change, older.old_role) == ("failover", "invalid")


def entry(n: int, epoch: int, body: RolesSet | RolesChanged) -> LedgerEntry:
    return LedgerEntry(n, epoch, "r", "2026-11-20T02:00:00.000Z", body, "0" * 64, 0)


def test_what_does_not_serve_and_what_is_done_already_refuses_it() -> None:
    serving = [ok("namenode", "west serves"), fail("zookeeper", "west: no answer", "Start it.")]
    assert stands_against("p", "west", ROLES, serving, origin_serves=False, services=[GOES]) == serving
    assert stands_against("p", "east", ROLES, serving, origin_serves=True, services=[]) == [
        *serving, fail("roles", "east is primary already, in epoch 3", "See: hadoop-dr status p"),
    ]  # fmt: skip


@pytest.mark.parametrize(("roles", "said"), [
    (replace(ROLES, done_epoch=2), "east is primary already, in epoch 3, and not all of it is done"),
    (replace(ROLES, closed=("a b", "crm ü")),
     "east is primary already, in epoch 3, and not all of it is done; closed: a b, crm ü"),
])  # fmt: skip
def test_a_change_of_roles_that_left_something_to_do_goes_on(roles: PairState, said: str) -> None:
    expected = [warn("roles", said, "With --approve it goes on.")]
    assert stands_against("p", "east", roles, [], origin_serves=False, services=[]) == expected


def test_services_that_stayed_closed_are_known_until_they_went_or_the_roles_change_again() -> None:
    moved = reduce_pair([entry(2, 2, RolesSet("west", "west", "a", "b"))])
    shut = RolesChanged("failover", "east", "west", {}, {"crm ü": "why", "a b": "why"}, {})
    closed = reduce_pair([entry(3, 2, shut)], moved)
    assert (closed.closed, closed.changing, closed.is_unfinished) == (("a b", "crm ü"), False, True)
    assert load_pair_state(dump_pair_state(closed)) == closed
    done = RolesChanged("failover", "east", "west", {}, {}, {})
    assert not reduce_pair([entry(4, 2, done)], closed).is_unfinished
    assert reduce_pair([entry(4, 1, done)], closed) == replace(closed, n=4)
    again = reduce_pair([entry(4, 3, RolesSet("east", "east", "a", "b"))], closed)
    assert (again.closed, again.is_unfinished) == ((), True)


def test_a_primary_that_still_answers_is_told_because_nothing_stops_its_writers() -> None:
    said = "east still answers, and nothing stops its writers: what they write from now on is lost"
    remedy = "Stop its clients, or shut east down first; --force goes on all the same."
    assert stands_against("p", "west", ROLES, [], origin_serves=True, services=[GOES]) == [
        fail("old primary", said, remedy)
    ]
    assert stands_against("p", "west", ROLES, [], origin_serves=True, force=True, services=[GOES]) == [
        warn("old primary", said, remedy)
    ]


def test_services_that_stay_closed_are_named_and_refuse_it_only_if_none_is_left() -> None:
    closed = "crm ü stays closed: no point of it was ever sealed on west"
    assert stands_against("p", "west", ROLES, [], origin_serves=False, services=[GOES, STAYS]) == [
        warn("services", closed, "See: hadoop-dr explain crm ü")
    ]
    assert stands_against("p", "west", ROLES, [], origin_serves=False, services=[]) == [
        fail("services", "the pair p has no service", "Write a policy, and make a point.")
    ]
    said = "no service can go: crm ü: no point of it was ever sealed on west"
    assert stands_against("p", "west", ROLES, [], origin_serves=False, services=[STAYS]) == [
        fail("services", said, "See: hadoop-dr points crm ü")
    ]
    doubted = replace(GOES, doubts=("point p1 is damaged: a b is gone",))
    assert stands_against("p", "west", ROLES, [], origin_serves=False, services=[doubted]) == [
        warn("points", "billing: point p1 is damaged: a b is gone", "Read it again: hadoop-dr verify billing")
    ]


def test_lost_files_are_named_and_not_the_directories_whose_entries_changed() -> None:
    changes = Changes(
        created=(Change(1, None, "a b/new"),),
        deleted=(Change(2, "gone ü", None),),
        renamed=(Change(3, "from/x", "to/x"),),
        modified=(Change(4, "", ""), Change(5, "a b", "a b"), Change(6, "from", "from"), Change(7, "to", "to"),
                  Change(8, "c/grown", "c/grown")),
    )  # fmt: skip
    assert paths_told(changes) == ["a b/new", "c/grown", "gone ü", "to/x"]


def test_a_tree_that_is_not_that_of_its_point_is_told_with_the_first_difference_and_their_number() -> None:
    assert differs_from("p1", "west", [], []) == ()
    differs = differs_from("p1", "west", ["/a b/ü was created", "/a b/h# was deleted", "x"], ["/c: no such snapshot"])
    assert differs == (
        "the tree of west is not that of point p1: /a b/ü was created and 2 more",
        "the tree of west cannot be compared with point p1: /c: no such snapshot",
    )
    found = stands_against("p", "west", ROLES, [], [replace(GOES, differs=differs)], origin_serves=False)
    remedy = "It goes live as it is: look at it first."
    assert found == [warn("tree", f"billing: {line}", remedy) for line in differs]


def test_what_is_unfinished_on_the_other_site_is_not_ended_by_going_back_to_the_origin() -> None:
    waits = Kept(1, "p2", 0, "west", {"/a": "k"}, ("a b was moved",), 1, "refuse", n=7)
    left = state(point("p1"), point("p2", PointState.STAGED), kept=(waits,), undo=Undo("p2", "p1", "west", (), (), ""))
    seen = outlook("billing", left, "east", LOST)
    assert (seen.point, seen.in_flight, seen.ending, seen.problem) == ("p1", None, Step.NOTHING, "")
