"""Whoever asks from another thread gets one result for each input, and leaves nothing under way behind (I6, I11)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from itertools import count, islice

import pytest

from hadoop_dr.adapters.native.loop import LoopThread, Pump

IN_FLIGHT = 4


@pytest.fixture
def thread() -> Iterator[LoopThread]:
    loop = LoopThread("pumps ü")
    yield loop
    loop.close()


class Work:
    """Counts what is under way, and may fail or never end."""

    def __init__(self) -> None:
        self.busy = self.most = 0
        self.begun = list[int]()
        self.fails_at, self.hangs_at = -1, -1

    async def __call__(self, item: int) -> int:
        self.begun.append(item)
        self.busy += 1
        self.most = max(self.most, self.busy)
        try:
            await (asyncio.Event().wait() if item == self.hangs_at else asyncio.sleep(0))
            if item == self.fails_at:
                raise ValueError(f"item {item}")
            return item * 10
        finally:
            self.busy -= 1


def test_each_input_has_one_result_and_no_more_are_under_way_than_wanted(thread: LoopThread) -> None:
    work = Work()
    assert sorted(Pump(thread, IN_FLIGHT, work).run(range(200))) == [n * 10 for n in range(200)]
    assert work.most <= IN_FLIGHT
    assert sorted(work.begun) == list(range(200))
    assert list(Pump(thread, IN_FLIGHT, work).run([])) == []


def test_of_endless_inputs_no_more_are_taken_than_there_are_places(thread: LoopThread) -> None:
    work, taken = Work(), count()
    results = Pump(thread, IN_FLIGHT, work).run(taken)
    assert len(list(islice(results, 50))) == 50
    results.close()  # type: ignore[attr-defined]
    assert next(taken) <= 50 + IN_FLIGHT
    assert work.busy == 0


def test_an_error_of_one_item_is_the_callers_and_ends_what_is_under_way(thread: LoopThread) -> None:
    work = Work()
    work.fails_at, work.hangs_at = 5, 1
    with pytest.raises(ValueError, match="item 5"):
        list(Pump(thread, IN_FLIGHT, work).run(range(100)))
    assert work.busy == 0
    assert len(work.begun) < 20


def test_an_error_of_the_inputs_is_the_callers_and_ends_what_is_under_way(thread: LoopThread) -> None:
    def inputs() -> Iterator[int]:
        yield from (0, 1)
        raise KeyError("no more")

    work = Work()
    work.hangs_at = 0
    with pytest.raises(KeyError):
        list(Pump(thread, IN_FLIGHT, work).run(inputs()))
    assert work.busy == 0


def test_while_no_result_comes_somebody_is_told(thread: LoopThread) -> None:
    waited, free = list[int](), asyncio.Event()

    async def held(item: int) -> int:
        await free.wait()
        return item

    def waiting() -> None:
        waited.append(1)
        thread.loop.call_soon_threadsafe(free.set)

    assert list(Pump(thread, IN_FLIGHT, held, waiting).run([7])) == [7]
    assert waited


def test_a_coroutine_runs_on_the_loops_own_thread_and_its_end_is_the_callers(thread: LoopThread) -> None:
    async def where() -> threading.Thread:
        return threading.current_thread()

    async def fails() -> None:
        raise ValueError("ended")

    there = thread.run(where())
    assert there is not threading.current_thread()
    assert (there.name, there.daemon) == ("pumps ü", True), "a process that ends does not wait for it"
    with pytest.raises(ValueError, match="ended"):
        thread.run(fails())


def test_a_loop_that_is_closed_leaves_nothing_running_and_may_be_closed_again() -> None:
    thread, ended = LoopThread("closes"), list[str]()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cancelled")

    async def begin() -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(for_ever())
        await asyncio.sleep(0)
        return task

    task = thread.run(begin())
    thread.close()
    assert (ended, task.cancelled(), thread.loop.is_closed()) == (["cancelled"], True, True)
    thread.close()
