"""Calls to a metastore: time limits, several addresses, typed errors, and never a second sending of a change (I11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlsplit

from thrift.protocol.TBinaryProtocol import TBinaryProtocol
from thrift.protocol.TProtocol import TProtocolException
from thrift.Thrift import TMessageType
from thrift.transport.TTransport import TTransportException

from hadoop_dr.adapters.hive.methods import EXCEPTIONS
from hadoop_dr.adapters.hive.transports import Opener, plain_transport
from hadoop_dr.domain.catalog.thrift_struct import Garbled, Tree, encode, get_number, get_text, read_struct
from hadoop_dr.domain.errors import (
    AccessDenied,
    AlreadyExists,
    BadInput,
    DrError,
    Failed,
    NotFound,
    NotReady,
    Protocol,
    Unknown,
    Unreachable,
)
from hadoop_dr.ports.requests import Note, nobody

_UNKNOWN_METHOD = 1
_ANSWERS = (TMessageType.REPLY, TMessageType.EXCEPTION)
_DEFAULT_PORT = 9083
_UNDER_WAY = 100
"""Requests sent before an answer is read: few enough that neither end waits for the other to make room."""
_DENIED = ("AccessControlException", "Permission denied", "not authorized", "Not authorized", "No privilege")
_NOT_READY = ("SafeModeException", "StandbyException")
_ERRORS: dict[str, type[DrError]] = {
    "NoSuchObjectException": NotFound, "UnknownDBException": NotFound, "UnknownTableException": NotFound,
    "AlreadyExistsException": AlreadyExists,
}


_OF_THE_LOG = frozenset({"get_current_notificationEventId", "get_next_notification"})
_LOG_REMEDY = (
    "It may refuse the acting user its notification log without saying so: make that user one of its proxy users "
    "(hadoop.proxyuser.USER.hosts in its core-site.xml), or set hive.metastore.event.db.notification.api.auth=false; "
    "else see its own log"
)


class Client:
    """One connection to one of a metastore's addresses, made when first needed; for one thread and one process."""

    def __init__(self, site: str, uris: Sequence[str], *, connect_s: float = 10.0, read_s: float = 120.0,
                 first_s: float = 10.0, opener: Opener = plain_transport, note: Note = nobody) -> None:
        """Remembers where the metastore is; nothing is contacted.

        Args:
            site: For messages.
            uris: ``thrift://host:port``, tried in order, the one that answered last first.
            connect_s: Seconds to wait for a connection.
            read_s: Seconds to wait for each part of an answer.
            first_s: Seconds to wait for the answer to a light question, as long as nothing has been answered yet.
            opener: Makes the transport; a Kerberos site needs ``transports.sasl_transport`` here and nothing else.
            note: Told of the requests that leave.
        """
        self._site, self._note = site, note
        self._addresses = [_address(uri) for uri in uris]
        self._connect_s, self._read_s, self._opener = connect_s, read_s, opener
        self._first_s = first_s
        self._transport: Any = None
        self._sequence = 0
        self._answered = False
        self._silent: Unreachable | None = None

    def read(self, method: str, arguments: Tree | None = None) -> Any:
        """Calls a method that changes nothing; a lost answer is asked for again, once for each address and once more.

        Raises:
            Unreachable: No address answers.
        """
        return self._repeated(method, lambda: self._call(method, arguments or {}), len(self._addresses) + 1)

    def read_light(self, method: str) -> Any:
        """Calls a method that any metastore answers at once; one that hangs is found out by it, soon and once.

        Until something has been answered, each address is waited for a short time and asked once. A metastore that let
        this time pass is not waited for again: every later question to it fails at once.

        Raises:
            Unreachable: No address answers.
        """
        if self._answered:
            return self.read(method)
        usual, self._read_s = self._read_s, min(self._first_s, self._read_s)
        try:
            return self._repeated(method, lambda: self._call(method, {}), len(self._addresses))
        except Unreachable as error:
            self._silent = error if isinstance(error.__cause__, _Silent) else None
            raise
        finally:
            self._read_s = usual
            if self._transport is not None:       # also after a refusal, which is an answer
                self._transport.limit_reads(usual)

    def _repeated(self, method: str, call: Callable[[], Any], times: int) -> Any:
        if self._silent is not None:
            raise self._silent
        while True:
            try:
                return call()
            except _Lost as lost:
                times -= 1
                unreachable = Unreachable(self._subject(), f"{method}: {lost}", "Check that the metastore runs")
                self._addresses.append(self._addresses.pop(0))
                if times <= 0:
                    raise unreachable from lost

    def read_each(self, method: str, every: Sequence[Tree]) -> list[Any]:
        """Calls a reading method many times, all requests of a batch under way before the first answer is waited for.

        Returns:
            An answer for each request, in order; the error where the metastore refused one.

        Raises:
            Unreachable: No address answers.
        """
        found: list[Any] = []
        for start in range(0, len(every), _UNDER_WAY):
            some = every[start : start + _UNDER_WAY]
            found += self._repeated(
                method, lambda some=some: self._call_each(method, some), len(self._addresses) + 1)  # type: ignore[misc]
        return found

    def change(self, method: str, arguments: Tree) -> Any:
        """Calls a method that changes something; it is sent at most once.

        Raises:
            Unreachable: No connection could be made, so nothing was sent.
            Unknown: It was sent and the answer was lost.
        """
        try:
            return self._call(method, arguments)
        except _Lost as lost:
            raise Unknown(self._subject(), f"{method} was sent and its answer lost: {lost}",
                          "Read the object back before anything else") from lost

    def close(self) -> None:
        """Closes the connection; the next call opens another."""
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()

    def _subject(self) -> str:
        host, port = self._addresses[0] if self._addresses else ("?", 0)
        return f"metastore {host}:{port} of site {self._site}"

    def _ensure_open(self) -> None:
        """Opens a connection unless one is alive; the peek finds one that the server has closed meanwhile."""
        if self._transport is not None:
            if self._transport.isOpen():
                return
            self.close()
        problem, silent = "no metastore address is given", False
        for _ in range(len(self._addresses)):
            host, port = self._addresses[0]
            try:
                self._transport = self._opener(host, port, self._connect_s, self._read_s)
                return
            except (TTransportException, OSError) as error:
                problem, silent = f"no connection: {_cause(error)}", silent or _timed_out(error)
                unreachable = Unreachable(self._subject(), problem, "Check that the metastore runs")
                self._addresses.append(self._addresses.pop(0))
        if self._addresses:
            raise unreachable from (_Silent(problem) if silent else None)
        raise Unreachable(self._subject(), problem, "Check the pair's file")

    def _call(self, method: str, arguments: Tree) -> Any:
        (answer,) = self._call_each(method, [arguments])
        if isinstance(answer, DrError):
            raise answer
        return answer

    def _call_each(self, method: str, every: Sequence[Tree]) -> list[Any]:
        """Sends the requests together and reads their answers; a refusal stands in the place of its answer.

        Raises:
            _Lost: An answer did not come; of how many requests the metastore took notice cannot be told.
        """
        self._ensure_open()
        self._note(method, len(every))
        try:
            first = self._sequence + 1
            for arguments in every:
                self._send(method, arguments)
            self._transport.flush()
            answers = [self._receive(method, sequence) for sequence in range(first, first + len(every))]
            self._answered = True
            return answers
        except (TTransportException, TProtocolException, OSError, EOFError) as error:
            self.close()
            raise (_Silent if _timed_out(error) else _Lost)(_cause(error)) from error
        except Garbled as error:
            self.close()
            raise _Lost(f"an answer that cannot be read: {error}") from error

    def _protocol(self) -> TBinaryProtocol:
        return TBinaryProtocol(self._transport, strictRead=True)

    def _send(self, method: str, arguments: Tree) -> None:
        self._sequence += 1
        protocol = self._protocol()
        protocol.writeMessageBegin(method, TMessageType.CALL, self._sequence)
        self._transport.write(encode(arguments))
        protocol.writeMessageEnd()

    def _receive(self, method: str, wanted: int) -> Any:
        try:
            name, kind, sequence = self._protocol().readMessageBegin()
            answer = read_struct(self._transport.readAll)
            if sequence != wanted or name != method or kind not in _ANSWERS:
                raise Garbled(f"answer {sequence} to {name}, asked was {wanted} of {method}")
            if kind == TMessageType.EXCEPTION:
                return self._refusal(method, get_number(answer, 2), get_text(answer, 1))
            return self._result(method, answer)
        except (ValueError, TypeError, AttributeError, IndexError) as odd:      # of another shape than a metastore's
            raise Garbled(str(odd)) from odd

    def _result(self, method: str, answer: Tree) -> Any:
        """Takes the value, or the error it tells, out of an answer; None for methods that return nothing."""
        if 0 in answer:
            return answer[0][1]
        for field, (_, value) in answer.items():
            names = EXCEPTIONS.get(method, ())
            name = names[field - 1] if field <= len(names) else f"exception {field}"
            return self._failure(method, name, get_text(value, 1))
        return None

    def _failure(self, method: str, name: str, message: str) -> DrError:
        problem = f"{method}: {name}: {message}" if message else f"{method}: {name}"
        if any(mark in message for mark in _DENIED):
            return AccessDenied(self._subject(), problem, "Give the acting user the right")
        if any(mark in message for mark in _NOT_READY):
            return NotReady(self._subject(), problem, "Try again when the site's HDFS serves")
        return _ERRORS.get(name, Failed)(self._subject(), problem, "See the metastore's own log")

    def _refusal(self, method: str, kind: int, message: str) -> DrError:
        if kind == _UNKNOWN_METHOD:
            return Protocol(self._subject(), f"does not know {method}: {message}", "Use a metastore of Hive 4")
        remedy = _LOG_REMEDY if method in _OF_THE_LOG else "See the metastore's own log"
        return Failed(self._subject(), f"{method}: {message}", remedy)


class _Lost(Exception):
    """The answer to a request that may have been sent did not come."""


class _Silent(_Lost):
    """It did not come in time; the connection still stood."""


def _address(uri: str) -> tuple[str, int]:
    parts = urlsplit(uri if "://" in uri else f"thrift://{uri}")
    if parts.scheme != "thrift" or not parts.hostname:
        raise BadInput(uri, "is not the address of a metastore", "Write thrift://host:9083")
    return parts.hostname, parts.port or _DEFAULT_PORT


def _timed_out(error: BaseException) -> bool:
    return isinstance(_innermost(error), TimeoutError)


def _innermost(error: BaseException) -> BaseException:
    """Returns what the library wraps, such as the error of the socket."""
    return getattr(error, "inner", None) or error


def _cause(error: BaseException) -> str:
    inner = _innermost(error)
    said = inner.strerror if isinstance(inner, OSError) else None
    return said[:1].lower() + said[1:] if said else str(inner) or type(error).__name__
