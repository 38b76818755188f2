"""The window of a site follows the latency that it meets: counted in requests, without a clock."""

from __future__ import annotations

import heapq
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.runs.request_window import LATE, STEP, Bounds, Window, opened

BOUNDS = Bounds(floor=4, start=32, ceiling=1024)
IN_TIME, TOO_LATE, LOST = LATE / 2, LATE * 2, 1.0


def wide(limit: float, *, starting: bool = False, recover: int = 0) -> Window:
    return Window(BOUNDS, limit, starting, recover)


def test_a_window_opens_at_its_start() -> None:
    assert (opened(BOUNDS).size, opened(BOUNDS).starting) == (32, True)


@pytest.mark.parametrize(("ceiling", "wanted"), [
    (1, Bounds(1, 1, 1)), (16, Bounds(8, 16, 16)), (512, Bounds(8, 128, 512)),
])
def test_a_ceiling_below_the_usual_start_lowers_it(ceiling: int, wanted: Bounds) -> None:
    assert Bounds.up_to(ceiling) == wanted


def test_at_first_each_round_trip_doubles_the_window() -> None:
    window = opened(BOUNDS)
    for number in range(32):
        window = window.answered(number, IN_TIME, 32, 64)
    assert window == replace(opened(BOUNDS), limit=64)


def test_later_each_round_trip_adds_a_step() -> None:
    window = wide(100)
    for number in range(100):
        window = window.answered(number, IN_TIME, 100, 200)
    assert window.limit == pytest.approx(100 + STEP, abs=0.1)


def test_an_answer_exactly_at_the_limit_of_lateness_is_in_time() -> None:
    assert wide(100).answered(0, LATE, 100, 1).limit > 100


@pytest.mark.parametrize("share", [LATE * 1.01, LOST, 3.0])
def test_a_late_answer_and_none_at_all_halve_the_window_and_end_the_start(share: float) -> None:
    assert opened(BOUNDS).answered(0, share, 32, 40) == Window(BOUNDS, 16, starting=False, recover=40)


def test_a_burst_of_late_answers_cuts_once_in_a_round_trip() -> None:
    """What was sent before a cut met the wider window; the first one sent after it may cut again."""
    window, sent = wide(512), 512
    for number in range(512):
        window = window.answered(number, TOO_LATE, 512 - number, sent)
    assert (window.limit, window.recover) == (256, 512)
    assert window.answered(511, LOST, 1, 513).limit == 256
    assert window.answered(512, LOST, 1, 513).limit == 128


def test_a_window_that_is_not_in_use_does_not_grow() -> None:
    """Else a quiet hour would open it, and the first burst after it would meet no bound."""
    assert wide(100).answered(0, IN_TIME, 49, 1) == wide(100)
    assert wide(100).answered(0, IN_TIME, 50, 1).limit > 100
    assert wide(100).answered(0, TOO_LATE, 1, 1).limit == 50


def test_a_window_never_leaves_its_bounds() -> None:
    window = wide(BOUNDS.ceiling)
    assert window.answered(0, IN_TIME, 1024, 1).size == BOUNDS.ceiling
    for number in range(20):
        window = window.answered(number, LOST, 1, number + 1)
    assert window.size == BOUNDS.floor


@given(
    floor=st.integers(1, 8), start=st.integers(0, 100), more=st.integers(0, 2000),
    ends=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 2000), st.integers(0, 50)), max_size=300),
)
def test_whatever_answers_come_the_window_stays_between_floor_and_ceiling(
    floor: int, start: int, more: int, ends: list[tuple[float, int, int]]
) -> None:
    bounds = Bounds(floor, floor + start, floor + start + more)
    window = opened(bounds)
    for sent, (share, in_flight, late_by) in enumerate(ends, 1):
        before, window = window, window.answered(max(0, sent - 1 - late_by), share, in_flight, sent)
        assert bounds.floor <= window.size <= bounds.ceiling
        assert window.limit >= before.limit / 2
        assert window.limit <= before.limit + max(1, STEP)
        assert window.recover >= before.recover


class Site:
    """A fake site that serves one request after the other, so that an answer takes longer the more are in flight.

    Args:
        per_deadline: How many it serves within one deadline.
    """

    def __init__(self, per_deadline: float) -> None:
        self.window, self.per_deadline = opened(BOUNDS), per_deadline
        self._now = self._free_at = 0.0
        self._sent = 0
        self._flying: list[tuple[float, int, float]] = []
        self.sizes: list[int] = []
        self.unanswered = 0

    def serve(self, requests: int) -> float:
        """Sends so many, as fast as the window lets them pass; gives the time that took, in deadlines."""
        began, ended = self._now, 0
        while ended < requests:
            while len(self._flying) < self.window.size:
                self._free_at = max(self._free_at, self._now) + 1 / self.per_deadline
                heapq.heappush(self._flying, (self._free_at, self._sent, self._now))
                self._sent += 1
            self._now, number, sent_at = heapq.heappop(self._flying)
            share = self._now - sent_at
            self.unanswered += share >= 1
            self.window = self.window.answered(number, share, len(self._flying) + 1, self._sent)
            self.sizes.append(self.window.size)
            ended += 1
        return self._now - began


@pytest.mark.parametrize("per_deadline", [100, 400, 1_900, 3_600])
def test_before_a_site_that_is_slower_the_more_it_is_asked_the_window_settles(per_deadline: int) -> None:
    """It swings between half of what is served in a quarter of a deadline and all of it; 512 would come too late."""
    site, room = Site(per_deadline), per_deadline * LATE
    site.serve(20_000)
    settled = site.sizes[5_000:]
    assert room / 2 - 2 <= min(settled)
    assert max(settled) <= room + STEP + 1
    assert site.unanswered == 0


def test_a_site_that_answers_at_once_gets_the_whole_window_within_its_first_thousands() -> None:
    site = Site(per_deadline=1_000_000)
    site.serve(2_000)
    assert site.window.size == BOUNDS.ceiling


def test_a_site_that_becomes_slower_loses_nothing_and_one_that_is_quick_again_is_used_again() -> None:
    site = Site(per_deadline=3_200)
    site.serve(30_000)
    site.per_deadline = 900
    site.serve(5_000)
    assert site.window.size <= 900 * LATE + STEP
    site.per_deadline = 3_200
    site.serve(60_000)
    assert site.window.size >= 3_200 * LATE / 2 - 2
    assert site.unanswered == 0


@pytest.mark.parametrize("per_deadline", [500, 5_000])
def test_a_small_window_takes_a_slow_site_no_longer_than_a_large_one(per_deadline: int) -> None:
    """Who serves one after the other is as quick with a short row as with a long one."""
    assert Site(per_deadline).serve(10_000) == pytest.approx(10_000 / per_deadline, rel=0.01)
