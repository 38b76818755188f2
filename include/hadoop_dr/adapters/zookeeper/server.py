"""One server of an ensemble by itself, asked without a session."""

from __future__ import annotations

import socket

from hadoop_dr.domain.errors import Unreachable

_LONGEST = 1 << 16


def server_says(site: str, address: str, within_s: float) -> str:
    """Asks one server what it is; any answer will do, also that the question is not allowed.

    Args:
        address: ``host:port``.
        within_s: For the connection, and for each part of the answer.

    Returns:
        Its answer to ``srvr``.

    Raises:
        Unreachable: It gives none.
    """
    host, _, port = address.rpartition(":")
    said = b""
    try:
        with socket.create_connection((host.strip("[]"), int(port)), within_s) as connection:
            connection.sendall(b"srvr")
            while len(said) < _LONGEST and (piece := connection.recv(_LONGEST)):
                said += piece
    except OSError as error:
        why = error.strerror or str(error)
        raise Unreachable(f"{site}: ZooKeeper {address}", why.lower(), "Start it, or repair the network") from error
    if not said:
        raise Unreachable(f"{site}: ZooKeeper {address}", "no answer", "See its log")
    return said.decode(errors="replace")
