"""Very many files in one root, a thousand of them changed: seconds and peak memory, above ``audit_entries``.

They are empty until they change: names count, and no DataNode. ``HADOOP_DR_BENCH_MANY`` (50000) sets the size; a
million needs NameNodes with more memory (``python -m hadoop_lab up --namenode-heap 3000``), and
``HADOOP_DR_BENCH_BROUGHT=1``: the secondary has the files before the first run, as after a copy by other means, and
that run takes them over. What it keeps in memory grows with the files: with a million it does not keep the bound.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.raw import make_empty
from bench.scene import Bench, asked, bench_home, say, sizes
from hadoop_dr.ports.mover import MakeDirectory
from support.much_data import IN_DIRECTORY, SMALL_BYTES

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(6 * 3600)]
[MANY] = sizes("HADOOP_DR_BENCH_MANY", "50000")
BROUGHT = bool(os.environ.get("HADOOP_DR_BENCH_BROUGHT"))
CHANGED = min(1_000, MANY // 10)
_PATIENCE_S = 5 * 3600.0


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


def test_a_thousand_changes_among_very_many_files(bench: Bench) -> None:
    root = bench.service("many", audit_entries=MANY // 2, drift="restore")
    directories = sorted({f"{root}/d{n // IN_DIRECTORY:05}" for n in range(MANY)})
    made = [MakeDirectory(n, path, 0o755, True) for n, path in enumerate(directories)]
    bench.make_directories(made)
    files = [f"{root}/d{n // IN_DIRECTORY:05}/f{n:06}" for n in range(MANY)]
    make_empty(bench.addresses["east"], files)
    if BROUGHT:
        bench.bring_directories(made)
        make_empty(bench.addresses["west"], files)
    bench.some_files([f"{bench.folder}/seed of all"], SMALL_BYTES * CHANGED)
    first_s, first_mb, _ = measured(bench)
    bench.rewrite(root, range(0, MANY, MANY // CHANGED), shift=0)
    changed_s, changed_mb, requests = measured(bench)
    unchanged_s, unchanged_mb, _ = measured(bench)
    say(
        f"{CHANGED} of {MANY} files changed", command_s=changed_s, peak_mb=changed_mb, requests=requests,
        first_command_s=first_s, first_peak_mb=first_mb, unchanged_command_s=unchanged_s,
        unchanged_peak_mb=unchanged_mb, changed_bytes=CHANGED * SMALL_BYTES)
    assert max(first_mb, changed_mb, unchanged_mb) <= 1024


def measured(bench: Bench) -> tuple[float, int, dict[str, int]]:
    """Seconds and peak memory of one backup, and its requests."""
    begun_s = time.monotonic()
    running = bench.begin("backup", "many", "--json")
    peak, over = [0], threading.Event()

    def watch() -> None:
        status = Path(f"/proc/{running.process.pid}/status")
        while not over.wait(0.2):
            try:
                lines = status.read_text().splitlines()
            except OSError:
                return
            peak[0] = max([peak[0], *(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    ran = running.ended(_PATIENCE_S)
    over.set()
    thread.join()
    assert ran.exit_code == 0, ran.stderr
    return round(time.monotonic() - begun_s, 2), peak[0] // 1024, asked(ran.document("backup"))
