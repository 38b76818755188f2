"""The shorter way for frequent reads gives an answer or nothing, and nothing leads to the ordinary way (I11)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from hadoop_dr.adapters.webhdfs.shortcut import Shortcut
from hadoop_dr.domain.errors import NotFound


@contextmanager
def server(status: int, body: bytes, claimed: int | None = None) -> Iterator[tuple[str, list[str]]]:
    """A server on the loopback address that always answers the same; gives its address and the paths it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if claimed is None else claimed))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = claimed is not None

        def log_message(self, format: str, *args: Any) -> None:
            """Keeps quiet."""

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}", asked
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()


@pytest.fixture
def shortcut() -> Iterator[Shortcut]:
    one = Shortcut("hdfs", 5.0)
    yield one
    one.close()


def test_an_answer_is_given_and_hostile_names_arrive_as_they_are(shortcut: Shortcut) -> None:
    with server(200, b'{"XAttrs": []}') as (url, asked):
        for _ in range(2):
            assert shortcut.ask(url, "/a b/e%20/f+/g=1/h#/\u00fc/q?", op="GETXATTRS") == {"XAttrs": []}
        shortcut.close()
    assert asked == ["/webhdfs/v1/a%20b/e%2520/f%2B/g=1/h%23/%C3%BC/q%3F?op=GETXATTRS&user.name=hdfs"] * 2


@pytest.mark.parametrize(("status", "body", "claimed"), [
    (403, b'{"RemoteException": {"exception": "StandbyException"}}', None),
    (404, b'{"RemoteException": {"exception": "FileNotFoundException"}}', None),
    (200, b"<html>", None),
    (200, b'{"XAttrs": []}', 100),
])  # fmt: skip
def test_whatever_is_unusual_is_no_answer(shortcut: Shortcut, status: int, body: bytes, claimed: int | None) -> None:
    with server(status, body, claimed) as (url, asked):
        assert shortcut.ask(url, "/a", op="GETXATTRS") is None
        shortcut.close()
    assert len(asked) == 1


@pytest.mark.parametrize(("exception", "message"), [
    ("FileNotFoundException", "File does not exist: /a"),
    ("org.apache.hadoop.hdfs.protocol.SnapshotException", "Cannot find the snapshot of directory /a with name s"),
])  # fmt: skip
def test_a_namenodes_own_word_that_nothing_lies_there_is_not_asked_for_again(
    shortcut: Shortcut, exception: str, message: str
) -> None:
    body = json.dumps({"RemoteException": {"exception": exception, "message": message}}).encode()
    with server(404, body) as (url, asked):
        with pytest.raises(NotFound, match=message):
            shortcut.ask(url, "/a", op="GETXATTRS")
        shortcut.close()
    assert len(asked) == 1


def test_another_refusal_with_that_code_is_left_to_the_ordinary_way(shortcut: Shortcut) -> None:
    body = b'{"RemoteException": {"exception": "StandbyException", "message": "not here"}}'
    with server(404, body) as (url, _):
        assert shortcut.ask(url, "/a", op="GETXATTRS") is None
        shortcut.close()


def test_nobody_there_and_addresses_that_need_more_are_no_answer(shortcut: Shortcut) -> None:
    with server(200, b"{}") as (url, asked):
        pass
    assert shortcut.ask(url, "/a", op="GETXATTRS") is None
    assert shortcut.ask("https://127.0.0.1:1", "/a", op="GETXATTRS") is None
    assert shortcut.ask("http://127.0.0.1:1/gateway", "/a", op="GETXATTRS") is None
    assert asked == []
