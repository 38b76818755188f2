"""Requests to one site, each with a deadline, and the loop that tries again while nobody serves.

Both count what a site takes and what is paused for it. Waiting for a turn at the gate, for memory or for bandwidth is
ours, and no deadline runs meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hdfs_native import AsyncClient

from hadoop_dr.adapters.native.config import client_of
from hadoop_dr.adapters.native.gate import gate_of
from hadoop_dr.adapters.native.verdicts import STOPS, Again, Ended, judge
from hadoop_dr.domain.config.addresses import HdfsAddress

T = TypeVar("T")
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


class SiteClient:
    """Requests to one site; which of its NameNodes is asked first changes when one does not answer."""

    def __init__(self, address: HdfsAddress, deadline_s: float, ceiling: int) -> None:
        self._address, self.deadline_s = address, deadline_s
        # A call may not eat the whole deadline: a NameNode that hangs would leave no time to ask the other one.
        self._call_s = max(deadline_s / 3, min(deadline_s, 1.0))
        self.gate = gate_of(address, ceiling)
        self._first = 0

    async def call(self, ask: Callable[[AsyncClient], Awaitable[T]], *, begins: bool = False) -> T:
        """Makes one request to a NameNode, within its share of the deadline once it is sent.

        Args:
            begins: It is the first of several that belong together.

        Raises:
            Ended: With whatever the library raised, or TimeoutError; read it with ``judge``.
        """
        asked = self._first

        async def request() -> T:
            nonlocal asked
            asked = self._first
            return await ask(client_of(self._address, asked))

        try:
            answer, _ = await self.gate.ask(request, self._call_s, begins=begins)
        except Ended as ended:
            if isinstance(ended.error, TimeoutError) and self._first == asked:
                self._first = (asked + 1) % len(self._address.namenodes)
            raise
        return answer

    async def stream(self, request: Callable[[], Awaitable[T]]) -> tuple[T, float]:
        """Makes one request to DataNodes, within the deadline once it is sent; gives its seconds, too.

        Raises:
            Ended: With whatever the library raised, or TimeoutError.
        """
        return await self.gate.ask(request, self.deadline_s)

    async def insist(self, attempt: Callable[[], Awaitable[T]], repeatable: bool) -> T:
        """Runs an attempt again while nobody can serve, until that has taken the deadline.

        Args:
            attempt: May be run several times.
            repeatable: Also run it again when it may have had its effect already.

        Raises:
            Whatever the last attempt raised.
        """
        unserved_s, pause_s = 0.0, _FIRST_PAUSE_S
        while True:
            try:
                return await attempt()
            except STOPS:
                raise
            except BaseException as error:
                again = judge(error).again
                unserved_s += pause_s + (error.took_s if isinstance(error, Ended) else 0.0)
                may_repeat = again is Again.NOTHING or (again is Again.LOST and repeatable)
                if not may_repeat or unserved_s >= self.deadline_s:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
