"""What a connection to a ZooKeeper says of a request that got no answer, or a strange one (faults 49, 51)."""

from __future__ import annotations

import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from kazoo.protocol.states import KazooState

from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator, ZooKeeperSettings
from hadoop_dr.adapters.zookeeper.connection import Connection
from hadoop_dr.domain.errors import AccessDenied, NotFound, Unknown, Unreachable
from support.fake_zookeeper import FakeZooKeeper, fake_zookeeper

PATH = "/hadoop-dr/a b/e%20/ü+"
_HEAD = ">iiqi"
_EXISTS = 3
DIES = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
"""The library's thread ends with what it does not understand."""


@pytest.fixture
def server() -> Iterator[FakeZooKeeper]:
    logging.getLogger("kazoo").setLevel(logging.CRITICAL)
    with fake_zookeeper(FakeZooKeeper()) as one:
        one.before_each.set()
        yield one
    logging.getLogger("kazoo").setLevel(logging.NOTSET)


@pytest.fixture
def coordinator(server: FakeZooKeeper) -> Iterator[ZooKeeperCoordinator]:
    one = ZooKeeperCoordinator(server.address, "east", ZooKeeperSettings(timeout_s=2.0, session_s=4.0))
    yield one
    one.close()


def nth(number: int, other: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Spoils one answer; the handshakes count, too."""
    given = 0

    def spoil(answer: bytes) -> bytes:
        nonlocal given
        given += 1
        return other(answer) if given == number else answer
    return spoil


def to_another_question(answer: bytes) -> bytes:
    length, xid, zxid, error = struct.unpack_from(_HEAD, answer)
    return struct.pack(_HEAD, length, xid + 40, zxid, error) + answer[20:]


def done_in_a_strange_way(answer: bytes) -> bytes:
    """No error, and no node's state behind it."""
    _, xid, zxid, _ = struct.unpack_from(_HEAD, answer)
    return struct.pack(_HEAD, 17, xid, zxid, 0) + b"?"


def of_an_unknown_kind(answer: bytes) -> bytes:
    length, xid, zxid, _ = struct.unpack_from(_HEAD, answer)
    return struct.pack(_HEAD, length, xid, zxid, -9_999) + answer[20:]


@DIES
@pytest.mark.parametrize("strange", [to_another_question, done_in_a_strange_way, of_an_unknown_kind])
def test_a_strange_answer_to_a_change_is_a_lost_one_and_is_read_back(
    server: FakeZooKeeper, coordinator: ZooKeeperCoordinator, strange: Callable[[bytes], bytes]
) -> None:
    """Reading back finds that there is no such node; on a connection of its own, since nobody knows what comes next."""
    server.spoil = nth(2, strange)
    with pytest.raises(NotFound, match="the node is gone"):
        coordinator.write(PATH, b"ours", 3)
    assert server.seen == 2


def refused(code: int) -> Callable[[bytes], bytes]:
    def other(answer: bytes) -> bytes:
        length, xid, zxid, _ = struct.unpack_from(_HEAD, answer)
        return struct.pack(_HEAD, length, xid, zxid, code) + answer[20:]
    return other


@pytest.mark.parametrize("code", [-102, -115])
def test_a_right_that_is_missing_is_told_with_site_and_node_and_the_connection_stays(
    server: FakeZooKeeper, coordinator: ZooKeeperCoordinator, code: int
) -> None:
    server.spoil = nth(2, refused(code))
    with pytest.raises(AccessDenied) as told:
        coordinator.write(PATH, b"ours", 3)
    assert str(told.value) == (
        f"east: {PATH}: ZooKeeper refuses access. Give this controller the rights, or the credentials, of whoever made "
        "the node")  # fmt: skip
    assert coordinator.read(PATH) is None
    assert server.seen == 1


def test_nothing_is_sent_on_a_connection_that_was_lost_in_this_moment() -> None:
    """The library would keep it in its queue, and send it whenever it is back."""
    ended, sent = list[str](), list[str]()

    def stop() -> None:
        ended.append("stop")
        raise OSError("broken")

    client = SimpleNamespace(state=KazooState.SUSPENDED, logger=SimpleNamespace(reason=""), stop=stop,
                             close=lambda: ended.append("close"))  # fmt: skip
    one = Connection("zk1:2181", "east", ZooKeeperSettings(timeout_s=0.1))
    one._client = client  # type: ignore[assignment]
    one._connected.set()
    with pytest.raises(Unreachable) as told:
        one.ask(PATH, lambda client: sent.append("sent"))
    assert not sent
    assert told.value.problem == "ZooKeeper does not answer within 0.1 s"
    eventually(lambda: ended == ["stop", "close"])


@dataclass
class Watched(FakeZooKeeper):
    """Remembers which watches were asked for, on which connection, and tells of changes.

    Attributes:
        watches: The number of the connection, and the path.
    """

    watches: list[tuple[int, str]] = field(default_factory=list)

    def _answer(self, connection: socket.socket, request: bytes) -> bool:
        _, kind, length = struct.unpack_from(">iii", request)
        if kind == _EXISTS:
            assert request[-1] == 1, "a look without a watch"
            self.watches.append((self.seen, request[12 : 12 + length].decode()))
        return super()._answer(connection, request)

    def tell(self, path: str) -> None:
        """A node was made."""
        [connection] = self.open
        self._send(connection, struct.pack(">iqiiii", -1, -1, 0, 1, 3, len(path.encode())) + path.encode())


def test_a_watch_stands_again_after_each_event_and_on_each_new_connection_and_wakes_whoever_waits() -> None:
    other = f"{PATH}/other"
    with fake_zookeeper(Watched()) as server:
        assert isinstance(server, Watched)
        server.before_each.set()
        one = ZooKeeperCoordinator(server.address, "east", ZooKeeperSettings(timeout_s=5.0, session_s=4.0))
        woken, too, beside = threading.Semaphore(0), threading.Semaphore(0), threading.Semaphore(0)
        one.watch(PATH, woken.release)
        assert woken.acquire(timeout=10), "what changed before it stood is seen by whoever reads now"
        one.watch(PATH, too.release)
        one.watch(other, beside.release)
        assert beside.acquire(timeout=10)
        assert too.acquire(timeout=10)
        assert set(server.watches) == {(1, PATH), (1, other)}
        drain(woken, too, beside)

        before = server.watches.count((1, PATH))
        server.tell(PATH)
        for waits in (woken, too):
            assert waits.acquire(timeout=10)
        eventually(lambda: server.watches.count((1, PATH)) > before)
        drain(woken, too)

        for connection in list(server.open):
            connection.shutdown(socket.SHUT_RDWR)
        eventually(lambda: {(2, PATH), (2, other)} <= set(server.watches))
        for waits in (woken, too, beside):
            assert waits.acquire(timeout=10)
        one.close()
        with pytest.raises(Unreachable, match="is closed"):
            one.watch(PATH, woken.release)
        drain(woken)
        one._connection._wake(PATH)  # an answer that was under way
        assert not woken.acquire(blocking=False)


@pytest.mark.parametrize(("state", "in_use", "armed"), [
    (KazooState.CONNECTED, True, True),
    (KazooState.SUSPENDED, True, False),      # the library would arm it some time later, and nobody would be woken now
    (KazooState.CONNECTED, False, False),     # of a client that was thrown away
])
def test_after_an_event_a_watch_is_armed_where_there_is_a_connection_and_else_whoever_waits_is_woken(
    state: str, in_use: bool, armed: bool
) -> None:
    watches, woken = list[Callable[[object], None]](), threading.Semaphore(0)

    def exists_async(path: str, watch: Callable[[object], None]) -> SimpleNamespace:
        assert path == PATH
        watches.append(watch)
        return SimpleNamespace(rawlink=lambda answered: None)

    one = Connection("zk1:2181", "east", ZooKeeperSettings())
    client = SimpleNamespace(state=state, exists_async=exists_async)
    one._client = client if in_use else None  # type: ignore[assignment]
    one._watches[PATH] = [woken.release]
    one._arm(client, PATH)  # type: ignore[arg-type]
    watches[0](None)
    assert (len(watches) == 2, woken.acquire(blocking=False)) == (armed, not armed)


def test_while_there_is_no_connection_whoever_waits_is_woken_to_see_it(
    server: FakeZooKeeper, coordinator: ZooKeeperCoordinator
) -> None:
    """Nobody would tell of a change now."""
    woken = threading.Semaphore(0)
    coordinator.watch(PATH, woken.release)
    assert woken.acquire(timeout=10)
    drain(woken)
    server.before_each.clear()
    for connection in list(server.open):
        connection.shutdown(socket.SHUT_RDWR)
    assert woken.acquire(timeout=10)


def drain(*semaphores: threading.Semaphore) -> None:
    for one in semaphores:
        while one.acquire(blocking=False):
            pass


def eventually(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not true():
        assert time.monotonic() < until, "the condition did not come true in time"
        time.sleep(0.01)


@DIES
@pytest.mark.parametrize("strange", [to_another_question, done_in_a_strange_way])
def test_a_strange_answer_to_a_question_is_asked_for_again(
    server: FakeZooKeeper, coordinator: ZooKeeperCoordinator, strange: Callable[[bytes], bytes]
) -> None:
    server.spoil = nth(3, strange)
    assert coordinator.read(PATH) is None
    assert server.seen == 2


def test_a_server_that_takes_a_change_and_says_nothing_leaves_it_unknown_and_is_asked_on_a_new_connection(
    server: FakeZooKeeper, coordinator: ZooKeeperCoordinator
) -> None:
    assert coordinator.read(PATH) is None
    silent = threading.Event()
    server.spoil = lambda answer: b"" if not silent.is_set() else answer
    began_s = time.monotonic()
    with pytest.raises(Unknown):
        coordinator.write(PATH, b"ours", 3)
    assert time.monotonic() - began_s < 60
    ending = [thread for thread in threading.enumerate() if thread.name == "zookeeper-end"]
    assert ending, "which waits for a server that does not answer, and nobody for it"
    assert all(thread.daemon for thread in ending), "nor a process that ends"
    silent.set()
    assert coordinator.read(PATH) is None
    assert server.seen > 1
    eventually(lambda: len(server.open) == 1)
    coordinator.close()
    eventually(lambda: not server.open)


def test_a_connection_that_breaks_costs_a_question_one_answer(
    server: FakeZooKeeper, coordinator: ZooKeeperCoordinator
) -> None:
    assert coordinator.read(PATH) is None

    def breaks(answer: bytes) -> bytes:
        server.spoil = lambda answer: answer
        raise OSError("broken")

    server.spoil = breaks
    assert coordinator.read(PATH) is None


def test_nothing_is_sent_to_a_server_that_does_not_shake_hands(server: FakeZooKeeper) -> None:
    server.before_each.clear()
    one = ZooKeeperCoordinator(server.address, "east ü", ZooKeeperSettings(timeout_s=0.3))
    for ask in (lambda: one.read(PATH), lambda: one.write(PATH, b"ours", 3), lambda: one.create(PATH, b"ours"),
                lambda: one.watch(PATH, lambda: None)):
        with pytest.raises(Unreachable, match=r"ZooKeeper does not answer within 0.3 s") as told:
            ask()
        assert told.value.subject == f"east ü ({server.address})"
        assert told.value.remedy == "Start that ZooKeeper, or repair the network to it"
    one.close()
    with pytest.raises(Unreachable) as told:
        one.read(PATH)
    assert str(told.value) == f"east ü ({server.address}): the connection is closed. Run the command again"
