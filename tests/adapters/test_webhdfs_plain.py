"""The shorter way of plain HTTP: what arrives is what the library sends, and it fails as the library fails (I11)."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError, ProtocolError

from hadoop_dr.adapters.webhdfs.client import Deadlines, HandshakeAdapter, OneNameNode, simple_session
from hadoop_dr.adapters.webhdfs.errors import Late, Lost, NotSent
from hadoop_dr.adapters.webhdfs.fsck import block_ids
from hadoop_dr.domain.errors import DrError, NotFound, NotReady, Protocol

SOON = Deadlines(connect_s=5, read_s=0.5, checksum_s=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
GONE = (b"HTTP/1.1 404 Not Found\r\nContent-Length: 90\r\n\r\n"
        b'{"RemoteException":{"exception":"FileNotFoundException","message":"File does not exist"}}  ')
END = b"\r\n\r\n"
FSCK = b"/r/a b 3 bytes, replicated: replication=1, 1 block(s):  OK\n0. B:blk_7_1 len=3\n\nStatus: HEALTHY\n"


class Wire:
    """A server that answers each request with what ``answers`` has for it, byte by byte as told.

    Args:
        answers: Gives the bytes for the n-th request, counted from 1; None for silence.
        ends: Every connection is closed behind its first answer, without a word of that in the answer.
    """

    def __init__(self, answers: Callable[[int], bytes | None], *, ends: bool = False) -> None:
        self._answers, self._ends = answers, ends
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heads: list[str] = []
        self.fields: list[str] = []
        self.connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Wire:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            while line := lines.readline():
                self.heads.append(line.decode().strip())
                while field := lines.readline().decode().strip():
                    self.fields.append(field)
                answer = self._answers(len(self.heads))
                if answer is None:
                    lines.read(1)
                    return
                connection.sendall(answer)
                if self._ends:
                    return


@pytest.fixture
def session() -> Iterator[requests.Session]:
    one = simple_session("hdfs")()
    yield one
    one.close()


def test_hostile_names_arrive_as_they_are_on_one_connection_that_is_kept(session: requests.Session) -> None:
    with Wire(lambda n: OK) as server:
        node = OneNameNode(server.url, session, SOON)
        for _ in range(3):
            assert node._get_x_attrs("/a b/e%20/f+/g=1/h#/\u00fc/q?", encoding="HEX").json() == {}
        node._set_x_attr("/x", **{"xattr.name": "user.a b", "xattr.value": "0s+/=="})
    assert server.heads[:3] == [
        "GET /webhdfs/v1/a%20b/e%2520/f%2B/g=1/h%23/%C3%BC/q%3F?user.name=hdfs&encoding=HEX&op=GETXATTRS HTTP/1.1"
    ] * 3
    assert server.heads[3] == (
        "PUT /webhdfs/v1/x?user.name=hdfs&xattr.name=user.a+b&xattr.value=0s%2B%2F%3D%3D&op=SETXATTR HTTP/1.1"
    )
    assert server.connections == 1


def test_a_connection_that_the_other_end_closed_meanwhile_is_not_used(session: requests.Session) -> None:
    """An answer that did not come would be an unknown outcome; here nothing was sent, and a new connection serves."""
    with Wire(lambda n: OK, ends=True) as server:
        node = OneNameNode(server.url, session, SOON)
        for _ in range(4):
            node._get_file_status("/a")
            pools = session._pools.pools  # type: ignore[attr-defined]
            [address] = pools.keys()
            pools[address].pool.queue[-1].sock.recv(1, socket.MSG_PEEK)  # until its end has arrived here
    assert server.connections == len(server.heads) == 4


@pytest.mark.parametrize(("answer", "wanted"), [
    (None, Late),
    (b"", Lost),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", Lost),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", Lost),
    (b"SSH-2.0-OpenSSH\r\n", Lost),
])  # fmt: skip
def test_a_request_that_left_and_was_not_answered_in_full_is_lost(
    session: requests.Session, answer: bytes | None, wanted: type[Exception]
) -> None:
    with Wire(lambda n: answer, ends=True) as server:
        with pytest.raises(wanted) as told:
            OneNameNode(server.url, session, SOON)._mkdirs("/a")
        assert type(told.value) is wanted
    assert len(server.heads) == 1, "and nobody sends it again"


def test_where_no_connection_comes_about_nothing_was_sent(session: requests.Session) -> None:
    with Wire(lambda n: OK) as server:
        pass
    with pytest.raises(NotSent, match="connection refused"):
        OneNameNode(server.url, session, SOON)._mkdirs("/a")


def test_a_way_that_swallows_everything_is_given_up_after_the_deadline_of_connecting(session: requests.Session) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:       # nobody accepts them, and there is room for one
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        node = OneNameNode(f"http://127.0.0.1:{full.getsockname()[1]}", session, Deadlines(connect_s=0.3, read_s=60))
        with pytest.raises(NotSent, match=r"no connection to .* within 0\.3 s"):
            node._mkdirs("/a")
        for one in waiting:
            one.close()


def test_a_refusal_is_read_and_the_connection_kept(session: requests.Session) -> None:
    with Wire(lambda n: GONE if n == 1 else OK) as server:
        node = OneNameNode(server.url, session, SOON)
        with pytest.raises(NotFound, match="File does not exist"):
            node._get_file_status("/a b")
        node._get_file_status("/")
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 499])
@pytest.mark.parametrize("end", ["", "/"])
def test_every_refusal_is_one_and_names_the_path_as_it_was_given(
    session: requests.Session, status: int, end: str
) -> None:
    """HDFS refuses with 400 an argument that it does not like: taken for success it would be a change not made."""
    refusal = f"HTTP/1.1 {status} No\r\nContent-Length: {len(GONE.partition(END)[2])}\r\n\r\n".encode()
    with Wire(lambda n: refusal + GONE.partition(END)[2]) as server:
        node = OneNameNode(server.url + end, session, SOON)
        with pytest.raises(NotFound, match="File does not exist") as told:
            node._mkdirs("/a b/e%20/ü")
    assert told.value.subject == "/a b/e%20/ü"


def test_every_request_says_of_what_type_its_body_is(session: requests.Session) -> None:
    """HttpFS refuses a change without that."""
    with Wire(lambda n: OK) as server:
        OneNameNode(server.url, session, SOON)._mkdirs("/a")
    assert "Content-Type: application/octet-stream" in server.fields


def test_an_address_without_a_port_has_the_usual_one_and_one_of_numbers_is_taken_apart() -> None:
    one = simple_session("hdfs")()
    for url in ("http://127.0.0.1", "http://[::1]", "http://[::1]:9"):
        with pytest.raises((NotSent, Lost, DrError)):
            OneNameNode(url, one, SOON)._get_file_status("/a")
    keys = one._pools.pools.keys()  # type: ignore[attr-defined]
    assert {(key.key_host, key.key_port, key.key_scheme) for key in keys} == {
        ("127.0.0.1", 80, "http"), ("::1", 80, "http"), ("::1", 9, "http")}  # fmt: skip
    one.close()


@pytest.mark.parametrize(("line", "said"), [("418 I am a pot", "418 I am a pot"), ("418 ", "418"), ("418", "418")])
def test_an_answer_that_is_no_namenodes_is_told_in_its_own_words(
    session: requests.Session, line: str, said: str
) -> None:
    with Wire(lambda n: f"HTTP/1.1 {line}\r\nContent-Length: 0\r\n\r\n".encode()) as server:
        with pytest.raises(Protocol) as told:
            OneNameNode(server.url, session, SOON)._mkdirs("/a b")
        assert told.value.problem == f"{server.url} answered {said} without a reason"


def test_an_answer_that_a_proxy_compressed_is_read(session: requests.Session) -> None:
    body = gzip.compress(b'{"ok": true}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with Wire(lambda n: head + body) as server:
        assert OneNameNode(server.url, session, SOON)._get_file_status("/a").json() == {"ok": True}


class Breaks(requests.Session):
    """A session in which each request ends in one way."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def request(self, *_: object, **__: object) -> requests.Response:  # type: ignore[override]
        raise self.error


