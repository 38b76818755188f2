"""The heartbeat of one process: what is written where others look, how often, and what counts as moving (I3)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hadoop_dr.adapters.hiveserver2 import HiveServer2Queries
from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.reporting import Relay, reporting_files, reporting_namenode
from hadoop_dr.domain.errors import NotFound, Unreachable
from hadoop_dr.domain.runs.heartbeat import Heartbeat
from hadoop_dr.domain.runs.process import Process
from hadoop_dr.domain.tree.file_attributes import Block, Blocks, Checksum
from hadoop_dr.services.ledger.heartbeat import HeartbeatWriter, forget_heartbeats, shown_heartbeat
from sim import world
from support.clock import StepClock

SERVICE = "/.hadoop-dr/p/services/e%20 ü"


class Host:
    def me(self) -> Process:
        return Process("h", 1, 2)

    def is_dead(self, owner: Any) -> bool:
        return False


class Counting(MemoryNameNode):
    """Counts what is written, and can be silent."""

    written, silent = 0, False

    def set_xattr(self, path: str, name: str, value: bytes) -> None:
        self.written += 1
        if self.silent:
            raise Unreachable("west", "no answer")
        super().set_xattr(path, name, value)


@pytest.fixture
def west() -> Counting:
    west = Counting(MemoryCluster("west"))
    west.make_directory(SERVICE, 0o700)
    return west


@pytest.fixture
def clock() -> StepClock:
    return StepClock()


@pytest.fixture
def writer(west: Counting, clock: StepClock) -> HeartbeatWriter:
    writer = HeartbeatWriter(west, SERVICE, clock, Host())
    writer.work_for(7)
    return writer


def shown(west: Counting, claim_n: int = 7) -> Heartbeat | None:
    return shown_heartbeat(west, SERVICE, claim_n)


def test_a_heartbeat_is_written_at_most_once_a_second_however_much_moves(
    west: Counting, clock: StepClock, writer: HeartbeatWriter
) -> None:
    for tenth in range(100):
        clock.now_s = tenth / 10
        writer.beat(3)
    assert west.written == 10
    found = shown(west)
    assert found is not None
    assert (found.claim, found.count) == (7, 3 * 91)


def test_nothing_is_shown_before_there_is_a_claim_nor_after_it_has_ended(west: Counting, clock: StepClock) -> None:
    writer = HeartbeatWriter(west, SERVICE, clock, Host())
    writer.beat()
    writer.hand_over("place", 600)
    with writer.quiet("a long call", 60):
        writer.beat()
    assert west.written == 0
    writer.work_for(7)
    writer.beat()
    writer.rest()
    clock.now_s = 5
    writer.beat()
    assert west.written == 1


def test_many_threads_write_one_at_a_time_and_none_waits_for_another(west: Counting, writer: HeartbeatWriter) -> None:
    inside, go_on, real = threading.Event(), threading.Event(), west.set_xattr

    def slowly(path: str, name: str, value: bytes) -> None:
        inside.set()
        assert go_on.wait(30)
        real(path, name, value)

    west.set_xattr = slowly  # type: ignore[method-assign]
    first = threading.Thread(target=writer.beat)
    first.start()
    assert inside.wait(30)
    writer.beat()  # returns at once, or this test does not end
    go_on.set()
    first.join(30)
    assert west.written == 1


def test_a_long_call_announces_itself_and_what_moves_beside_it_does_not_hide_that(
    west: Counting, clock: StepClock, writer: HeartbeatWriter
) -> None:
    with writer.quiet("the checksum of /a %", 100.0), writer.quiet("another", 20.0):
        assert shown(west) == Heartbeat(7, 0, Host().me(), "the checksum of /a %", 100.0)
        clock.now_s = 30
        writer.beat()
        found = shown(west)
        assert found is not None
        assert (found.awaits, found.quiet_s) == ("the checksum of /a %", 70.0)
    writer.beat()
    found = shown(west)
    assert found is not None
    assert (found.awaits, found.quiet_s) == ("", 0.0)


def test_work_of_our_own_announces_itself_only_when_it_may_take_long(west: Counting, writer: HeartbeatWriter) -> None:
    with writer.working("a small plan", 20_000):
        assert west.written == 0
    with writer.working("a large plan", 1_000_000):
        found = shown(west)
        assert found is not None
        assert (found.awaits, found.quiet_s) == ("a large plan", 200.0)


def test_items_that_are_worked_through_move(west: Counting, clock: StepClock, writer: HeartbeatWriter) -> None:
    def slow() -> Iterator[int]:
        for number in range(5000):
            clock.now_s += 0.002
            yield number

    assert list(writer.along(slow())) == list(range(5000))
    assert west.written == 5


def test_nothing_is_written_while_every_millisecond_counts_and_not_for_longer(
    west: Counting, clock: StepClock, writer: HeartbeatWriter
) -> None:
    clock.now_s = 100
    writer.hush()
    writer.beat()
    assert west.written == 0
    clock.now_s = 110
    writer.beat()
    assert west.written == 1
    writer.hush()
    writer.speak()
    clock.now_s = 112
    writer.beat()
    assert west.written == 2


def test_waiting_for_a_moment_moves_and_leaves_its_last_second_alone(
    west: Counting, clock: StepClock, writer: HeartbeatWriter
) -> None:
    asked: list[float] = []
    writer.sleep_until(10.5, lambda: asked.append(clock.now_s))
    assert clock.now_s == 10.5
    assert west.written == 10
    assert max(asked) < 6


def test_a_heartbeat_that_cannot_be_written_ends_nothing_and_is_told_once(
    west: Counting, writer: HeartbeatWriter
) -> None:
    west.silent = True
    writer.beat()
    assert "progress could not be shown" in writer.take_problem()
    assert writer.take_problem() == ""


# ---------------------------------------------------------------------- ports that report


class Silent(MemoryNameNode):
    def status(self, path: str) -> Any:
        raise Unreachable("west", "no answer")


def test_an_answer_is_reported_and_a_request_without_one_is_not() -> None:
    relay, told, cluster = Relay(), list[int](), MemoryCluster("west")
    relay.to = told.append
    west = reporting_namenode(MemoryNameNode(cluster), relay)
    west.make_directory("/a %", 0o755)
    assert (told, west.site) == ([1], "west")
    with pytest.raises(NotFound):
        west.status("/b")  # an answer, too
    assert told == [1, 1]
    with pytest.raises(Unreachable):
        reporting_namenode(Silent(cluster), relay).status("/a %")
    assert told == [1, 1]


def test_what_comes_in_pieces_is_reported_piece_by_piece_as_it_is_taken() -> None:
    relay, told, cluster = Relay(), list[int](), MemoryCluster("west")
    west = reporting_namenode(MemoryNameNode(cluster), relay)
    for name in ("b", "c ü"):
        west.make_directory(f"/a %/{name}", 0o755)
    relay.to = told.append
    listing = west.list("/a %")
    assert told == []
    next(listing)
    assert told == [1]
    assert [one.name for one in listing] == ["c ü"]
    assert told == [1, 1, 1]  # the end is an answer as well
    assert list(west.list("/a %/b")) == []
    assert told == [1, 1, 1, 1]


def test_a_checksum_of_a_file_of_many_blocks_announces_how_long_it_may_take() -> None:
    relay, said = Relay(), list[tuple[str, float]]()
    blocks = {"/large %": 40_000, "/small": 3}

    class Files(MemoryNameNode):
        def blocks(self, path: str) -> Blocks:
            return Blocks(tuple(Block(number, 128) for number in range(blocks[path])))

        def checksum(self, path: str) -> Checksum:
            return Checksum("sum", path)

    class Saying:
        def __init__(self, what: str, for_s: float) -> None:
            said.append((what, for_s))

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    relay.quiet = Saying  # type: ignore[assignment]
    west = reporting_namenode(Files(MemoryCluster("west")), relay)
    for path in blocks:
        west.blocks(path)
        assert west.checksum(path).value == path
    assert said == [("the checksum of /large %", 800.0)]


def test_a_large_document_announces_how_long_writing_it_may_take() -> None:
    relay, said, cluster = Relay(), list[str](), MemoryCluster("west")

    class Saying:
        def __init__(self, what: str, for_s: float) -> None:
            said.append(f"{what} for {for_s:.0f} s")

        def __enter__(self) -> None: ...

        def __exit__(self, *_: object) -> None: ...

    relay.quiet = Saying  # type: ignore[assignment]
    files = reporting_files(MemoryFiles(cluster), relay)
    files.put("/d/small", b"x")
    files.put("/d/large %", bytes(40 << 20))
    assert said == ["writing /d/large % for 20 s"]


def test_a_query_that_goes_on_moves_each_time_the_server_says_so() -> None:
    clock, told = StepClock(), list[int]()
    queries = HiveServer2Queries("west", "host:1", clock, plain=lambda *_: None, sasl=lambda *_: lambda *__: None,
                                 report=told.append)  # fmt: skip
    states = iter([1] * 250 + [2])  # RUNNING_STATE, then FINISHED_STATE
    cursor = SimpleNamespace(poll=lambda: SimpleNamespace(operationState=next(states), errorMessage=None))
    queries._wait(cursor, "select 1")
    assert len(told) == 250
    assert clock.now_s == pytest.approx(25.0)


def count_of(writer: HeartbeatWriter, west: Counting) -> int:
    """What was achieved so far, as the end of the process shows it."""
    writer.hand_over("plan", 10.0)
    handed = shown(west)
    assert handed is not None
    return handed.count


def test_what_is_handed_over_says_who_did_how_much_and_nothing_is_shown_afterwards(
    west: Counting, writer: HeartbeatWriter, clock: StepClock
) -> None:
    writer.beat(5)
    writer.beat()
    writer.hand_over("plan", 10.0)
    handed = shown(west)
    assert handed == Heartbeat(7, 7, Host().me(), "plan", 10.0)
    written, clock.now_s = west.written, clock.now_s + 60
    writer.beat()
    assert (west.written, shown(west)) == (written, handed)


@pytest.mark.parametrize(("items", "counted"), [(0, 0), (999, 0), (1000, 1000), (2999, 2000)])
def test_what_is_worked_through_counts_by_the_thousand(
    west: Counting, writer: HeartbeatWriter, items: int, counted: int
) -> None:
    assert list(writer.along(range(items))) == list(range(items))
    assert count_of(writer, west) == counted + 1


def test_of_several_long_things_the_one_that_may_take_longest_is_named(
    west: Counting, writer: HeartbeatWriter
) -> None:
    with writer.quiet("a listing", 100.0), writer.quiet("packing", 5.0):
        found = shown(west)
        assert found is not None
        assert (found.awaits, found.quiet_s) == ("a listing", 100.0)


def test_a_wait_of_a_second_writes_nothing_and_one_of_five_asks_nobody_for_the_claim(
    west: Counting, writer: HeartbeatWriter, clock: StepClock
) -> None:
    writer.sleep_until(clock.now_s + 1.0)
    assert west.written == 0
    writer.sleep_until(clock.now_s + 5.0, lambda: pytest.fail("asked for its claim"))


def test_work_of_five_seconds_is_not_announced(west: Counting, writer: HeartbeatWriter) -> None:
    with writer.working("packing", 25_000):
        assert shown(west) is None
    with writer.working("packing", 25_001):
        assert shown(west) is not None


def test_before_anything_failed_there_is_no_problem_to_tell(writer: HeartbeatWriter) -> None:
    assert writer.take_problem() == ""


def test_what_earlier_claims_showed_goes_and_nothing_else(west: Counting) -> None:
    names = ["user.progress.5", "user.progress.6", "user.progress.7", "user.progress.x", "user.other 3"]
    for name in names:
        west.set_xattr(SERVICE, name, b"1")
    forget_heartbeats(west, SERVICE, 7)
    assert [name for name, _ in west.extras(SERVICE).xattrs] == sorted(names[2:])


def test_what_cannot_be_forgotten_ends_nothing(west: Counting) -> None:
    forget_heartbeats(west, "/no such directory", 7)
    west.set_xattr(SERVICE, "user.progress.5", b"1")
    west.remove_xattr = silent  # type: ignore[method-assign]
    forget_heartbeats(west, SERVICE, 7)


def silent(path: str, name: str) -> None:
    raise Unreachable("west", "no answer")


def test_nobody_asks_for_an_acl_to_see_who_works(west: Counting) -> None:
    real, asked = west.extras, list[bool]()
    west.extras = lambda path, acl=True: (asked.append(acl), real(path))[1]  # type: ignore[method-assign]
    shown(west)
    forget_heartbeats(west, SERVICE, 7)
    assert asked == [False, False]


def test_a_wait_ends_whatever_the_moment_where_only_waiting_lets_time_pass() -> None:
    """About one moment of eighty, times a thousand and divided by it, is a little less than it was."""
    moments = [1_790_000_000 + step / 997 for step in range(1_000)]
    assert any(moment * 1000 / 1000 < moment for moment in moments)
    for moment in moments:
        clock = world.StepClock()
        clock.look_ms = 0.0
        clock.sleep_until(moment)
        assert clock.monotonic_s() >= moment
