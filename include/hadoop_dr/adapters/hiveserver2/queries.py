"""Smoke queries with deadlines: PyHive itself would wait for ever on a frozen server."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any

from pyhive import hive
from pyhive.exc import Error

from hadoop_dr.domain.errors import BadInput, Failed, Unreachable
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.sql import Answer

Opener = Callable[[str, int, float, float], Any]
Sasl = Callable[[Callable[[], Any], str], Opener]

_POLL_S = 0.1
_WORKING = ("INITIALIZED_STATE", "RUNNING_STATE", "PENDING_STATE")
_DEFAULT_PORT = 10000


class Authentication(Enum):
    """``hive.server2.authentication`` of the server."""

    NONE = "PLAIN"
    NOSASL = ""
    KERBEROS = "GSSAPI"


class HiveServer2Queries:
    """See ``ports.sql.Queries``. One session, made when first needed, for one thread and one process."""

    def __init__(self, site: str, address: str, clock: Clock, *, plain: Opener, sasl: Sasl, user: str = "hdfs",
                 authentication: Authentication = Authentication.NONE, connect_s: float = 10.0, read_s: float = 60.0,
                 deadline_s: float = 300.0, report: Callable[[int], None] = lambda count: None) -> None:
        """Remembers where the server is; nothing is contacted.

        Args:
            site: For messages.
            address: ``host:port``.
            clock: For deadlines.
            plain: Opens a transport without authentication.
            sasl: Gives an opener that negotiates SASL with clients of a kind.
            user: Who asks.
            authentication: What the server wants.
            connect_s: Seconds to wait for a connection.
            read_s: Seconds to wait for each answer; none needs long, since queries are polled.
            deadline_s: Seconds a whole query may take.
            report: Called whenever the server says that a query goes on.
        """
        host, _, port = (address if ":" in address else f"{address}:{_DEFAULT_PORT}").rpartition(":")
        if not host or not port.isdigit():
            raise BadInput(address, "is not the address of a HiveServer2", "Write host:10000")
        self.site = site
        self._address, self._clock, self._user = (host, int(port)), clock, user
        self._limits, self._deadline_s, self._report = (connect_s, read_s), deadline_s, report
        self._opener = plain if authentication is Authentication.NOSASL else sasl(
            partial(_sasl_client, host, authentication.value, user), authentication.value)
        self._connection: Any = None
        self._transport: Any = None

    def run(self, sql: str) -> Answer:
        """See the port."""
        cursor = self._session(sql).cursor()
        try:
            cursor.execute(sql, async_=True)
            self._wait(cursor, sql)
            columns = tuple(str(column[0]) for column in cursor.description or ())
            return answer_of(columns, cursor.fetchall() if columns else ())
        except Error as error:
            raise Failed(self._name(sql), _text(error), "See the log of HiveServer2") from error
        except (OSError, EOFError, _transport_errors()) as error:
            self._disconnect()
            raise Unreachable(self._name(sql), f"no answer: {_text(error)}",
                              "Check whether HiveServer2 runs; if it is only slow, run again") from error

    def greet(self) -> None:
        """Opens a connection and negotiates, as far as a session, and closes it; only a server that lives answers.

        Raises:
            Unreachable: It does not.
        """
        try:
            self._opener(*self._address, *self._limits).close()
        except (Error, OSError, EOFError, AssertionError, _transport_errors()) as error:
            host, port = self._address
            raise Unreachable(f"{self.site}: HiveServer2 {host}:{port}", _text(error), "Check that it runs") from error

    def connection(self) -> Any:
        """Gives PyHive's own connection, for a program that asks by itself and closes it.

        Raises:
            Unreachable: The server does not answer.
        """
        return self._session("of an application")

    def close(self) -> None:
        """See the port."""
        if self._connection is not None:
            # A server that does not answer forgets the session by itself.
            with suppress(Error, OSError, EOFError, _transport_errors()):
                self._connection.close()
        self._disconnect()

    def _disconnect(self) -> None:
        transport, self._transport, self._connection = self._transport, None, None
        if transport is not None:
            transport.close()

    def _session(self, sql: str) -> Any:
        if self._connection is None:
            try:
                self._transport = self._opener(*self._address, *self._limits)
                self._connection = hive.Connection(username=self._user,
                                                   thrift_transport=_AlreadyOpen(self._transport))
            except (Error, OSError, EOFError, AssertionError, _transport_errors()) as error:
                self._disconnect()
                raise Unreachable(self._name(sql), f"no session: {_text(error)}",
                                  "Check that HiveServer2 runs and its authentication") from error
        return self._connection

    def _wait(self, cursor: Any, sql: str) -> None:
        until = self._clock.monotonic_s() + self._deadline_s
        while True:
            status = cursor.poll()
            state = _state_name(status.operationState)
            if state == "FINISHED_STATE":
                return
            if state not in _WORKING:
                raise Failed(self._name(sql), f"{state}: {status.errorMessage or 'no reason given'}",
                             "See the log of HiveServer2")
            if self._clock.monotonic_s() >= until:
                cursor.cancel()
                raise Failed(self._name(sql), f"took longer than {self._deadline_s:g} s and was cancelled",
                             "Use a smoke query that reads less")
            self._report(1)
            self._clock.sleep_until(self._clock.monotonic_s() + _POLL_S)

    def _name(self, sql: str) -> str:
        return f"query {sql!r} on site {self.site}"


class _AlreadyOpen:
    """A transport that PyHive may open without harm: it is open, within our limit of time."""

    def __init__(self, transport: Any) -> None:
        self._transport = transport

    def open(self) -> None:
        """Does nothing."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def answer_of(columns: tuple[str, ...], rows: Iterable[Iterable[object]]) -> Answer:
    """Puts a result into the form two sites can compare."""
    plain = tuple(sorted((tuple(map(_plain, row)) for row in rows),
                         key=lambda row: [(value is not None, value or "") for value in row]))
    digest = hashlib.sha256(json.dumps([columns, plain]).encode()).hexdigest()
    return Answer(columns, plain, digest)


def _plain(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _sasl_client(host: str, mechanism: str, user: str) -> Any:
    if mechanism == "GSSAPI":
        return hive.get_installed_sasl(host=host, sasl_auth=mechanism, service="hive")
    return hive.get_installed_sasl(host=host, sasl_auth=mechanism, username=user, password="x")


def _state_name(state: int) -> str:
    names: dict[int, str] = hive.ttypes.TOperationState._VALUES_TO_NAMES
    return names.get(state, str(state))


def _transport_errors() -> type[Exception]:
    """The transport's own error, as PyHive's Thrift knows it; importing Thrift is another adapter's business."""
    error: type[Exception] = hive.thrift.Thrift.TException
    return error


def _text(error: BaseException) -> str:
    inner = getattr(error, "inner", None)
    status = error.args[0] if error.args else None
    message = getattr(getattr(status, "status", None), "errorMessage", None)
    return str(message or inner or error) or type(error).__name__