def retried(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(MaxRetryError(HTTPConnectionPool("nn"), "/", reason))


@pytest.mark.parametrize(("error", "wanted"), [
    (requests.ConnectTimeout("slow"), NotSent),
    (requests.ConnectionError(NewConnectionError(HTTPConnection("nn"), "refused")), NotSent),
    (retried(NewConnectionError(HTTPConnection("nn"), "refused")), NotSent),
    (retried(ConnectTimeoutError(HTTPConnection("nn"), "slow")), NotSent),
    (retried(ProtocolError("Connection aborted.")), Lost),
    (requests.ReadTimeout("slow"), Late),
    (requests.ConnectionError(), Lost),
    (requests.exceptions.ChunkedEncodingError("cut off"), Lost),
    (requests.exceptions.ContentDecodingError("garbage"), Lost),
    (requests.TooManyRedirects("sent from one to the other"), Lost),
    (requests.exceptions.InvalidSchema("sent to ftp://"), Lost),
])
def test_only_where_there_was_no_connection_nothing_was_sent(error: Exception, wanted: type[Exception]) -> None:
    with pytest.raises(wanted) as told:
        OneNameNode("http://nn:9870", Breaks(error), SOON)._mkdirs("/a")
    assert type(told.value) is wanted
    assert "http://nn:9870" in str(told.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_as_many_connections_are_kept_to_each_address_as_are_wanted_and_nobody_waits_for_one(scheme: str) -> None:
    one = simple_session("hdfs", connections=23)()
    adapter = one.get_adapter(f"{scheme}://nn:9871")
    pool = adapter.poolmanager.connection_from_url(f"{scheme}://nn:9871")  # type: ignore[attr-defined]
    assert (type(adapter), pool.pool.maxsize, pool.block) == (HandshakeAdapter, 23, False)
    assert adapter.max_retries.total == 0  # type: ignore[attr-defined]
    one.close()


def test_a_redirect_is_followed_unless_it_is_to_be_seen(session: requests.Session) -> None:
    def answers(n: int) -> bytes:
        there = f"HTTP/1.1 307 Over There\r\nLocation: {server.url}/there\r\nContent-Length: 0\r\n\r\n".encode()
        return OK if server.heads[-1].startswith("GET /there") else there

    with Wire(answers) as server:
        node = OneNameNode(server.url, session, SOON)
        assert node._get_file_checksum("/a").status_code == 307
        assert len(server.heads) == 1
        assert node._get_file_status("/a").json() == {}
    [_, shorter, longer, there] = server.heads
    assert shorter.startswith("GET /webhdfs/v1/a?")
    assert longer.startswith("GET /webhdfs/v1/a?")
    assert "op=GETFILESTATUS" in longer, "the library's way asks the same once more"
    assert there == "GET /there HTTP/1.1"


def test_a_long_answer_is_read_as_it_comes_and_its_connection_kept_when_it_came_to_its_end(
    session: requests.Session
) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    whole = head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(FSCK), FSCK)
    with Wire(lambda n: whole) as server:
        node = OneNameNode(server.url, session, SOON)
        for _ in range(2):
            assert list(block_ids(node, "/r", 5.0)) == [("a b", (7,))]
        assert server.connections == 1
        with Wire(lambda n: whole[:-60], ends=True) as broken, pytest.raises(NotReady, match="ended early"):
            list(block_ids(OneNameNode(broken.url, session, SOON), "/r", 5.0))


def test_an_interim_answer_is_none_and_the_next_question_does_not_get_the_real_one(session: requests.Session) -> None:
    def answers(n: int) -> bytes:
        return b"HTTP/1.1 103 Early Hints\r\n\r\n" if n == 1 else OK

    with Wire(answers) as server:
        node = OneNameNode(server.url, session, SOON)
        with pytest.raises(Lost, match="status 103 is no answer"):
            node._mkdirs("/a")
        node._get_file_status("/b")
    assert (server.connections, len(server.heads)) == (2, 2), "on a connection of its own, and nobody sends it again"


def test_a_change_is_not_sent_again_for_a_redirect_to_nowhere(session: requests.Session) -> None:
    nowhere = b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"
    with Wire(lambda n: nowhere) as server, pytest.raises(Lost, match="a redirect without a target"):
        OneNameNode(server.url, session, SOON)._delete("/a b")
    assert len(server.heads) == 1


def test_connections_of_few_addresses_are_kept(session: requests.Session) -> None:
    servers = [Wire(lambda n: OK) for _ in range(40)]
    for server in servers:
        with server:
            OneNameNode(server.url, session, SOON)._get_file_status("/a")
    assert len(session._pools.pools) == 32  # type: ignore[attr-defined]


def test_as_many_requests_as_go_out_together_keep_their_connections(session: requests.Session) -> None:
    together = threading.Barrier(6)

    def answer(n: int) -> bytes:
        together.wait(10)
        return OK

    with Wire(answer) as server, ThreadPoolExecutor(6) as pool:
        node = OneNameNode(server.url, session, Deadlines(connect_s=5, read_s=20))
        for _ in range(3):
            list(pool.map(node._get_file_status, ["/a"] * 6))
    assert (server.connections, len(server.heads)) == (6, 18)


@pytest.mark.parametrize(("asked", "arrives"), [
    ("/a%20b?op=OPEN&offset=3", "/a%20b?op=OPEN&offset=3&user.name=hdfs"),
    ("/a b", "/a%20b?user.name=hdfs"),
    ("/ü", "/%C3%BC?user.name=hdfs"),
    ("/a?op=OPEN&x=b c", "/a?op=OPEN&x=b%20c&user.name=hdfs"),
])
def test_an_address_that_somebody_sent_us_to_is_asked_in_every_form(
    session: requests.Session, asked: str, arrives: str
) -> None:
    with Wire(lambda n: OK) as server:
        assert session.request("GET", server.url + asked, timeout=(5, 5)).json() == {}
    assert server.heads == [f"GET {arrives} HTTP/1.1"]


def test_an_error_of_a_check_that_breaks_off_is_lost(session: requests.Session) -> None:
    broken = b"HTTP/1.1 500 No\r\nContent-Length: 90\r\n\r\n{"
    with Wire(lambda n: broken, ends=True) as server, pytest.raises((Lost, NotReady)):
        list(block_ids(OneNameNode(server.url, session, SOON), "/r", 5.0))


def test_what_a_streamed_answer_holds_can_be_read_as_a_whole_too(session: requests.Session) -> None:
    with Wire(lambda n: OK) as server:
        answer = session.request("GET", f"{server.url}/fsck", timeout=(5, 5), stream=True)
        assert answer.content == b"{}"
