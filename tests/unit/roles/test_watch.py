"""What follows from how both sites are: alarms, and the monitor's hold (S0.3, S0.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.ledger import GENESIS, LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import (
    MONITOR,
    PERSON,
    AlarmSaid,
    RolesSet,
    SynchronisingHeld,
    SynchronisingResumed,
)
from hadoop_dr.domain.ledger.entry_kinds import OPTIONAL, PairBody
from hadoop_dr.domain.ledger.entry_text import entry_text
from hadoop_dr.domain.roles.health import HealthRules, Heartbeats, NodeRole, SiteHealth, SiteLook
from hadoop_dr.domain.roles.watch import LATE, SITE_FAILED, alarms_due, hold_due, is_settled, standing, untold
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair

RULES = HealthRules()
LOOK = SiteLook(100.0, [Heartbeats(NodeRole.NAMENODE, 1, 1, working=True)])
WELL = SiteHealth(LOOK, well_since=70.0)
FRESH = SiteHealth(LOOK, well_since=70.1)
FAILED = SiteHealth(LOOK, failed=True, why="2 of 5 nodes answer")
FLAPS = replace(WELL, failures=(1.0, 2.0, 3.0))
ROLES = RolesSet("east", "west", "ann", "first")
HOLD = SynchronisingHeld(MONITOR, "m", "east has failed: 2 of 5 nodes answer", site="east")


def entry(body: PairBody, n: int = 1, epoch: int = 1) -> LedgerEntry:
    return LedgerEntry(n, epoch, "r", "", body, GENESIS, 0)


def told(*bodies: PairBody) -> PairState:
    return reduce_pair([entry(body, n, epoch=n) for n, body in enumerate((ROLES, *bodies), 1)])


def alarm(site: str = "east", what: str = SITE_FAILED, *, stands: bool = True, is_told: bool = True) -> AlarmSaid:
    return AlarmSaid(what, site, f"{site} ü", "m", stands, is_told)


def due(
    state: PairState, east: SiteHealth, west: SiteHealth, late: dict[str, str | None] | None = None
) -> list[tuple[str, str, bool, str]]:
    found = alarms_due(state.primary, state.alarms, {"west": west, "east": east}, late, RULES, "m")
    return [(one.what, one.subject, one.stands, one.text) for one in found]


def test_a_primary_that_failed_is_held_for_and_a_secondary_is_not() -> None:
    assert hold_due(told(), {"east": FAILED, "west": WELL}, RULES, "m") == HOLD
    assert hold_due(told(), {"east": WELL, "west": FAILED}, RULES, "m") is None
    assert hold_due(told(HOLD), {"east": FAILED, "west": WELL}, RULES, "m") is None
    assert hold_due(PairState(), {"east": FAILED}, RULES, "m") is None


def test_whoever_lifts_the_hold_while_the_alarm_stands_is_not_overruled() -> None:
    lifted = SynchronisingResumed((MONITOR,), "ann", "I know better")
    assert hold_due(told(HOLD, alarm(), lifted), {"east": FAILED}, RULES, "m") is None
    assert hold_due(told(HOLD, alarm(), lifted, alarm(stands=False)), {"east": FAILED}, RULES, "m") == HOLD


@pytest.mark.parametrize(("east", "lifts"), [(WELL, True), (FRESH, False), (FAILED, False), (FLAPS, False),
                                             (SiteHealth(), False)])  # fmt: skip
def test_the_monitor_lifts_its_own_hold_when_the_site_is_back_for_the_dwell_time_and_does_not_flap(
    east: SiteHealth, lifts: bool
) -> None:
    person = SynchronisingHeld(PERSON, "ann", "the rack moves")
    found = hold_due(told(HOLD, person), {"east": east}, RULES, "m")
    assert found == (SynchronisingResumed((MONITOR,), "m", "east is back") if lifts else None)


def test_a_hold_for_a_site_that_is_no_longer_primary_is_lifted() -> None:
    found = hold_due(told(HOLD, RolesSet("west", "east", "ann", "x")), {"east": FAILED, "west": WELL}, RULES, "m")
    assert found == SynchronisingResumed((MONITOR,), "m", "west is primary, no longer east")


def test_a_failed_primary_is_the_first_alarm_and_a_failed_secondary_beside_it_the_second() -> None:
    assert due(told(), FAILED, WELL) == [
        (SITE_FAILED, "east", True,
         "first alarm: the primary east has failed: 2 of 5 nodes answer; new points are held back")
    ]  # fmt: skip
    both = due(told(), FAILED, FAILED)
    assert [one[:3] for one in both] == [(SITE_FAILED, "east", True), (SITE_FAILED, "west", True)]
    assert both[1][3] == (
        "second alarm: the secondary west has failed, as the primary has: no site can take over; 2 of 5 nodes answer"
    )
    assert due(told(alarm()), FAILED, FAILED) == both[1:]
    assert due(told(), WELL, FAILED)[0][3] == (
        "the secondary west has failed: no point can be made; 2 of 5 nodes answer"
    )
    assert due(PairState(), FAILED, WELL)[0][3] == "east has failed: 2 of 5 nodes answer"


def test_an_alarm_is_said_once_and_over_when_the_site_is_back_for_the_dwell_time() -> None:
    assert due(told(), WELL, WELL) == due(told(alarm()), FAILED, WELL) == due(told(alarm()), FRESH, WELL) == []
    assert due(told(alarm()), WELL, WELL) == [(SITE_FAILED, "east", False, "east is back")]
    assert "failed 3 times lately" in due(told(alarm()), FLAPS, WELL)[0][3]
    assert due(told(alarm(), alarm(stands=False)), FAILED, WELL)[0][:3] == (SITE_FAILED, "east", True)


def test_a_service_is_late_until_it_is_not_and_nothing_is_said_of_what_nobody_knows() -> None:
    state = told(alarm("crm", LATE))
    assert due(state, WELL, WELL) == due(state, WELL, WELL, {"crm": None}) == due(state, WELL, WELL, {"crm": "x"}) == []
    assert due(state, WELL, WELL, {"crm": "", "ok": ""}) == [(LATE, "crm", False, "service crm is not late any more")]
    assert due(state, WELL, WELL, {})[0][:3] == (LATE, "crm", False)
    assert due(told(), WELL, WELL, {"b": "b is late", "a": "a is late", "c": None}) == [
        (LATE, "a", True, "a is late"), (LATE, "b", True, "b is late")
    ]


def test_the_state_keeps_what_stands_and_what_not_everybody_was_told_of() -> None:
    begun, over = alarm(is_told=False), alarm(stands=False, is_told=False)
    assert (standing(told(begun).alarms), untold(told(begun).alarms)) == ([begun], [begun])
    assert (standing(told(alarm()).alarms), untold(told(alarm()).alarms)) == ([alarm()], [])
    assert (standing(told(alarm(), over).alarms), untold(told(alarm(), over).alarms)) == ([], [over])
    assert told(alarm(), alarm(stands=False)).alarms == {}
    state = told(begun, HOLD)
    assert load_pair_state(dump_pair_state(state)) == state
    assert "alarm" in OPTIONAL


def test_the_ledger_says_in_words_what_began_and_what_is_over() -> None:
    assert entry_text(entry(alarm())) == "alarm: east ü"
    assert entry_text(entry(alarm(stands=False, is_told=False))) == "over: east ü; not everybody was told yet"


def test_a_verdict_waits_for_what_is_being_timed_and_for_nothing_else() -> None:
    health, missing = {"east": WELL, "west": FRESH}, replace(FRESH, missing_since={NodeRole.NAMENODE: 90.0})
    assert is_settled({}, health, RULES, ())
    assert not is_settled({}, {"east": WELL, "west": missing}, RULES, ())
    assert not is_settled({alarm("west").key: alarm("west")}, health, RULES, ())
    assert not is_settled({}, health, RULES, ["west"])
    assert is_settled({alarm("east").key: alarm("east")}, health, RULES, ["east"])
    assert is_settled({alarm("west").key: alarm("west")}, {"east": WELL, "west": FAILED}, RULES, ["west"])
