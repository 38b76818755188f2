"""Requests to one site, each with a deadline, and the loop that tries again while nobody serves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from hdfs_native import AsyncClient

from hadoop_dr.adapters.native.config import client_of
from hadoop_dr.adapters.native.verdicts import STOPS, Again, judge
from hadoop_dr.domain.addresses import HdfsAddress

T = TypeVar("T")
_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


class SiteClient:
    """Requests to one site; which of its NameNodes is asked first changes when one does not answer."""

    def __init__(self, address: HdfsAddress, deadline_s: float) -> None:
        self._address, self.deadline_s = address, deadline_s
        # A call may not eat the whole deadline: a NameNode that hangs would leave no time to ask the other one.
        self._call_s = max(deadline_s / 3, min(deadline_s, 1.0))
        self._first = 0

    async def call(self, ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Makes one request within its share of the deadline.

        Raises:
            Whatever the library raises, or TimeoutError; read it with ``judge``.
        """
        first = self._first
        try:
            async with asyncio.timeout(self._call_s):
                return await ask(client_of(self._address, first))
        except TimeoutError:
            if self._first == first:
                self._first = (first + 1) % len(self._address.namenodes)
            raise

    async def insist(self, attempt: Callable[[], Awaitable[T]], repeatable: bool) -> T:
        """Runs an attempt again while nobody can serve, until the deadline.

        Args:
            attempt: May be run several times.
            repeatable: Also run it again when it may have had its effect already.

        Raises:
            Whatever the last attempt raised.
        """
        loop = asyncio.get_running_loop()
        give_up_at_s, pause_s = loop.time() + self.deadline_s, _FIRST_PAUSE_S
        while True:
            try:
                return await attempt()
            except STOPS:
                raise
            except BaseException as error:
                again = judge(error).again
                may_repeat = again is Again.NOTHING or (again is Again.LOST and repeatable)
                if not may_repeat or loop.time() + pause_s >= give_up_at_s:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
