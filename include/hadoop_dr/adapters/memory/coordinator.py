"""The coordinator port in memory: one ensemble, any number of connections to it, and the faults a network adds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from hadoop_dr.domain.errors import AlreadyExists, NotFound, Superseded, Unreachable
from hadoop_dr.ports.coordinator import Document


@dataclass(slots=True)
class MemoryEnsemble:
    """What the servers hold, shared by every connection.

    Attributes:
        reachable: Turn off to cut all connections.
        lose_answers: So many of the next effects happen, but their answers get lost.
        drop_requests: So many of the next effects get lost before they happen.
    """

    reachable: bool = True
    lose_answers: int = 0
    drop_requests: int = 0
    nodes: dict[str, Document] = field(default_factory=dict)
    watches: dict[str, list[Callable[[], None]]] = field(default_factory=dict)
    changes: int = 0
    guard: threading.RLock = field(default_factory=threading.RLock)


class MemoryCoordinator:
    """One connection to a memory ensemble."""

    def __init__(self, site: str, ensemble: MemoryEnsemble) -> None:
        self._site, self._ensemble = site, ensemble
        self._closed = False

    def read(self, path: str) -> Document | None:
        """Reads what is there."""
        self._reach()
        with self._ensemble.guard:
            return self._ensemble.nodes.get(path)

    def create(self, path: str, data: bytes) -> Document:
        """Makes a node with version 0."""
        with self._ensemble.guard:
            return self._sent(lambda: self._create(path, data), lambda: self._is_mine(path, data, 0))

    def write(self, path: str, data: bytes, version: int) -> Document:
        """Compares and sets."""
        with self._ensemble.guard:
            return self._sent(lambda: self._write(path, data, version), lambda: self._is_mine(path, data, version + 1))

    def watch(self, path: str, wake: Callable[[], None]) -> None:
        """Calls ``wake`` on the thread of whoever changes the node."""
        self._reach()
        self._ensemble.watches.setdefault(path, []).append(wake)

    def close(self) -> None:
        """Answers nothing any more."""
        self._closed = True

    def _sent(self, effect: Callable[[], Document], mine: Callable[[], Document | None]) -> Document:
        """Runs an effect the way the real adapter does: a lost answer is read back, an unsent request sent again."""
        self._reach()
        if self._ensemble.drop_requests:
            self._ensemble.drop_requests -= 1
        elif self._ensemble.lose_answers:
            self._ensemble.lose_answers -= 1
            effect()
            if (found := mine()) is not None:
                return found
        return effect()

    def _create(self, path: str, data: bytes) -> Document:
        if path in self._ensemble.nodes:
            raise AlreadyExists(f"{self._site}: {path}", "the node already exists", "Read it again and decide again")
        return self._put(path, data, 0)

    def _write(self, path: str, data: bytes, version: int) -> Document:
        held = self._ensemble.nodes.get(path)
        if held is None:
            raise NotFound(f"{self._site}: {path}", "the node does not exist", "Create it first")
        if held.version != version:
            problem = "another writer changed it since it was read"
            raise Superseded(f"{self._site}: {path}", problem, "Read it again and decide again")
        return self._put(path, data, version + 1)

    def _put(self, path: str, data: bytes, version: int) -> Document:
        self._ensemble.changes += 1
        document = Document(data, version, self._ensemble.changes)
        self._ensemble.nodes[path] = document
        for wake in list(self._ensemble.watches.get(path, ())):
            wake()
        return document

    def _is_mine(self, path: str, data: bytes, version: int) -> Document | None:
        held = self._ensemble.nodes.get(path)
        return held if held is not None and (held.data, held.version) == (data, version) else None

    def _reach(self) -> None:
        if self._closed:
            raise Unreachable(self._site, "the connection is closed", "Run the command again")
        if not self._ensemble.reachable:
            remedy = "Start that ZooKeeper, or repair the network to it"
            raise Unreachable(self._site, "ZooKeeper does not answer", remedy)
