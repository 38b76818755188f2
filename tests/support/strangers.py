"""Something else than a daemon of Hadoop, at the address of one."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ANSWERS = {
    "nothing": b"",
    "a page": b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    "noise": bytes(range(256)),
}


@contextmanager
def stranger(answer: str) -> Iterator[int]:
    """Answers whoever connects and says something, then hangs up; gives the port.

    Args:
        answer: One of ``ANSWERS``.
    """

    class Answers(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.recv(4096)
                self.request.sendall(ANSWERS[answer])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
