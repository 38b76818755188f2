"""Documents go straight to the DataNode of the last time; whatever is lost there, each is published once (I11)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.ports.requests import Requests
from support.lossy_proxy import Lose, LossyProxy

pytestmark = pytest.mark.lab

PATIENT = Deadlines(connect_s=5, read_s=30, budget_s=60)


class Straight:
    """Documents of a real site, whose ways lead through a proxy."""

    def __init__(self, url: str) -> None:
        self.asked = Requests()
        self.files = WebHdfsFiles(
            HdfsAddress("east", (), (url,)), SystemClock(), SystemTokens(), PATIENT, note=self.asked.of("east")
        )
        self.folder = f"/t/adapters/{uuid4().hex[:8]} e%20 f+ g=1 h# ü"
        self.files.put(f"{self.folder}/first", b"first")
        assert self.files.get(f"{self.folder}/first") == b"first"

    def way(self, method: str) -> str:
        """Where it would go next."""
        assert self.files.ways is not None
        location = self.files.ways.to(method, "/")
        assert location is not None
        return location

    def lead(self, method: str, address: str) -> None:
        """Has the next request of that kind go to another address."""
        assert self.files.ways is not None
        self.files.ways.note(method, urlsplit(self.way(method))._replace(netloc=address).geturl())

    @contextmanager
    def lossy(self, method: str) -> Iterator[LossyProxy]:
        """The DataNode, over a connection that loses what it is told to."""
        there = urlsplit(self.way(method))
        assert there.hostname
        assert there.port
        with LossyProxy(there.hostname, there.port) as proxy:
            self.lead(method, proxy.address)
            yield proxy

    def asks(self) -> int:
        """Requests so far."""
        return sum(self.asked.by_operation().values())


@contextmanager
def somebody_else(code: int) -> Iterator[str]:
    """A server that answers everything with a code that no DataNode gives."""

    class Page(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(code)
            self.send_header("Location", "https://login.invalid/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_PUT = answer

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def straight(lab: dict[str, Any]) -> Iterator[Straight]:
    made = Straight(str(lab["east"]["webhdfs"][0]))
    yield made
    made.files.remove(made.folder)
    made.files.close()


@pytest.mark.parametrize("what", [Lose.ANSWER, Lose.REQUEST])
def test_a_document_written_straight_away_is_published_once_whatever_gets_lost(straight: Straight, what: Lose) -> None:
    path = f"{straight.folder}/ledger 1"
    with straight.lossy("PUT") as proxy:
        proxy.lose(b"op=CREATE", what)
        assert straight.files.append_new(path, b"mine") is True
        assert proxy.orders[0].left == 0
    assert straight.files.append_new(path, b"mine") is False
    assert straight.files.get(path) == b"mine"
    assert straight.files.names(straight.folder) == ["first", "ledger 1"]


@pytest.mark.parametrize("what", [Lose.ANSWER, Lose.REQUEST])
def test_a_document_is_read_by_the_ordinary_way_when_the_straight_one_fails(straight: Straight, what: Lose) -> None:
    with straight.lossy("GET") as proxy:
        proxy.lose(b"op=OPEN", what)
        assert straight.files.get(f"{straight.folder}/first") == b"first"
        assert proxy.orders[0].left == 0


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_datanode_that_has_gone_is_left_for_another_one(straight: Straight, method: str) -> None:
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        straight.lead(method, f"127.0.0.1:{nobody_listens.getsockname()[1]}")
        straight.files.put(f"{straight.folder}/second", b"second")
        assert straight.files.get(f"{straight.folder}/second") == b"second"


def test_the_straight_way_is_gone_again_where_it_led_to_a_document(straight: Straight) -> None:
    before = straight.asks()
    straight.files.put(f"{straight.folder}/second", b"second")
    assert straight.files.get(f"{straight.folder}/second") == b"second"
    assert straight.asks() - before == 3


def test_what_is_not_there_is_not_found_on_the_straight_way_either(straight: Straight) -> None:
    with pytest.raises(NotFound):
        straight.files.get(f"{straight.folder}/none")
    straight.files.put(f"{straight.folder}/new directory/second", b"second")
    assert straight.files.get(f"{straight.folder}/new directory/second") == b"second"


def test_a_document_that_was_cut_short_on_its_way_is_never_said_to_be_written(straight: Straight) -> None:
    """What the length of a document need not be asked for: a DataNode says 201 only once all bytes have come."""
    assert b" 201 " in told(straight, "whole", 100)
    assert b" 201 " not in told(straight, "cut", 50)


def told(straight: Straight, name: str, sent: int) -> bytes:
    """What the DataNode answers to so many bytes of a hundred."""
    assert straight.files.ways is not None
    way = urlsplit(straight.files.ways.to("PUT", f"{straight.folder}/{name}") or "")
    with socket.create_connection((way.hostname or "", way.port or 0)) as link:
        head = f"PUT {way.path}?{way.query} HTTP/1.1\r\nHost: {way.netloc}\r\nConnection: close\r\n"
        link.sendall(f"{head}Content-Length: 100\r\n\r\n".encode() + b"x" * sent)
        if sent < 100:
            link.shutdown(socket.SHUT_WR)
        link.settimeout(30)
        answer = b""
        with suppress(ConnectionResetError):
            while part := link.recv(1 << 16):
                answer += part
    return answer


@pytest.mark.parametrize("code", [204, 302])
def test_what_answers_at_the_address_of_a_datanode_and_is_none_is_not_believed(straight: Straight, code: int) -> None:
    path = f"{straight.folder}/ledger 1"
    with somebody_else(code) as address:
        straight.lead("PUT", address)
        straight.lead("GET", address)
        assert straight.files.append_new(path, b"mine") is True
        assert straight.files.get(path) == b"mine"
