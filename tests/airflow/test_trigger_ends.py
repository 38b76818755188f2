"""A trigger that Airflow ends leaves nothing of ours behind in the triggerer, wherever it was just then (fault 71)."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from hadoop_dr_airflow.triggers import IdentityTrigger
from support.fake_zookeeper import FakeZooKeeper, fake_zookeeper


def ours() -> set[threading.Thread]:
    """Threads of this process, without those of the fakes."""
    return {thread for thread in threading.enumerate() if thread.name != "fake-zookeeper"}


def eventually(true: Callable[[], bool], within_s: float = 60) -> None:
    limit = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < limit, [thread.name for thread in threading.enumerate()]
        time.sleep(0.02)


def a_pair(home: Any, east: str, west: str) -> None:
    site = "{hdfs: {namenodes: ['127.0.0.1:%d'], webhdfs: ['http://127.0.0.1:%d']}, zookeeper: '%s'}"
    text = f"pair: fakes\nsites:\n  east: {site % (1, 1, east)}\n  west: {site % (2, 2, west)}\ninitial_primary: east\n"
    (home.path / "include/pairs/fakes.yaml").write_text(text)


async def cancelled(when: Callable[[], bool]) -> None:
    """Starts a trigger and cancels it once something is so, as the triggerer does."""
    trigger = IdentityTrigger("fakes", poll_s=3600)

    async def consume() -> None:
        async for _ in trigger.run():
            raise AssertionError("nothing was due")

    task = asyncio.create_task(consume())
    while not when():
        assert not task.done(), task
        await asyncio.sleep(0.01)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("where", ["east", "west"])
def test_a_trigger_that_is_cancelled_in_a_handshake_leaves_no_client_of_any_zookeeper(home: Any, where: str) -> None:
    """A thread cannot be cancelled: what it does after the trigger's end must open nothing that nobody closes."""
    before = ours()
    with fake_zookeeper(FakeZooKeeper()) as east, fake_zookeeper(FakeZooKeeper()) as west:
        a_pair(home, east.address, west.address)
        if where == "west":
            east.before_each.set()

        async def play() -> None:
            await cancelled(lambda: (east if where == "east" else west).seen > 0)
            for server in (east, west):
                server.before_each.set()

        asyncio.run(asyncio.wait_for(play(), 60))  # waits for the threads it gave work to
        eventually(lambda: not east.open and not west.open)
    eventually(lambda: not ours() - before)
