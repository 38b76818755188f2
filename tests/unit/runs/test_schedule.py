"""Moments of a policy: never shifted, never taken twice, started in time."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.adapters.config import cron_moment_until, cron_moments, longest_gap_ms
from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.runs.schedule import newest_moment, next_moment, start_ms
from support.cost import calls

MINUTE, HOUR = 60_000, 3_600_000
FIRST = 1_795_140_000_000  # 2026-11-20T02:00:00Z
QUARTERLY = Policy("billing", "east-west", (), first_moment_ms=FIRST)
HOURLY = replace(QUARTERLY, period_ms=None, cron="0 * * * *", first_moment_ms=None)

times = st.integers(FIRST - 10**10, FIRST + 10**11)


@given(times, st.integers(1_000, 40 * 86_400_000))
def test_the_next_moment_is_the_first_after_now_on_the_grid_of_the_period(now_ms: int, period_ms: int) -> None:
    policy = replace(QUARTERLY, period_ms=period_ms)
    moment = next_moment(policy, now_ms, cron_moments)
    assert (moment - FIRST) % period_ms == 0
    assert moment > now_ms
    assert moment == FIRST or moment - period_ms <= now_ms


def test_nothing_comes_before_the_first_moment() -> None:
    assert next_moment(QUARTERLY, FIRST - 10 * HOUR, cron_moments) == FIRST
    late_cron = replace(HOURLY, first_moment_ms=FIRST + 1)
    assert next_moment(late_cron, FIRST - 10 * HOUR, cron_moments) == FIRST + HOUR
    assert next_moment(replace(HOURLY, first_moment_ms=FIRST), 0, cron_moments) == FIRST


def test_without_a_first_moment_periods_count_from_the_epoch() -> None:
    policy = replace(QUARTERLY, first_moment_ms=None)
    assert next_moment(policy, FIRST + 1, cron_moments) == FIRST + 15 * MINUTE
    assert newest_moment(policy, FIRST + 1, cron_moment_until) == FIRST


@pytest.mark.parametrize("policy", [QUARTERLY, replace(HOURLY, first_moment_ms=FIRST)])
def test_the_first_moment_is_the_newest_one_as_soon_as_it_is_due(policy: Policy) -> None:
    assert newest_moment(policy, FIRST - 1, cron_moment_until) is None
    assert next_moment(policy, FIRST - 1, cron_moments) == FIRST
    assert newest_moment(policy, FIRST, cron_moment_until) == FIRST
    assert next_moment(policy, FIRST, cron_moments) > FIRST


@given(times)
def test_a_cron_moment_is_later_than_now_and_the_first(now_ms: int) -> None:
    moment = next_moment(HOURLY, now_ms, cron_moments)
    assert moment == (now_ms // HOUR + 1) * HOUR


CRONS = ["0 * * * *", "*/7 3-5 * * *", "30 6,18 * * 1-5", "0 0 29 2 *", "5 4 L * *", "0 12 13 * 5", "59 23 31 12 *"]


@given(times, st.sampled_from(CRONS), st.none() | times)
def test_the_newest_moment_is_the_last_one_until_now_that_the_schedule_had(
    now_ms: int, cron: str, first_ms: int | None
) -> None:
    policy = replace(HOURLY, cron=cron, first_moment_ms=first_ms)
    newest = newest_moment(policy, now_ms, cron_moment_until)
    following = next_moment(policy, now_ms, cron_moments)
    if newest is None:
        assert first_ms is not None
        assert following == next_moment(policy, first_ms - 1, cron_moments)
    else:
        assert newest <= now_ms
        assert newest >= (first_ms or 0)
        assert next_moment(policy, newest, cron_moments) == following
        assert next_moment(policy, newest - 1, cron_moments) == newest


@given(times, st.integers(1_000, 40 * 86_400_000))
def test_the_newest_moment_of_a_period_lies_on_its_grid(now_ms: int, period_ms: int) -> None:
    newest = newest_moment(replace(QUARTERLY, period_ms=period_ms), now_ms, cron_moment_until)
    if newest is None:
        assert now_ms < FIRST
    else:
        assert now_ms - period_ms < newest <= now_ms
        assert (newest - FIRST) % period_ms == 0
        assert newest >= FIRST


def test_a_moment_that_never_came_is_none_and_no_cron_text_is_refused() -> None:
    assert cron_moment_until("0 0 30 2 *", FIRST) is None
    assert newest_moment(replace(HOURLY, cron="0 0 30 2 *"), FIRST, cron_moment_until) is None
    with pytest.raises(Wrong):
        cron_moment_until("@daily", FIRST)


@pytest.mark.parametrize("cron", ["* * * * *", "30 6,18 * * 1-5", "*/7 * * * *", "1,3,9 * 1-7 * 2"])
def test_the_longest_gap_goes_through_the_days_of_a_year_and_never_through_its_moments(cron: str) -> None:
    cost = calls(lambda: longest_gap_ms.__wrapped__(cron))
    assert cost < 400 * calls(lambda: next(cron_moments("0 0 * * 1", FIRST))), cost


@pytest.mark.parametrize(
    ("cron", "hours"),
    [("0 * * * *", 1), ("*/15 * * * *", 0.25), ("30 6,18 * * *", 12), ("0 2 * * *", 24), ("0 0 1 * *", 31 * 24),
     ("30 6,18 * * 1-5", 60), ("* * * * *", 1 / 60), ("0 0 L * *", 31 * 24), ("0 0 29 2 *", 24 * 1461)],
)  # fmt: skip
def test_the_longest_gap_of_a_cron_text(cron: str, hours: float) -> None:
    assert longest_gap_ms(cron) == hours * HOUR


@pytest.mark.parametrize(
    "cron", ["", "0 * * *", "0 0 0 * * *", "@daily", "H * * * *", "R(0-9) * * * *", "0 0 30 2 *", "99 * * * *"]
)
def test_what_is_no_cron_text_is_refused(cron: str) -> None:
    with pytest.raises(Wrong):
        longest_gap_ms(cron)


def test_runs_of_short_periods_start_after_the_moment_before() -> None:
    assert start_ms(FIRST, FIRST - 15 * MINUTE) == FIRST - 30_000
    assert start_ms(FIRST, FIRST - 20_000) == FIRST - 10_000
    assert repr(start_ms(FIRST, FIRST - 20_001)) == repr(FIRST - 10_000), "a whole number, as times are"
