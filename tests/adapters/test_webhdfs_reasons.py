"""A site that does not answer is told in one short line, without the words of the libraries."""

from __future__ import annotations

import logging
import socket

import pytest
import requests
from urllib3.exceptions import MaxRetryError, ProtocolError, ReadTimeoutError

from hadoop_dr.adapters.hive.client import Client
from hadoop_dr.adapters.webhdfs.client import Deadlines, OneNameNode, simple_session
from hadoop_dr.adapters.webhdfs.errors import Lost, NotSent, reason_of
from hadoop_dr.domain.errors import Unreachable


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def asked(url: str) -> str:
    node = OneNameNode(url, simple_session("hdfs")(), Deadlines(connect_s=1, read_s=1))
    with pytest.raises((NotSent, Lost)) as raised:
        node.status("/a b%+#ü")
    return str(raised.value)


def test_a_namenode_that_is_gone_is_told_by_address_and_reason(closed_port: int) -> None:
    url = f"http://127.0.0.1:{closed_port}"
    assert asked(url) == f"no connection to {url} (connection refused)"


def test_a_namenode_that_hangs_is_told_with_the_time_it_was_waited_for() -> None:
    with socket.socket() as one:  # takes the request and says nothing
        one.bind(("127.0.0.1", 0))
        one.listen()
        url = f"http://127.0.0.1:{one.getsockname()[1]}"
        assert asked(url) == f"no answer from {url} within 1 s"


def test_the_innermost_reason_is_told_and_what_wraps_itself_ends() -> None:
    reset = ConnectionResetError(104, "Connection reset by peer")
    assert reason_of(requests.ConnectionError(ProtocolError("Connection aborted.", reset))) == (
        "connection reset by peer"
    )
    pool = requests.adapters.HTTPAdapter().poolmanager.connection_from_url("http://h:1")
    assert reason_of(ReadTimeoutError(pool, "/", "Read timed out.")) == "read timed out"
    no_route = MaxRetryError(pool, "/", OSError(113, "No route to host"))
    assert reason_of(requests.ConnectionError(no_route)) == "no route to host"
    round_about = ValueError()
    round_about.__context__ = KeyError(round_about)
    assert reason_of(round_about)


@pytest.mark.parametrize(("error", "told"), [
    (ValueError(), "ValueError"), (ValueError("I/o  error\n"), "I/o error"), (ValueError("No BOX."), "no BOX"),
])  # fmt: skip
def test_a_reason_is_one_small_line_and_an_error_without_words_is_told_by_its_kind(error: Exception, told: str) -> None:
    assert reason_of(error) == told


def test_a_metastore_that_is_gone_is_told_once_and_its_library_says_nothing_beside(
    closed_port: int, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client("west", [f"thrift://127.0.0.1:{closed_port}"], connect_s=1)
    with caplog.at_level(logging.INFO), pytest.raises(Unreachable) as raised:
        client.read("get_all_databases")
    assert raised.value.problem == "no connection: connection refused"
    assert caplog.records == []
