"""Ports that report each answer: what the heartbeat of a claim counts (I3).

Wrapped once, where everything is built, so that no loop over requests has to remember to report, however long it is. A
request that hangs reports nothing; nor does one that fails, unless its error is a plain answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, cast

from hadoop_dr.domain.errors import AlreadyExists, NotFound
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.sql import Queries

Report = Callable[[int], None]
"""Told how many answers, or items of an answer that comes in pieces, are there."""
Quiet = Callable[[str, float], AbstractContextManager[None]]
"""Told that something is begun which shows nothing on its way, and how many seconds it may take at most."""

_BLOCK_S = 0.02
"""A DataNode asks one after the other for the sums of a file's blocks."""
_BYTES_S = 2 << 20
_WORTH_SAYING_S = 5.0


class Relay:
    """Reports to whoever is there by then: adapters are built before anybody knows under which claim they work."""

    def __init__(self) -> None:
        self.to: Report = lambda count: None
        self.quiet: Quiet = lambda what, for_s: nullcontext()

    def __call__(self, count: int) -> None:
        """Reports."""
        self.to(count)

    def long(self, what: str, for_s: float) -> AbstractContextManager[None]:
        """Says that a call may take long, if it may."""
        return self.quiet(what, for_s) if for_s > _WORTH_SAYING_S else nullcontext()


class _Reporting:
    """Passes everything on and reports it once it is answered."""

    def __init__(self, inner: object, report: Report) -> None:
        self._inner, self._report = inner, report

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if not callable(real):
            return real

        def call(*args: Any, **named: Any) -> Any:
            try:
                answer = real(*args, **named)
            except (NotFound, AlreadyExists):
                self._report(1)
                raise
            if isinstance(answer, Iterator):
                return self._in_pieces(answer)
            self._report(1)
            return answer

        return call

    def _in_pieces(self, answer: Iterator[Any]) -> Iterator[Any]:
        """Nothing is there yet: each piece is an answer, and so is the end."""
        try:
            for piece in answer:
                self._report(1)
                yield piece
            self._report(1)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()


class _NameNode(_Reporting):
    """A checksum is one request, however many blocks a file has; whoever wants one asks for the blocks before."""

    def __init__(self, inner: NameNode, relay: Relay) -> None:
        super().__init__(inner, relay)
        self._relay = relay
        self._many: dict[str, int] = {}

    def blocks(self, path: str) -> Any:
        """Remembers how many there are, when there are many."""
        found = super().__getattr__("blocks")(path)
        if (count := len(found.blocks)) * _BLOCK_S > _WORTH_SAYING_S:
            self._many[path] = count
        return found

    def checksum(self, path: str) -> Any:
        """Says that it takes long, when it does."""
        with self._relay.long(f"the checksum of {path}", self._many.pop(path, 0) * _BLOCK_S):
            return super().__getattr__("checksum")(path)


class _Files(_Reporting):
    """A document is written by one request, however long it is."""

    def __init__(self, inner: Files, relay: Relay) -> None:
        super().__init__(inner, relay)
        self._relay = relay

    def put(self, path: str, content: bytes) -> None:
        """Says that it takes long, when it does."""
        with self._relay.long(f"writing {path}", len(content) / _BYTES_S):
            super().__getattr__("put")(path, content)


def reporting_namenode(inner: NameNode, relay: Relay) -> NameNode:
    """Wraps a NameNode."""
    return cast(NameNode, _NameNode(inner, relay))


def reporting_files(inner: Files, relay: Relay) -> Files:
    """Wraps a document store."""
    return cast(Files, _Files(inner, relay))


def reporting_metastore(inner: Metastore, report: Report) -> Metastore:
    """Wraps a metastore."""
    return cast(Metastore, _Reporting(inner, report))


def reporting_queries(inner: Queries, report: Report) -> Queries:
    """Wraps a SQL endpoint; that a query goes on the endpoint has to report itself."""
    return cast(Queries, _Reporting(inner, report))


def reporting_mover(inner: Mover, report: Report) -> Mover:
    """Wraps a mover; what goes on inside one file the mover has to report itself."""
    return cast(Mover, _Reporting(inner, report))
