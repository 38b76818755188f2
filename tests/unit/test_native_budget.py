"""The ceilings of the data plane: bytes in memory, and results that end when their reader stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from hadoop_dr.adapters.native.budget import ByteBudget
from hadoop_dr.adapters.native.loop import LoopThread, Pump


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    thread = LoopThread("test")
    yield thread
    thread.close()


def test_no_more_bytes_are_held_than_the_budget_has() -> None:
    async def run() -> int:
        budget, held, most = ByteBudget(100), 0, 0

        async def hold(count: int) -> None:
            nonlocal held, most
            await budget.take(count)
            held += count
            most = max(most, held)
            await asyncio.sleep(0)
            held -= count
            budget.give(count)

        await asyncio.gather(*(hold(1 + number * 7 % 100) for number in range(200)))
        assert budget.try_take(100)
        return most

    assert asyncio.run(run()) <= 100


def test_a_large_request_is_not_starved_by_small_ones() -> None:
    async def run() -> bool:
        budget = ByteBudget(10)
        await budget.take(6)
        large = asyncio.create_task(budget.take(10))
        await asyncio.sleep(0)
        small_overtook = budget.try_take(1)
        budget.give(6)
        await large
        return small_overtook

    assert asyncio.run(run()) is False


def test_one_that_stops_waiting_leaves_its_bytes_to_the_others() -> None:
    async def run() -> None:
        budget = ByteBudget(10)
        await budget.take(10)
        gone, next_one = asyncio.create_task(budget.take(8)), asyncio.create_task(budget.take(10))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        budget.give(10)
        async with asyncio.timeout(5):
            await next_one

    asyncio.run(run())


def test_no_more_inputs_are_under_way_than_allowed_and_each_is_answered(thread: LoopThread) -> None:
    busy = most = 0

    async def work(number: int) -> int:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1
        return number

    assert sorted(Pump(thread, 7, work).run(iter(range(500)))) == list(range(500))
    assert most <= 7


def test_closing_the_results_ends_what_is_under_way(thread: LoopThread) -> None:
    begun: list[int] = []
    ended: list[int] = []

    async def work(number: int) -> int:
        if number == 0:
            while len(begun) < 4:
                await asyncio.sleep(0)
            return 0
        begun.append(number)
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(number)
        return number

    results = Pump(thread, 5, work).run(iter(range(1000)))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined]
    assert sorted(begun) == sorted(ended) == [1, 2, 3, 4]


def test_a_panic_in_the_work_reaches_the_caller(thread: LoopThread) -> None:
    class Panic(BaseException):
        pass

    async def work(_: int) -> int:
        raise Panic

    with pytest.raises(Panic):
        list(Pump(thread, 5, work).run([1]))
