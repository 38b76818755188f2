"""Bodies of requests that are sent piece by piece, so that a deadline counts silence and not the whole of them.

Handed over in one piece, all of a body has to leave within the deadline of one answer, on a new or kept connection even
within that of connecting. A document of some megabytes on a slow line never would.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool

Moved = Callable[[int], None]
"""Told each time that some bytes are on their way."""


_HELD = 256 << 10
"""So much of a body waits in this machine's own buffers at most: megabytes there would be silence before the answer."""


class Upload(io.BytesIO):
    """A body; the library sends pieces of some kilobytes of it.

    Args:
        silence_s: How long none of it may leave.
        moved: Told whenever more of it left.
    """

    def __init__(self, content: bytes, silence_s: float, moved: Moved) -> None:
        super().__init__(content)
        self.silence_s, self._moved = silence_s, moved

    def read(self, size: int | None = -1, /) -> bytes:
        """Returns the next piece; the one before has left."""
        if self.tell():
            self._moved(1)
        return super().read(size)


class _Patient:
    """A connection that has each piece of an upload leave within the body's own silence."""

    sock: Any
    timeout: Any

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **more: Any) -> None:
        """Sends a request; an upload finds the connection made, under the deadline of connecting."""
        if isinstance(body, Upload):
            if self.sock is None:
                self.connect()  # type: ignore[attr-defined]
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD)
            self.timeout = body.silence_s
        super().request(method, url, body=body, headers=headers, **more)  # type: ignore[misc]


class PatientConnection(_Patient, HTTPConnection):
    """Without TLS."""


class PatientTlsConnection(_Patient, HTTPSConnection):
    """With TLS."""


class PatientPool(HTTPConnectionPool):
    """Connections without TLS."""

    ConnectionCls = PatientConnection
