"""HTTP without credentials and without TLS, at a quarter of the processor time of the library's way.

A run of many roots sends thousands of small requests, and most of its own time went into making each of them: settings
of the environment merged, cookies, redirects, hooks. What is left here is one request on a kept connection. It fails as
the library's way fails, so whoever asks cannot tell them apart; what is unusual (TLS, a redirect that is to be
followed, an address of another form) takes the library's way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import NewConnectionError
from urllib3.util.wait import wait_for_read

_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK_BYTES = 1 << 16


class PlainSession(requests.Session):
    """The library's session with a shorter way for plain HTTP. Safe for many threads.

    Args:
        user: Sent as ``user.name``.
        connections: Kept for each address.
    """

    def __init__(self, user: str, connections: int) -> None:
        super().__init__()
        self.trust_env = False      # a CA bundle or a proxy of the environment would silently win over ours
        self.params = {"user.name": user}
        self._own = self.params
        self._connections = connections
        self._kept: dict[str, deque[HTTPConnection]] = {}

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """Sends one request.

        Raises:
            requests.RequestException: As the library does.
        """
        parts = urlsplit(url)
        query = urlencode({**self._own, **(kwargs.get("params") or {})})
        asked = f"{parts.path.replace(' ', '%20')}?{parts.query}{'&' if parts.query else ''}{query}"
        if parts.scheme != "http" or not asked.isascii() or " " in asked:
            return super().request(method, url, **kwargs)
        answer = self._ask(method, parts.netloc, asked, kwargs)
        if answer.status_code in _REDIRECTS and kwargs.get("allow_redirects", True):
            return super().request(method, url, **kwargs)  # it has only said where to go
        return answer

    def close(self) -> None:
        """Gives the connections back."""
        for kept in self._kept.values():
            while kept:
                kept.pop().close()
        super().close()

    def _ask(self, method: str, address: str, asked: str, kwargs: Mapping[str, Any]) -> requests.Response:
        connect_s, read_s = kwargs["timeout"]
        connection = self._connection(address, connect_s)
        try:
            connection.sock.settimeout(read_s)
            with suppress(BrokenPipeError):  # it may have answered before it had read all
                connection.request(method, asked, kwargs.get("data"), kwargs.get("headers") or {})
            raw = connection.getresponse()
            answer = _Answer(f"http://{address}{asked}", raw)
            if kwargs.get("stream"):
                answer.raw = _Stream(raw, connection, lambda: self._keep(address, connection))
                return answer
            answer.take(raw.read())
        except TimeoutError as late:
            connection.close()
            raise requests.ReadTimeout(late) from late
        except (OSError, HTTPException) as broken:
            connection.close()
            raise requests.ConnectionError(broken) from broken
        self._keep(address, connection)
        return answer

    def _connection(self, address: str, wait_s: float) -> HTTPConnection:
        kept = self._kept.setdefault(address, deque())
        while True:
            try:
                connection = kept.pop()
            except IndexError:
                break
            if not wait_for_read(connection.sock, timeout=0.0):
                return connection
            connection.close()  # the other end has, meanwhile
        connection = HTTPConnection(address, timeout=wait_s)
        try:
            connection.connect()
        except TimeoutError as late:
            raise requests.ConnectTimeout(late) from late
        except (OSError, HTTPException) as broken:
            never = NewConnectionError(connection, str(broken))  # type: ignore[arg-type]
            never.__cause__ = broken
            raise requests.ConnectionError(never) from never
        return connection

    def _keep(self, address: str, connection: HTTPConnection) -> None:
        kept = self._kept[address]
        if connection.sock is None:  # it was said to be the last answer
            return
        if len(kept) < self._connections:
            kept.append(connection)
        else:
            connection.close()


class _Answer(requests.Response):
    """The library's answer, made of less."""

    def __init__(self, url: str, raw: HTTPResponse) -> None:
        self.url, self.status_code, self.reason = url, raw.status, raw.reason
        self.headers = CaseInsensitiveDict(raw.headers.items())
        self.encoding, self.history, self.raw = None, [], None
        self._content: Any = False
        self._content_consumed = False

    def take(self, content: bytes) -> None:
        """Has the whole body."""
        self._content, self._content_consumed = content, True

    def close(self) -> None:
        """Gives the connection up, where it was not read to its end."""
        if self.raw is not None:
            self.raw.close()


class _Stream:
    """A body that is read as it comes; until its end the connection serves nobody else."""

    def __init__(self, raw: HTTPResponse, connection: HTTPConnection, keep: Callable[[], None]) -> None:
        self._raw, self._connection, self._keep = raw, connection, keep
        self._ended = False

    def read(self, count: int) -> bytes:
        """Gives the next part.

        Raises:
            requests.exceptions.ChunkedEncodingError: The answer broke off.
        """
        try:
            part = self._raw.read(min(count, _CHUNK_BYTES))
        except (OSError, HTTPException) as broken:
            raise requests.exceptions.ChunkedEncodingError(broken) from broken
        if not part and not self._ended:
            self._ended = True
            self._keep()
        return part

    def close(self) -> None:
        """Ends the connection, unless all was read."""
        if not self._ended:
            self._connection.close()
