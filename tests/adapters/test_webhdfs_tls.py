"""TLS that breaks: before the request nothing can have happened, after it anything can (I11)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from hadoop_dr.adapters.system import SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsNameNode
from hadoop_dr.adapters.webhdfs.client import OneNameNode, simple_session
from hadoop_dr.adapters.webhdfs.errors import Lost, NotSent
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import Unknown, Unreachable
from support.clock import StepClock
from support.tls import (
    breaks,
    breaks_the_handshake,
    certificate,
    closes_in_the_handshake,
    inside_the_answer,
    tls_server,
    without_an_answer,
)

STATUS = json.dumps({"FileStatus": {
    "fileId": 7, "type": "DIRECTORY", "length": 0, "owner": "hdfs", "group": "hdfs", "permission": "755",
    "modificationTime": 1, "accessTime": 0, "replication": 0, "blockSize": 0, "childrenNum": 0, "storagePolicy": 0,
}}).encode()  # fmt: skip
SOON = Deadlines(connect_s=5.0, read_s=5.0, budget_s=1.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls ü")


@pytest.fixture(scope="module")
def known(folder: Path) -> tuple[Path, Path]:
    return certificate(folder, "known")


@contextmanager
def trusting(ca: Path) -> Iterator[Callable[[], requests.Session]]:
    """Sessions that trust one certificate."""
    made: list[requests.Session] = []

    def session() -> requests.Session:
        one = simple_session("hdfs")()
        one.verify = str(ca)
        made.append(one)
        return one

    yield session
    for one in made:
        one.close()


def exchanged(behaves: Any, held: tuple[Path, Path], ca: Path) -> tuple[type[BaseException], str, list[str]]:
    """How one request ended, what was said, and what arrived at the server."""
    with tls_server(behaves, held) as server, trusting(ca) as session:
        node = OneNameNode(f"https://127.0.0.1:{server.port}", session(), SOON)
        with pytest.raises((NotSent, Lost)) as ended:
            node._create_snapshot("/a b", snapshotname="s")
        return ended.type, str(ended.value), server.requests


@pytest.mark.parametrize("behaves", [breaks_the_handshake, closes_in_the_handshake])
def test_before_the_handshake_is_done_nothing_can_have_happened(behaves: Any, known: tuple[Path, Path]) -> None:
    kind, said, arrived = exchanged(behaves, known, known[0])
    assert (kind, arrived) == (NotSent, [])
    assert "no TLS connection" in said


def test_a_certificate_that_is_not_trusted_is_named_and_nothing_was_sent(
    known: tuple[Path, Path], folder: Path
) -> None:
    other, _ = certificate(folder, "other")
    kind, said, arrived = exchanged(breaks(without_an_answer), known, other)
    assert (kind, arrived) == (NotSent, [])
    assert "CERTIFICATE_VERIFY_FAILED" in said


@pytest.mark.parametrize("how", [without_an_answer, inside_the_answer])
def test_once_the_request_is_out_it_may_have_been_carried_out(how: Any, known: tuple[Path, Path]) -> None:
    kind, _, arrived = exchanged(breaks(how), known, known[0])
    assert issubclass(kind, Lost)
    [line] = arrived
    assert line.startswith("PUT /webhdfs/v1/a%20b?")
    assert "op=CREATESNAPSHOT" in line


@pytest.mark.parametrize("how", [without_an_answer, inside_the_answer])
def test_a_change_whose_answer_tls_breaks_is_read_back_before_it_is_sent_again_and_then_unknown(
    how: Any, known: tuple[Path, Path]
) -> None:
    with tls_server(breaks(how, STATUS), known) as server, trusting(known[0]) as session:
        address = HdfsAddress("west", ("127.0.0.1:1",), (f"https://127.0.0.1:{server.port}",), None, "hdfs")
        namenode = WebHdfsNameNode(address, StepClock(), SystemTokens(), SOON, session)
        with pytest.raises(Unknown, match="may or may not have been made"):
            namenode.delete("/a b", recursive=True)
        namenode.close()
        assert [line.partition(" ")[0] for line in server.requests] == ["GET", "DELETE", "GET", "DELETE", "GET"]


def test_a_read_that_tls_breaks_is_asked_again_and_then_unreachable(known: tuple[Path, Path]) -> None:
    with tls_server(breaks(without_an_answer), known) as server, trusting(known[0]) as session:
        address = HdfsAddress("west", ("127.0.0.1:1",), (f"https://127.0.0.1:{server.port}",), None, "hdfs")
        namenode = WebHdfsNameNode(address, StepClock(), SystemTokens(), SOON, session)
        with pytest.raises(Unreachable, match="west: no answer"):
            namenode.status("/a b")
        namenode.close()
        assert len(server.requests) > 1
