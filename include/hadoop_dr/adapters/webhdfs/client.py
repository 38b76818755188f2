"""One NameNode's WebHDFS on top of the ``hdfs`` library: every operation, one request each, never sent twice."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from hdfs.client import Client, _Request
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, SSLError

from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent, error_of, reason_of
from hadoop_dr.adapters.webhdfs.plain import PlainSession
from hadoop_dr.adapters.webhdfs.uploads import Moved, PatientPool, PatientTlsConnection, Upload
from hadoop_dr.ports.requests import Note, nobody

# The library announces every client it makes; a task's log is for people.
logging.getLogger("hdfs.client").setLevel(logging.WARNING)

SessionFactory = Callable[[], requests.Session]
"""Makes the session that carries the credentials; the place where Kerberos and TLS will come in."""


PREFIX = "/webhdfs/v1"
"""Path of WebHDFS on its server."""
_COUNTING = frozenset({"GETQUOTAUSAGE"})
"""A NameNode counts the whole subtree for it, so it is waited for: whoever asks again has it counted twice."""
_HTTPFS = {"Content-Type": "application/octet-stream"}      # HttpFS refuses a PUT without it


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long to wait.

    Attributes:
        connect_s: For a connection.
        read_s: For the first byte of an answer, between bytes of it, and between bytes of what is sent.
        checksum_s: For a DataNode to compute a file's checksum, and for a NameNode to count all that lies below a path.
        budget_s: For a request to find a NameNode that serves it: long enough for a failover.
    """

    connect_s: float = 3.0
    read_s: float = 20.0
    checksum_s: float = 900.0
    budget_s: float = 30.0


def simple_session(user: str, connections: int = 64) -> SessionFactory:
    """Returns sessions that say who they are without proving it (``hadoop.security.authentication=simple``).

    Args:
        user: Sent as ``user.name``.
        connections: Connections kept per host; more threads than that only cost reconnects.
    """
    def make() -> requests.Session:
        session = PlainSession(user, connections)
        adapter = HandshakeAdapter(connections)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        return session
    return make


class OneNameNode(Client):  # type: ignore[misc]
    """The library's client bound to a single address, so that its loop over addresses has nothing to re-send to.

    Raises from every operation: ``NotSent``, ``Lost``, or the error of ours that the NameNode's answer stands for.
    """

    _check_access = _Request("GET")
    _disallow_snapshot = _Request("PUT")
    _get_storage_policy = _Request("GET")
    _get_all_storage_policy = _Request("GET")
    _get_quota_usage = _Request("GET")
    _get_snapshot_diff_listing = _Request("GET")
    _get_snapshot_list = _Request("GET")
    _get_snapshottable_directory_list = _Request("GET")
    _get_x_attrs = _Request("GET")
    _remove_x_attr = _Request("PUT")
    _set_quota = _Request("PUT")
    _set_storage_policy = _Request("PUT")
    _set_x_attr = _Request("PUT")
    _concat = _Request("POST")
    _truncate = _Request("POST")
    _unset_storage_policy = _Request("POST")
    _get_file_checksum = _Request("GET", allow_redirects=False)
    # The library drops underscores when it makes the operation's name of the attribute's; these two keep theirs.
    # And its own OPEN would follow the redirect.
    open_at = _Request("GET", allow_redirects=False).to_method("OPEN")
    list_page = _Request("GET").to_method("LISTSTATUS_BATCH")
    block_locations = _Request("GET").to_method("GET_BLOCK_LOCATIONS")

    def __init__(self, url: str, session: requests.Session, deadlines: Deadlines, note: Note = nobody) -> None:
        super().__init__(url, timeout=(deadlines.connect_s, deadlines.read_s), session=session)
        self.connect_s, self._note = deadlines.connect_s, note
        self._count_s = deadlines.checksum_s

    def resolve(self, hdfs_path: str) -> str:
        """Leaves the path byte-exact: the library would expand ``#LATEST`` and fold ``//``."""
        return hdfs_path

    def _request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        if kwargs["params"]["op"] in _COUNTING:
            kwargs["timeout"] = (self.connect_s, self._count_s)
        response = self.exchange(method, url, headers=_HTTPFS, **kwargs)
        if response.status_code >= 400:
            path = requests.compat.unquote(url.removeprefix(self.url.rstrip("/") + PREFIX))
            raise error_of(response, path)
        return response

    def page(self, path: str, **params: str) -> requests.Response:
        """Asks one of the NameNode's own pages (``/jmx``, ``/conf``), as JSON."""
        response = self.exchange("GET", self.url.rstrip("/") + path, params=params,
                                 headers={"Accept": "application/json"})
        if response.status_code >= 400:
            raise error_of(response, self.url.rstrip("/") + path)
        return response

    def exchange(
        self, method: str, url: str, *, moved: Moved = lambda pieces: None, **kwargs: Any
    ) -> requests.Response:
        """Sends one request.

        Args:
            moved: Told of each piece of a body that left.

        Raises:
            NotSent: There was no connection. Lost: There was one and no whole answer came back.
        """
        kwargs.setdefault("timeout", self._timeout)
        if content := kwargs.get("data"):
            kwargs["data"] = Upload(content, kwargs["timeout"][1], moved)
            kwargs["headers"] = {**kwargs.get("headers", {}), "Content-Length": str(len(content))}
        asked = "://".join(urlsplit(url)[:2])  # a DataNode, after a redirect
        self._note(kwargs.get("params", {}).get("op") or urlsplit(url).path.rpartition("/")[2] or method)
        try:
            return self._session.request(method, url, **kwargs)  # type: ignore[no-any-return]
        except requests.ConnectTimeout as late:
            raise NotSent(f"no connection to {asked} within {self.connect_s:g} s") from late
        except requests.ReadTimeout as late:
            raise Late(f"no answer from {asked} within {kwargs['timeout'][1]:g} s") from late
        except requests.RequestException as broken:
            if _never_left(broken):
                raise NotSent(f"no connection to {asked} ({reason_of(broken)})") from broken
            raise Lost(f"no answer from {asked} ({reason_of(broken)})") from broken


def _never_left(error: requests.RequestException) -> bool:
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


class _Connection(PatientTlsConnection):
    def connect(self) -> None:
        """Connects and shakes hands; until both are done no request is sent."""
        try:
            super().connect()
        except TimeoutError:
            raise  # told apart by the library: whoever is silent so long hangs
        except (ssl.CertificateError, ssl.SSLError, SSLError, OSError) as error:
            raise NewConnectionError(self, f"no TLS connection: {error}") from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class HandshakeAdapter(HTTPAdapter):
    """The library's adapter with connections that know whether they came about.

    The library gives one and the same error for a TLS handshake that failed, so that nothing was sent, and for TLS that
    broke under a request that was. What it cannot confuse is a connection that never came about: an error while
    connecting is made one of those, and every other TLS error stays what it is, an answer that did not come.
    """

    def __init__(self, connections: int) -> None:
        """Keeps so many of them to each address."""
        super().__init__(pool_maxsize=connections)
        self.poolmanager.pool_classes_by_scheme = {"http": PatientPool, "https": _Pool}
