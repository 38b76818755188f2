"""The gate before a site: as many requests pass at once as its window has room for, the others wait for their turn.

A deadline counts from the moment a request passes, so however long the row before the gate is, nobody in it is late.
What continues something that was begun goes before what begins: a file that is open on a DataNode is not kept waiting
by files that are not.

One gate for a site and a process, whoever asks: movers run loops of their own, so it is safe for several of them.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hadoop_dr.adapters.native.verdicts import STOPS, Again, Ended, judge
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.runs.request_window import Bounds, Window, opened

T = TypeVar("T")
_NO_ANSWER = 1.0
_TOO_BUSY = "RetriableException"      # how a NameNode that sheds load answers
_gates: dict[tuple[int, HdfsAddress, int], Gate] = {}
_lock = threading.Lock()


class Gate:
    """Lets requests pass and learns from their ends how many may be under way."""

    def __init__(self, bounds: Bounds) -> None:
        self.window: Window = opened(bounds)
        self.in_flight = self.sent = self.most = 0
        self._going_on: deque[_Turn] = deque()
        self._beginning: deque[_Turn] = deque()
        self._lock = threading.Lock()

    async def ask(self, request: Callable[[], Awaitable[T]], deadline_s: float, *, begins: bool = False
                  ) -> tuple[T, float]:
        """Makes one request once it may pass.

        Args:
            deadline_s: For the answer, from then on.
            begins: It is the first of several that belong together.

        Returns:
            The answer and how many seconds it took.

        Raises:
            Ended: No answer in time, or whatever the request raised.
        """
        number = await self._enter(begins)
        clock = asyncio.get_running_loop().time
        began_s, share = clock(), None
        try:
            async with asyncio.timeout(deadline_s):
                answer = await request()
            share = (clock() - began_s) / deadline_s
            return answer, share * deadline_s
        except STOPS:
            raise
        except BaseException as error:
            took_s = clock() - began_s
            share = _share(error, took_s / deadline_s)
            raise Ended(error, took_s) from error
        finally:
            self._leave(number, share)

    async def _enter(self, begins: bool) -> int:
        turn: _Turn | None = None
        with self._lock:
            if self._has_room() and not self._going_on and not (begins and self._beginning):
                self._pass()
            else:
                turn = _Turn(asyncio.get_running_loop())
                (self._beginning if begins else self._going_on).append(turn)
        if turn is not None:
            await self._wait(turn)
        with self._lock:
            self.sent += 1
            return self.sent - 1

    async def _wait(self, turn: _Turn) -> None:
        try:
            await turn.comes
        except asyncio.CancelledError:
            with self._lock:                  # another thread may be giving it just now
                has_come = turn.has_come
            if has_come:
                self._leave(0, None)          # it was our turn in the same moment
            raise

    def _leave(self, number: int, share: float | None) -> None:
        with self._lock:
            if share is not None:
                self.window = self.window.answered(number, share, self.in_flight, self.sent)
            self.in_flight -= 1
            while (self._going_on or self._beginning) and self._has_room():
                turn = (self._going_on or self._beginning).popleft()
                if turn.give():
                    self._pass()

    def _has_room(self) -> bool:
        return self.in_flight < self.window.size

    def _pass(self) -> None:
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)


class _Turn:
    """One that waits, maybe on another loop than those who let it pass."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self.comes, self.has_come = loop, loop.create_future(), False

    def give(self) -> bool:
        """Lets it pass; False when it waits no more."""
        if self.comes.cancelled() or self._loop.is_closed():
            return False
        self.has_come = True
        self._loop.call_soon_threadsafe(self._wake)
        return True

    def _wake(self) -> None:
        if not self.comes.done():
            self.comes.set_result(None)


def gate_of(address: HdfsAddress, ceiling: int) -> Gate:
    """Returns this process's gate of a site."""
    with _lock:
        return _gates.setdefault((os.getpid(), address, ceiling), Gate(Bounds.up_to(ceiling)))


def _share(error: BaseException, share: float) -> float | None:
    """Returns what an error says of the load: a refusal is an answer like others, a site that is away says nothing."""
    judged = judge(error)
    if judged.again is Again.LOST or _TOO_BUSY in judged.detail:
        return max(share, _NO_ANSWER)
    return share if judged.again is Again.ANSWERED else None
