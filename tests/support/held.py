"""A file that somebody is writing while a test looks: on a twin a mark, on a real cluster a request without an end."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import requests

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.ports.namenode import NameNode

BLOCK = 1024


class Writing:
    """A writer at work.

    Args:
        send: Writes more bytes.
    """

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send, self.abandoned = send, False

    def abandon(self) -> None:
        """It will never close its file."""
        self.abandoned = True


@contextmanager
def held_open(
    namenode: NameNode, path: str, data: bytes, *, append: bool = False, block_bytes: int = BLOCK
) -> Iterator[Writing]:
    """Writes ``data`` and keeps the file open until the block ends, then closes it as its writer would."""
    if isinstance(namenode, MemoryNameNode):
        cluster = namenode.cluster
        if not append:
            cluster.make_file(path, replication=1, block_size=block_bytes, overwrite=True)
        node = cluster.live(path)
        cluster.extend(node, data)
        node.is_open = True
        yield Writing(lambda more: cluster.extend(node, more))
        node.is_open = False
        return
    assert isinstance(namenode, WebHdfsNameNode)
    with _request(namenode.route.serving.url, path, block_bytes, append=append) as connection:
        writing = Writing(lambda more: connection.sendall(b"%x\r\n%b\r\n" % (len(more), more)))
        writing.send(data)
        yield writing
        if writing.abandoned:
            return
        connection.sendall(b"0\r\n\r\n")
        said = b""
        while b"HTTP/1.1 20" not in said:
            more = connection.recv(4096)
            assert more, f"the file could not be closed: {said!r}"
            said += more


@contextmanager
def _request(url: str, path: str, block_bytes: int, *, append: bool) -> Iterator[socket.socket]:
    """A request to a DataNode whose body goes on until the caller ends it."""
    made = {"op": "CREATE", "blocksize": block_bytes, "replication": 1, "overwrite": "true"}
    wish = {"op": "APPEND"} if append else made
    method = "POST" if append else "PUT"
    answer = requests.request(
        method, f"{url.rstrip('/')}/webhdfs/v1{quote(path)}", params={**wish, "user.name": "hdfs"},
        allow_redirects=False, timeout=30,
    )  # fmt: skip
    assert answer.status_code == 307, answer.text
    there = urlsplit(answer.headers["Location"])
    # Not the path of the redirect: it is not byte-exact.
    head = (
        f"{method} /webhdfs/v1{quote(path)}?{there.query} HTTP/1.1\r\nHost: {there.netloc}\r\n"
        "Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((there.hostname, there.port), timeout=60) as connection:
        connection.sendall(head.encode())
        yield connection


def wait_until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 60
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.02)
