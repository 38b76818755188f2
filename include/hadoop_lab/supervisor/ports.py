"""Free ports, chosen once and kept.

A lab takes one block of ports below the range the kernel hands out to outgoing connections, so that no client socket
can sit on a daemon's port. Blocks are claimed in the user's cache, because a port that a second lab has chosen but not
yet bound looks free.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from pathlib import Path

import psutil

from hadoop_lab.errors import LabError
from hadoop_lab.supervisor.locks import file_lock

HOST = "127.0.0.1"
FIRST_PORT = 20000
BLOCK = 64
BLOCKS = 180


def is_free(port: int) -> bool:
    """Say whether a server could listen on the port now; sockets in TIME_WAIT do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Describe the process that listens on a port, as far as this user may see it."""
    try:
        for connection in psutil.net_connections("tcp"):
            if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
                continue
            if connection.laddr.port == port:
                return f"process {connection.pid} ({psutil.Process(connection.pid).name()})"
    except psutil.Error:
        pass
    return "another process"


def require_free(daemon: str, ports: Iterable[int]) -> None:
    """Refuse to start a daemon whose port a foreign process has taken.

    Raises:
        LabError: Names port, daemon, holder and remedy. Another port is not chosen silently, because addresses of the
            first one are stored in table locations.
    """
    for port in ports:
        if not is_free(port):
            raise LabError(
                f"port {port} of {daemon} is taken by {holder(port)}; stop that process, "
                f"or delete this lab's data to get new ports: hadoop-dr lab down --wipe"
            )


def claim_block(cache: Path, root: Path, names: Iterable[str]) -> dict[str, int]:
    """Choose a block in which every port is free and give each name one port of it."""
    wanted = list(names)
    if len(wanted) > BLOCK:
        raise LabError(f"this lab needs {len(wanted)} ports, a block has only {BLOCK}; use fewer DataNodes or sites")
    claims = cache / "ports"
    with file_lock(claims.with_suffix(".lock")):
        claims.mkdir(parents=True, exist_ok=True)
        for block in range(BLOCKS):
            first = FIRST_PORT + block * BLOCK
            claim = claims / str(first)
            if _is_claimed(claim, root):
                continue
            if all(is_free(first + offset) for offset in range(len(wanted))):
                claim.write_text(str(root))
                return {name: first + offset for offset, name in enumerate(wanted)}
    raise LabError(f"no {BLOCK} free ports in a row between {FIRST_PORT} and {FIRST_PORT + BLOCK * BLOCKS}; stop a lab")


def release_block(cache: Path, root: Path) -> None:
    """Give back the block of a lab that is being wiped."""
    claims = cache / "ports"
    if not claims.is_dir():
        return
    with file_lock(claims.with_suffix(".lock")):
        for claim in claims.iterdir():
            if claim.read_text() == str(root):
                claim.unlink()


def _is_claimed(claim: Path, root: Path) -> bool:
    if not claim.exists():
        return False
    owner = claim.read_text()
    return owner != str(root) and (Path(owner) / ".lab").is_dir()
