"""A cache of what a run read about a site's snapshots in the last minute.

A stage asks several times which snapshots a root has: whether the baseline is there, whether an earlier try took the
moment, what may be swept. An answer is kept for at most a minute, and only until this process creates or removes a
snapshot of that root. A run that takes a service over clears the cache first. If somebody else removes a snapshot in
that minute, the request that reads from it fails; if somebody else creates it anew under its name, the comparison of
snapshot ids before the seal finds it.
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
"""Seconds after which an answer is no longer used."""
_NEVER = float("-inf")
_MANY = 50_000
_ROOTS = ("allow_snapshot", "disallow_snapshot")
_CHANGING = ("create_snapshot", "delete_snapshot", *_ROOTS)


class CachedSnapshots:
    """A NameNode whose lists of snapshots are cached for a minute. Safe for many threads."""

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
        """Returns the cached list if it is at most a minute old; else asks the NameNode."""
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
        """Returns the cached ACL and extended attributes of an item in a snapshot, which never change; else asks."""
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
        """Returns the cached list if it is at most a minute old; else asks the NameNode."""
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

    def expire(self, roots: Iterable[str]) -> None:
        """Discards the cached snapshots of these roots."""
        with self._lock:
            for root in roots:
                self._lists.pop(root, None)

    def clear(self) -> None:
        """Discards everything that is cached."""
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


def with_snapshot_cache(context: BackupContext) -> BackupContext:
    """Returns the same context with a cache of its own around both NameNodes."""

    def one(inner: NameNode) -> NameNode:
        if isinstance(inner, CachedSnapshots):
            return inner
        return cast(NameNode, CachedSnapshots(inner, context.tools.clock))

    origin, destination = context.origin, context.destination
    return replace(
        context,
        origin=replace(origin, namenode=one(origin.namenode)),
        destination=replace(destination, namenode=one(destination.namenode)),
    )


def ask_snapshots_again(namenode: NameNode, roots: Iterable[str]) -> None:
    """Makes the next question for the snapshots of these roots go to the NameNode."""
    if isinstance(namenode, CachedSnapshots):
        namenode.expire(roots)


def clear_snapshot_cache(context: BackupContext) -> None:
    """Clears the caches of both sites, because another run may have created or removed snapshots."""
    for side in (context.origin, context.destination):
        if isinstance(side.namenode, CachedSnapshots):
            side.namenode.clear()
