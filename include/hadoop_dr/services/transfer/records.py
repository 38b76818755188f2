"""Which staged files are proven complete, kept durably so that a later try copies only the rest (S3.2, S3.4).

Each batch bears the digest of its content in its name. One that is damaged or another one says nothing, and what it
told of is copied again.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.formats.fenced import content_name, digest_in
from hadoop_dr.domain.formats.tables import PROOFS
from hadoop_dr.domain.paths import leaf, parent
from hadoop_dr.domain.plan.work_order import StagedFile
from hadoop_dr.domain.tree.file_attributes import FileAttributes
from hadoop_dr.ports.files import Files, Tables
from hadoop_dr.ports.mover import Copy
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import AwaitedAnswer
from hadoop_dr.services.pool import BoundedPool

_BATCH_FILES = 500
_BATCH_BYTES = 1 << 30
_NAME = re.compile(r"\d{6}-[0-9a-f]+\.parquet")


class Records:
    """Batches of verified files of one task, whichever roots they are of. Safe for many threads.

    A full batch is written while copying goes on, one at a time; writing it may take as long as copying the next.

    Args:
        files: Documents of the destination.
        directory: Directory of the task's batches.
        heartbeat: Called by the caller's thread when a batch is durable.
        is_empty: Nothing was recorded there yet, so nobody need look.
    """

    def __init__(
        self, files: Files, tables: Tables, directory: str, heartbeat: Callable[[int], None], *, is_empty: bool = False
    ) -> None:
        self._files, self._tables, self._directory, self._heartbeat = files, tables, directory, heartbeat
        self._next = 0
        self._rows: list[tuple[object, ...]] = []
        self._bytes = 0
        self._aside: BoundedPool | None = None
        self._writing: AwaitedAnswer[int] | None = None
        self._turn = threading.RLock()
        self._found: dict[int, dict[int, StagedFile]] | None = {} if is_empty else None

    def of(self, root: int) -> RootRecords:
        """Returns the records of one root, by its number in the plan."""
        return RootRecords(self, root)

    def read(self) -> dict[int, dict[int, StagedFile]]:
        """Returns what earlier tries recorded by root and inode, read once; a later record of a file counts."""
        with self._turn:
            if self._found is None:
                self._found = self._read()
            return self._found

    def _read(self) -> dict[int, dict[int, StagedFile]]:
        found: dict[int, dict[int, StagedFile]] = {}
        names = [name for name in self._files.names(self._directory) if _NAME.fullmatch(name)]
        for name in names:
            content = self._files.get(f"{self._directory}/{name}")
            if not hashlib.sha256(content).hexdigest().startswith(digest_in(name)):
                continue
            PROOFS.check(self._tables.stamp(content), f"{self._directory}/{name}")
            for row in self._tables.unpack(content):
                root, inode, sha256, length, offset = cast(tuple[int, int, str, int, int], row)
                found.setdefault(root, {})[inode] = StagedFile(sha256, length, offset)
        self._next = int(names[-1][:6]) + 1 if names else 0
        return found

    def add(self, root: int, inode: int, proof: StagedFile) -> None:
        """Takes note of a file; durable once its batch is full or ``flush`` was called."""
        with self._turn:
            self._rows.append((root, inode, proof.sha256, proof.length, proof.offset))
            self._bytes += proof.length
            if len(self._rows) >= _BATCH_FILES or self._bytes >= _BATCH_BYTES:
                self._collect()
                self._aside = self._aside or BoundedPool(1, name="records")
                self._writing = self._aside.begin(self._write, self._rows)
                self._rows, self._bytes = [], 0

    def flush(self) -> None:
        """Makes everything noted durable."""
        with self._turn:
            self._collect()
            if self._aside is not None:
                self._aside.shutdown()
                self._aside = None
            if self._rows:
                self._heartbeat(self._write(self._rows))
            self._rows, self._bytes = [], 0

    def _write(self, rows: list[tuple[object, ...]]) -> int:
        content = self._tables.pack(PROOFS.columns, rows, PROOFS.stamp)
        name = content_name(f"{self._next:06d}.parquet", hashlib.sha256(content).hexdigest())
        self._files.append_new(f"{self._directory}/{name}", content)  # what is there under this name says the same
        self._next += 1
        return len(rows)

    def _collect(self) -> None:
        """Waits for the batch under way; its failure is the caller's."""
        writing, self._writing = self._writing, None
        if writing is not None:
            self._heartbeat(writing.result())


@dataclass(frozen=True, slots=True)
class RootRecords:
    """The records of one root among those of a task: two roots may have one inode in common."""

    every: Records
    root: int

    def read(self) -> dict[int, StagedFile]:
        """Returns what earlier tries recorded, by inode."""
        return self.every.read().get(self.root, {})

    def add(self, inode: int, proof: StagedFile) -> None:
        """Records that a file was verified."""
        self.every.add(self.root, inode, proof)

    def flush(self) -> None:
        """Makes everything noted durable, of every root."""
        self.every.flush()


def still_there(
    destination: NameNode, recorded: Mapping[int, StagedFile], copies: Mapping[int, Copy]
) -> dict[int, StagedFile]:
    """Keeps the records whose file lies in its place, closed and as long as recorded.

    A file gets its origin's modification time only after it was closed, so a file that carries it is whole; this also
    sees through a record that a sleeping try wrote while this one had the file in rewriting.
    """
    wanted: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for inode in recorded.keys() & copies.keys():
        path = copies[inode].destination
        wanted[parent(path)][leaf(path)] = inode
    kept: dict[int, StagedFile] = {}
    for directory, names in wanted.items():
        for name, facts in _listing(destination, directory).items():
            if name not in names:
                continue
            inode = names[name]
            copy, proof = copies[inode], recorded[inode]
            if (facts.length, facts.mtime_ms) == (copy.length, copy.mtime_ms) and proof.offset == copy.offset:
                kept[inode] = proof
    return kept


def _listing(destination: NameNode, directory: str) -> dict[str, FileAttributes]:
    try:
        return {entry.name: entry.facts for entry in destination.list(directory)}
    except NotFound:
        return {}
