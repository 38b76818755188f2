"""Daemons of the lab that work only a slice of the time: what a machine ten times slower, or ten times busier, is."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

HDFS = ("namenode", "datanode")


def hdfs_pids(sites: Mapping[str, Any]) -> list[int]:
    """The processes of every NameNode and DataNode of the sites."""
    return [daemon["pid"] for site in sites.values() for name, daemon in site["daemons"].items()
            if name.startswith(HDFS)]


@contextmanager
def slowed(pids: Sequence[int], times: int = 10, slice_s: float = 0.05) -> Iterator[None]:
    """Lets the processes run for one slice in so many; they run as ever afterwards.

    Args:
        pids: Processes that this test may stop and let run again.
        times: How much slower they become.
        slice_s: How long they run at a time.
    """
    over = threading.Event()

    def alternate() -> None:
        while not over.is_set():
            _send(pids, signal.SIGSTOP)
            over.wait(slice_s * (times - 1))
            _send(pids, signal.SIGCONT)
            over.wait(slice_s)

    thread = threading.Thread(target=alternate, name="slow daemons", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        _send(pids, signal.SIGCONT)


def _send(pids: Sequence[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)
