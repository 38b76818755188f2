"""Faults at a chosen effect, by wrapping one port at a time: a death, a lost answer, or a world that moves on first.

Every change that goes through a wrapper is one effect, and one counter numbers them over all wrappers that share a
``Faults``. So a test can run a service once to count its effects and then once more for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from hadoop_dr.domain.errors import Unknown
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.mover import Copy, Did, Digest, Meter, Mover, Operation, Outcome, Read
from hadoop_dr.ports.namenode import NameNode

_T = TypeVar("_T")
_NAMENODE_EFFECTS = frozenset({
    "make_directory", "make_all", "rename", "delete", "discard",
    "allow_snapshot", "disallow_snapshot", "create_snapshot", "delete_snapshot",
    "set_permission", "set_owner", "set_times", "set_replication", "set_acl", "set_xattr", "remove_xattr",
    "set_storage_policy", "set_quota", "truncate", "concat",
})
_COORDINATOR_EFFECTS = frozenset({"create", "write"})
_FILES_EFFECTS = frozenset({"append_new", "put", "move", "remove"})


class Died(BaseException):
    """The process ended here. No ``except Exception`` may notice it."""


@dataclass(slots=True)
class Faults:
    """When to fail and how.

    Attributes:
        at: Number of the effect, from 1; 0 never.
        die: Raise ``Died`` there.
        lose: Do not die, but lose the answer there.
        after: The effect takes place first.
        first: Called before that effect, for whatever the world does while a worker sleeps.
        count: Effects so far.
    """

    at: int = 0
    die: bool = False
    lose: bool = False
    after: bool = False
    first: Callable[[], None] | None = None
    count: int = 0

    def effect(self, do: Callable[[], _T], lost: Callable[[], _T]) -> _T:
        """Runs one effect under the fault.

        Args:
            do: The effect.
            lost: What the caller sees when the answer is lost.
        """
        self.count += 1
        if self.count != self.at:
            return do()
        if self.first is not None:
            self.first()
            return do()
        if self.after:
            with suppress(Exception):
                do()
        if self.die:
            raise Died
        return lost() if self.lose else do()


class _Wrapper:
    """Passes everything on and counts the named methods as effects."""

    _effects: frozenset[str] = frozenset()

    def __init__(self, inner: Any, faults: Faults) -> None:
        self._inner, self._faults = inner, faults

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name not in self._effects:
            return real

        def effect(*args: Any, **named: Any) -> Any:
            def lost() -> Any:
                raise Unknown(str(args[0]), f"the answer to {name} was lost")

            return self._faults.effect(lambda: real(*args, **named), lost)

        return effect


class _FaultyNameNode(_Wrapper):
    _effects = _NAMENODE_EFFECTS


class _FaultyCoordinator(_Wrapper):
    _effects = _COORDINATOR_EFFECTS


class _FaultyFiles(_Wrapper):
    """Whoever dies before a document has its name leaves the unfinished one behind, as a real process does."""

    _effects = _FILES_EFFECTS

    def __getattr__(self, name: str) -> Any:
        effect = super().__getattr__(name)
        if name not in ("append_new", "put"):
            return effect

        def write(path: str, content: bytes) -> Any:
            try:
                return effect(path, content)
            except Died:
                if not self._faults.after:
                    self._inner.leave_unfinished(path, content)
                raise

        return write


def faulty_namenode(inner: NameNode, faults: Faults) -> NameNode:
    """Wraps a NameNode."""
    return cast(NameNode, _FaultyNameNode(inner, faults))


def faulty_coordinator(inner: Coordinator, faults: Faults) -> Coordinator:
    """Wraps a connection to a ZooKeeper."""
    return cast(Coordinator, _FaultyCoordinator(inner, faults))


def faulty_files(inner: Files, faults: Faults) -> Files:
    """Wraps a document store."""
    return cast(Files, _FaultyFiles(inner, faults))


class FaultyMover:
    """Wraps a mover; each file and each operation is an effect of its own, in the order it was asked for."""

    def __init__(self, inner: Mover, faults: Faults) -> None:
        """Counts in ``faults``."""
        self._inner, self._faults = inner, faults
        self.meter: Meter = inner.meter

    def copy(self, copies: Iterable[Copy]) -> Iterator[Digest | Outcome]:
        """Copies one file at a time."""
        return self._each(copies, self._inner.copy)

    def apply(self, operations: Iterable[Operation]) -> Iterator[Outcome]:
        """Runs one operation at a time."""
        return self._each(operations, self._inner.apply)

    def digest(self, reads: Iterable[Read]) -> Iterator[Digest | Outcome]:
        """Reads are no effects."""
        return self._inner.digest(reads)

    def close(self) -> None:
        """Closes what it wraps."""
        self._inner.close()

    def _each(self, wanted: Iterable[Any], run: Callable[[Sequence[Any]], Iterator[Any]]) -> Iterator[Any]:
        for one in wanted:
            def do(one: Any = one) -> Any:
                return next(iter(run([one])))

            def lost(one: Any = one) -> Any:
                return Outcome(one.key, Did.UNKNOWN, "the answer was lost")

            yield self._faults.effect(do, lost)
