"""What the end of a change of the name space is told as, whatever became of its requests (I6, I11)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from hadoop_dr.adapters.native.config import client_of
from hadoop_dr.adapters.native.gate import Gate, gate_of
from hadoop_dr.adapters.native.operations import KEEP_ATIME, apply_one
from hadoop_dr.adapters.native.site import SiteClient
from hadoop_dr.adapters.native.verdicts import Ended
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.runs.request_window import Bounds
from hadoop_dr.ports.mover import Did, MakeDirectory, Operation, Outcome, Remove, Rename, SetAttributes
from support.fast_loop import run_fast

T = TypeVar("T")
PATH = "/data/a b%20+ü"
LOST = OSError("broken pipe")
AWAY = ConnectionRefusedError("away")
STANDBY = RuntimeError('RPCError("org.apache.hadoop.ipc.StandbyException", "standby")')


class Scripted:
    """A client of the library that gives these answers, and the last one for ever."""

    def __init__(self, *answers: object) -> None:
        self.answers, self.asked = list(answers), list[tuple[object, ...]]()

    def __getattr__(self, name: str) -> Any:
        async def request(*words: object) -> object:
            self.asked.append((name, *words))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return request


class OneSite(SiteClient):
    """A site that is asked by way of a scripted client."""

    def __init__(self, client: Scripted) -> None:
        super().__init__(HdfsAddress(f"site {id(client)}", ("127.0.0.1:1",), ()), 60.0, 8)
        self.client = client

    async def call(self, ask: Callable[[Any], Awaitable[T]], *, begins: bool = False) -> T:
        answer, _ = await self.gate.ask(lambda: ask(self.client), 20.0, begins=begins)
        return answer


def applied(operation: Operation, *answers: object) -> tuple[Outcome, list[tuple[object, ...]]]:
    client = Scripted(*answers)
    return run_fast(apply_one(OneSite(client), operation)), client.asked


@pytest.mark.parametrize(
    ("operation", "requests"),
    [
        (MakeDirectory(7, PATH, 0o1777, True), [("mkdirs", PATH, 0o1777, True)]),
        (MakeDirectory(7, PATH, 0o700), [("mkdirs", PATH, 0o700, False)]),
        (Rename(7, PATH, "/b"), [("rename", PATH, "/b", False)]),
        (Remove(7, PATH), [("delete", PATH, True)]),
        (SetAttributes(7, PATH), []),
        (SetAttributes(7, PATH, owner="al"), [("set_owner", PATH, "al", None)]),
        (SetAttributes(7, PATH, group="us"), [("set_owner", PATH, None, "us")]),
        (SetAttributes(7, PATH, mode=0), [("set_permission", PATH, 0)]),
        (SetAttributes(7, PATH, mtime_ms=0), [("set_times", PATH, 0, KEEP_ATIME)]),
        (SetAttributes(7, PATH, "al", "us", 0o640, 2, 9), [
            ("set_owner", PATH, "al", "us"), ("set_permission", PATH, 0o640), ("set_replication", PATH, 2),
            ("set_times", PATH, 9, KEEP_ATIME)]),
    ],
)  # fmt: skip
def test_an_operation_asks_for_what_it_says_once_and_leaves_the_rest_as_it_is(
    operation: Operation, requests: list[tuple[object, ...]]
) -> None:
    assert applied(operation, True) == (Outcome(7, Did.DONE), requests)


@pytest.mark.parametrize(
    ("operation", "answers", "did", "sent"),
    [
        (Rename(7, PATH, "/b"), [LOST], Did.UNKNOWN, 1),  # whose item lies there now cannot be told
        (Rename(7, PATH, "/b"), [TimeoutError()], Did.UNKNOWN, 1),
        (Rename(7, PATH, "/b"), [STANDBY, AWAY, True], Did.DONE, 3),
        (Rename(7, PATH, "/b"), [STANDBY, LOST], Did.UNKNOWN, 2),
        (Rename(7, PATH, "/b"), [FileNotFoundError("no source")], Did.NO_SOURCE, 1),
        (Rename(7, PATH, "/b"), [FileExistsError("taken")], Did.EXISTS, 1),
        (Rename(7, PATH, "/b"), [RuntimeError(f'RPCError("x.IOException", "{PATH} and /b are the same")')],
         Did.FAILED, 1),
        (Rename(7, "/.reserved/.inodes/9", "/b"), [RuntimeError('RPCError("x.IOException", "they are the same")')],
         Did.DONE, 1),
        (Rename(7, "/.reserved/.inodes/9", "/b"), [RuntimeError('RPCError("x.IOException", "no")')], Did.FAILED, 1),
        (Remove(7, PATH), [False], Did.NO_SOURCE, 1),
        (Remove(7, PATH), [STANDBY, False], Did.NO_SOURCE, 2),
        (Remove(7, PATH), [LOST, False], Did.DONE, 2),  # the first request did it
        (Remove(7, PATH), [LOST, True], Did.DONE, 2),
        (MakeDirectory(7, PATH), [LOST, True], Did.DONE, 2),
        (MakeDirectory(7, PATH), [LOST, FileExistsError("a file")], Did.EXISTS, 2),
        (MakeDirectory(7, PATH), [LOST, FileNotFoundError("no parent")], Did.NO_SOURCE, 2),
        (SetAttributes(7, PATH, mode=0o700), [LOST, AWAY, True], Did.DONE, 3),
        (SetAttributes(7, PATH, replication=2), [False, True], Did.FAILED, 2),  # asked whether it is there at all
        (SetAttributes(7, PATH, replication=2), [False, FileNotFoundError("none")], Did.NO_SOURCE, 2),
    ],
)  # fmt: skip
def test_what_became_of_a_change_is_told_and_a_lost_answer_is_no_failure(
    operation: Operation, answers: list[object], did: Did, sent: int
) -> None:
    outcome, asked = applied(operation, *answers)
    assert (outcome.key, outcome.did, len(asked)) == (7, did, sent)
    assert did is Did.DONE or outcome.detail, "a person is told why"


@pytest.mark.parametrize(
    ("answers", "did"), [([AWAY], Did.FAILED), ([STANDBY], Did.FAILED), ([LOST, AWAY], Did.UNKNOWN)]
)
@pytest.mark.parametrize("operation", [MakeDirectory(7, PATH), Remove(7, PATH), SetAttributes(7, PATH, mode=0)])
def test_a_change_that_nobody_serves_has_failed_and_is_unknown_if_an_answer_was_lost_before(
    operation: Operation, answers: list[object], did: Did
) -> None:
    outcome, asked = applied(operation, *answers)
    assert (outcome.did, bool(outcome.detail)) == (did, True)
    assert len(asked) > 20


def test_a_missing_item_and_a_directory_without_replication_are_named() -> None:
    assert PATH in applied(Remove(7, PATH), False)[0].detail
    outcome, asked = applied(SetAttributes(7, PATH, replication=2, mtime_ms=5), False, True)
    assert PATH in outcome.detail
    assert asked == [("set_replication", PATH, 2), ("get_file_info", PATH)], "its time is not set"


@pytest.mark.parametrize("stop", [asyncio.CancelledError, KeyboardInterrupt])
def test_who_is_stopped_stops(stop: type[BaseException]) -> None:
    with pytest.raises(stop):
        applied(Remove(7, PATH), stop())


@pytest.mark.parametrize(
    ("deadline_s", "took_s", "tries"), [(60.0, 0.0, 34), (60.0, 20.0, 3), (0.1, 0.0, 1), (0.25, 0.0, 2)]
)
def test_pauses_grow_to_two_seconds_until_nobody_has_served_for_the_deadline(
    deadline_s: float, took_s: float, tries: int
) -> None:
    """Both count, what a site takes and what is paused for it."""

    async def run() -> list[float]:
        site, began = OneSite(Scripted(True)), list[float]()
        site.deadline_s = deadline_s

        async def nobody() -> None:
            began.append(asyncio.get_running_loop().time())
            await asyncio.sleep(took_s)
            raise AWAY

        with pytest.raises(Ended):
            await site.insist(lambda: site.gate.ask(nobody, 99.0), repeatable=False)
        return began

    began = run_fast(run())
    pauses = [later - earlier - took_s for earlier, later in pairwise(began)]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, *[2.0] * 40][: len(pauses)])
    assert len(began) == tries


def rotating(number: int, deadline_s: float = 60.0) -> SiteClient:
    nodes = tuple(f"127.0.0.1:{port}" for port in (1, 2, 3))
    return SiteClient(HdfsAddress(f"rotating-{number}", nodes, ()), deadline_s, 8)


@pytest.mark.parametrize(("deadline_s", "call_s"), [(60.0, 20.0), (2.0, 1.0), (0.5, 0.5)])
def test_a_namenode_that_hangs_leaves_time_to_ask_the_others_which_are_asked_first_from_then_on(
    deadline_s: float, call_s: float
) -> None:
    async def run() -> None:
        site, asked = rotating(1, deadline_s), list[object]()

        async def hangs(client: object) -> None:
            asked.append(client)
            await asyncio.Event().wait()

        loop = asyncio.get_running_loop()
        for _ in range(4):
            began_s = loop.time()
            with pytest.raises(Ended):
                await site.call(hangs)
            assert loop.time() - began_s == pytest.approx(call_s)
        first, second, third, again = asked
        assert len({id(first), id(second), id(third)}) == 3
        assert again is first

    run_fast(run())


def test_calls_that_hang_together_pass_over_one_namenode_and_an_error_passes_over_none() -> None:
    async def run() -> list[object]:
        site, asked = rotating(2), list[object]()

        async def hangs(client: object) -> None:
            asked.append(client)
            await asyncio.Event().wait()

        async def fails(client: object) -> None:
            asked.append(client)
            raise LOST

        with pytest.raises(Ended):
            await site.call(fails)
        await asyncio.gather(*(site.call(hangs) for _ in range(4)), return_exceptions=True)
        with pytest.raises(Ended):
            await site.call(fails)
        return asked

    asked = run_fast(run())
    assert all(client is asked[0] for client in asked[:5])
    assert asked[5] is not asked[0]
    assert asked[5] is client_of(HdfsAddress("rotating-2", ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"), ()), 1)


@pytest.mark.parametrize(("repeatable", "tries"), [(True, 2), (False, 1)])
def test_what_may_have_had_its_effect_is_sent_again_only_where_that_does_no_harm(repeatable: bool, tries: int) -> None:
    async def run() -> int:
        site, sent = OneSite(Scripted(LOST, True)), 0

        async def attempt() -> None:
            nonlocal sent
            sent += 1
            await site.call(lambda client: client.delete(PATH))

        with suppress(Ended):
            await site.insist(attempt, repeatable)
        return sent

    assert run_fast(run()) == tries


def test_an_error_that_comes_from_no_request_is_insisted_on_like_one_that_does() -> None:
    async def run() -> int:
        site, tries = OneSite(Scripted(True)), 0

        async def refused() -> None:
            nonlocal tries
            tries += 1
            raise AWAY

        with pytest.raises(ConnectionRefusedError):
            await site.insist(refused, repeatable=False)
        return tries

    assert run_fast(run()) == 34


def test_a_stream_has_the_whole_deadline_and_what_was_begun_goes_before_calls_that_begin() -> None:
    async def run() -> tuple[float, list[str]]:
        site, order = rotating(3), list[str]()
        site.gate = Gate(Bounds(1, 1, 1))

        async def note(name: str) -> None:
            order.append(name)
            await asyncio.sleep(1)

        loop = asyncio.get_running_loop()
        calls = [loop.create_task(site.stream(lambda: note("first")))]
        await asyncio.sleep(0)
        for name, begins in (("new", True), ("old", False)):
            calls.append(loop.create_task(site.call(lambda _, name=name: note(name), begins=begins)))  # type: ignore[misc]
            await asyncio.sleep(0)
        calls.append(loop.create_task(site.call(lambda _: note("older"))))
        await asyncio.gather(*calls)
        began_s = loop.time()
        with pytest.raises(Ended):
            await site.stream(asyncio.Event().wait)
        return loop.time() - began_s, order

    took_s, order = run_fast(run())
    assert took_s == pytest.approx(60)
    assert order == ["first", "old", "older", "new"]


def test_a_site_is_asked_through_the_gate_of_its_address() -> None:
    address = HdfsAddress("gated", ("127.0.0.1:1",), ())
    assert SiteClient(address, 60.0, 8).gate is gate_of(address, 8)
