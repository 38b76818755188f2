"""The ceilings of the data plane: bytes in memory, and results that end when their reader stops."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from hadoop_dr.adapters.native import NativeMover, loop
from hadoop_dr.adapters.native.budget import ByteBudget, Throttle
from hadoop_dr.adapters.native.copying import CHUNK_BYTES, chunk_bytes
from hadoop_dr.adapters.native.loop import LoopThread, Pump
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import Meter, MoverLimits
from support.fast_loop import run_fast


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


@pytest.mark.parametrize("came", [False, True])
def test_one_that_is_stopped_in_the_moment_of_its_turn_or_before_it_takes_and_gives_nothing(came: bool) -> None:
    async def run() -> list[bool]:
        budget = ByteBudget(10)
        await budget.take(10)
        stopped = asyncio.create_task(budget.take(8))
        await asyncio.sleep(0)
        if came:
            budget.give(10)
        stopped.cancel()
        with suppress(asyncio.CancelledError):
            await stopped
        if not came:
            budget.give(10)
        return [budget.try_take(10), budget.try_take(1)]

    assert run_fast(run()) == [True, False]


def test_after_a_pause_one_second_of_the_bandwidth_comes_at_once_and_then_it_is_kept() -> None:
    async def run() -> list[float]:
        throttle, clock = Throttle(100), asyncio.get_running_loop().time
        await throttle.pass_through(50)
        came = [clock()]
        await asyncio.sleep(9.5)
        for count in (100, 50, 100):
            await throttle.pass_through(count)
            came.append(clock())
        await Throttle(0).pass_through(1 << 40)
        return [*came, clock()]

    assert run_fast(run()) == pytest.approx([0.5, 10.0, 10.5, 11.5, 11.5])


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


def moving(meter: Meter, report: Callable[[int], None]) -> NativeMover:
    """A mover that waits for its first result."""
    nowhere = HdfsAddress("nowhere", ("127.0.0.1:1",), (), None)
    mover = NativeMover(nowhere, nowhere, report=report)
    mover.meter = meter
    return mover


def test_bytes_inside_one_file_are_reported_and_a_file_that_stands_still_is_not(
    thread: LoopThread, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_LOOK_EVERY_S", 0.01)
    meter, told, looks = Meter(), list[int](), list[int]()
    mover = moving(meter, told.append)

    def look() -> None:
        looks.append(len(told))
        if len(looks) <= 5:
            meter.bytes += 1          # a chunk has come through since the last look
        mover._report_progress()

    async def file(_: int) -> str:
        while len(looks) < 20:
            await asyncio.sleep(0.005)
        return "copied"

    mover._report_progress()
    assert told == [], "nothing has moved yet"
    assert list(Pump(thread, 4, file, look).run([1])) == ["copied"]
    assert len(looks) >= 20
    assert told == [1] * 5


@pytest.mark.parametrize(
    ("limits", "wanted"),
    [
        (MoverLimits(), CHUNK_BYTES),
        (MoverLimits(bandwidth_bytes_s=35_000_000), CHUNK_BYTES),
        (MoverLimits(bandwidth_bytes_s=100_000), 100_000),
        (MoverLimits(bandwidth_bytes_s=3, buffer_bytes=2), 2),
        (MoverLimits(buffer_bytes=1000), 1000),
    ],
)
def test_what_is_taken_at_once_never_waits_for_more_than_a_second_of_the_bandwidth(
    limits: MoverLimits, wanted: int
) -> None:
    assert chunk_bytes(limits) == wanted


def test_while_files_wait_for_their_share_of_the_bandwidth_something_comes_through_each_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Many files at once take their chunks in turn: none comes later than a second after the one before."""
    limits, comes_s = MoverLimits(bandwidth_bytes_s=50_000), list[float]()

    async def run() -> None:
        throttle = Throttle(limits.bandwidth_bytes_s)
        for _ in range(200):
            await throttle.pass_through(chunk_bytes(limits))

    async def wait(seconds: float) -> None:
        comes_s.append(asyncio.get_running_loop().time() + seconds)

    monkeypatch.setattr(asyncio, "sleep", wait)
    asyncio.run(run())
    assert len(comes_s) >= 198
    assert max(later - sooner for sooner, later in itertools.pairwise(comes_s)) < 1.5
