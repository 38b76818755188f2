"""The moment that somebody asks for: a time, and no further off than anybody waits (I4)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.wanted import FURTHEST_MS, PAST_MS, refuse_past, wanted_moment_ms

NOW = 1_795_140_000_000  # 2026-11-20T02:00:00Z
DAY_MS = 86_400_000


@pytest.mark.parametrize("text", [None, ""])
def test_no_moment_is_as_soon_as_possible(text: str | None) -> None:
    assert wanted_moment_ms(text, NOW) is None


@pytest.mark.parametrize("text", ["2026-11-20T02:00:00.000Z", "2026-11-20T02:00:00Z", "20261120T020000.000Z"])
def test_a_moment_is_read_in_each_form_that_is_printed(text: str) -> None:
    assert wanted_moment_ms(text, NOW + 5) == NOW


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-20", "2026-13-20T02:00:00Z", "[/b]", "0", "Z", "T" * 9999])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"is not a time\. Write it in UTC"):
        wanted_moment_ms(text, NOW)


def test_a_moment_further_off_than_a_week_is_a_slip_of_the_pen() -> None:
    assert wanted_moment_ms(iso(NOW + FURTHEST_MS), NOW) == NOW + 7 * DAY_MS
    for ahead in (FURTHEST_MS + 1, 365 * DAY_MS, 73 * 366 * DAY_MS):
        with pytest.raises(BadInput) as refused:
            wanted_moment_ms(iso(NOW + ahead), NOW)
        assert "lies more than 7 days ahead; now it is 2026-11-20T02:00:00.000Z. Name one until 2026-11-27T0" in str(
            refused.value)  # fmt: skip


def test_a_moment_that_is_over_is_refused_to_a_person_and_one_that_is_just_due_is_not() -> None:
    for text in (None, "", iso(NOW), iso(NOW - PAST_MS), iso(NOW + DAY_MS)):
        refuse_past(text, NOW)
    with pytest.raises(BadInput, match=r"is over since 5 min; now it is 2026-11-20T02:00:00\.000Z"):
        refuse_past(iso(NOW - PAST_MS - 1), NOW)
    assert wanted_moment_ms(iso(NOW - DAY_MS), NOW) == NOW - DAY_MS  # of a schedule that was missed
