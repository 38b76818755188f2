"""Open Thrift transports with time limits, without and with SASL; also what HiveServer2 is reached through."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from thrift.transport.TSocket import TSocket
from thrift.transport.TTransport import TBufferedTransport
from thrift_sasl import TSaslClientTransport

# The library writes what it then raises on stderr, too; we say it once, in a line of our own.
logging.getLogger("thrift.transport.TSocket").setLevel(logging.CRITICAL)

Opener = Callable[[str, int, float, float], Any]
"""Makes an open transport: host, port, seconds to connect, seconds to wait for each read.

How long it waits can be changed later: ``limit_reads(seconds)``."""

_BUFFER_BYTES = 1 << 16


def plain_transport(host: str, port: int, connect_s: float, read_s: float) -> Any:
    """Opens a buffered connection without authentication."""
    socket = _socket(host, port, connect_s)
    transport = TBufferedTransport(socket, _BUFFER_BYTES)
    transport.open()
    return _limited(transport, socket, read_s)


def sasl_transport(client: Callable[[], Any], mechanism: str) -> Opener:
    """Returns an opener that negotiates SASL.

    Args:
        client: Makes a SASL client object for one connection.
        mechanism: ``PLAIN`` or ``GSSAPI``.
    """
    def open_transport(host: str, port: int, connect_s: float, read_s: float) -> Any:
        socket = _socket(host, port, connect_s)
        transport = TSaslClientTransport(client, mechanism, socket)
        try:
            transport.open()
        except BaseException:
            socket.close()
            raise
        return _limited(transport, socket, read_s)

    return open_transport


def _limited(transport: Any, socket: TSocket, read_s: float) -> Any:
    def limit_reads(seconds: float) -> None:
        socket.setTimeout(seconds * 1000)

    limit_reads(read_s)
    transport.limit_reads = limit_reads
    return transport


def _socket(host: str, port: int, connect_s: float) -> TSocket:
    socket = TSocket(host, port)
    socket.setTimeout(connect_s * 1000)
    return socket
