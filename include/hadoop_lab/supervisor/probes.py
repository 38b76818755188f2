"""Readiness by real answers: each probe returns None when the daemon serves, else what is still missing."""

from __future__ import annotations

import json
import socket
import struct
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

Probe = Callable[[], str | None]

_TIMEOUT_S = 5.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def namenode(http: str) -> Probe:
    """The NameNode answers and is out of safemode, which needs DataNodes that report its blocks."""

    def ask() -> str | None:
        info = _jmx(http, "Hadoop:service=NameNode,name=NameNodeInfo")
        return "is in safemode" if info["Safemode"] else None

    return _answering(ask)


def datanode(namenodes: Sequence[str], address: str) -> Probe:
    """Every NameNode that answers counts the DataNode among the live ones, and one does answer."""

    def ask() -> str | None:
        answers = [_live_datanodes(http) for http in namenodes]
        listings = [live for live in answers if live is not None]
        if not listings:
            return "no NameNode answers"
        return None if all(address in live for live in listings) else "is not registered at the NameNode yet"

    return _answering(ask)


def one_active(namenodes: Sequence[str]) -> Probe:
    """One NameNode of the pair is active."""

    def ask() -> str | None:
        states = [_state(http) for http in namenodes]
        return None if "active" in states else f"no NameNode is active: {', '.join(states)}"

    return _answering(ask)


def http_answers(url: str) -> Probe:
    """Any HTTP answer below 500."""

    def ask() -> str | None:
        try:
            with _DIRECT.open(url, timeout=_TIMEOUT_S):
                return None
        except urllib.error.HTTPError as error:
            with error:
                return None if error.code < 500 else f"HTTP {error.code}"

    return _answering(ask)


def zookeeper(host: str, port: int) -> Probe:
    """The four-letter word `ruok` is answered with `imok`."""

    def ask() -> str | None:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(b"ruok")
            answer = connection.recv(16)
        return None if answer == b"imok" else f"answered {answer!r}"

    return _answering(ask)


def listens(host: str, port: int) -> Probe:
    """Something accepts connections."""

    def ask() -> str | None:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S):
            return None

    return _answering(ask)


def all_of(*parts: Probe) -> Probe:
    """Every part serves; else the first thing that is missing."""

    def ask() -> str | None:
        return next((missing for part in parts if (missing := part()) is not None), None)

    return ask


def metastore(host: str, port: int) -> Probe:
    """The Thrift call get_all_databases is answered, which also proves the database below."""

    def ask() -> str | None:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(_thrift_call("get_all_databases"))
            kind = _thrift_reply_kind(connection)
        return None if kind == _REPLY else "answered with a Thrift exception"

    return _answering(ask)


def hiveserver2(host: str, port: int) -> Probe:
    """A session is opened; HiveServer2 drops it when the connection closes."""

    def ask() -> str | None:
        with socket.create_connection((host, port), timeout=_TIMEOUT_S) as connection:
            connection.sendall(_sasl(_SASL_START, b"PLAIN") + _sasl(_SASL_COMPLETE, b"\0hdfs\0x"))
            status = _read(connection, 5)[0]
            if status != _SASL_COMPLETE:
                return f"refused the login with status {status}"
            call = _thrift_call("OpenSession", _OPEN_SESSION)
            connection.sendall(struct.pack(">I", len(call)) + call)
            _read(connection, 4)
            kind = _thrift_reply_kind(connection)
        return None if kind == _REPLY else "answered with a Thrift exception"

    return _answering(ask)


def airflow(url: str, part: str, since: datetime) -> Probe:
    """The API server reports this part of Airflow as healthy, by a heartbeat younger than `since`.

    Without the time a component that has just been killed would look healthy until its last heartbeat is old.
    """

    def ask() -> str | None:
        health = get_json(f"{url}/api/v2/monitor/health")[part]
        if health["status"] != "healthy":
            return f"{part} is {health['status'] or 'not there'}"
        heartbeat = health.get(f"latest_{part}_heartbeat")
        fresh = heartbeat is None or datetime.fromisoformat(heartbeat) >= since
        return None if fresh else f"{part} has not reported since its start"

    return _answering(ask)


def airflow_execution(url: str) -> Probe:
    """The part of the API server that tasks speak to answers."""

    def ask() -> str | None:
        status = get_json(f"{url}/execution/health")["status"]
        return None if status == "healthy" else f"is {status}"

    return _answering(ask)


_CALL, _REPLY = 1, 2
_SASL_START, _SASL_COMPLETE = 1, 5
# Argument 1: a request structure whose field 1 is the protocol version, here 5.
_OPEN_SESSION = b"\x0c\x00\x01" + b"\x08\x00\x01\x00\x00\x00\x05" + b"\x00"


def _thrift_call(method: str, arguments: bytes = b"") -> bytes:
    name = method.encode()
    # Strict binary protocol: version and kind, name, sequence number, arguments, end of the argument structure.
    return struct.pack(f">Ii{len(name)}si", 0x80010000 | _CALL, len(name), name, 0) + arguments + b"\0"


def _thrift_reply_kind(connection: socket.socket) -> int:
    return int(struct.unpack(">I", _read(connection, 4))[0] & 0xFF)


def _sasl(status: int, payload: bytes) -> bytes:
    return struct.pack(">BI", status, len(payload)) + payload


def _read(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise ConnectionError("the connection was closed")
        data += part
    return data


def _live_datanodes(http: str) -> set[str] | None:
    try:
        info = _jmx(http, "Hadoop:service=NameNode,name=NameNodeInfo")
    except OSError as error:
        _close(error)
        return None
    return {str(node["xferaddr"]) for node in json.loads(info["LiveNodes"]).values()}


def _state(http: str) -> str:
    try:
        return str(_jmx(http, "Hadoop:service=NameNode,name=NameNodeStatus")["State"])
    except OSError as error:
        _close(error)
        return "silent"


def _close(error: OSError) -> None:
    if isinstance(error, urllib.error.HTTPError):
        error.close()


def _jmx(http: str, bean: str) -> dict[str, Any]:
    beans = get_json(f"http://{http}/jmx?qry={urllib.parse.quote(bean)}")["beans"]
    if not beans:
        raise ConnectionError("is still starting")
    return dict(beans[0])


def get_json(url: str) -> Any:
    """Fetch a JSON document without any proxy of the environment."""
    with _DIRECT.open(url, timeout=_TIMEOUT_S) as answer:
        return json.load(answer)


def _answering(ask: Probe) -> Probe:
    def probe() -> str | None:
        try:
            return ask()
        except urllib.error.HTTPError as error:
            with error:
                return f"HTTP {error.code}"
        except (OSError, KeyError, ValueError) as error:
            return str(getattr(error, "reason", error)) or type(error).__name__

    return probe
