"""A ZooKeeper of one server without a node: it shakes hands, answers every request, and may be made to misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

_CLOSE, _PING, _PING_XID = -11, 11, -2
_NO_NODE = -101


@dataclass
class FakeZooKeeper:
    """What it does.

    Attributes:
        before_each: Hands are shaken only once this is set.
        spoil: Makes another answer of one, such as garbage; the handshake's is the first.
        open: Connections that are open now.
        seen: So many connections there were.
    """

    before_each: threading.Event = field(default_factory=threading.Event)
    spoil: Callable[[bytes], bytes] = lambda answer: answer
    open: set[socket.socket] = field(default_factory=set)
    seen: int = 0
    address: str = ""

    def serve(self, connection: socket.socket) -> None:
        """One session."""
        self.seen += 1
        self.open.add(connection)
        try:
            with connection, suppress(OSError, EOFError, struct.error):
                _read(connection)
                self.before_each.wait(60)
                self._send(connection, struct.pack(">iiqi16s?", 0, 10_000, 7, 16, b"p" * 16, False))
                while self._answer(connection, _read(connection)):
                    pass
        finally:
            self.open.discard(connection)

    def _answer(self, connection: socket.socket, request: bytes) -> bool:
        xid, kind = struct.unpack_from(">ii", request)
        if kind == _PING:
            self._send(connection, struct.pack(">iqi", _PING_XID, 1, 0))
        elif kind == _CLOSE:
            self._send(connection, struct.pack(">iqi", xid, 1, 0))
            return False
        elif kind == 9:  # sync gives its path back
            self._send(connection, struct.pack(">iqi", xid, 1, 0) + request[8:])
        else:
            self._send(connection, struct.pack(">iqi", xid, 1, _NO_NODE))
        return True

    def _send(self, connection: socket.socket, answer: bytes) -> None:
        connection.sendall(self.spoil(struct.pack(">i", len(answer)) + answer))


@contextmanager
def fake_zookeeper(server: FakeZooKeeper) -> Iterator[FakeZooKeeper]:
    """Runs one until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.address = f"127.0.0.1:{listening.getsockname()[1]}"
        accepting = threading.Thread(target=_accept, args=(server, listening), name="fake-zookeeper")
        accepting.start()
        try:
            yield server
        finally:
            server.before_each.set()
            listening.shutdown(socket.SHUT_RDWR)
            for connection in list(server.open):
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            accepting.join(10)


def _accept(server: FakeZooKeeper, listening: socket.socket) -> None:
    sessions: list[threading.Thread] = []
    while True:
        try:
            connection, _ = listening.accept()
        except OSError:
            break
        sessions.append(threading.Thread(target=server.serve, args=(connection,), name="fake-zookeeper"))
        sessions[-1].start()
    for session in sessions:
        session.join(10)


def _read(connection: socket.socket) -> bytes:
    [length] = struct.unpack(">i", _exactly(connection, 4))
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        more = connection.recv(length - len(content))
        if not more:
            raise EOFError
        content += more
    return content
