"""The data plane between two memory clusters."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from hadoop_dr.adapters.memory.hdfs import acls
from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import readable
from hadoop_dr.domain.errors import AlreadyExists, DrError, NotFound
from hadoop_dr.ports.mover import (
    Copy,
    Did,
    Digest,
    MakeDirectory,
    Meter,
    Operation,
    Outcome,
    Read,
    RecoverLease,
    Remove,
    Rename,
    SetAttributes,
)


class MemoryMover:
    """Implements ``ports.mover.Mover`` from one ``MemoryCluster`` to another (or the same)."""

    def __init__(self, origin: MemoryCluster, destination: MemoryCluster) -> None:
        """Moves bytes from ``origin`` to ``destination``."""
        self.origin, self.destination = origin, destination
        self.meter = Meter()

    def copy(self, copies: Iterable[Copy]) -> Iterator[Digest | Outcome]:
        """Copies files one after the other."""
        for wanted in copies:
            try:
                yield self._copy(wanted)
            except DrError as error:
                self.meter.failed.append(str(error))
                yield _outcome(wanted.key, error)

    def _copy(self, wanted: Copy) -> Digest:
        data = readable(self.origin.find(wanted.origin), wanted.origin)
        part = data[wanted.offset:wanted.offset + wanted.length]
        if len(part) != wanted.length:
            raise NotFound(wanted.origin, f"ends before byte {wanted.offset + wanted.length}")
        with self.destination.lock:
            node = self.destination.make_file(wanted.destination, replication=wanted.replication,
                                              block_size=wanted.block_size,
                                         overwrite=True)
            self.destination.extend(node, part)
            node.owner, node.group, node.mtime_ms = wanted.owner, wanted.group, wanted.mtime_ms
            acls.set_mode(node, wanted.mode)
        self.meter.files += 1
        self.meter.bytes += len(part)
        return Digest(wanted.key, hashlib.sha256(part).hexdigest(), len(part))

    def digest(self, reads: Iterable[Read]) -> Iterator[Digest | Outcome]:
        """Reads files of the destination back."""
        for wanted in reads:
            try:
                data = readable(self.destination.find(wanted.path), wanted.path)
            except DrError as error:
                yield _outcome(wanted.key, error)
                continue
            part = data[wanted.offset:wanted.offset + wanted.length]
            if len(part) == wanted.length:
                yield Digest(wanted.key, hashlib.sha256(part).hexdigest(), len(part))
            else:
                yield Outcome(wanted.key, Did.FAILED, f"{wanted.path}: ends at byte {len(data)}")

    def apply(self, operations: Iterable[Operation]) -> Iterator[Outcome]:
        """Runs operations one after the other."""
        for operation in operations:
            try:
                with self.destination.lock:
                    self._apply(operation)
            except DrError as error:
                yield _outcome(operation.key, error)
            else:
                self.meter.operations += 1
                yield Outcome(operation.key, Did.DONE)

    def _apply(self, operation: Operation) -> None:
        match operation:
            case MakeDirectory(_, path, mode, parents):
                self._make(path, mode, parents=parents)
            case Rename(_, source, target):
                self.destination.rename(source, target)
            case Remove(_, path):
                if not self.destination.delete(path, recursive=True):
                    raise NotFound(path, "does not exist")
            case RecoverLease(_, path):
                self.destination.live(path).is_open = False
            case SetAttributes():
                self._set(operation)

    def _make(self, path: str, mode: int, *, parents: bool) -> None:
        """Like the real one: a directory that is there is as good as made, and gets the mode."""
        try:
            self.destination.make_directory(path, mode, parents=parents)
        except AlreadyExists:
            if not self.destination.find(path).is_dir:
                raise
        acls.set_mode(self.destination.live(path), mode)

    def _set(self, wanted: SetAttributes) -> None:
        node = self.destination.record(self.destination.live(wanted.path))
        node.owner = node.owner if wanted.owner is None else wanted.owner
        node.group = node.group if wanted.group is None else wanted.group
        if wanted.mode is not None:
            acls.set_mode(node, wanted.mode)
        if wanted.replication is not None and not node.is_dir:
            node.replication = wanted.replication
        if wanted.mtime_ms is not None:
            node.mtime_ms = wanted.mtime_ms

    def close(self) -> None:
        """Nothing is held."""


def _outcome(key: int, error: DrError) -> Outcome:
    match error:
        case NotFound():
            return Outcome(key, Did.NO_SOURCE, str(error))
        case AlreadyExists():
            return Outcome(key, Did.EXISTS, str(error))
    return Outcome(key, Did.FAILED, str(error))
