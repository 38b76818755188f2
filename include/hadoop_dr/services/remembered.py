"""What a run read of a site's snapshots a moment ago, so that none is asked for twice for one question.

A stage asks several times which snapshots a root has: whether the baseline is there, whether an earlier try took the
moment, what may be swept. The answer is kept for a minute at most, and only until this process makes or removes a
snapshot there itself; whoever takes a service over forgets everything first. A snapshot that somebody else removes
meanwhile is missed by the request that reads from it, and one that was made again under its name by the look before the
seal.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from hadoop_dr.domain.tree.file_attributes import AclAndXattrs, Snapshot
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext

FRESH_S = 60.0
"""An answer that is older than so many seconds is asked for anew."""
_NEVER = float("-inf")
_MANY = 50_000
_ROOTS = ("allow_snapshot", "disallow_snapshot")
_CHANGING = ("create_snapshot", "delete_snapshot", *_ROOTS)


class RememberedSnapshots:
    """A NameNode whose lists of snapshots are remembered for a while. Safe for many threads."""

    def __init__(self, inner: NameNode, clock: Clock) -> None:
        self._inner, self._clock = inner, clock
        self._lock = threading.Lock()
        self._lists: dict[str, tuple[float, Sequence[Snapshot]]] = {}
        self._extras: dict[tuple[str, bool, bool], AclAndXattrs] = {}
        self._roots: tuple[float, Sequence[str]] = _NEVER, ()
        self._changes: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        return self._changing(name, real) if name in _CHANGING else real

    def snapshots(self, path: str) -> Sequence[Snapshot]:
        """Gives what was read within the last minute, or asks."""
        with self._lock:
            at_s, found = self._lists.get(path, (_NEVER, ()))
            changes = self._changes[path]
        now_s = self._clock.monotonic_s()
        if now_s - at_s <= FRESH_S:
            return found
        found = self._inner.snapshots(path)
        with self._lock:
            if changes == self._changes[path]:  # else it may be from before a change of ours
                self._lists[path] = now_s, found
        return found

    def extras(self, path: str, *, acl: bool = True, xattrs: bool = True) -> AclAndXattrs:
        """Gives what was read of an item in a snapshot, which never changes, or asks."""
        if "/.snapshot/" not in path:
            return self._inner.extras(path, acl=acl, xattrs=xattrs)
        found = self._extras.get((path, acl, xattrs))
        if found is None:
            found = self._inner.extras(path, acl=acl, xattrs=xattrs)
            if len(self._extras) >= _MANY:
                self._extras.clear()
            self._extras[path, acl, xattrs] = found
        return found

    def snapshottable(self) -> Sequence[str]:
        """Gives what was read within the last minute, or asks."""
        with self._lock:
            at_s, found = self._roots
            changes = self._changes[""]
        now_s = self._clock.monotonic_s()
        if now_s - at_s <= FRESH_S:
            return found
        found = self._inner.snapshottable()
        with self._lock:
            if changes == self._changes[""]:
                self._roots = now_s, found
        return found

    def ask_again(self, roots: Iterable[str]) -> None:
        """Takes the snapshots of these roots for known no more."""
        with self._lock:
            for root in roots:
                self._lists.pop(root, None)

    def forget(self) -> None:
        """Takes nothing for known any more."""
        with self._lock:
            self._lists.clear()
            self._extras.clear()
            self._roots = _NEVER, ()

    def _changing(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(path: str, *args: Any) -> Any:
            try:
                return real(path, *args)
            finally:
                with self._lock:
                    self._lists.pop(path, None)
                    if name == "delete_snapshot":  # its name may be given again
                        self._extras.clear()
                    self._changes[path] += 1
                    if name in _ROOTS:
                        self._roots = _NEVER, ()
                        self._changes[""] += 1

        return call


def remembering(context: BackupContext) -> BackupContext:
    """The same context, with a memory of its own."""

    def one(inner: NameNode) -> NameNode:
        if isinstance(inner, RememberedSnapshots):
            return inner
        return cast(NameNode, RememberedSnapshots(inner, context.tools.clock))

    origin, destination = context.origin, context.destination
    return replace(
        context,
        origin=replace(origin, namenode=one(origin.namenode)),
        destination=replace(destination, namenode=one(destination.namenode)),
    )


def ask_again(namenode: NameNode, roots: Iterable[str]) -> None:
    """Has the snapshots of these roots asked for, whatever was read of them lately."""
    if isinstance(namenode, RememberedSnapshots):
        namenode.ask_again(roots)


def forget(context: BackupContext) -> None:
    """Whoever worked on the service until now may have made or removed snapshots."""
    for side in (context.origin, context.destination):
        if isinstance(side.namenode, RememberedSnapshots):
            side.namenode.forget()
