"""HTTP without credentials and without TLS, at less than half of the processor time of the library's session.

A run of many roots sends thousands of small requests, and most of its own time went into making each of them: settings
of the environment merged, cookies, redirects, hooks. What is left here is the library's own pool of connections, asked
directly, with the session's answers and errors, so that whoever asks cannot tell the ways apart; what is unusual (TLS,
a redirect that is to be followed, an address of another form) takes the session's way.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError
from urllib3.poolmanager import PoolManager
from urllib3.response import BaseHTTPResponse
from urllib3.util.timeout import Timeout

from hadoop_dr.adapters.webhdfs.uploads import PatientPool

_REDIRECTS = (301, 302, 303, 307, 308)
_ADDRESSES = 32
"""Of so many addresses connections are kept: NameNodes, and DataNodes asked last."""


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
        self._pools = PoolManager(_ADDRESSES, maxsize=connections)
        self._pools.pool_classes_by_scheme = {"http": PatientPool}

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
        answer = self._ask(method, parts, asked, kwargs)
        if answer.status_code in _REDIRECTS and kwargs.get("allow_redirects", True):
            if not answer.headers.get("Location"):
                raise requests.ConnectionError("a redirect without a target")
            return super().request(method, url, **kwargs)  # it has only said where to go
        return answer

    def close(self) -> None:
        """Closes the connections."""
        self._pools.clear()
        super().close()

    def _ask(self, method: str, at: SplitResult, asked: str, kwargs: Mapping[str, Any]) -> requests.Response:
        connect_s, read_s = kwargs["timeout"]
        whole = not kwargs.get("stream")
        try:
            raw = self._pools.connection_from_host(at.hostname, at.port or 80).urlopen(
                method, asked, kwargs.get("data"), kwargs.get("headers") or {}, retries=False, redirect=False,
                timeout=Timeout(connect=connect_s, read=read_s), preload_content=whole,
            )  # fmt: skip
        except NewConnectionError as never:
            raise requests.ConnectionError(never) from never
        except ConnectTimeoutError as late:
            raise requests.ConnectTimeout from late
        except ReadTimeoutError as late:
            raise requests.ReadTimeout from late
        except (HTTPError, OSError) as broken:
            raise requests.ConnectionError from broken
        if not 200 <= raw.status < 600:
            self._pools.clear()  # its answer may be on the way still, and the next question would get it
            raise requests.ConnectionError(f"status {raw.status} is no answer")
        return _Answer(f"http://{at.netloc}{asked}", raw, whole=whole)


class _Answer(requests.Response):
    """The library's answer, made of less."""

    def __init__(self, url: str, raw: BaseHTTPResponse, *, whole: bool) -> None:
        self.url, self.status_code, self.reason, self.raw = url, raw.status, raw.reason or "", raw
        self.headers = CaseInsensitiveDict(raw.headers)
        self.encoding, self.history = None, []
        self._content: Any = raw.data if whole else False
        self._content_consumed = whole
