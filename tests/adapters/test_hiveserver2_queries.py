"""Smoke queries: answers that two sites can compare, deadlines, and a session that ends with its connection (I11)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from thrift.transport.TTransport import TTransportException

from hadoop_dr.adapters.hiveserver2 import Authentication, HiveServer2Queries
from hadoop_dr.adapters.hiveserver2.queries import answer_of
from hadoop_dr.domain.errors import BadInput, DrError, Failed, Unreachable
from hadoop_dr.ports.sql import Answer
from support.clock import StepClock
from support.own_hiveserver2 import CANCELED, ERROR, RUNNING, OwnServer

SQL = "select 'a b%+ü' from `t #`"
SUBJECT = f"query {SQL!r} on site west"
LOST = [TTransportException(4, "read 0 bytes"), TimeoutError("timed out"), EOFError()]


def queries(server: OwnServer, address: str = "hs2.west:7", **more: Any) -> HiveServer2Queries:
    return HiveServer2Queries("west", address, StepClock(), plain=server.open, sasl=lambda *_: server.open, **more)


def refused(asks: Callable[[], object], kind: type[DrError]) -> DrError:
    with pytest.raises(kind) as told:
        asks()
    assert type(told.value) is kind
    return told.value


def test_an_answer_has_the_servers_columns_and_its_sorted_rows() -> None:
    server = OwnServer(("b", "n ü"), [("z", None), ("", "2"), (None, "3")])
    assert queries(server).run(SQL) == answer_of(("b", "n ü"), [(None, "3"), ("", "2"), ("z", None)])
    assert server.statements() == [SQL]
    [asked] = [one for one in server.requests if getattr(one, "statement", "") == SQL]
    assert asked.runAsync, "it is polled, so no single answer takes long"


def test_a_statement_without_a_result_has_an_empty_answer() -> None:
    server = OwnServer(())
    assert queries(server).run(SQL) == answer_of((), ())
    assert "FetchResults" not in server.asked


@pytest.mark.parametrize(("address", "where"), [
    ("hs2.west:7", ("hs2.west", 7)), ("hs2.west", ("hs2.west", 10000)), ("::1:7", ("::1", 7))])
def test_one_session_is_made_with_the_first_query_at_the_address_and_within_the_limits(
        address: str, where: tuple[str, int]) -> None:
    server = OwnServer()
    sql = queries(server, address, user="robot ü")
    assert server.opened == []
    for _ in range(2):
        sql.run(SQL)
    assert server.opened == [(*where, 10.0, 60.0)]
    assert server.asked.count("OpenSession") == 1
    assert server.requests[0].username == "robot ü"
    queries(server, address, connect_s=1.5, read_s=2.5).run(SQL)
    assert server.opened[1:] == [(*where, 1.5, 2.5)]
    assert [one.username for one in server.requests if hasattr(one, "username")] == ["robot ü", "hdfs"]


@pytest.mark.parametrize("address", ["", ":7", "hs2.west:", "hs2.west:x"])
def test_an_address_is_checked_before_anything_is_contacted(address: str) -> None:
    told = refused(lambda: queries(OwnServer(), address), BadInput)
    assert str(told) == f"{address}: is not the address of a HiveServer2. Write host:10000"


@pytest.mark.parametrize(("authentication", "wanted"), [
    (None, ("PLAIN", "PLAIN")), (Authentication.NONE, ("PLAIN", "PLAIN")),
    (Authentication.KERBEROS, ("GSSAPI", "GSSAPI")), (Authentication.NOSASL, None)])
def test_the_server_is_shown_who_asks_in_the_way_that_it_wants(
        authentication: Authentication | None, wanted: tuple[str, str] | None, monkeypatch: pytest.MonkeyPatch) -> None:
    server, made = OwnServer(), list[tuple[Any, str]]()

    def sasl(client: Callable[[], Any], mechanism: str) -> Callable[..., Any]:
        made.append((client, mechanism))
        return server.open

    def plain(*where: object) -> Any:
        assert wanted is None
        return server.open(*where)

    more = {} if authentication is None else {"authentication": authentication}
    HiveServer2Queries("west", "hs2.west", StepClock(), plain=plain, sasl=sasl, user="robot ü", **more).run(SQL)
    assert len(server.opened) == 1
    if wanted is None:
        assert made == []
        return
    [(client, mechanism)] = made
    asked = dict[str, Any]()
    monkeypatch.setattr("pyhive.hive.get_installed_sasl", lambda **how: asked.update(how))
    client()
    who = {"service": "hive"} if mechanism == "GSSAPI" else {"username": "robot ü", "password": "x"}
    assert (mechanism, asked) == (wanted[0], {"host": "hs2.west", "sasl_auth": wanted[1], **who})


def test_a_query_that_is_refused_names_itself_its_site_and_the_servers_words_and_the_session_stays() -> None:
    server = OwnServer()
    sql = queries(server)
    sql.run(SQL)
    server.refuses["ExecuteStatement"] = "no table ü"
    assert str(refused(lambda: sql.run(SQL), Failed)) == f"{SUBJECT}: no table ü. See the log of HiveServer2"
    del server.refuses["ExecuteStatement"]
    assert sql.run(SQL).rows == (("1",),)
    assert (server.asked.count("OpenSession"), server.closed) == (1, 0)


@pytest.mark.parametrize(("state", "why", "told"), [
    (ERROR, "no room ü", "ERROR_STATE: no room ü"), (CANCELED, "", "CANCELED_STATE: no reason given"),
    (99, "", "99: no reason given")])
def test_a_query_that_failed_at_work_is_told_with_its_state_and_reason(state: int, why: str, told: str) -> None:
    server = OwnServer()
    server.states, server.why = [0, RUNNING, 7, state], why  # 0 and 7: not begun, and waiting for its turn
    moved = list[int]()
    sql = queries(server, report=moved.append)
    assert str(refused(lambda: sql.run(SQL), Failed)) == f"{SUBJECT}: {told}. See the log of HiveServer2"
    assert server.asked.count("GetOperationStatus") == 4
    assert moved == [1, 1, 1], "it goes on each time that the server says so"


@pytest.mark.parametrize(("limit", "asked"), [({"deadline_s": 0.0}, 1), ({"deadline_s": 0.25}, 4), ({}, 3001)])
def test_a_query_that_outlives_its_deadline_is_cancelled_and_told(limit: dict[str, float], asked: int) -> None:
    server, seconds = OwnServer(), limit.get("deadline_s", 300)
    server.states = [RUNNING]
    told = refused(lambda: queries(server, **limit).run(SQL), Failed)
    why = f"took longer than {seconds:g} s and was cancelled. Use a smoke query that reads less"
    assert str(told) == f"{SUBJECT}: {why}"
    assert server.asked.count("GetOperationStatus") in (asked, asked + (asked > 9)), "ten times a second"
    assert server.asked[-1] == "CancelOperation"


@pytest.mark.parametrize("lost", LOST, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("method", ["ExecuteStatement", "GetOperationStatus", "GetResultSetMetadata", "FetchResults"])
def test_after_a_lost_answer_the_next_query_has_a_session_of_its_own(method: str, lost: Exception) -> None:
    server = OwnServer()
    sql = queries(server)
    sql.run(SQL)
    server.loses[method] = lost
    told = refused(lambda: sql.run(SQL), Unreachable)
    why = str(lost) or "EOFError"
    assert str(told) == f"{SUBJECT}: no answer: {why}. Check whether HiveServer2 runs; if it is only slow, run again"
    assert server.closed == 1
    assert sql.run(SQL).rows == (("1",),)
    assert (len(server.opened), server.asked.count("OpenSession")) == (2, 2)


def test_why_an_answer_was_lost_is_told_in_the_words_of_the_socket() -> None:
    server = OwnServer()
    server.loses["OpenSession"] = TTransportException(1, "wrapped", inner=ConnectionResetError("reset ü"))
    assert refused(lambda: queries(server).run(SQL), Unreachable).problem == "no session: reset ü"


@pytest.mark.parametrize(("how", "told"), [
    ("refused", "nobody of that name ü"), ("of another version", "Unable to handle protocol version 9"),
    *((lost, str(lost) or "EOFError") for lost in LOST)])
def test_where_no_session_comes_about_the_connection_is_closed_and_the_next_query_tries_again(
        how: str | Exception, told: str) -> None:
    server = OwnServer()
    if isinstance(how, Exception):
        server.loses["OpenSession"] = how
    elif how == "refused":
        server.refuses["OpenSession"] = told
    else:
        monkey = server._OpenSession
        server._OpenSession = lambda request: _with_version(monkey(request), 9)  # type: ignore[method-assign]
    sql = queries(server)
    error = refused(lambda: sql.run(SQL), Unreachable)
    assert str(error) == f"{SUBJECT}: no session: {told}. Check that HiveServer2 runs and its authentication"
    assert server.closed > 0
    server.refuses.clear()
    server.__dict__.pop("_OpenSession", None)
    assert sql.run(SQL).rows == (("1",),)
    assert len(server.opened) == 2


def _with_version(answer: Any, version: int) -> Any:
    answer.serverProtocolVersion = version
    return answer


def test_a_server_that_is_not_there_is_unreachable() -> None:
    def nobody(*_: object) -> None:
        raise ConnectionRefusedError(111, "refused ü")

    sql = HiveServer2Queries("west", "hs2.west", StepClock(), plain=nobody, sasl=lambda *_: nobody)
    assert "no session: [Errno 111] refused ü" in str(refused(lambda: sql.run(SQL), Unreachable))
    sql.close()


@pytest.mark.parametrize("gone", [None, "refused", *LOST], ids=str)
def test_the_session_is_given_back_once_and_a_server_that_is_gone_keeps_nobody(gone: str | Exception | None) -> None:
    server = OwnServer()
    sql = queries(server)
    sql.close()
    assert server.asked == []
    sql.run(SQL)
    if isinstance(gone, Exception):
        server.loses["CloseSession"] = gone
    elif gone:
        server.refuses["CloseSession"] = "no such session"
    sql.close()
    assert server.closed > 0
    sql.close()
    assert server.asked.count("CloseSession") == 1


def test_rows_are_sorted_and_plain() -> None:
    rows = [("z", 1), (None, 0.1), ("a", Decimal("1E+2")), (b"\xff", True), ("", False), ("a", None),
            (datetime(2026, 11, 28, 1, 2, 3), 1e300)]  # fmt: skip
    answer = answer_of(("a", "b ü"), rows)
    plain = ((None, "0.1"), ("", "false"), ("2026-11-28 01:02:03", "1e+300"), ("a", None), ("a", "100"),
             ("ff", "true"), ("z", "1"))  # fmt: skip
    digest = hashlib.sha256(json.dumps([("a", "b ü"), plain]).encode()).hexdigest()
    assert answer == Answer(("a", "b ü"), plain, digest)
