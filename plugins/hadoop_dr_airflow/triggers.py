"""Waits in the triggerer for identities to change; holds no worker (S2.19, fault 53)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from hadoop_dr_airflow.compat import BaseTrigger, TriggerEvent

if TYPE_CHECKING:
    from hadoop_dr.bootstrap.arbitration import Arbiter
    from hadoop_dr.services.roles.monitor import Monitor


class IdentityTrigger(BaseTrigger):
    """Fires when the published access is not what a fresh reading says it should be.

    A watch only shortens the wait: at each waking, and at the latest after ``poll_s``, both ZooKeepers are read after a
    sync and the decision is made anew. Nothing is remembered between two firings, so no change is missed between runs,
    and two triggerers do no harm.

    Args:
        pair: The pair.
        poll_s: The longest time between two readings.
        turn_over_s: After so long it fires without a cause, so that a run never waits for ever.
    """

    def __init__(self, pair: str, poll_s: float = 30.0, turn_over_s: float = 3600.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pair, self.poll_s, self.turn_over_s = pair, poll_s, turn_over_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Names the class and its arguments."""
        arguments = {"pair": self.pair, "poll_s": self.poll_s, "turn_over_s": self.turn_over_s}
        return "hadoop_dr_airflow.triggers.IdentityTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks until something is due."""
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with contextlib.suppress(RuntimeError):  # the loop is gone, and with it whoever waits
                loop.call_soon_threadsafe(woken.set)

        until = loop.time() + self.turn_over_s
        # Loading takes a good part of a second, in which the triggerer's other waiters would stand still.
        with await asyncio.to_thread(_arbiter_of, self.pair) as arbiter:
            while True:
                woken.clear()
                await asyncio.to_thread(arbiter.watch, wake)
                view = await asyncio.to_thread(arbiter.look)
                if view["due"] or loop.time() >= until:
                    break
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(woken.wait(), min(self.poll_s, until - loop.time()))
        yield TriggerEvent(view)  # type: ignore[no-untyped-call]


class MonitorTrigger(BaseTrigger):
    """Watches a pair and fires when an alarm, or the monitor's hold, is due.

    What is timed, such as a role that is gone, is timed here, in one process. The event carries what was seen to fail,
    so that the task that acts need not time it again. It looks afresh and decides on the ledger: the event alone does
    nothing.

    Args:
        pair: The pair.
        turn_over_s: After so long it fires without a cause, so that a run never waits for ever.
    """

    def __init__(self, pair: str, turn_over_s: float = 3600.0) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.pair, self.turn_over_s = pair, turn_over_s

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Names the class and its arguments."""
        return "hadoop_dr_airflow.triggers.MonitorTrigger", {"pair": self.pair, "turn_over_s": self.turn_over_s}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Looks until something is due."""
        loop = asyncio.get_running_loop()
        until = loop.time() + self.turn_over_s
        with await asyncio.to_thread(_monitor_of, self.pair) as monitor:
            while True:
                began = loop.time()
                view = await asyncio.to_thread(monitor.due)
                if view["due"] or loop.time() >= until:
                    break
                await asyncio.sleep(max(0.0, min(began + monitor.every_s, until) - loop.time()))
        told = {"pair": self.pair, "due": view["due"], "failures": view["failures"]}
        yield TriggerEvent(told)  # type: ignore[no-untyped-call]


def _monitor_of(pair: str) -> contextlib.AbstractContextManager[Monitor]:
    from hadoop_dr.bootstrap.watching.monitor import open_monitor

    return open_monitor(pair, "airflow", "airflow triggerer", notifiers=())


def _arbiter_of(pair: str) -> contextlib.AbstractContextManager[Arbiter]:
    from hadoop_dr.bootstrap.arbitration import open_arbiter

    return open_arbiter(pair, "airflow triggerer")
