"""Requests that go out together: in order, bounded, ended by the first failure, one wait for all of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hadoop_dr.ports.requests import Requests, trips
from hadoop_dr.services.pool import BoundedPool, map_bounded, together


def test_answers_come_in_the_order_of_the_work_and_all_of_it_is_one_trip() -> None:
    note = Requests().of("east")

    def ask(number: int) -> int:
        note("status")
        return 2 * number

    before = trips()
    assert list(map_bounded(ask, range(200))) == [2 * number for number in range(200)]
    assert trips() - before == 1


def test_work_is_taken_only_so_far_ahead_of_what_is_used() -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        for number in range(1_000_000):
            taken.append(number)
            yield number

    with BoundedPool(2, ahead=5) as pool:
        answers = pool.map(lambda number: number, endless())
        assert [next(answers) for _ in range(3)] == [0, 1, 2]
        assert len(taken) <= 3 + 5
        answers.close()  # type: ignore[attr-defined]


def test_after_a_failure_nothing_new_is_begun() -> None:
    begun: list[int] = []

    def act(number: int) -> None:
        begun.append(number)
        if number == 0:
            raise ValueError("the first")

    def source() -> Iterator[int]:
        yield from range(1_000_000)

    with pytest.raises(ValueError, match="the first"):
        list(map_bounded(act, source(), width=2))
    assert len(begun) < 1_000


def test_whoever_may_stop_the_work_is_asked_before_each() -> None:
    asked: list[int] = []

    def stop() -> None:
        asked.append(1)
        if len(asked) == 3:
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        list(map_bounded(lambda number: number, range(10), stop))


def test_different_things_side_by_side_are_one_trip() -> None:
    note = Requests().of("east")
    before = trips()
    together(lambda: note("a"), lambda: note("b"), lambda: note("c"))
    assert trips() - before == 1
