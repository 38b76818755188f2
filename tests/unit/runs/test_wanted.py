"""The moment that somebody asks for: a time, and no further off than anybody waits (I4)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.errors import BadInput
from hadoop_dr.domain.ids import iso
from hadoop_dr.domain.runs.wanted_moment import FURTHEST_MS, PAST_MS, refuse_odd_words, refuse_past, wanted_moment_ms

NOW = 1_795_140_000_000  # 2026-11-20T02:00:00Z


@pytest.mark.parametrize("text", [None, ""])
def test_no_moment_is_as_soon_as_possible(text: str | None) -> None:
    assert wanted_moment_ms(text, NOW) is None


@pytest.mark.parametrize("text", [
    "2026-11-20T02:00:00.000Z", "2026-11-20T02:00:00Z", "20261120T020000.000Z",
    "2026-11-20T02:00Z", "2026-11-20T02:00:00.000000+00:00", "2026-11-20T03:30:00+01:30", "2026-11-20T02:00:00.0009Z",
])
def test_a_moment_is_read_in_each_form_that_is_printed_or_that_a_form_sends(text: str) -> None:
    assert wanted_moment_ms(text, NOW + 5) == NOW


def test_parts_of_a_second_are_read_as_such() -> None:
    assert [wanted_moment_ms(f"2026-11-20T02:00:00.{part}Z", NOW) for part in ("5", "05", "005", "123456")] == [
        NOW + 500, NOW + 50, NOW + 5, NOW + 123]  # fmt: skip


@pytest.mark.parametrize("text", [
    "tomorrow", "2026-11-20", "2026-13-20T02:00:00Z", "[/b]", "0", "Z", "T" * 9999, " ", "2026-11-20T02:00:00Z ",
    "2026-1-128T02:00:00Z", "2026-11-20T02:00:00ZZ", "2026-11-20T02:00:00", "20261120T020000.000", "-2026-11-20T02:00Z",
    "2026-11-20T24:00:00Z", "2026-11-20T02:00:61Z", "2026-02-30T02:00:00Z", "2026-11-20T02:00:00+24:00",
    "2026-11-20T02:00:00+01:60", "0001-01-01T00:00:00+23:59", "2026-11-20T02:00:00.Z", "2026-11-20T02:00.5Z",
    "20260230T020000.000Z", "9999-12-31T23:59:59-23:59", "2026-11-20T02:00Z\n", "٢٠٢٦-11-20T02:00:00Z",
])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match=r"is not a time\. Write it with its zone") as refused:
        wanted_moment_ms(text, NOW)
    assert refused.value.subject == f"moment '{text}'"


def test_a_moment_further_off_than_a_week_is_a_slip_of_the_pen() -> None:
    assert wanted_moment_ms(iso(NOW + FURTHEST_MS), NOW) == NOW + 7 * DAY_MS
    for ahead in (FURTHEST_MS + 1, 365 * DAY_MS, 73 * 366 * DAY_MS):
        with pytest.raises(BadInput) as refused:
            wanted_moment_ms(iso(NOW + ahead), NOW)
        assert str(refused.value).startswith(
            f"moment '{iso(NOW + ahead)}': lies more than 7 days ahead; now it is 2026-11-20T02:00:00.000Z. "
            "Name one until 2026-11-27T0")  # fmt: skip


def test_a_moment_that_is_over_is_refused_to_a_person_and_one_that_is_just_due_is_not() -> None:
    for text in (None, "", iso(NOW), iso(NOW - PAST_MS), iso(NOW + DAY_MS)):
        refuse_past(text, NOW)
    with pytest.raises(BadInput) as refused:
        refuse_past(iso(NOW - PAST_MS - 1), NOW)
    assert str(refused.value) == (
        "moment '2026-11-20T01:54:59.999Z': has passed (5 min ago); now it is 2026-11-20T02:00:00.000Z. "
        "Name one that is still ahead, or none for as soon as possible")  # fmt: skip
    assert wanted_moment_ms(iso(NOW - DAY_MS), NOW) == NOW - DAY_MS  # of a schedule that was missed


@pytest.mark.parametrize("run", [None, "r", "manual__2026-11-20T02:00:00+00:00", "a" * 250, "~._:+-"])
def test_an_id_of_a_run_as_airflow_makes_them_is_taken(run: str | None) -> None:
    refuse_odd_words(run, "ü " * 250)


@pytest.mark.parametrize("run", ["", " ", "it %", "ü", "a/b", "a" * 251, "a\n"])
def test_an_id_that_airflow_would_not_take_is_refused(run: str) -> None:
    with pytest.raises(BadInput, match=r"(?s)--run: .* is not a run id\. Write 1 to 250 letters"):
        refuse_odd_words(run, None)


def test_a_reason_longer_than_airflows_form_takes_is_refused() -> None:
    with pytest.raises(BadInput, match=r"--reason: has 501 characters\. Write at most 500"):
        refuse_odd_words(None, "x" * 501)
