"""A HiveServer2 of a test's own making: the library's own server side, without a socket between."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from TCLIService import TCLIService, ttypes
from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.transport.TTransport import TMemoryBuffer

RUNNING, FINISHED, CANCELED, ERROR = 1, 2, 3, 5
Row = tuple[str | None, ...]
_FINE = ttypes.TStatus(ttypes.TStatusCode.SUCCESS_STATUS)


class OwnServer:
    """Answers every query with the same rows.

    Attributes:
        columns: Their names; a query has no result without any.
        rows: What each query finds.
        states: What it says of a query each time it is asked, and the last one for ever.
        why: What it says a query failed of.
        refuses: Method -> the words with which it is refused.
        loses: Method -> the error that ends the connection in place of its next answer.
        asked: The methods, in order.
        requests: Their requests.
        opened: What each connection was opened with.
        closed: How many of them were closed.
    """

    def __init__(self, columns: Sequence[str] = ("a",), rows: Sequence[Row] = (("1",),)) -> None:
        self.columns, self.rows = tuple(columns), list(rows)
        self.states, self.why = [FINISHED], "why ü%"
        self.refuses, self.loses = dict[str, str](), dict[str, Exception]()
        self.asked, self.requests = list[str](), list[Any]()
        self.opened, self.closed = list[tuple[object, ...]](), 0

    def open(self, *where: object) -> _Wire:
        """A connection, as an opener makes it."""
        self.opened.append(where)
        return _Wire(self)

    def statements(self) -> list[str]:
        """The queries that came, without the one by which the library begins a session."""
        return [one.statement for one in self.requests if hasattr(one, "statement")][len(self.opened):]

    def answer(self, method: str, request: Any) -> Any:
        """What the server says to a request."""
        self.requests.append(request)
        if method in self.refuses:
            return getattr(ttypes, f"T{method}Resp")(
                status=ttypes.TStatus(ttypes.TStatusCode.ERROR_STATUS, errorMessage=self.refuses[method]))
        return getattr(self, f"_{method}", lambda request: getattr(ttypes, f"T{method}Resp")(_FINE))(request)

    def _OpenSession(self, request: Any) -> Any:
        handle = ttypes.TSessionHandle(ttypes.THandleIdentifier(b"s" * 16, b"s" * 16))
        return ttypes.TOpenSessionResp(_FINE, request.client_protocol, handle)

    def _ExecuteStatement(self, request: Any) -> Any:
        handle = ttypes.TOperationHandle(ttypes.THandleIdentifier(b"o" * 16, b"o" * 16), 0, bool(self.columns))
        self._left = list(self.rows)
        return ttypes.TExecuteStatementResp(_FINE, handle)

    def _GetOperationStatus(self, _: Any) -> Any:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return ttypes.TGetOperationStatusResp(_FINE, state, errorMessage=self.why)

    def _GetResultSetMetadata(self, _: Any) -> Any:
        kind = ttypes.TTypeDesc([ttypes.TTypeEntry(ttypes.TPrimitiveTypeEntry(ttypes.TTypeId.STRING_TYPE))])
        columns = [ttypes.TColumnDesc(name, kind, number) for number, name in enumerate(self.columns)]
        return ttypes.TGetResultSetMetadataResp(_FINE, ttypes.TTableSchema(columns))

    def _FetchResults(self, _: Any) -> Any:
        rows, self._left = self._left, []
        columns = []
        for number in range(len(self.columns)):
            values = [row[number] for row in rows]
            nulls = sum((value is None) << at for at, value in enumerate(values)).to_bytes(len(rows) // 8 + 1, "little")
            columns.append(ttypes.TColumn(stringVal=ttypes.TStringColumn([value or "" for value in values], nulls)))
        return ttypes.TFetchResultsResp(_FINE, False, ttypes.TRowSet(0, [], columns))


class _Wire:
    """The client's end."""

    def __init__(self, server: OwnServer) -> None:
        self._server, self._sent, self._answer = server, b"", TMemoryBuffer()

    def write(self, data: bytes) -> None:
        self._sent += data

    def flush(self) -> None:
        """The server has the request and answers at once, or never."""
        sent, self._sent = self._sent, b""
        method, _, _ = TBinaryProtocol(TMemoryBuffer(sent)).readMessageBegin()
        self._server.asked.append(method)
        if method in self._server.loses:
            raise self._server.loses.pop(method)
        said = TMemoryBuffer()
        handler = SimpleNamespace(**{method: lambda request: self._server.answer(method, request)})
        TCLIService.Processor(handler).process(TBinaryProtocol(TMemoryBuffer(sent)), TBinaryProtocol(said))
        self._answer = TMemoryBuffer(said.getvalue())

    def readAll(self, size: int) -> bytes:
        return bytes(self._answer.readAll(size))

    def close(self) -> None:
        self._server.closed += 1
