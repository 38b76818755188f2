"""What a claim, a missed moment and a forgotten point leave in a service's state."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from hadoop_dr.domain.errors import Protocol
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.ledger.bodies.runs import MomentRearmed
from hadoop_dr.domain.ledger.bodies.sealed import Verified
from hadoop_dr.domain.ledger.bodies.taken import OpenFile, OpenFiles
from hadoop_dr.domain.ledger.bodies.values import SnapshotRecord
from hadoop_dr.domain.runs.moment import LEAD_MS, lead_after
from hadoop_dr.domain.state.packed_state import PackedState, pack, unpack, without_what_is_over
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import Point, PointState, ServiceState
from hadoop_dr.domain.tree.intended import Lowered
from hadoop_dr.domain.tree.inventory import Held
from support.entries import claimed, entries, entry, sealed, taken

FIRST, SECOND = "20261120T020000.000Z", "20261121T020000.000Z"


def test_a_point_is_of_the_run_and_claim_that_took_it_up_last() -> None:
    state = reduce_service([entry(1, claimed(FIRST), "one"), entry(2, claimed(FIRST), "two ü")])
    assert (state.points[FIRST].run, state.points[FIRST].claim_n) == ("two ü", 2)


def test_a_moment_that_was_missed_lengthens_the_lead_by_how_much_it_was_missed() -> None:
    missed = MomentRearmed(1, SECOND, 6, FIRST, "had passed", 400)
    state = reduce_service(entries(claimed(FIRST), missed))
    assert state.lead_ms == lead_after(LEAD_MS, 400) > LEAD_MS
    again = reduce_service(entries(replace(missed, void=SECOND, point=FIRST), start=3), state)
    assert again.lead_ms == lead_after(state.lead_ms, 400) > state.lead_ms
    other_cause = reduce_service(entries(replace(missed, late_ms=0), start=3), state)
    assert other_cause.lead_ms == state.lead_ms
    met = reduce_service(entries(taken(SECOND), start=3), state)
    assert met.lead_ms == lead_after(state.lead_ms) < state.lead_ms


def test_a_claim_whose_text_is_lost_says_what_to_compare() -> None:
    short = replace(claimed(FIRST).frozen, text="text ü").after(replace(claimed(FIRST).frozen, text="text ü"))
    with pytest.raises(Protocol) as told:
        reduce_service(entries(claimed(FIRST, short)))
    assert "hadoop-dr ledger check" in told.value.remedy


def names(count: int, *gone: str) -> dict[str, Point]:
    ids = [point_id(1_795_140_000_000 + n) for n in range(count)]
    return {name: Point(name, 1, PointState.SEALED, "r", 1, 1, taken(name), gone=gone) for name in ids}


def test_a_checkpoint_forgets_all_but_the_newest_hundred_of_what_is_gone_from_both_sites() -> None:
    gone = names(103, "east", "west")
    kept = load_state(json.loads(json.dumps(dump_state(ServiceState(gone)))))
    assert list(kept.points) == list(gone)[3:]
    half = names(103, "east")
    assert list(load_state(dump_state(ServiceState(half))).points) == list(half), "one site still has them"


def test_of_a_point_that_is_gone_nothing_is_kept_that_only_told_how_it_went() -> None:
    whole = replace(
        sealed(FIRST, {"/a b": "s"}, live={"/a b": Held(1, 2)}, figures={"tables": {"new": 1}}, seconds={"plan": 1.0},
               requests={"plan": {"east": 1}}, warnings=("ü",), lowered=(Lowered("/a b", "f", "owner", "ü", "x"),)),
        verified=Verified("match", 3, ("/a b: not read",)),
    )  # fmt: skip
    took = taken(FIRST, ["/a b"], open_files=OpenFiles(1, (OpenFile("/a", 1),)), roots_told=("told",), narrow=("ü",))
    point = Point(
        FIRST, 1, PointState.SEALED, "r", 1, 1, took, sealed=whole, gone=("east", "west"),
        bad_files=(("/a b", "f"),), unnamed=(("/a b", FIRST),), base={"west": {"/a b": SnapshotRecord("s", 1, 1)}},
    )  # fmt: skip
    over = without_what_is_over(point)
    summary, took = over.sealed.summary, over.taken
    assert (summary.figures, summary.seconds, summary.requests) == ({}, {}, {})
    assert (summary.warnings, summary.lowered) == ((), ())
    assert over.sealed.verified == Verified("match", 3)
    assert (took.open_files, took.roots_told, took.narrow) == (OpenFiles(), (), ())
    assert (over.bad_files, over.unnamed, over.base, tuple(over.roots)) == ((), (), {}, ("/a b",))


def test_a_packed_point_whose_columns_do_not_fit_together_is_refused() -> None:
    whole = sealed(FIRST, {"/a b": "s"}, live={"/a b": Held(1, 2)})
    point = Point(FIRST, 1, PointState.SEALED, "r", 1, 1, taken(FIRST, ["/a b"]), sealed=whole)
    packed = pack(ServiceState({FIRST: point}))
    [one] = packed.points
    assert one.point.sealed.summary.live == {}, "what lies in columns is not written twice"
    assert unpack(packed).points == {FIRST: point}
    for broken in (replace(one, asked_ms=()), replace(one, answered_ms=(1.0, 2.0)), replace(one, files=()),
                   replace(one, names=(1, 2))):  # fmt: skip
        wrong: PackedState = replace(packed, points=(broken,))
        with pytest.raises(ValueError, match="zip"):
            unpack(wrong)
