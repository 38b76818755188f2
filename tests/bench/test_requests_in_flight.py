"""The window that follows the latency beside windows that do not, on daemons as they are: it reaches what they reach.

``HADOOP_DR_BENCH_WINDOW_FILES`` (1500) sets the size.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from bench.scene import Bench, bench_home, say, sizes
from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.native.gate import gate_of
from hadoop_dr.domain.runs.request_window import Bounds, opened
from hadoop_dr.ports.mover import Copy, Digest, MakeDirectory, MoverLimits, SetAttributes
from support.much_data import BLOCK_BYTES, SMALL_BYTES

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(1800)]
[FILES] = sizes("HADOOP_DR_BENCH_WINDOW_FILES", "1500")
FIXED = (64, 256, 511)
"""Each has a gate of its own; 512 is the ceiling of the one that follows. 1,024 end DataNodes of the lab."""
FOLLOWS = 512
TIMES = 4
"""So often attributes are set, because once takes half a second."""


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


def test_the_window_beside_fixed_ones(bench: Bench) -> None:
    source = f"{bench.folder}/a"
    bench.make_directories([MakeDirectory(0, bench.folder, 0o755, True)])
    bench.some_files([source])
    list(bench.across.apply([MakeDirectory(0, f"{bench.folder}/w", 0o755, True)]))
    rates: dict[str, list[tuple[float, float]]] = {}
    windows = (FOLLOWS, *FIXED)
    _rate(bench, source, FIXED[-1], "warm")  # the first that is measured finds everything cold
    for number in range(len(windows)):  # each is once first, second, third and last: what comes later meets more files
        for ceiling in (*windows[number:], *windows[:number]):
            name = "follows" if ceiling == FOLLOWS else f"fixed at {ceiling}"
            rates.setdefault(name, []).append(_rate(bench, source, ceiling, f"{name} {number}"))
    copies_s, operations_s = (
        {name: round(median(one[at] for one in found)) for name, found in rates.items()} for at in (0, 1))
    say(f"{FILES} files of 4 KiB copied, and their attributes set {TIMES} times, by window",
        copies_s=copies_s, operations_s=operations_s,
        ratio_copies={name: round(copies_s["follows"] / rate, 2) for name, rate in copies_s.items()},
        ratio_operations={name: round(operations_s["follows"] / rate, 2) for name, rate in operations_s.items()},
        most_in_flight=max(gate_of(site, FOLLOWS).most for site in bench.addresses.values()))


def _rate(bench: Bench, source: str, ceiling: int, name: str) -> tuple[float, float]:
    mover = NativeMover(bench.addresses["east"], bench.addresses["west"], MoverLimits(in_flight=ceiling))
    bounds = Bounds.up_to(ceiling) if ceiling == FOLLOWS else Bounds(ceiling, ceiling, ceiling)
    for site in bench.addresses.values():
        gate_of(site, ceiling).window = opened(bounds)
    try:
        return _rates(mover, source, f"{bench.folder}/w/{name}")
    finally:
        mover.close()


def _rates(mover: NativeMover, source: str, folder: str) -> tuple[float, float]:
    list(mover.apply([MakeDirectory(0, folder, 0o755, True)]))
    begun_s = time.monotonic()
    copies = (Copy(n, source, f"{folder}/{n}", 0, SMALL_BYTES, 2, BLOCK_BYTES, "hdfs", "supergroup", 0o644, 1)
              for n in range(FILES))
    assert all(isinstance(end, Digest) for end in mover.copy(copies))
    copied_s = time.monotonic()
    for time_no in range(TIMES):
        assert all(end.did.value == "done" for end in mover.apply(
            SetAttributes(n, f"{folder}/{n}", "a", "b", 0o600 + time_no, None, 1) for n in range(FILES)))
    return FILES / (copied_s - begun_s), TIMES * FILES / (time.monotonic() - copied_s)
