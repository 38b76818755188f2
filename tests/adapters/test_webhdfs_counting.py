"""What makes a NameNode count a subtree is asked once and waited for: a second question would count all of it again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hadoop_dr.adapters.system import SystemClock
from hadoop_dr.adapters.webhdfs.client import Deadlines
from hadoop_dr.adapters.webhdfs.namenode import WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress

COUNTS_S = 0.8
IMPATIENT = Deadlines(connect_s=0.2, read_s=0.3, checksum_s=60.0, budget_s=1.0)
USAGE = {"fileAndDirectoryCount": 7, "quota": -1, "spaceConsumed": 9, "spaceQuota": -1, "typeQuota": {}}


@pytest.fixture
def busy() -> Iterator[tuple[str, list[str]]]:
    """A NameNode that takes longer to count than anything else may take; its address and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(COUNTS_S)
            body = json.dumps({"QuotaUsage": USAGE}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keeps quiet."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}", asked
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


def test_a_quota_that_takes_longer_to_tell_than_any_other_answer_is_asked_for_once(
    busy: tuple[str, list[str]]
) -> None:
    url, asked = busy
    address = HdfsAddress("west", ("127.0.0.1:1",), (url,))
    namenode = WebHdfsNameNode(address, SystemClock(), None, IMPATIENT)  # type: ignore[arg-type]
    try:
        assert namenode.quota("/data/a b+%").used_names == 7
    finally:
        namenode.close()
    assert len(asked) == 1
