"""Tells a TLS handshake that failed, so that nothing was sent, from TLS that broke under a request that was.

The library gives one and the same error for both. What it cannot confuse is a connection that never came about; so an
error while connecting is made one of those, and every other TLS error stays what it is: an answer that did not come.
"""

from __future__ import annotations

import ssl

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import NewConnectionError, SSLError


class _Connection(HTTPSConnection):
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
    """The library's adapter with connections that know whether they came about."""

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **more: object) -> None:
        """Makes the pools of such connections."""
        super().init_poolmanager(connections, maxsize, block, **more)
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}
