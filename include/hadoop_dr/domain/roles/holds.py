"""Whether new points may be made: a person or the monitor may hold them back, each in a slot of its own (S0.3)."""

from __future__ import annotations

from typing import Any

from hadoop_dr.domain.check_results import Result, fail
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.ledger.bodies.pair import MONITOR, PERSON, SynchronisingHeld, SynchronisingResumed
from hadoop_dr.domain.ledger.entry_text import hold_text
from hadoop_dr.domain.state.pair_state import PairState

HOLD = "hold"
"""Name of the check."""


def hold_results(pair: str, state: PairState, now_ms: int) -> list[Result]:
    """Refuses a run once for each hold that is in force."""
    return [
        fail(HOLD, f"{pair}: {hold_text(hold)}", f"Wait, or lift it: hadoop-dr resume {pair} --reason TEXT")
        for hold in state.held(now_ms)
    ]


def hold_document(hold: SynchronisingHeld) -> dict[str, Any]:
    """Gives the part of a document that is about one hold."""
    return {
        "slot": hold.slot,
        "by": hold.by,
        "reason": hold.reason,
        "until": None if hold.until_ms is None else iso(hold.until_ms),
        "site": hold.site or None,
    }


def lifted_by_person(state: PairState, by: str, reason: str) -> SynchronisingResumed | None:
    """Ends every hold there is, also one whose time has come; None where there is none."""
    slots = tuple(slot for slot in (MONITOR, PERSON) if slot in state.holds)
    return SynchronisingResumed(slots, by, reason) if slots else None
