"""What closing small files costs a few at a time, without and with the setting that `check` advises."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.scene import Bench, bench_home, say
from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.preflight.advice import CLOSES_EARLY
from hadoop_dr.ports.mover import Copy, Digest, MakeDirectory, MoverLimits
from hadoop_lab import LabOptions
from support.much_data import BLOCK_BYTES, SMALL_BYTES
from support.own_daemons import SITE, own_daemons

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(900)]
FILES, IN_FLIGHT = 200, (1, 8, 64)


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


@pytest.mark.parametrize("allowed", ["0", "1"])
def test_closing_small_files(bench: Bench, tmp_path: Path, allowed: str) -> None:
    bench.make_directories([MakeDirectory(0, bench.folder, 0o755, True)])
    bench.some_files([f"{bench.folder}/a"])
    settings = {SITE: {CLOSES_EARLY: allowed}}
    options = LabOptions(sites=(SITE,), datanodes=2, metastore=False, namenode_properties=settings)
    daemons = [f"{SITE}.{name}" for name in ("namenode", "datanode1", "datanode2")]
    (tmp_path / "own").mkdir()
    with own_daemons(tmp_path / "own", options, *daemons) as state:
        found = state.sites[SITE]
        there = HdfsAddress(f"own {allowed}", tuple(found.namenodes), tuple(found.webhdfs))
        seconds = {n: _copied_s(bench, there, n) for n in IN_FLIGHT}
    say(f"{FILES} files of 4 KiB, {CLOSES_EARLY}={allowed}", seconds_by_files_in_flight=seconds)


def _copied_s(bench: Bench, there: HdfsAddress, in_flight: int) -> float:
    mover = NativeMover(bench.addresses["east"], there, MoverLimits(in_flight=in_flight))
    list(mover.apply([MakeDirectory(0, f"/c{in_flight}", 0o755, True)]))
    begun_s = time.monotonic()
    copies = (Copy(n, f"{bench.folder}/a", f"/c{in_flight}/{n}", 0, SMALL_BYTES, 2, BLOCK_BYTES, "hdfs", "supergroup",
                   0o644, 1) for n in range(FILES))
    ends = list(mover.copy(copies))
    took_s = time.monotonic() - begun_s
    mover.close()
    assert all(isinstance(end, Digest) for end in ends), ends[0]
    return round(took_s, 2)
