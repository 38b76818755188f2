"""Ports that count the requests made through them.

The adapters of HDFS and of the metastore count by themselves, where a request leaves. What is wrapped here counts by
the call: the data plane, ZooKeeper and HiveServer2, and the memory twins, whose calls count as many requests as the
adapter they stand for makes when nothing fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from threading import Lock
from typing import Any, cast

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.ports.mover import Mover
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import Note
from hadoop_dr.ports.sql import Queries

_PAGE = 1000
_SILENT = frozenset({"close", "watch"})
NAMENODE_COST: Mapping[str, int] = {
    "datanodes": 2, "replace": 2, "truncate": 2, "checksum": 2,
}  # fmt: skip
"""Requests of a call, one after the other; one where nothing is said."""
FILES_COST: Mapping[str, int] = {"move": 4, "remove": 2}
"""The same for calls of ``Files``."""


class _Counting:
    """Passes everything on; a call is so many requests."""

    def __init__(self, inner: object, note: Note, cost: Mapping[str, int]) -> None:
        self._inner, self._note, self._cost = inner, note, cost

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if not callable(real) or name in _SILENT:
            return real

        def call(*args: Any, **named: Any) -> Any:
            self._ask(name, self._cost.get(name, 1))
            return real(*args, **named)

        return call

    def _ask(self, what: str, times: int = 1) -> None:
        for _ in range(times):
            self._note(what)


class _NameNode(_Counting):
    """Listings and differences come in pages; a directory that is there is only looked at.

    What a NameNode keeps from its start on is asked for once.
    """

    def __init__(self, inner: object, note: Note, cost: Mapping[str, int]) -> None:
        super().__init__(inner, note, cost)
        self._known: set[str] = set()

    def settings(self, *names: str) -> Any:
        """Counts the first time."""
        self._ask("settings", 1 - self._is_known("settings"))
        return self._inner.settings(*names)  # type: ignore[attr-defined]

    def service(self) -> Any:
        """Counts the identity the first time, and what changes each time."""
        self._ask("service", 1 if self._is_known("service") else 2)
        return self._inner.service()  # type: ignore[attr-defined]

    def _is_known(self, what: str) -> bool:
        """Whether it is known already."""
        known = what in self._known
        self._known.add(what)
        return known

    def list(self, path: str) -> Iterator[Any]:
        """Counts the pages."""
        self._note("list")
        for number, one in enumerate(self._inner.list(path), 1):  # type: ignore[attr-defined]
            if number > _PAGE and number % _PAGE == 1:
                self._note("list")
            yield one

    def diff(self, path: str, older: str, newer: str) -> Iterator[Any]:
        """Counts pages of a NameNode's size, whatever the twin's are."""
        self._note("diff")
        entries = 0
        for page in self._inner.diff(path, older, newer):  # type: ignore[attr-defined]
            before, entries = entries, entries + len(page.modified) + len(page.created) + len(page.deleted)
            for _ in range(max(0, entries - 1) // _PAGE - max(0, before - 1) // _PAGE):
                self._note("diff")
            yield page

    def extras(self, path: str, *, acl: bool = True, xattrs: bool = True) -> Any:
        """Counts one for each of both."""
        self._ask("extras", acl + xattrs)
        return self._inner.extras(path, acl=acl, xattrs=xattrs)  # type: ignore[attr-defined]

    def clock_offset_ms(self, directory: str, within_ms: float = 0.0) -> Any:
        """Counts the samples, their listing and what is cleared away; on a line that is short one sample will do."""
        self._ask("clock_offset_ms", 3 if within_ms else 7)
        return self._inner.clock_offset_ms(directory, within_ms)  # type: ignore[attr-defined]

    def rename(self, source: str, target: str, inode: int | None = None) -> None:
        """Counts a look at what is moved, unless the caller has seen it."""
        self._ask("rename", 1 + (inode is None))
        self._inner.rename(source, target, inode)  # type: ignore[attr-defined]

    def delete(self, path: str, *, recursive: bool = False, inode: int | None = None) -> bool:
        """Counts a look at what goes, unless the caller has seen it."""
        self._ask("delete", 1 + (inode is None))
        gone: bool = self._inner.delete(path, recursive=recursive, inode=inode)  # type: ignore[attr-defined]
        return gone

    def concat(self, path: str, sources: Sequence[str]) -> None:
        """Counts a look at each."""
        self._ask("concat", 2 + len(sources))
        self._inner.concat(path, sources)  # type: ignore[attr-defined]

    def make_directory(self, path: str, mode: int) -> None:
        """Counts the looks at it and at its parent."""
        try:
            self._inner.status(path)  # type: ignore[attr-defined]
            self._ask("make_directory")
        except NotFound:
            self._ask("make_directory", 3)
        self._inner.make_directory(path, mode)  # type: ignore[attr-defined]


class _Files(_Counting):
    """The NameNode is asked for a DataNode once, and whenever it is asked for what is not there."""

    def __init__(self, inner: object, note: Note, cost: Mapping[str, int]) -> None:
        super().__init__(inner, note, cost)
        self._ways: set[str] = set()
        self._prepared: set[str] = set()
        self._turn = Lock()

    def get(self, path: str) -> bytes:
        """Counts the DataNode, and the NameNode where that is to say that there is nothing."""
        known, found = "get" in self._ways, None
        try:
            found = self._inner.get(path)  # type: ignore[attr-defined]
            self._ways.add("get")
        finally:
            self._ask("get", 2 - (known and found is not None) - (not known and found is None))
        return cast(bytes, found)

    def append_new(self, path: str, content: bytes) -> bool:
        """Counts the writing and the rename; a loser takes away what it wrote."""
        if path in self._prepared:
            self._prepared.discard(path)
            self._ask("append_new")
        else:
            self._write("append_new")
        made: bool = self._inner.append_new(path, content)  # type: ignore[attr-defined]
        self._ask("append_new", not made)
        return made

    def prepare(self, path: str, content: bytes) -> None:
        """Counts the writing; the rename is counted when it comes."""
        self._write("prepare", -1)
        self._prepared.add(path)
        self._inner.prepare(path, content)  # type: ignore[attr-defined]

    def put(self, path: str, content: bytes) -> None:
        """Counts the writing and the rename."""
        self._write("put")
        self._inner.put(path, content)  # type: ignore[attr-defined]

    def _write(self, what: str, more: int = 0) -> None:
        with self._turn:  # of several at once the first finds the way
            self._ask(what, 3 + more - ("put" in self._ways))
            self._ways.add("put")


class _Metastore(_Counting):
    """Each setting is asked for by itself, and each database; those go out together."""

    def settings(self, *names: str) -> Any:
        """Counts one for each."""
        self._ask("settings", len(names))
        return self._inner.settings(*names)  # type: ignore[attr-defined]

    def every_database(self) -> Any:
        """Counts the list of names, and one for each."""
        found = self._inner.every_database()  # type: ignore[attr-defined]
        self._ask("every_database")
        self._note("every_database", len(found))
        return found


class _Mover(_Counting):
    """All of a call are under way together, so they are one trip; each item counts."""

    def copy(self, copies: Iterable[Any]) -> Iterator[Any]:
        """Counts the files."""
        return self._each("copy", self._inner.copy, copies)  # type: ignore[attr-defined]

    def digest(self, reads: Iterable[Any]) -> Iterator[Any]:
        """Counts the files."""
        return self._each("digest", self._inner.digest, reads)  # type: ignore[attr-defined]

    def apply(self, operations: Iterable[Any]) -> Iterator[Any]:
        """Counts the operations."""
        return self._each("apply", self._inner.apply, operations)  # type: ignore[attr-defined]

    def _each(self, what: str, act: Callable[[Iterable[Any]], Iterator[Any]], items: Iterable[Any]) -> Iterator[Any]:
        self._note(what, 0)
        return act(self._counted(what, items))

    def _counted(self, what: str, items: Iterable[Any]) -> Iterator[Any]:
        """Pulled by a thread of the adapter, as it goes."""
        for one in items:
            self._note(what, 1, 0)
            yield one


def counting_namenode(inner: NameNode, note: Note) -> NameNode:
    """Wraps the twin of a NameNode."""
    return cast(NameNode, _NameNode(inner, note, NAMENODE_COST))


def counting_files(inner: Files, note: Note) -> Files:
    """Wraps the twin of a document store."""
    return cast(Files, _Files(inner, note, FILES_COST))


def counting_metastore(inner: Metastore, note: Note) -> Metastore:
    """Wraps the twin of a metastore."""
    return cast(Metastore, _Metastore(inner, note, {}))


def counting_coordinator(inner: Coordinator, note: Note) -> Coordinator:
    """Wraps a coordinator."""
    return cast(Coordinator, _Counting(inner, note, {}))


def counting_queries(inner: Queries, note: Note) -> Queries:
    """Wraps a SQL endpoint."""
    return cast(Queries, _Counting(inner, note, {}))


def counting_mover(inner: Mover, note: Note) -> Mover:
    """Wraps a mover."""
    return cast(Mover, _Mover(inner, note, {}))
