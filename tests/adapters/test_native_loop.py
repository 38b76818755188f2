"""Whoever asks from another thread gets one result for each input, and leaves nothing under way behind (I6, I11)."""

from __future__ import annotations

import asyncio
import faulthandler
import threading
from collections.abc import Callable, Coroutine, Iterator
from itertools import count, islice
from typing import Any

import pytest

from hadoop_dr.adapters.native import loop as loop_module
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


def test_one_wake_up_serves_all_inputs_that_come_before_the_loop_gets_to_them(
    thread: LoopThread, monkeypatch: pytest.MonkeyPatch,
) -> None:
    wakes, free, real = list[object](), threading.Event(), thread.loop.call_soon_threadsafe
    real(free.wait)

    def counted(callback: Callable[..., object], *more: object) -> asyncio.Handle:
        wakes.append(callback)
        return real(callback, *more)

    monkeypatch.setattr(thread.loop, "call_soon_threadsafe", counted)

    def inputs() -> Iterator[int]:
        yield from range(IN_FLIGHT - 1)
        free.set()
        yield IN_FLIGHT - 1

    work = Work()
    pump = Pump(thread, IN_FLIGHT, work)
    assert sorted(pump.run(inputs())) == [0, 10, 20, 30]
    assert 1 <= len(wakes) <= 2, "the last input may come when the loop has just looked"
    del wakes[:]
    assert sorted(pump.run([7])) == [70]
    assert len(wakes) == 1, "and each later one has its own"


def test_nothing_is_kept_of_what_came_to_its_end(thread: LoopThread) -> None:
    work = Work()
    pump = Pump(thread, IN_FLIGHT, work)
    for _ in pump.run(range(200)):
        assert len(pump._tasks) <= 2 * IN_FLIGHT
    thread.run(asyncio.sleep(0))
    assert pump._tasks == set()


def test_who_stops_after_the_loop_was_closed_waits_for_nobody() -> None:
    thread, work = LoopThread("closes first"), Work()
    work.hangs_at = 1
    results = Pump(thread, IN_FLIGHT, work).run((1, 0))
    assert next(results) == 0
    thread.close()
    results.close()  # type: ignore[attr-defined]
    assert (work.busy, thread.loop.is_closed()) == (0, True)


def refuses_to_end(free: asyncio.Event, cancelled: list[str]) -> Coroutine[Any, Any, None]:
    """Work that a library holds on to whatever is asked of it."""

    async def holds_on() -> None:
        while not free.is_set():
            try:
                await free.wait()
            except asyncio.CancelledError:
                cancelled.append("asked")

    return holds_on()


def test_work_that_cannot_be_cancelled_holds_up_neither_its_caller_nor_the_end_of_the_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loop_module, "_LONGEST_GOODBYE_S", 4.0)
    thread, free, cancelled = LoopThread("holds on"), asyncio.Event(), list[str]()

    async def work(item: int) -> int:
        if item:
            await refuses_to_end(free, cancelled)
        return item

    results = Pump(thread, IN_FLIGHT, work).run((1, 0))
    assert next(results) == 0  # what holds on came before it, and is under way
    results.close()  # type: ignore[attr-defined]
    assert cancelled == ["asked"]
    thread.close()
    assert cancelled == ["asked", "asked"]
    assert thread.loop.is_closed(), "although a task of it had not ended"
    for task in asyncio.all_tasks(thread.loop):
        task._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_loop_that_stands_still_holds_up_neither_who_stops_asking_nor_who_closes_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thread, free, work = LoopThread("stands still"), threading.Event(), Work()
    work.hangs_at = 1
    results = Pump(thread, IN_FLIGHT, work).run((1, 0))
    assert next(results) == 0  # what hangs came before it, and is under way
    thread.loop.call_soon_threadsafe(free.wait)
    with monkeypatch.context() as hasty:
        hasty.setattr(loop_module, "_LONGEST_GOODBYE_S", 0.2)
        with pytest.raises(TimeoutError):
            results.close()  # type: ignore[attr-defined]
        with pytest.raises(TimeoutError):
            thread.close()
    free.set()
    while asyncio.all_tasks(thread.loop):  # it moves again, and does what it was asked for
        threading.Event().wait(0.01)
    thread.loop.call_soon_threadsafe(thread.loop.stop)
    thread._thread.join(60)
    thread.loop.close()


def test_a_loop_that_winds_its_clock_up_at_its_very_end_leaves_no_clock_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody would wind it up again, and a process that lives on without a loop would be ended by it."""
    wound = list[bool]()
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda *_, **__: wound.append(True))
    monkeypatch.setattr(faulthandler, "cancel_dump_traceback_later", lambda: wound.append(False))
    thread = LoopThread("winds up late")
    thread.run(asyncio.sleep(0))
    real = thread.loop.stop

    def stop() -> None:  # the turn for it comes in the same round of the loop
        thread._wind_up()
        real()

    monkeypatch.setattr(thread.loop, "stop", stop)
    thread.close()
    assert wound == [True, True, False]
