"""What a connection to a ZooKeeper says of a request that got no answer, or a strange one (faults 49, 51)."""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from hadoop_dr.adapters.zookeeper import ZooKeeperCoordinator, ZooKeeperSettings
from hadoop_dr.domain.errors import NotFound, Unknown, Unreachable
from support.fake_zookeeper import FakeZooKeeper, fake_zookeeper

PATH = "/hadoop-dr/a b/e%20/ü+"
_HEAD = ">iiqi"
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
    silent.set()
    assert coordinator.read(PATH) is None
    assert server.seen > 1


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
    one.close()
    with pytest.raises(Unreachable, match="given back"):
        one.read(PATH)
