"""Ceilings for what is under way: bytes held in memory, bytes taken from the origin a second."""

from __future__ import annotations

import asyncio
from collections import deque


class ByteBudget:
    """A number of bytes that may be held at once, given out in the order of asking."""

    def __init__(self, total: int) -> None:
        self._free = self.total = total
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def take(self, count: int) -> None:
        """Waits until ``count`` bytes (at most the total) are free and takes them."""
        if self.try_take(count):
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((count, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give(count)          # it was our turn in the same moment
            raise

    def try_take(self, count: int) -> bool:
        """Takes them if nobody waits and they are free."""
        if self._waiting or count > self._free:
            return False
        self._free -= count
        return True

    def give(self, count: int) -> None:
        """Puts bytes back and lets those that wait have them."""
        self._free += count
        while self._waiting:
            wanted, turn = self._waiting[0]
            if not turn.done():
                if wanted > self._free:
                    return
                self._free -= wanted
                turn.set_result(None)
            self._waiting.popleft()


class Throttle:
    """Lets a number of bytes a second through, with at most a second's worth at once; 0 lets everything through."""

    def __init__(self, bytes_s: int) -> None:
        self._bytes_s = bytes_s
        self._free_at_s = 0.0

    async def pass_through(self, count: int) -> None:
        """Returns when ``count`` more bytes may be taken."""
        if not self._bytes_s:
            return
        now_s = asyncio.get_running_loop().time()
        start_s = max(self._free_at_s, now_s - 1.0)
        self._free_at_s = start_s + count / self._bytes_s
        if (wait_s := self._free_at_s - now_s) > 0:
            await asyncio.sleep(wait_s)
