"""An asyncio loop in a thread of its own, and the pump that carries inputs to it and results back.

Seen once: when a NameNode died under hundreds of calls, a thread of the library waited for a lock of its own while it
held the interpreter's, and the process stood still for ever. No Python code can notice that. So the loop winds up a
clock that runs outside the interpreter; when nobody has wound it up for minutes the process ends, and its work goes on
like that of any run that died.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import queue
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator
from typing import Any, Generic, TypeVar

from hadoop_dr.adapters.native.verdicts import STOPS

I = TypeVar("I")  # noqa: E741
R = TypeVar("R")
_LONGEST_GOODBYE_S = 10.0
_LOOK_EVERY_S = 1.0
_STDERR = 2
STANDSTILL_S = 300.0
"""Longer than any call may take, and than a worker that is paused for a while sleeps."""

# A child would wait for ever for the clock's thread, which does not come along; the parent's is wound up again soon.
os.register_at_fork(before=faulthandler.cancel_dump_traceback_later)


class LoopThread:
    """Runs coroutines for callers on other threads.

    Args:
        standstill_s: The process ends with a trace of all its threads once the loop has not moved for so long.
    """

    def __init__(self, name: str, standstill_s: float = STANDSTILL_S) -> None:
        self.loop, self._standstill_s = asyncio.new_event_loop(), standstill_s
        self._thread = threading.Thread(target=self.loop.run_forever, name=name, daemon=True)
        self.loop.call_soon(self._wind_up)
        self._thread.start()

    def _wind_up(self) -> None:
        faulthandler.dump_traceback_later(self._standstill_s, exit=True, file=_STDERR)
        self.loop.call_later(self._standstill_s / 10, self._wind_up)

    def run(self, coroutine: Coroutine[Any, Any, R]) -> R:
        """Runs a coroutine to its end and gives its result to the calling thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def close(self) -> None:
        """Cancels what is left and ends the thread."""
        if self.loop.is_closed():
            return
        asyncio.run_coroutine_threadsafe(_cancel_all(), self.loop).result(_LONGEST_GOODBYE_S)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_LONGEST_GOODBYE_S)
        if not self._thread.is_alive():
            # Not before: the loop winds the clock up for as long as it moves, and nobody would stop it any more.
            faulthandler.cancel_dump_traceback_later()
            self.loop.close()


async def _cancel_all() -> None:
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=_LONGEST_GOODBYE_S / 2)


class Pump(Generic[I, R]):
    """Keeps up to ``in_flight`` inputs under way.

    Inputs are pulled on the caller's thread, one for each free place, so an endless iterable needs bounded memory and
    an error in it reaches the caller. Results come as they happen. Whatever is under way ends when the caller stops.

    Args:
        waiting: Called on the caller's thread about once a second while no result is there.
    """

    def __init__(
        self, thread: LoopThread, in_flight: int, work: Callable[[I], Awaitable[R]],
        waiting: Callable[[], None] = lambda: None,
    ) -> None:
        self._loop, self._in_flight, self._work, self._waiting = thread.loop, in_flight, work, waiting
        self._inbox: deque[I] = deque()
        self._called = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._results: queue.SimpleQueue[R | BaseException] = queue.SimpleQueue()

    def run(self, inputs: Iterable[I]) -> Iterator[R]:
        """Yields exactly one result for each input."""
        left, under_way, more = iter(inputs), 0, True
        try:
            while more or under_way:
                while more and under_way < self._in_flight and self._results.empty():
                    try:
                        self._send(next(left))
                    except StopIteration:
                        more = False
                    else:
                        under_way += 1
                if under_way:
                    result = self._next()
                    under_way -= 1
                    if isinstance(result, BaseException):
                        raise result
                    yield result
        finally:
            if under_way and not self._loop.is_closed():
                asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(_LONGEST_GOODBYE_S)

    def _next(self) -> R | BaseException:
        while True:
            try:
                return self._results.get(timeout=_LOOK_EVERY_S)
            except queue.Empty:
                self._waiting()

    def _send(self, item: I) -> None:
        self._inbox.append(item)
        if not self._called:               # one wake-up serves all that is put in before the loop gets to it
            self._called = True
            self._loop.call_soon_threadsafe(self._take_in)

    def _take_in(self) -> None:
        self._called = False
        while self._inbox:
            task = self._loop.create_task(self._one(self._inbox.popleft()))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _one(self, item: I) -> None:
        try:
            self._results.put(await self._work(item))
        except STOPS:
            raise
        except BaseException as error:      # belongs to the caller's thread, not to the loop
            self._results.put(error)

    async def _stop(self) -> None:
        self._inbox.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=_LONGEST_GOODBYE_S / 2)
