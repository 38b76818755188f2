"""Batches are as large as the time allows that an overtaken worker may still take (I3)."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.runs.pace import FIRST, MOST, WANTED_S, Pace


def batches(rate: float, objects: int) -> list[tuple[int, float]]:
    """Sizes and seconds of all batches at a steady rate."""
    pace, found, left = Pace(), list[tuple[int, float]](), objects
    while left:
        size = min(left, pace.size("add"))
        found.append((size, size / rate))
        pace.took("add", size, size / rate)
        left -= size
    return found


@pytest.mark.parametrize("rate", [40, 140, 299, 854, 2430, 5261])
def test_no_batch_takes_longer_than_it_may_at_any_rate_that_was_measured(rate: float) -> None:
    assert max(seconds for _, seconds in batches(rate, 10_000)) <= WANTED_S


@pytest.mark.parametrize(("rate", "most"), [(140, 60), (854, 16), (5261, 13)])
def test_ten_thousand_partitions_take_few_batches(rate: float, most: int) -> None:
    assert len(batches(rate, 10_000)) <= most


def test_the_first_batch_is_small_and_none_is_larger_than_a_request_carries() -> None:
    sizes = [size for size, _ in batches(1_000_000, 20_000)]
    assert sizes[0] == FIRST
    assert max(sizes) == MOST


def test_a_metastore_that_slows_down_gets_less_at_once() -> None:
    pace = Pace()
    for _ in range(3):
        pace.took("add", pace.size("add"), 0.01)
    assert pace.size("add") == MOST
    pace.took("add", MOST, 20.0)
    assert pace.size("add") == 75
    pace.took("add", 75, 3000.0)
    assert pace.size("add") == 1


def test_however_quick_a_batch_was_the_next_one_is_four_times_as_large_at_most() -> None:
    pace = Pace()
    for size in (FIRST, 4 * FIRST, 16 * FIRST):
        assert pace.size("add") == size
        pace.took("add", size, 0.001)
    assert pace.size("add") == MOST


def test_the_rest_of_something_tells_nothing_unless_it_was_slow() -> None:
    pace = Pace()
    pace.took("add", 3, 0.0)
    assert pace.size("add") == FIRST
    pace.took("add", 3, WANTED_S)
    assert pace.size("add") == 2
    pace.took("add", 1, 2 * WANTED_S)
    assert pace.size("add") == 1
    for size in (FIRST, 4 * FIRST, 16 * FIRST):
        pace.took("drop", size, 0.0)
    pace.took("drop", FIRST + 1, 0.5)
    assert pace.size("drop") == MOST


def test_each_kind_of_work_has_a_pace_of_its_own() -> None:
    pace = Pace()
    pace.took("drop", FIRST, 0.0)
    assert (pace.size("drop"), pace.size("add")) == (4 * FIRST, FIRST)
