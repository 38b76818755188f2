"""Rates of the data plane between the lab's two sites: ``python tests/bench/mover.py [files] [in_flight ...]``.

Prints one JSON line per measurement. Needs the running lab; leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsFiles
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import Copy, Did, MakeDirectory, MoverLimits, Outcome, Read, Remove, Rename, SetAttributes

STATE = Path(__file__).resolve().parents[2] / ".lab" / "state.json"
SMALL_BYTES, LARGE_BYTES, LARGE_FILES = 4 << 10, 64 << 20, 16


def address(name: str) -> HdfsAddress:
    site = json.loads(STATE.read_text())["sites"][name]
    return HdfsAddress(name, tuple(site["namenodes"]), tuple(site["webhdfs"]), site["nameservice"])


def measure(what: str, run: Callable[[], Iterable[Any]], bytes_each: int = 0, **more: Any) -> None:
    """Runs something to its end and prints how fast it was."""
    began_s, cpu_s = time.monotonic(), time.process_time()
    results = list(run())
    took_s, cpu_s = time.monotonic() - began_s, time.process_time() - cpu_s
    failed = [result for result in results if isinstance(result, Outcome) and result.did is not Did.DONE]
    print(json.dumps({
        "what": what, **more, "count": len(results), "seconds": round(took_s, 2), "own_cpu_s": round(cpu_s, 2),
        "per_second": round(len(results) / took_s), "mb_s": round(len(results) * bytes_each / took_s / 1e6, 1),
        "failed": [failed[0].detail, len(failed)] if failed else [],
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }), flush=True)


def seed(folder: str) -> None:
    """Makes one small and one large file on the source."""
    files = WebHdfsFiles(address("east"), SystemClock(), SystemTokens())
    files.put(f"{folder}/small", os.urandom(SMALL_BYTES))
    files.put(f"{folder}/large", os.urandom(LARGE_BYTES))
    files.close()


def copies(folder: str, name: str, length: int, count: int, block_size: int) -> Iterable[Copy]:
    for n in range(count):
        target = f"{folder}/{name} {n}"
        yield Copy(n, f"{folder}/{name}", target, 0, length, 1, block_size, "a", "b", 0o640, 1_500_000_000_000)


def main(count: int, in_flights: list[int]) -> None:
    east, west = address("east"), address("west")
    folder = f"/t/adapters/bench {uuid4().hex[:6]}"
    local = NativeMover(east, east)
    seed(folder)
    for in_flight in in_flights:
        mover = NativeMover(east, west, MoverLimits(in_flight=in_flight))
        list(mover.apply([MakeDirectory(1, folder, 0o755, True)]))
        measure("copy 4 KiB", lambda m=mover: m.copy(copies(folder, "small", SMALL_BYTES, count, 1 << 20)),
                SMALL_BYTES, in_flight=in_flight)
        measure("digest 4 KiB", lambda m=mover: m.digest(
            Read(n, f"{folder}/small {n}", 0, SMALL_BYTES) for n in range(count)), SMALL_BYTES, in_flight=in_flight)
        measure("rename", lambda m=mover: m.apply(
            Rename(n, f"{folder}/small {n}", f"{folder}/r {n}") for n in range(count)), in_flight=in_flight)
        measure("set attributes", lambda m=mover: m.apply(
            SetAttributes(n, f"{folder}/r {n}", "c", "d", 0o600, None, 1) for n in range(count)), in_flight=in_flight)
        measure("remove", lambda m=mover: m.apply(Remove(n, f"{folder}/r {n}") for n in range(count)),
                in_flight=in_flight)
        mover.close()
    mover = NativeMover(east, west)
    for streams in (1, LARGE_FILES):
        measure("copy 64 MiB", lambda s=streams: mover.copy(copies(folder, "large", LARGE_BYTES, s, 16 << 20)),
                LARGE_BYTES, streams=streams)
    for one in (mover, local):
        list(one.apply([Remove(1, folder)]))
        one.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, [int(n) for n in sys.argv[2:]] or [128, 512, 1024])
