"""Our own queueing never runs into a deadline, which counts from the sending of a request."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from hadoop_dr.adapters.native.gate import Gate, gate_of
from hadoop_dr.adapters.native.site import SiteClient
from hadoop_dr.adapters.native.verdicts import Ended
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.runs.request_window import Bounds
from support.fast_loop import run_fast

FIXED = Bounds(floor=512, start=512, ceiling=512)
STEPS = 4
"""Requests of one item, one after the other, like those of a file."""


class Busy:
    """A site that takes some time for each request, one after the other."""

    def __init__(self, each_s: float) -> None:
        self.each_s, self.served, self._free_at_s = each_s, 0, 0.0

    async def __call__(self) -> int:
        loop = asyncio.get_running_loop()
        self._free_at_s = max(self._free_at_s, loop.time()) + self.each_s
        await asyncio.sleep(self._free_at_s - loop.time())
        self.served += 1
        return self.served


def client(number: int, bounds: Bounds) -> SiteClient:
    site = SiteClient(HdfsAddress(f"site {number}", ("127.0.0.1:1",), ()), 60.0, bounds.ceiling)
    site.gate = Gate(bounds)
    return site


async def carry(site: SiteClient, items: int, busy: Busy) -> list[int | BaseException]:
    """Does items of several requests, 512 under way at once, each insisted on like a file."""
    places = asyncio.Semaphore(512)

    async def steps() -> int:
        for step in range(STEPS):
            await site.gate.ask(busy, 20.0, begins=step == 0)
        return 1

    async def item() -> int:
        async with places:
            return await site.insist(steps, repeatable=True)

    return await asyncio.gather(*(item() for _ in range(items)), return_exceptions=True)


@pytest.mark.parametrize("each_s", [0.01, 0.1])
def test_every_item_is_carried_however_slow_the_site_is(each_s: float) -> None:
    site = client(1, Bounds.up_to(512))
    ends = run_fast(carry(site, 2_000, Busy(each_s)))
    assert ends == [1] * 2_000
    assert not site.gate.in_flight


def test_a_window_that_follows_nothing_is_what_runs_into_deadlines() -> None:
    """The same site under a fixed window: the proof that the one above can fail."""
    ends = run_fast(carry(client(2, FIXED), 2_000, Busy(0.1)))
    late = [end for end in ends if isinstance(end, Ended)]
    assert late
    assert all(isinstance(end.error, TimeoutError) for end in late)


def test_a_row_before_the_gate_takes_from_nobodys_deadline() -> None:
    """One may pass at once, each is served within its deadline, and the last has waited a hundred deadlines."""
    async def run() -> list[tuple[int, float]]:
        gate, busy = Gate(Bounds(1, 1, 1)), Busy(0.9)
        return await asyncio.gather(*(gate.ask(busy, 1.25) for _ in range(100)))

    answers = run_fast(run())
    assert [answer for answer, _ in answers] == list(range(1, 101))
    assert [took_s for _, took_s in answers] == pytest.approx([0.9] * 100)


def test_what_was_begun_goes_before_what_begins() -> None:
    async def run() -> list[str]:
        gate, order = Gate(Bounds(1, 1, 1)), list[str]()

        def noting(name: str) -> Callable[[], Awaitable[None]]:
            async def request() -> None:
                order.append(name)
                await asyncio.sleep(0)
            return request

        async with asyncio.TaskGroup() as group:
            for name in ("first", "new", "newer"):
                group.create_task(gate.ask(noting(name), 1.0, begins=True))
            for name in ("old", "older"):
                group.create_task(gate.ask(noting(name), 1.0))
        return order

    assert run_fast(run()) == ["first", "old", "older", "new", "newer"]


def test_one_that_is_stopped_while_it_waits_gives_its_turn_on() -> None:
    async def run() -> int:
        gate, busy = Gate(Bounds(1, 1, 1)), Busy(1.0)
        tasks = [asyncio.create_task(gate.ask(busy, 5.0)) for _ in range(4)]
        await asyncio.sleep(0.5)
        tasks[1].cancel()                    # waits
        await asyncio.sleep(0.49999)
        tasks[2].cancel()                    # and one whose turn comes in the same moment
        await asyncio.gather(*tasks, return_exceptions=True)
        await gate.ask(busy, 5.0)
        return gate.in_flight

    assert run_fast(run()) == 0


class TurnComes(Gate):
    """Whoever waits is stopped in the moment of its turn."""

    victim: asyncio.Task[Any] | None = None

    def _leave(self, number: int, share: float | None) -> None:
        super()._leave(number, share)
        if self.victim is not None:
            self.victim.cancel()


def test_one_that_is_stopped_in_the_moment_of_its_turn_gives_it_back() -> None:
    async def run() -> tuple[int, bool]:
        gate = TurnComes(Bounds(1, 1, 1))
        first = asyncio.create_task(gate.ask(Busy(1.0), 5.0))
        await asyncio.sleep(0.5)
        gate.victim = asyncio.create_task(gate.ask(Busy(1.0), 5.0))
        await asyncio.gather(first, gate.victim, return_exceptions=True)
        cancelled, gate.victim = gate.victim.cancelled(), None
        await gate.ask(Busy(1.0), 5.0)
        return gate.in_flight, cancelled

    assert run_fast(run()) == (0, True)


class AsksWhetherClosed(asyncio.SelectorEventLoop):
    """A loop that does something whenever another thread is about to give a turn to one that waits on it."""

    asked: Callable[[], object] = staticmethod(lambda: None)

    def is_closed(self) -> bool:
        self.asked()
        return super().is_closed()


def test_one_that_is_stopped_while_another_thread_gives_it_its_turn_gives_it_back() -> None:
    """A turn that is lost so is lost for the life of the process: the window would close with them."""
    gate, loop, waits, ended = Gate(Bounds(1, 1, 1)), AsksWhetherClosed(), list[asyncio.Task[Any]](), threading.Event()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> None:
        waits.append(asyncio.create_task(gate.ask(Busy(1.0), 5.0)))
        waits[0].add_done_callback(lambda _: ended.set())
        await asyncio.sleep(0)

    def stop() -> None:
        loop.asked = lambda: None
        loop.call_soon_threadsafe(waits[0].cancel)
        ended.wait(0.3)  # it may end now, or wait for us who give

    async def serve() -> None:
        await asyncio.to_thread(asyncio.run_coroutine_threadsafe(begin(), loop).result, 10)
        loop.asked = stop

    async def run() -> None:
        await gate.ask(serve, 20.0)

    try:
        asyncio.run(run())
        assert ended.wait(10)
        assert waits[0].cancelled()
        assert gate.in_flight == 0
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(("error", "wanted"), [
    (FileNotFoundError("no such file"), 33),                    # an answer like any other
    (ConnectionRefusedError("away"), 32),                       # says nothing of the load
    (RuntimeError('RPCError("org.apache.hadoop.ipc.StandbyException", "standby")'), 32),
    (RuntimeError('RPCError("org.apache.hadoop.ipc.RetriableException", "Server is too busy.")'), 16),
    (OSError("broken pipe"), 16),
    (RuntimeError("DataTransferError: too busy"), 16),
    (TimeoutError(), 16),
])
def test_what_an_end_says_of_the_load(error: BaseException, wanted: int) -> None:
    async def run() -> int:
        gate = Gate(Bounds(floor=8, start=32, ceiling=1024))
        never = asyncio.Event()
        others = [asyncio.create_task(gate.ask(never.wait, 99.0)) for _ in range(20)]
        await asyncio.sleep(0)
        with pytest.raises(Ended) as ended:
            await gate.ask(lambda: _raise(error), 10.0)
        assert ended.value.error is error
        never.set()
        size = gate.window.size
        await asyncio.gather(*others)
        return size

    assert run_fast(run()) == wanted


@pytest.mark.parametrize(("took_s", "wanted"), [(1.0, 33), (4.0, 16)])
def test_a_refusal_is_late_by_its_share_of_the_deadline_like_any_answer(took_s: float, wanted: int) -> None:
    async def refuses() -> None:
        await asyncio.sleep(took_s)
        raise FileNotFoundError("no such file")

    async def run() -> int:
        gate = Gate(Bounds(floor=8, start=32, ceiling=1024))
        others = [asyncio.create_task(gate.ask(lambda: asyncio.sleep(90), 900.0)) for _ in range(20)]
        await asyncio.sleep(0)
        with pytest.raises(Ended) as ended:
            await gate.ask(refuses, 10.0)
        assert ended.value.took_s == pytest.approx(took_s)
        size = gate.window.size
        await asyncio.gather(*others)
        return size

    assert run_fast(run()) == wanted


def test_what_was_sent_before_a_cut_cuts_no_more_and_what_is_sent_after_it_does() -> None:
    async def run() -> list[int]:
        gate, sizes = Gate(Bounds(floor=1, start=32, ceiling=1024)), list[int]()

        async def hangs() -> None:
            with pytest.raises(Ended):
                await gate.ask(asyncio.Event().wait, 10.0)
            sizes.append(gate.window.size)

        await asyncio.gather(*(hangs() for _ in range(3)))
        await asyncio.gather(*(hangs() for _ in range(2)))
        return sizes

    assert run_fast(run()) == [16, 16, 16, 8, 8]


def test_pauses_and_what_a_site_takes_count_against_patience_and_waiting_for_a_turn_does_not() -> None:
    """A NameNode that hangs is given up after its deadline, behind whatever row."""
    async def run(row: int) -> tuple[int, float]:
        site, tries = client(3, Bounds(1, 1, 1)), 0

        async def hangs() -> None:
            nonlocal tries
            tries += 1
            await site.gate.ask(asyncio.Event().wait, 20.0)

        busy = Busy(15.0)
        others = [asyncio.create_task(site.gate.ask(busy, 20.0)) for _ in range(row)]
        began_s = asyncio.get_running_loop().time()
        with pytest.raises(Ended):
            await site.insist(hangs, repeatable=True)
        await asyncio.gather(*others)
        return tries, asyncio.get_running_loop().time() - began_s

    tries, took_s = run_fast(run(0))
    assert (tries, took_s) == (3, pytest.approx(60, abs=2))
    assert run_fast(run(50))[0] == 3


def test_a_site_has_one_gate_in_a_process_whichever_mover_asks() -> None:
    here, there = HdfsAddress("here", ("127.0.0.1:1",), ()), HdfsAddress("there", ("127.0.0.1:2",), ())
    assert gate_of(here, 512) is gate_of(here, 512)
    assert gate_of(here, 512) is not gate_of(there, 512)


def test_movers_with_loops_of_their_own_share_the_gate() -> None:
    """A turn is given from one loop to one that waits on another."""
    from hadoop_dr.adapters.native.loop import LoopThread

    gate, first, second = Gate(Bounds(1, 1, 1)), LoopThread("first"), LoopThread("second")
    most = busy = 0

    async def request() -> None:
        nonlocal most, busy
        busy += 1
        most = max(most, busy)
        await asyncio.sleep(0)
        busy -= 1

    async def many() -> None:
        await asyncio.gather(*(gate.ask(request, 30.0) for _ in range(200)))

    for thread in (first, second):
        thread.loop.set_debug(True)          # refuses what is called on a loop from another thread
    try:
        ends = [asyncio.run_coroutine_threadsafe(many(), thread.loop) for thread in (first, second)]
        for end in ends:
            end.result(60)
    finally:
        first.close()
        second.close()
    assert (most, gate.sent, gate.in_flight) == (1, 400, 0)


@pytest.mark.parametrize("trip_s", [0.002, 0.5, 4.0])
def test_before_a_site_that_is_never_late_the_window_costs_two_round_trips_beside_the_fixed_one(trip_s: float) -> None:
    """It doubles twice on its way from its start to the ceiling, and nothing cuts it: counted in round trips."""
    async def trips(bounds: Bounds) -> tuple[float, Gate]:
        gate, loop = Gate(bounds), asyncio.get_running_loop()
        began_s = loop.time()
        await asyncio.gather(*(gate.ask(lambda: asyncio.sleep(trip_s), 20.0) for _ in range(5_000)))
        return (loop.time() - began_s) / trip_s, gate

    fixed, _ = run_fast(trips(FIXED))
    followed, gate = run_fast(trips(Bounds.up_to(512)))
    assert round(fixed) == 10
    assert round(followed) <= round(fixed) + 2
    assert (gate.most, gate.window.size, gate.window.starting) == (512, 512, True)
