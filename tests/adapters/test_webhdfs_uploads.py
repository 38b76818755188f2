"""A document on a slow line: the deadline counts silence, not the whole of it (I11)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from hadoop_dr.adapters.webhdfs.client import Deadlines, OneNameNode, simple_session
from hadoop_dr.adapters.webhdfs.errors import Lost
from hadoop_dr.adapters.webhdfs.uploads import Upload

SOON = Deadlines(connect_s=0.5, read_s=0.5, checksum_s=5)
LENGTH, PIECE = 16 << 20, 256 << 10
CONTENT = bytes(range(256)) * (LENGTH // 256)


class SlowReader:
    """A server that takes a body piece by piece, with a rest between, and answers when it has all of it.

    Args:
        takes: How many bytes it takes before it takes no more.
    """

    def __init__(self, rest_s: float, takes: int = LENGTH) -> None:
        self._rest_s, self._takes, self.got = rest_s, takes, b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, PIECE)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection, suppress(OSError):
                    while self._one(connection):
                        pass

    def _one(self, connection: socket.socket) -> bool:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (more := connection.recv(1)):
                return False
            head += more
        [length] = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
        self.got = b""
        while len(self.got) < min(length, self._takes):
            self.got += connection.recv(PIECE)
            time.sleep(self._rest_s)  # that is what it is: a line on which a piece takes so long
        if length > self._takes:
            self.ended.wait(60)
            return False
        connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
        return True

    def close(self) -> None:
        self.ended.set()
        self._listener.close()


@pytest.fixture
def session() -> Iterator[requests.Session]:
    one = simple_session("hdfs")()
    yield one
    one.close()


def test_a_long_document_on_a_slow_line_arrives_whole_and_shows_that_it_moves(session: requests.Session) -> None:
    server, moved = SlowReader(0.05), list[int]()
    silence = Deadlines(connect_s=1.5, read_s=1.5)  # a busy machine stands still for half a second
    node = OneNameNode(server.url, session, silence)
    try:
        for content in (b"short", CONTENT):  # the second goes on the connection of the first
            began = time.monotonic()
            answer = node.exchange("PUT", f"{server.url}/webhdfs/v1/a b", data=content, moved=moved.append)
            took_s = time.monotonic() - began
            assert (answer.status_code, server.got == content) == (201, True)
        assert took_s > 2 * silence.read_s
        assert len(moved) > 100
    finally:
        server.close()


def test_each_piece_of_a_body_is_told_once_the_one_before_has_left() -> None:
    moved = list[int]()
    body = Upload("a ü+".encode(), 1.5, moved.append)
    assert [(body.read(2), len(moved)) for _ in range(4)] == [(b"a ", 0), (b"\xc3\xbc", 1), (b"+", 2), (b"", 3)]
    assert (moved, body.silence_s) == ([1] * 3, 1.5)


@pytest.mark.parametrize("takes", [0, PIECE, LENGTH // 2])
def test_whoever_takes_no_more_of_a_document_is_given_up_after_one_silence(
    session: requests.Session, takes: int
) -> None:
    server = SlowReader(0, takes)
    node = OneNameNode(server.url, session, SOON)
    began = time.monotonic()
    try:
        with pytest.raises(Lost):
            node.exchange("PUT", f"{server.url}/webhdfs/v1/a b", data=CONTENT)
        assert time.monotonic() - began < 30
    finally:
        server.close()
