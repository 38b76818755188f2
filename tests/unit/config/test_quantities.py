"""Numbers with units, written back as they were read."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.quantities import (
    DeletionLimit,
    count,
    counted,
    duration_in_words,
    duration_ms,
    duration_text,
    moment_ms,
    rate_bytes_s,
    share_of_deletions,
)


@given(st.integers(1, 3660 * 86_400_000))
def test_a_duration_is_read_as_it_was_written(length_ms: int) -> None:
    assert duration_ms(duration_text(length_ms)) == length_ms


@given(st.integers(1, 10**9 - 1))
def test_a_bandwidth_is_read_as_it_was_written(rate: int) -> None:
    assert rate_bytes_s(f"{rate}B/s") == rate


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [("1ms", 1), ("3660d", 3660 * 86_400_000), ("250ms", 250),
     ("0.5s", 500), ("15m", 900_000), ("24h", 86_400_000), ("7d", 7 * 86_400_000)],
)
def test_durations(text: str, length_ms: int) -> None:
    assert duration_ms(text) == length_ms


@pytest.mark.parametrize(
    ("text", "rate"), [("200MB/s", 200_000_000), ("64MiB/s", 64 << 20), ("1.5KB/s", 1500), ("1B/s", 1), ("none", 0)]
)
def test_bandwidths(text: str, rate: int) -> None:
    assert rate_bytes_s(text) == rate


@pytest.mark.parametrize(
    ("text", "at_ms"),
    [
        ("1970-01-01T00:00Z", 0),
        ("1970-01-01T00:00:01.5Z", 1_500),
        ("2026-11-20T02:00:00Z", 1_795_140_000_000),
        ("2026-11-20T04:30:00.250+02:30", 1_795_140_000_250),
        ("1969-12-31T23:59:59.999Z", -1),
        ("1970-01-01T00:00:00.000999Z", 0),
    ],
)
def test_moments(text: str, at_ms: int) -> None:
    assert moment_ms(text) == at_ms


@pytest.mark.parametrize(
    ("share", "at_least", "live", "files", "objects"),
    [
        ("10%", 100, 0, 0, 0),
        ("10%", 100, 1, 0, 0),
        ("10%", 100, 9, 4, 0),
        ("10%", 100, 60, 30, 6),
        ("10%", 100, 200, 100, 20),
        ("10%", 100, 999, 100, 99),
        ("10%", 100, 1010, 101, 101),
        ("10%", 0, 60, 6, 6),
        ("0%", 100, 300, 100, 0),
        ("0%", 0, 10**9, 0, 0),
        ("100%", 100, 7, 7, 7),
        ("33.333%", 0, 100_000, 33_333, 33_333),
    ],
)
def test_files_may_go_up_to_the_share_or_the_floor_and_objects_up_to_the_share(
    share: str, at_least: int, live: int, files: int, objects: int
) -> None:
    limit = DeletionLimit(share_of_deletions(share), at_least)
    assert (limit.files(live), limit.objects(live)) == (files, objects)
    assert str(limit) == share


@given(st.fractions(0, 1), st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_floor_lets_more_than_half_of_the_files_go(share: Fraction, at_least: int, live: int) -> None:
    allowed = DeletionLimit(share, at_least).files(live)
    assert share * live - 1 < allowed <= max(share * live, live / 2)


@pytest.mark.parametrize("text", ["٣", "1e3", "-1", "", "1_000", "0x10"])
def test_only_plain_digits_are_numbers(text: str) -> None:
    with pytest.raises(Wrong):
        count(text)
    with pytest.raises(Wrong):
        share_of_deletions(text)


def test_numbers_of_things_and_measured_durations_are_written_for_people() -> None:
    assert [counted(n, "snapshot") for n in (0, 1, 2)] == ["0 snapshots", "1 snapshot", "2 snapshots"]
    assert [counted(n, "entry") for n in (0, 1, 2)] == ["0 entries", "1 entry", "2 entries"]
    told = {0: "0 ms", 999: "999 ms", 1000: "1.0 s", 1500: "1.5 s"}
    told |= {60_000: "1 min", 185_000: "3 min 5 s", 7_800_000: "2 h 10 min"}
    assert {ms: duration_in_words(ms) for ms in told} == told
    assert duration_in_words(217996417772) == "2523 d 2 h"
