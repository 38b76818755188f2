"""A real TCP proxy in front of a daemon that loses a request, its answer, or time, on order.

It knows no protocol: a request is recognised by a few bytes in it (``op=RENAME`` of WebHDFS, ``rename2`` of RPC).
"""

from __future__ import annotations

import select
import socket
import threading
from dataclasses import dataclass, field
from enum import Enum
from typing import Self


class Lose(Enum):
    """What gets lost."""

    REQUEST = "request"      # it never reaches the daemon
    ANSWER = "answer"        # the daemon carries it out, the connection breaks before its answer is passed on
    REST = "rest"            # the first ten thousand bytes of its answer are passed on, then the connection breaks
    TIME = "time"            # it is passed on, its answer never is, and the connection stays


@dataclass
class _Order:
    pattern: bytes
    what: Lose
    left: int


@dataclass
class LossyProxy:
    """Listens on a free port of this machine and forwards to one daemon."""

    host: str
    port: int
    orders: list[_Order] = field(default_factory=list)
    passed: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def address(self) -> str:
        """``host:port`` to connect to."""
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def lose(self, pattern: bytes, what: Lose, times: int = 1) -> None:
        """Orders the loss of the next requests that contain the pattern."""
        self.orders.append(_Order(pattern, what, times))

    def count(self, pattern: bytes) -> int:
        """How many requests with the pattern reached the daemon."""
        return sum(pattern in chunk for chunk in self.passed)

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every connection and refuses new ones."""
        self._stop.set()
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        self._listener.settimeout(0.05)
        while not self._stop.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection((self.host, self.port)) as daemon:
            mute = False
            while not self._stop.is_set():
                ready, _, _ = select.select([client, daemon], [], [], 0.05)
                try:
                    if client in ready:
                        what = self._pass_on(client, daemon)
                        if what in (Lose.REQUEST, Lose.ANSWER, Lose.REST):
                            return
                        mute = mute or what is Lose.TIME
                    if daemon in ready:
                        _move(daemon, None if mute else client)
                except OSError:
                    return

    def _pass_on(self, client: socket.socket, daemon: socket.socket) -> Lose | None:
        chunk = client.recv(1 << 16)
        what = self._ordered(chunk)
        if not chunk or what is Lose.REQUEST:
            return Lose.REQUEST
        self.passed.append(chunk)
        daemon.sendall(chunk)
        if what is Lose.ANSWER:
            daemon.recv(1 << 16)
        if what is Lose.REST:
            left = 10_000
            while left and (part := daemon.recv(left)):
                client.sendall(part)
                left -= len(part)
        return what

    def _ordered(self, chunk: bytes) -> Lose | None:
        for order in self.orders:
            if order.left and order.pattern in chunk:
                order.left -= 1
                return order.what
        return None


def _move(source: socket.socket, target: socket.socket | None) -> None:
    chunk = source.recv(1 << 16)
    if not chunk:
        raise ConnectionResetError
    if target:
        target.sendall(chunk)
