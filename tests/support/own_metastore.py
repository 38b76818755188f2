"""A metastore of a test's own making, which answers over a real socket what the test wants."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from hadoop_dr.domain.catalog.thrift_struct import Tree, encode, read_struct

REPLY, EXCEPTION = 2, 3
Answer = bytes | None | str
Handler = Callable[[str, bytes, Tree], Answer]


def reply(name: str, sequence: bytes, answer: Tree, kind: int = REPLY) -> bytes:
    """An answer in the strict binary form."""
    head = (0x80010000 | kind).to_bytes(4) + len(name).to_bytes(4) + name.encode()
    return head + sequence + encode(answer)


class Server:
    """A metastore of one's own making: each request goes to the handler; None hangs, "close" closes."""

    def __init__(self, handler: Handler) -> None:
        self.handler, self.requests = handler, 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.uri = f"thrift://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        for end in (self._listener, *self._ends):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
        for thread in self._threads:
            thread.join(2)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._ends.append(near)
            self._threads.append(threading.Thread(target=self._serve, args=(near,), daemon=True))
            self._threads[-1].start()

    def _serve(self, near: socket.socket) -> None:
        with near, near.makefile("rb") as stream:
            while True:
                try:
                    head = stream.read(8)
                    if len(head) < 8:
                        return
                    name = stream.read(int.from_bytes(head[4:])).decode()
                    sequence, body = stream.read(4), read_struct(stream.read)
                    self.requests += 1
                    answer = self.handler(name, sequence, body)
                    if answer == "close":
                        return
                    if isinstance(answer, bytes):
                        near.sendall(answer)
                except (OSError, ValueError):
                    return
