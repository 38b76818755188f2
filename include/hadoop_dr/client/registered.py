"""``hadoopdr://PAIR/path``, as fsspec finds it by its entry point."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from hadoop_dr.adapters.fsspec_hdfs import PairFileSystem
from hadoop_dr.bootstrap.clients.access import PairAccess


class RegisteredFileSystem(PairFileSystem):
    """The file system of a pair, made from its name alone.

    Args:
        pair: Name of the pair.
        home: The directory with the pair's file; found when None.
    """

    def __init__(self, pair: str, home: str | None = None) -> None:
        self._access = _access_of(os.getpid(), pair, home)
        super().__init__(self._access.hdfs, self._access.ask_again)
        self._pair = pair

    def close(self) -> None:
        """Closes the connections, also for every other file system of this pair in this process."""
        self._access.close()
        _access_of.cache_clear()
        type(self).clear_instance_cache()

    def unstrip_protocol(self, name: str) -> str:
        """The whole address of a path."""
        return f"hadoopdr://{self._pair}{self._strip_protocol(name)}"


@cache
def _access_of(process: int, pair: str, home: str | None) -> PairAccess:
    """One for all threads of a process: fsspec makes a file system for each thread; connections survive no fork."""
    return PairAccess(pair, "client", Path(home) if home else None)
