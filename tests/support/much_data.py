"""A home on the lab with much data on its primary, made as fast as the lab can."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import requests

from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.ports.mover import Copy, Digest, MakeDirectory, Operation, Outcome
from support.cli import CliHome
from support.trees import walk

MIB = 1 << 20
SMALL_BYTES = 4 << 10
BLOCK_BYTES = 16 * MIB
IN_DIRECTORY = 100


class MuchData(CliHome):
    """A home whose data lie below a folder of its own.

    Args:
        path: An empty directory.
        top: The directory below which the folder is made, on both sites.
    """

    shares_imports = False

    def __init__(self, path: Path, top: str, sites: Mapping[str, Any] | None = None) -> None:
        super().__init__(path, sites)
        self.folder = f"{top}/{self.mark}"
        self.run("identity", self.pair, "--initialise")
        self._here = NativeMover(self.addresses["east"], self.addresses["east"])
        self.across = NativeMover(self.addresses["east"], self.addresses["west"])
        self._seed = f"{self.folder}/seed"
        self._written = 0

    def root(self, service: str) -> str:
        """The protected directory of a service."""
        return f"{self.folder}/{service}"

    def make_directories(self, directories: Iterable[MakeDirectory]) -> None:
        """Makes directories on the primary."""
        self._do(self._here, directories)

    def bring_directories(self, directories: Iterable[MakeDirectory]) -> None:
        """Makes directories on the secondary."""
        self._do(self.across, directories)

    def some_files(self, paths: Iterable[str], length: int = SMALL_BYTES) -> None:
        """Writes a file to each path; no two have the same bytes."""
        paths = list(paths)
        self._seeded(max(MIB, length * len(paths)))
        self._copy(self._here, (self._of_seed(n, path, length) for n, path in enumerate(paths)))

    def small(self, root: str, count: int, first: int = 0) -> None:
        """Writes small files, a hundred to a directory; no two have the same bytes."""
        self._seeded(SMALL_BYTES * count)
        directories = sorted({f"{root}/d{n // IN_DIRECTORY:05}" for n in range(first, first + count)})
        self._do(self._here, [MakeDirectory(n, path, 0o755, True) for n, path in enumerate(directories)])
        self._copy(self._here, (
            self._of_seed(n - first, f"{root}/d{n // IN_DIRECTORY:05}/f{n:06}", SMALL_BYTES)
            for n in range(first, first + count)))

    def large(self, root: str, sizes: Iterable[int]) -> None:
        """Writes large files."""
        sizes = list(sizes)
        self._seeded(max(sizes))
        self._do(self._here, [MakeDirectory(0, root, 0o755, True)])
        for n, size in enumerate(sizes):
            self._copy(self._here, [Copy(n, self._seed, f"{root}/large-{n}", 0, size, 2, BLOCK_BYTES, "hdfs",
                                         "supergroup", 0o644, 1_700_000_000_000)])

    def rewrite(self, root: str, numbers: Iterable[int], shift: int) -> None:
        """Gives small files other bytes, as a user would: a new file in the place of the old one."""
        self._copy(self._here, (
            self._of_seed(n + shift, f"{root}/d{n // IN_DIRECTORY:05}/f{n:06}", SMALL_BYTES) for n in numbers))

    def append(self, path: str, count: int) -> None:
        """Adds bytes to a file on the primary."""
        self.writers["east"].append(path, os.urandom(count))

    def replicate(self, root: str, target: str) -> None:
        """Copies a tree to the other site, without either of the two that are measured."""
        items = [(n, path, facts) for n, (path, _, facts) in enumerate(walk(self.namenodes["east"], root))]
        made = [MakeDirectory(n, f"{target}/{path}".rstrip("/"), 0o755, True) for n, path, facts in items
                if facts.is_dir]
        self._do(self.across, made)
        self._copy(self.across, (
            Copy(n, f"{root}/{path}", f"{target}/{path}", 0, facts.length, 2, facts.block_size, facts.owner,
                 facts.group, facts.mode, facts.mtime_ms) for n, path, facts in items if not facts.is_dir))

    def wipe(self) -> None:
        """Removes the data of a case, snapshots included, so that the next one has the room."""
        for site, namenode in self.namenodes.items():
            for root in namenode.snapshottable():
                if root.startswith(f"{self.folder}/"):
                    for shot in namenode.snapshots(root):
                        namenode.delete_snapshot(root, shot.name)
            namenode.delete(self.folder, recursive=True)
            assert site in self.sites
        self._written = 0

    def close(self) -> None:
        """Removes everything and gives connections back."""
        for mover in (self._here, self.across):
            mover.close()
        super().close()

    def _seeded(self, count: int) -> None:
        """One long file of random bytes, from which all others are cut."""
        if self._written >= count:
            return
        address = f"{self.sites['east']['webhdfs'][0]}/webhdfs/v1{self._seed}"
        wish = {"op": "CREATE", "overwrite": "true", "replication": "1", "user.name": "hdfs"}
        first = requests.put(address, params=wish, allow_redirects=False, timeout=30)
        rest = -count % MIB
        blocks = (os.urandom(MIB) for _ in range((count + rest) // MIB))
        requests.put(first.headers["Location"], data=blocks, timeout=300).raise_for_status()
        self._written = count + rest

    def _of_seed(self, number: int, target: str, length: int) -> Copy:
        at = number * length % (self._written - length + 1)
        return Copy(number, self._seed, target, at, length, 2, BLOCK_BYTES, "hdfs", "supergroup", 0o644,
                    1_700_000_000_000 + self.next_time())

    def next_time(self) -> int:
        """A time that no file had before, in milliseconds after a fixed day."""
        return int(time.time() * 1000) - 1_700_000_000_000

    @staticmethod
    def _copy(mover: NativeMover, copies: Iterable[Copy]) -> None:
        for result in mover.copy(copies):
            assert isinstance(result, Digest), result

    @staticmethod
    def _do(mover: NativeMover, operations: Iterable[Operation]) -> None:
        for outcome in mover.apply(operations):
            assert isinstance(outcome, Outcome)
            assert outcome.did.value in ("done", "exists"), outcome
