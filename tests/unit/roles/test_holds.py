"""Who holds back new points: two slots, each until it is lifted or its time has come (S0.3)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.ledger import GENESIS, LedgerEntry
from hadoop_dr.domain.ledger.bodies.pair import MONITOR, PERSON, SynchronisingHeld, SynchronisingResumed
from hadoop_dr.domain.ledger.entry_kinds import OPTIONAL, PairBody
from hadoop_dr.domain.ledger.entry_text import entry_text
from hadoop_dr.domain.roles.holds import hold_document, hold_results, lifted_by_person
from hadoop_dr.domain.state.pair_state import PairState, dump_pair_state, load_pair_state, reduce_pair

UNTIL = 1_795_226_400_123
ANN = SynchronisingHeld(PERSON, "ann ü", "the rack moves, 100 %", UNTIL)
BOB = SynchronisingHeld(PERSON, "bob", "it moves later", UNTIL + 1)
FAILED = SynchronisingHeld(MONITOR, "monitor", "east has failed: 2 of 5 nodes answer", site="east")


def entry(body: PairBody, n: int = 1) -> LedgerEntry:
    return LedgerEntry(n, 1, "r", "", body, GENESIS, 0)


def told(*bodies: PairBody) -> PairState:
    return reduce_pair([entry(body, n) for n, body in enumerate(bodies, 1)])


def test_a_person_and_the_monitor_hold_each_in_a_slot_of_its_own() -> None:
    assert told(FAILED, ANN).held(0) == [FAILED, ANN]
    assert told(FAILED, ANN, BOB).held(0) == [FAILED, BOB]
    assert told(FAILED, ANN, SynchronisingResumed((MONITOR,), "monitor", "east is back")).held(0) == [ANN]
    assert told(FAILED, ANN, SynchronisingResumed((MONITOR, PERSON), "bob", "done")).held(0) == []
    assert told(SynchronisingResumed((PERSON,), "bob", "nothing held")).held(0) == []


def test_a_hold_ends_at_its_time_and_one_without_a_time_does_not() -> None:
    state = told(ANN, FAILED)
    assert state.held(UNTIL - 1) == [FAILED, ANN]
    assert state.held(UNTIL) == [FAILED]


def test_a_checkpoint_keeps_the_holds_and_says_nothing_where_there_are_none() -> None:
    state = told(ANN, FAILED)
    assert load_pair_state(dump_pair_state(state)) == state
    assert "holds" not in dump_pair_state(PairState(1, "east", "west", 1))


def test_an_older_version_skips_them() -> None:
    assert {"hold", "resume"} <= OPTIONAL


def test_a_run_is_refused_for_each_hold_with_who_why_until_when_and_the_way_out() -> None:
    found = hold_results("a-b", told(ANN, FAILED), 0)
    assert [one.detail for one in found] == [
        "a-b: no point is made until it is resumed: held by monitor, because east has failed: 2 of 5 nodes answer",
        "a-b: no point is made until 2026-11-21T02:00:00.123Z: held by ann ü, because the rack moves, 100 %",
    ]
    assert {(one.name, one.mark.value, one.remedy) for one in found} == {
        ("hold", "fail", "Wait, or lift it: hadoop-dr resume a-b --reason TEXT")
    }
    assert hold_results("a-b", told(ANN), UNTIL) == []


def test_the_ledger_and_the_documents_say_the_same() -> None:
    assert entry_text(entry(ANN)).startswith("no point is made until 2026-11-21T02:00:00.123Z: held by ann ü")
    lifted = SynchronisingResumed((MONITOR, PERSON), "bob", "done ü")
    assert entry_text(entry(lifted)) == "bob lifts the hold of monitor and person: done ü"
    assert hold_document(FAILED) == {
        "slot": "monitor", "by": "monitor", "reason": FAILED.reason, "until": None, "site": "east"
    }
    assert (hold_document(ANN)["until"], hold_document(ANN)["site"]) == ("2026-11-21T02:00:00.123Z", None)


@pytest.mark.parametrize(("holds", "slots"), [((ANN,), (PERSON,)), ((FAILED,), (MONITOR,)),
                                              ((ANN, FAILED), (MONITOR, PERSON))])  # fmt: skip
def test_a_person_lifts_whatever_holds(holds: tuple[PairBody, ...], slots: tuple[str, ...]) -> None:
    assert lifted_by_person(told(*holds), "bob", "done") == SynchronisingResumed(slots, "bob", "done")
    assert lifted_by_person(told(), "bob", "done") is None
