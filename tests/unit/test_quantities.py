"""Numbers with units, written back as they were read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.document import Wrong
from hadoop_dr.domain.quantities import (
    count,
    deletion_limit,
    duration_ms,
    duration_text,
    moment_ms,
    rate_bytes_s,
)


@given(st.integers(1, 3660 * 86_400_000))
def test_a_duration_is_read_as_it_was_written(length_ms: int) -> None:
    assert duration_ms(duration_text(length_ms)) == length_ms


@given(st.integers(1, 10**9 - 1))
def test_a_bandwidth_is_read_as_it_was_written(rate: int) -> None:
    assert rate_bytes_s(f"{rate}B/s") == rate


@pytest.mark.parametrize(
    ("text", "length_ms"),
    [("250ms", 250), ("0.5s", 500), ("15m", 900_000), ("24h", 86_400_000), ("7d", 7 * 86_400_000)],
)
def test_durations(text: str, length_ms: int) -> None:
    assert duration_ms(text) == length_ms


@pytest.mark.parametrize(
    ("text", "rate"), [("200MB/s", 200_000_000), ("64MiB/s", 64 << 20), ("1.5KB/s", 1500), ("none", 0)]
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
    ],
)
def test_moments(text: str, at_ms: int) -> None:
    assert moment_ms(text) == at_ms


def test_a_share_of_deletions_is_of_what_was_there() -> None:
    limit = deletion_limit("10%")
    assert limit.allows(10, 100)
    assert not limit.allows(11, 100)
    assert not limit.allows(1, 0)
    assert limit.allows(0, 0)
    assert str(limit) == "10%"


def test_a_number_of_deletions_is_absolute() -> None:
    limit = deletion_limit("5")
    assert limit.allows(5, 5)
    assert not limit.allows(6, 10**9)
    assert str(limit) == "5"


@pytest.mark.parametrize("text", ["٣", "1e3", "-1", "", "1_000", "0x10"])
def test_only_plain_digits_are_numbers(text: str) -> None:
    with pytest.raises(Wrong):
        count(text)
    with pytest.raises(Wrong):
        deletion_limit(text)
