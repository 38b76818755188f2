"""A file arrives whole, with its attributes, in bounded memory, or it is told why not (I6, I11)."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from hadoop_dr.adapters.native import NativeMover, loop
from hadoop_dr.adapters.native import site as site_module
from hadoop_dr.adapters.native.copying import ShortFile, Streams
from hadoop_dr.adapters.native.operations import KEEP_ATIME
from hadoop_dr.adapters.native.site import SiteClient
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import Failed
from hadoop_dr.ports.mover import Copy, Did, Digest, MakeDirectory, Meter, MoverLimits, Outcome, Read, Remove
from support.fast_loop import run_fast

ORIGIN, TARGET = "/data/.snapshot/s 1/a b%20+ü", "/data/.hadoop-dr/stage/#7"
STANDBY = RuntimeError('RPCError("org.apache.hadoop.ipc.StandbyException", "standby")')
DEAD_DATANODE = RuntimeError("DataTransferError: the DataNode died")
_number = count(1)


class Library:
    """The library's client of one site, over files in memory.

    Attributes:
        asked: What was asked for, and with what.
        fails: Method -> the errors of its next requests.
        takes_s: How long each piece of a file takes on its way.
        loses: So many bytes of each piece that is read do not come.
    """

    def __init__(self) -> None:
        self.files, self.status = dict[str, bytes](), dict[str, SimpleNamespace]()
        self.asked, self.fails = list[tuple[object, ...]](), dict[str, list[BaseException]]()
        self.takes_s, self.loses, self.open = 0.0, 0, set[str]()

    def _ask(self, name: str, *words: object) -> None:
        self.asked.append((name, *words))
        if self.fails.get(name):
            raise self.fails[name].pop(0)

    def __getattr__(self, name: str) -> Any:
        async def request(*words: object) -> bool:
            self._ask(name, *words)
            return True

        return request

    async def read(self, path: str) -> Any:
        self._ask("read", path)

        async def read_range(offset: int, length: int) -> bytes:
            self._ask("read_range", offset, length)
            await asyncio.sleep(self.takes_s)
            return self.files[path][offset:offset + length - self.loses]

        return SimpleNamespace(size=len(self.files[path]), read_range=read_range)

    async def create(self, path: str, options: Any) -> Any:
        self._ask("create", path, options.block_size, options.replication, options.permission, options.overwrite,
                  options.create_parent)  # fmt: skip
        self.files[path] = b""
        self.open.add(path)
        self.status.setdefault(path, SimpleNamespace(owner="hdfs", group="hadoop", permission=options.permission))

        async def write(chunk: bytes) -> None:
            self._ask("write", len(chunk))
            await asyncio.sleep(self.takes_s)
            self.files[path] += chunk

        async def close() -> None:
            self._ask("close")
            self.open.discard(path)

        return SimpleNamespace(write=write, close=close)

    async def get_file_info(self, path: str) -> SimpleNamespace:
        assert path not in self.open, "it is looked at once it is closed"
        self._ask("get_file_info", path)
        return SimpleNamespace(length=len(self.files[path]), **vars(self.status[path]))

    def changes(self) -> list[tuple[object, ...]]:
        """What was set."""
        return [one for one in self.asked if str(one[0]).startswith("set_")]

    def times(self, name: str) -> int:
        """How often that was asked for."""
        return sum(one[0] == name for one in self.asked)


class Pair:
    """Two sites, the origin of which has one file."""

    def __init__(self, content: bytes = bytes(range(250)) * 4) -> None:
        self.east, self.west = Library(), Library()
        self.east.files[ORIGIN] = self.west.files[ORIGIN] = content
        number = next(_number)
        self.addresses = [HdfsAddress(name, (f"{name}{number}:1",), ()) for name in ("east", "west")]
        self.libraries = dict(zip(self.addresses, (self.east, self.west), strict=True))
        self.meter = Meter()

    def sites(self) -> list[SiteClient]:
        return [SiteClient(address, 60.0, 8) for address in self.addresses]

    def copied(self, job: Copy, limits: MoverLimits | None = None) -> Digest:
        return run_fast(Streams(limits or MoverLimits(), self.meter).copy(*self.sites(), job))

    def mover(self, limits: MoverLimits | None = None) -> NativeMover:
        return NativeMover(*self.addresses, limits or MoverLimits())


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Pair:
    made = Pair()
    monkeypatch.setattr(site_module, "client_of", lambda address, first: made.libraries[address])
    return made


@pytest.fixture
def mover(pair: Pair) -> Iterator[NativeMover]:
    made = pair.mover()
    yield made
    made.close()


JOB = Copy(7, ORIGIN, TARGET, 0, 1000, 2, 1 << 20, "hdfs", "hadoop", 0o640, 99)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def digests(results: Iterable[Digest | Outcome]) -> dict[int, Digest | Outcome]:
    return {one.key: one for one in results}


@pytest.mark.parametrize(("offset", "length"), [(0, 1000), (1, 998), (0, 0), (1000, 0), (400, 600)])
def test_the_wanted_bytes_arrive_in_a_new_file_and_are_digested(pair: Pair, offset: int, length: int) -> None:
    wanted = pair.east.files[ORIGIN][offset:offset + length]
    assert pair.copied(replace(JOB, offset=offset, length=length)) == Digest(7, sha256(wanted), length)
    assert (pair.west.files[TARGET], pair.west.open, pair.meter.bytes) == (wanted, set(), length)
    assert pair.west.asked[0] == ("create", TARGET, 1 << 20, 2, 0o640, True, False)


@pytest.mark.parametrize(("job", "changes"), [
    (JOB, []),
    (replace(JOB, owner="al ü"), [("set_owner", TARGET, "al ü", "hadoop")]),
    (replace(JOB, group="us"), [("set_owner", TARGET, "hdfs", "us")]),
    (replace(JOB, mode=0o1777), [("set_permission", TARGET, 0o1777)])])  # the sticky bit cannot be made
def test_the_new_file_gets_what_it_has_not_yet_and_its_time_last(
        pair: Pair, job: Copy, changes: list[tuple[object, ...]]) -> None:
    pair.copied(job)
    assert pair.west.changes() == [*changes, ("set_times", TARGET, 99, KEEP_ATIME)]
    assert pair.west.asked[-1][0] == "set_times"


@pytest.mark.parametrize(("length", "told"), [
    (1001, f"{ORIGIN} holds 1000 bytes, 1002 are wanted"), (999, "")])
def test_a_file_that_is_too_short_is_told_before_anything_is_made_and_one_that_grew_is_fine(
        pair: Pair, length: int, told: str) -> None:
    job = replace(JOB, offset=1, length=length)
    if not told:
        assert pair.copied(job).length == length
        return
    with pytest.raises(ShortFile) as short:
        pair.copied(job)
    assert (str(short.value), pair.west.asked) == (told, [])
    with pytest.raises(ShortFile) as short:
        run_fast(Streams(MoverLimits(), Meter()).digest(pair.sites()[0], Read(7, ORIGIN, 1, length)))
    assert str(short.value) == told


@pytest.mark.parametrize("limits", [MoverLimits(buffer_bytes=300), MoverLimits(bandwidth_bytes_s=300)])
def test_a_file_comes_in_pieces_of_what_memory_and_bandwidth_allow(pair: Pair, limits: MoverLimits) -> None:
    assert pair.copied(JOB, limits).sha256 == sha256(pair.east.files[ORIGIN])
    pieces = [(0, 300), (300, 300), (600, 300), (900, 100)]
    assert [one[1:] for one in pair.east.asked if one[0] == "read_range"] == pieces
    assert [one[1] for one in pair.west.asked if one[0] == "write"] == [300, 300, 300, 100]


def test_a_piece_larger_than_a_switch_of_threads_costs_is_digested_all_the_same(pair: Pair) -> None:
    pair.east.files[ORIGIN] = content = os.urandom(1 << 20)
    for most in (1 << 20, (256 << 10) + 1, 256 << 10, (256 << 10) - 1):
        assert pair.copied(replace(JOB, length=1 << 20), MoverLimits(buffer_bytes=most)).sha256 == sha256(content)


def test_of_a_piece_that_comes_short_it_is_told_and_its_memory_is_free_for_others(pair: Pair) -> None:
    streams, pair.east.loses = Streams(MoverLimits(buffer_bytes=300), pair.meter), 1
    with pytest.raises(ShortFile) as short:
        run_fast(streams.copy(*pair.sites(), JOB))
    assert (str(short.value), pair.meter.bytes) == ("299 bytes instead of 300 came from offset 0", 0)
    pair.east.loses = 0
    assert run_fast(streams.copy(*pair.sites(), JOB)).length == 1000


def test_files_under_way_hold_no_more_than_the_memory_there_is_and_take_no_more_than_the_bandwidth(pair: Pair) -> None:
    async def both() -> float:
        began_s = asyncio.get_running_loop().time()
        streams = Streams(MoverLimits(buffer_bytes=500, bandwidth_bytes_s=100), pair.meter)
        for library in (pair.east, pair.west):
            library.takes_s = 0.1
        await asyncio.gather(*(
            streams.copy(*pair.sites(), replace(JOB, key=key, destination=f"{TARGET}{key}")) for key in range(3)))
        assert streams._memory.try_take(500), "all of it was given back"
        return asyncio.get_running_loop().time() - began_s

    assert run_fast(both()) == pytest.approx(30.2, abs=0.1)


@pytest.mark.parametrize(("takes_s", "first", "second"), [
    (2.5, 4 << 20, 4 << 20), (2.6, 4 << 20, 1 << 20), (2.6, 128 << 10, 64 << 10), (2.6, 40 << 10, 40 << 10)])
def test_on_a_thin_line_pieces_become_smaller_so_that_something_comes_through_sooner(
        pair: Pair, takes_s: float, first: int, second: int) -> None:
    """Its reading and its writing count together; where a file is only read back, its reading alone."""
    pair.east.files[ORIGIN] = bytes(first + second + 1)
    pair.east.takes_s = pair.west.takes_s = takes_s
    limits = MoverLimits(buffer_bytes=first)
    pair.copied(replace(JOB, length=first + second + 1), limits)
    assert [one[2] for one in pair.east.asked if one[0] == "read_range"] == [first, second, 1]
    pair.east.asked.clear()
    pair.east.takes_s = 2 * takes_s
    run_fast(Streams(limits, pair.meter).digest(pair.sites()[0], Read(7, ORIGIN, 0, first + second + 1)))
    assert [one[2] for one in pair.east.asked if one[0] == "read_range"] == [first, second, 1]


def test_a_new_file_that_has_not_all_bytes_after_its_close_is_told(pair: Pair) -> None:
    pair.east.files[TARGET] = b""

    async def losing(path: str) -> SimpleNamespace:
        return SimpleNamespace(length=999, owner="hdfs", group="hadoop", permission=0o640)

    pair.west.get_file_info = losing  # type: ignore[method-assign]
    with pytest.raises(ShortFile) as short:
        pair.copied(JOB)
    assert str(short.value) == f"{TARGET} holds 999 bytes after 1000 were written"
    assert pair.west.changes() == [], "its time would say that all is done"


def test_reading_back_takes_the_wanted_bytes_and_writes_none(pair: Pair) -> None:
    job = Read(7, ORIGIN, 10, 980)
    told = run_fast(Streams(MoverLimits(buffer_bytes=300), pair.meter).digest(pair.sites()[0], job))
    assert told == Digest(7, sha256(pair.east.files[ORIGIN][10:990]), 980)
    assert {one[0] for one in pair.east.asked} == {"read", "read_range"}


def test_files_that_are_open_are_gone_on_with_before_others_are_begun(
        pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = list[bool]()
    real = SiteClient.call

    async def call(self: SiteClient, ask: Any, *, begins: bool = False) -> Any:
        begun.append(begins)
        return await real(self, ask, begins=begins)

    monkeypatch.setattr(SiteClient, "call", call)
    pair.copied(replace(JOB, mode=0o1777, owner="al"))
    assert begun == [True, True, False, False, False, False]
    begun.clear()
    run_fast(Streams(MoverLimits(), Meter()).digest(pair.sites()[0], Read(7, ORIGIN, 0, 1)))
    assert begun == [True]


# -- the mover


def test_files_are_copied_and_read_back_on_the_destination_and_counted(pair: Pair, mover: NativeMover) -> None:
    content = pair.east.files[ORIGIN]
    wanted = {key: Digest(key, sha256(content), 1000) for key in range(5)}
    assert digests(mover.copy(replace(JOB, key=key, destination=f"{TARGET}{key}") for key in range(5))) == wanted
    assert pair.west.files[f"{TARGET}4"] == content
    asked = len(pair.east.asked)
    assert digests(mover.digest([Read(9, f"{TARGET}4", 0, 1000)])) == {9: Digest(9, sha256(content), 1000)}
    assert len(pair.east.asked) == asked
    assert list(mover.apply([MakeDirectory(3, TARGET), Remove(3, TARGET)])) == [Outcome(3, Did.DONE)] * 2
    assert {"mkdirs", "delete"} <= {one[0] for one in pair.west.asked}
    assert (mover.meter.files, mover.meter.bytes, mover.meter.operations, mover.meter.failed) == (6, 6000, 2, [])


@pytest.mark.parametrize(("where", "method", "error"), [
    ("west", "create", STANDBY), ("east", "read", STANDBY), ("west", "write", DEAD_DATANODE),
    ("east", "read_range", DEAD_DATANODE), ("west", "close", OSError("broken pipe"))])
def test_a_file_that_meets_a_failover_or_loses_a_datanode_is_begun_again(
        pair: Pair, mover: NativeMover, where: str, method: str, error: BaseException) -> None:
    library = pair.east if where == "east" else pair.west
    library.fails[method] = [error]
    assert digests(mover.copy([JOB])) == {7: Digest(7, sha256(pair.east.files[ORIGIN]), 1000)}
    assert pair.west.files[TARGET] == pair.east.files[ORIGIN]
    assert library.times(method) == 2
    pair.west.fails["read"] = [STANDBY, DEAD_DATANODE]
    assert digests(mover.digest([Read(8, TARGET, 0, 1000)])) == {8: Digest(8, sha256(pair.east.files[ORIGIN]), 1000)}
    assert (mover.meter.files, mover.meter.failed) == (2, [])


def test_what_became_of_a_file_that_failed_is_told_with_its_path_and_the_others_are_copied(
        pair: Pair, mover: NativeMover) -> None:
    pair.east.files["/short ü"] = b"1"
    pair.west.fails["create"] = [FileNotFoundError("no parent ü")]
    assert digests(mover.copy([JOB])) == {7: Outcome(7, Did.NO_SOURCE, "no parent ü")}
    short = "/short ü holds 1 bytes, 1000 are wanted"
    told = digests(mover.copy([replace(JOB, key=8, origin="/short ü"), replace(JOB, key=9)]))
    assert (told[8], type(told[9])) == (Outcome(8, Did.FAILED, short), Digest)
    pair.west.fails["read"] = [FileNotFoundError("gone")]
    assert digests(mover.digest([Read(5, "/a ü", 0, 1)])) == {5: Outcome(5, Did.NO_SOURCE, "gone")}
    assert mover.meter.failed == [f"{TARGET}: no parent ü", f"{TARGET}: {short}", "/a ü: gone"]
    assert mover.meter.files == 1


def test_of_endless_failures_a_thousand_are_kept(pair: Pair, mover: NativeMover) -> None:
    pair.east.files[ORIGIN] = b""
    assert len(list(mover.copy(replace(JOB, key=key) for key in range(1005)))) == 1005
    assert len(mover.meter.failed) == 1000


def test_after_its_deadline_a_site_that_does_not_serve_is_given_up(pair: Pair) -> None:
    mover = pair.mover(MoverLimits(deadline_s=0.25))
    pair.west.fails["create"] = [STANDBY] * 99
    [told] = mover.copy([JOB])
    assert isinstance(told, Outcome)
    assert "StandbyException" in told.detail
    assert pair.west.times("create") in (2, 3)
    mover.close()


def test_while_a_file_is_copied_it_is_told_that_bytes_come_through(
        pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "_LOOK_EVERY_S", 0.01)
    told = list[int]()
    mover = NativeMover(*pair.addresses, MoverLimits(buffer_bytes=100), told.append)
    pair.west.takes_s = 0.02
    assert digests(mover.copy([JOB])).keys() == {7}
    assert set(told) == {1}
    mover.close()


def test_what_ends_the_work_itself_is_no_outcome_of_a_file(pair: Pair) -> None:
    async def one(error: BaseException) -> Any:
        async def attempt() -> Digest:
            raise error

        return await pair.mover()._file(7, TARGET, pair.sites()[1], attempt)

    with pytest.raises(asyncio.CancelledError):
        run_fast(one(asyncio.CancelledError()))
    assert isinstance(run_fast(one(BaseException("a panic of the library"))), Outcome)


def test_connections_begin_with_the_first_call_and_again_after_a_fork(
        pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    mover = pair.mover()
    assert mover._running is None
    list(mover.copy([JOB]))
    first = mover._running
    list(mover.copy([JOB]))
    assert mover._running is first
    assert first is not None
    assert first.thread._thread.name == "mover-east-west"
    real = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: real + 1)
    list(mover.copy([JOB]))
    assert mover._running is not first
    mover.close()
    assert not first.thread.loop.is_closed(), "the parent's, which is none of a child's business"
    first.thread.close()


def test_a_mover_that_is_closed_says_so(pair: Pair) -> None:
    mover = pair.mover()
    list(mover.copy([JOB]))
    engine = mover._running
    assert engine is not None
    mover.close()
    assert engine.thread.loop.is_closed()
    for ask in (lambda: mover.copy([]), lambda: mover.digest([]), lambda: mover.apply([])):
        with pytest.raises(Failed) as told:
            list(ask())
        assert str(told.value) == "mover east to west: is closed. Make another one"
    mover.close()
    pair.mover().close()
