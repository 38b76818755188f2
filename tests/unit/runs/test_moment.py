"""Proof of the shared moment (I1): what counts, what is taken again, and when a run gives up."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.policy import Unproven
from hadoop_dr.domain.preflight.advice import predicted_skew_ms
from hadoop_dr.domain.runs.moment import (
    LEAD_MS,
    MOST_REARMS,
    Cure,
    Evidence,
    MarkEvidence,
    MomentDecision,
    MomentVerdict,
    Proof,
    clock_offset_ms,
    decide,
    lead_after,
    prove,
    rearm_pause_ms,
    skew_ms,
)

QUIET = Evidence(roots=2, skew_ms=3.0, max_skew_ms=250, offsets_ms={"east": -20.0, "west": 4.0}, max_offset_ms=500)

catalog = partial(MarkEvidence, "the catalog")
EVERYTHING = catalog(touched=["a"], missing=["b"], gaps=["c"], lost=["d"])


def test_one_root_is_atomic_however_long_its_request_took() -> None:
    assert prove(replace(QUIET, roots=1, skew_ms=9_000)).proof is Proof.ATOMIC
    assert prove(replace(QUIET, roots=0, skew_ms=0.0)).proof is Proof.ATOMIC


def test_several_roots_inside_the_skew_are_bounded() -> None:
    assert prove(QUIET) == MomentVerdict(Proof.BOUNDED)
    assert prove(replace(QUIET, skew_ms=250.0)).proof is Proof.BOUNDED


def test_a_clock_that_is_off_by_what_is_allowed_is_right() -> None:
    assert prove(replace(QUIET, offsets_ms={"east": -500.0, "west": 500.0})).proof is Proof.BOUNDED


@pytest.mark.parametrize(
    ("evidence", "reason", "cure"),
    [
        (replace(QUIET, skew_ms=250.1), "2 roots were 250.1 ms apart, the limit is 250 ms", Cure.REARM),
        (replace(QUIET, roots=192, skew_ms=990.0), "192 roots were 990.0 ms apart, the limit is 250 ms", Cure.REARM),
        (replace(QUIET, roots=193, skew_ms=250.1), "193 roots were 250.1 ms apart, the limit is 250 ms", Cure.ONCE),
        (
            replace(QUIET, roots=193, marks=[catalog(gaps=["hive"])]),
            "the changes of the catalog cannot be read: hive",
            Cure.REARM,
        ),
        (
            replace(QUIET, marks=[catalog(touched=["a.b"])]),
            "the catalog changed while the snapshots were taken: a.b",
            Cure.REARM,
        ),
        (
            replace(QUIET, marks=[catalog(touched=list("abcde"))]),
            "the catalog changed while the snapshots were taken: a, b, c and 2 more",
            Cure.REARM,
        ),
        (
            replace(QUIET, marks=[catalog(touched=list("abcd"))]),
            "the catalog changed while the snapshots were taken: a, b, c and 1 more",
            Cure.REARM,
        ),
        (
            replace(QUIET, marks=[catalog(touched=list("abc"))]),
            "the catalog changed while the snapshots were taken: a, b, c",
            Cure.REARM,
        ),
        (
            replace(QUIET, roots=10, skew_ms=13.1, max_skew_ms=13),
            "10 roots were 13.1 ms apart, the limit is 13 ms",
            Cure.REARM,
        ),
        (
            replace(QUIET, marks=[catalog(missing=["/x y"])]),
            "what the catalog registers is not in the snapshot: /x y",
            Cure.REARM,
        ),
        (replace(QUIET, marks=[catalog(gaps=["hive"])]), "the changes of the catalog cannot be read: hive", Cure.REARM),
        (
            replace(QUIET, offsets_ms={"west": -501.0}),
            "the clock of west is -501 ms off, the limit is 500 ms",
            Cure.NONE,
        ),
    ],
)
def test_what_breaks_the_proof_is_named(evidence: Evidence, reason: str, cure: Cure) -> None:
    verdict = prove(evidence)
    assert (verdict.proof, verdict.reasons, verdict.cure) == (Proof.UNPROVEN, (reason,), cure)


@pytest.mark.parametrize(
    ("evidence", "remedy"),
    [
        (replace(QUIET, skew_ms=251), "Run it at a minute that fewer services use, or raise max_skew; or "),
        (replace(QUIET, marks=[catalog(touched=["a"])]),
         "Run it when nobody changes these objects, or shorten settle; "),
        (replace(QUIET, marks=[catalog(missing=["a"])]),
         "Run it when nobody changes these objects, or shorten settle; "),
        (replace(QUIET, marks=[catalog(gaps=["a"])]),
         "Run it again; should it stay, keep the metastore's notification log"),
        (replace(QUIET, offsets_ms={"west": -501.0}),
         "Synchronise the clocks of the controller and of west, or raise "),
    ],
)
def test_what_helps_follows_from_what_stands_against_the_moment(evidence: Evidence, remedy: str) -> None:
    told = prove(evidence).remedy()
    assert told.startswith(remedy)
    assert told.endswith("; or set unproven: seal.")
    every = {"max_skew", "settle", "listener.timetolive", "clocks"}
    assert len([word for word in every if word in told]) == 1


def test_what_helps_against_two_reasons_is_said_once_and_sealing_only_where_it_is_possible() -> None:
    lost = prove(replace(QUIET, marks=[catalog(gaps=["c"], lost=["d"])])).remedy()
    assert lost.count("timetolive") == 1
    assert "unproven: seal" not in lost


def test_every_reason_is_named() -> None:
    evidence = replace(QUIET, skew_ms=300, marks=[EVERYTHING], max_offset_ms=1)
    assert len(prove(evidence).reasons) == 7


def test_each_kind_of_data_sets_speaks_for_itself() -> None:
    verdict = prove(replace(QUIET, marks=[catalog(), MarkEvidence("the register", touched=["t ü"], lost=["k"])]))
    assert verdict.reasons == (
        "the register changed while the snapshots were taken: t ü",
        "the state of the register at the moment is unknown: k",
    )
    assert not verdict.whole


def test_a_catalog_that_cannot_be_told_is_armed_again_and_in_no_point_whatever_the_policy_says() -> None:
    verdict = prove(replace(QUIET, marks=[catalog(lost=["hive: its notification log has a gap after event 7"])]))
    assert "at the moment is unknown: hive: its notification log has a gap after event 7" in verdict.reasons[0]
    for unproven in Unproven:
        decisions = [decide(verdict, rearmed, unproven) for rearmed in range(MOST_REARMS + 1)]
        assert decisions == [MomentDecision.REARM] * 3 + [MomentDecision.VOID]


def test_a_touched_window_is_armed_again_three_times_then_void() -> None:
    verdict = prove(replace(QUIET, marks=[catalog(touched=["a.b"])]))
    decisions = [decide(verdict, rearmed, Unproven.REFUSE) for rearmed in range(MOST_REARMS + 2)]
    assert decisions == [MomentDecision.REARM] * 3 + [MomentDecision.VOID] * 2


def test_roots_that_are_too_many_for_the_skew_are_taken_again_once() -> None:
    verdict = prove(replace(QUIET, roots=1500, skew_ms=1950.0))
    decisions = [decide(verdict, rearmed, Unproven.REFUSE) for rearmed in range(3)]
    assert decisions == [MomentDecision.REARM, MomentDecision.VOID, MomentDecision.VOID]


def test_roots_that_are_too_many_for_so_many_open_files_are_taken_again_once_as_check_foretells() -> None:
    many = replace(QUIET, roots=60, skew_ms=2478.0, open_files=20_000)
    assert predicted_skew_ms(60, 0, 64, open_files=20_000) > many.max_skew_ms
    assert prove(many).cure is Cure.ONCE
    assert prove(replace(many, open_files=0)).cure is Cure.REARM
    assert prove(replace(many, skew_ms=250)).proof is Proof.BOUNDED


def test_a_policy_may_allow_an_unproven_point_but_only_after_trying_again() -> None:
    verdict = prove(replace(QUIET, marks=[catalog(touched=["a.b"])]))
    assert decide(verdict, 0, Unproven.SEAL) is MomentDecision.REARM
    assert decide(verdict, MOST_REARMS, Unproven.SEAL) is MomentDecision.GO_ON


def test_a_clock_that_is_off_is_not_cured_by_another_moment() -> None:
    verdict = prove(replace(QUIET, marks=[catalog(touched=["a.b"])], max_offset_ms=1))
    assert decide(verdict, 0, Unproven.REFUSE) is MomentDecision.VOID


@given(st.integers(0, 9), st.sampled_from(Unproven))
def test_a_proven_moment_goes_on(rearmed: int, unproven: Unproven) -> None:
    assert decide(prove(QUIET), rearmed, unproven) is MomentDecision.GO_ON


def test_the_skew_is_last_answer_minus_first_request() -> None:
    assert skew_ms([(10.0, 10.002), (9.999, 10.001), (10.0005, 10.0035)]) == pytest.approx(4.5)
    assert skew_ms([]) == 0.0


@pytest.mark.parametrize(
    ("created_ms", "offset_ms"), [(1000, 0), (1400, 0), (2000, 0), (999, -1), (2500, 500), (-3_599_000, -3_600_000)]
)
def test_a_snapshots_time_tells_how_far_the_clocks_are_apart_however_long_its_request_took(
    created_ms: int, offset_ms: int
) -> None:
    assert clock_offset_ms(created_ms, 1000.0, 2000.0) == offset_ms


def refused(services: int, pause_ms: Callable[[str, int], int]) -> int:
    """Services of one minute before one NameNode that takes 100 ms for each in turn; 250 ms are allowed."""
    waiting, free_ms, given_up = [(0, f"billing ü {n}", 0) for n in range(services)], 0, 0
    heapq.heapify(waiting)
    while waiting:
        start_ms, service, rearmed = heapq.heappop(waiting)
        free_ms = max(free_ms, start_ms) + 100
        if free_ms - start_ms <= 250:
            continue
        if rearmed == MOST_REARMS:
            given_up += 1
        else:
            heapq.heappush(waiting, (free_ms + 300 + pause_ms(service, rearmed + 1), service, rearmed + 1))
    return given_up


def test_services_of_one_minute_take_their_moments_again_at_times_of_their_own() -> None:
    assert refused(20, rearm_pause_ms) == refused(40, rearm_pause_ms) == 0


def test_a_pause_is_the_services_own_the_same_each_time_and_grows() -> None:
    assert rearm_pause_ms("a", 0) == 0
    for rearmed, most_ms in ((1, 6_000), (2, 12_000), (3, 24_000)):
        pauses = {rearm_pause_ms(f"s{n}", rearmed) for n in range(60)}
        assert len(pauses) > 50
        assert most_ms / 2 < max(pauses) < most_ms
    assert rearm_pause_ms("a", 2) == rearm_pause_ms("a", 2) != rearm_pause_ms("a", 3)


def test_a_moment_that_was_missed_is_named_earlier_by_the_next_run_and_one_that_was_met_a_little_later() -> None:
    assert lead_after(LEAD_MS, 100) == 500
    assert lead_after(500) == 490
    assert lead_after(LEAD_MS) == LEAD_MS
    assert lead_after(LEAD_MS + 1) == LEAD_MS


def test_nobody_waits_for_a_moment_that_would_have_to_be_named_very_early() -> None:
    assert lead_after(LEAD_MS, 2_700) == 3_750
    assert lead_after(LEAD_MS, 2_701) == LEAD_MS


@given(st.integers(1, 3_000), st.integers(1, 60))
def test_a_run_that_always_needs_as_long_misses_few_moments(needed_ms: int, runs: int) -> None:
    lead_ms, missed = LEAD_MS, 0
    for _ in range(runs):
        late_ms = max(0, needed_ms - lead_ms)
        missed += late_ms > 0
        lead_ms = lead_after(lead_ms, late_ms)
    assert missed <= 1 + runs // 10
