"""What a planned change of roles is refused for, and which call goes on with which one (S2.22)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.check_results import fail, ok, warn
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.ledger import LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import ChangeBegun, ChangeGivenUp, RolesChanged, RolesSet, SiteFenced
from hadoop_dr.domain.ledger.entry_kinds import PairBody
from hadoop_dr.domain.roles.failover import ServiceOutlook
from hadoop_dr.domain.roles.switchover import is_carried_on, is_taken_back, refuse_holes, stands_against_switchover
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair

ROLES = PairState(3, "east", "west", done_epoch=3)
GOES, SHUT = ServiceOutlook("billing", "p1"), ServiceOutlook("crm ü", problem="no point of it")
FENCE = {"east": SiteFenced("east", "forced", {})}


def entry(n: int, epoch: int, body: PairBody, run: str = "r") -> LedgerEntry:
    return LedgerEntry(n, epoch, run, "2026-11-20T02:00:00.000Z", body, "0" * 64, 0)


def test_a_service_that_does_not_go_refuses_it_unless_a_person_wants_it_all_the_same() -> None:
    said = ("services", "crm ü stays closed: no point of it", "See: hadoop-dr explain crm ü")
    serving = [ok("namenode", "west serves")]
    assert stands_against_switchover("p", "west", ROLES, serving, [GOES, SHUT], []) == [*serving, fail(*said)]
    assert stands_against_switchover("p", "west", ROLES, [], [GOES, SHUT], [], force=True) == [warn(*said)]


def test_open_files_are_named_before_it() -> None:
    remedy = "The switchover waits for them, then ends their leases."
    assert stands_against_switchover("p", "west", ROLES, [], [GOES], ["/a b", "/c", "/ü"]) == [
        warn("open files", "/a b and 2 more: open for writing", remedy)
    ]
    one = stands_against_switchover("p", "west", ROLES, [], [GOES], ["/a b"])
    assert one == [warn("open files", "/a b: open for writing", remedy)]


def test_a_site_that_is_primary_already_is_told_so() -> None:
    found = stands_against_switchover("p", "east", ROLES, [], [SHUT], ["/a"])
    assert found == [fail("roles", "east is primary already, in epoch 3", "See: hadoop-dr status p")]


@pytest.mark.parametrize(("roles", "to", "back", "on"), [
    (ROLES, "east", False, False),
    (ROLES, "west", False, False),
    (replace(ROLES, holder="r"), "east", True, False),
    (replace(ROLES, holder="r"), "west", False, False),
    (replace(ROLES, fences=FENCE), "east", True, False),
    (replace(ROLES, fences=FENCE, primary="west"), "west", False, True),
    (replace(ROLES, holder="r", done_epoch=2), "east", False, True),
    (replace(ROLES, closed=("crm ü",)), "east", False, True),
])  # fmt: skip
def test_what_a_call_goes_on_with_follows_from_what_the_ledger_says(
    roles: PairState, to: str, back: bool, on: bool
) -> None:
    assert (is_taken_back(roles, to), is_carried_on(roles, to)) == (back, on)


def test_whatever_may_still_write_refuses_it_and_is_named_where_a_person_wants_it_all_the_same() -> None:
    assert refuse_holes("p", [], [], [], force=False) == []
    with pytest.raises(Refused, match="/a b: the fence does not refuse"):
        refuse_holes("p", ["/a b"], [], [], force=False)
    assert refuse_holes("p", ["/a"], ["/b"], ["/c"], force=True) == [
        "/a: the fence does not refuse a new directory there",
        "/b: stays open, and its writer may go on",
        "/c: changed behind the last point",
    ]


def test_the_newest_call_has_a_change_in_hand_until_it_came_to_its_end_or_was_taken_back() -> None:
    begun = ChangeBegun("switchover", "west", "ann ü", "why")
    held = reduce_pair([entry(1, 1, RolesSet("east", "west", "a", "b")), entry(2, 1, begun, "r1")])
    assert held.holder == "r1"
    later = reduce_pair([entry(3, 1, begun, "r2")], held)
    assert later.holder == "r2"
    assert load_pair_state(dump_pair_state(later)) == later
    assert reduce_pair([entry(4, 1, ChangeGivenUp("switchover", "why"), "r2")], later).holder == ""
    roles = RolesSet("west", "east", "a", "b", change="switchover", old_role="secondary", fence="fenced")
    moved = reduce_pair([entry(4, 2, roles, "r2")], later)
    assert (moved.holder, moved.fence) == ("r2", "fenced")
    assert load_pair_state(dump_pair_state(moved)) == moved
    assert reduce_pair([entry(5, 2, RolesChanged("switchover", "east", "west", {}, {}, {}))], moved).holder == ""
