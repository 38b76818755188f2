"""How long a recovery point takes beside DistCp's best mode, same data, same clusters, same run.

Figures are ratios, because the machine is shared with both clusters and maybe with others. The clock of DistCp is its
whole command. Ours has three: the whole command (checks before the moment, proof and seal included: work that DistCp
does not do), T0 to the end of the command, and plan + stage + place, which is what DistCp does.

``HADOOP_DR_BENCH_FILES`` (20,000) and ``HADOOP_DR_BENCH_ROUNDS`` (3) set the size; with ``HADOOP_DR_BENCH_FULL=1``
DistCp copies all small files, too, instead of a tenth.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from bench.distcp import DistCp, DistCpRan
from bench.raw import copy_raw
from bench.scene import Bench, Ours, asked, bench_home, say
from support.much_data import BLOCK_BYTES, MIB, SMALL_BYTES

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(3600)]
FILES = int(os.environ.get("HADOOP_DR_BENCH_FILES", "20000"))
ROUNDS = int(os.environ.get("HADOOP_DR_BENCH_ROUNDS", "3"))
IS_FULL = os.environ.get("HADOOP_DR_BENCH_FULL", "") == "1"
LARGE, LARGEST_BYTES, TAIL_BYTES = [64 * MIB] * 16, 256 * MIB, MIB


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


@pytest.fixture
def distcp(tmp_path: Path) -> DistCp:
    folder = tmp_path / "distcp"
    folder.mkdir()
    return DistCp(folder)


def compare(case: str, ours: Ours, theirs: DistCpRan, **more: object) -> None:
    """Prints ours beside theirs."""
    say(
        case, command_s=ours.command_s, sealed_s=ours.sealed_s, moving_s=ours.moving_s, distcp_s=theirs.seconds,
        ratio_command=theirs.seconds / ours.command_s, ratio_sealed=theirs.seconds / ours.sealed_s,
        ratio_moving=theirs.seconds / ours.moving_s, bytes=ours.document["bytes_copied"], distcp_bytes=theirs.bytes,
        files=ours.document["files_copied"], distcp_files=theirs.files, seconds=ours.document["seconds"],
        requests=asked(ours.document), **more)


def test_a_gibibyte_in_sixteen_files(bench: Bench, distcp: DistCp) -> None:
    root = bench.service("gib")
    bench.large(root, LARGE)
    ours = bench.measure("gib")
    bench.namenodes["west"].make_directory(f"{bench.folder}/distcp", 0o755)
    theirs = distcp.copy(bench.url("east", root), bench.url("west", f"{bench.folder}/distcp/gib"))
    names = [f"large-{n}" for n in range(len(LARGE))]
    raw_s = copy_raw(bench.addresses["east"], bench.addresses["west"],
                     [(f"{root}/{name}", f"{bench.folder}/distcp/raw/{name}") for name in names], BLOCK_BYTES)
    compare("a: 1 GiB in 16 files", ours, theirs, raw_s=raw_s, ratio_moving_raw=raw_s / ours.moving_s)
    assert ours.document["bytes_copied"] == theirs.bytes == sum(LARGE)


def test_many_small_files(bench: Bench, distcp: DistCp) -> None:
    tenth, whole = bench.service("tenth"), bench.service("whole")
    bench.small(whole, FILES)
    bench.small(tenth, FILES // 10)
    few, all_of_them = bench.measure("tenth"), bench.measure("whole")
    bench.namenodes["west"].make_directory(f"{bench.folder}/distcp", 0o755)
    theirs = distcp.copy(bench.url("east", tenth), bench.url("west", f"{bench.folder}/distcp/tenth"))
    compare(f"b: {FILES // 10} x 4 KiB", few, theirs)
    if IS_FULL:
        theirs = distcp.copy(bench.url("east", whole), bench.url("west", f"{bench.folder}/distcp/whole"))
        compare(f"b: {FILES} x 4 KiB", all_of_them, theirs)
    else:
        longer = DistCpRan(theirs.seconds * 10, theirs.files * 10, theirs.bytes * 10)
        compare(f"b: {FILES} x 4 KiB, DistCp extrapolated from a tenth", all_of_them, longer)
    assert all_of_them.document["files_copied"] == FILES
    assert all_of_them.document["bytes_copied"] == FILES * SMALL_BYTES


def test_an_increment(bench: Bench, distcp: DistCp) -> None:
    """1 % rewritten, a directory of 100 files renamed, 1 MiB added to a file of 256 MiB; several rounds.

    First as it comes, where every run compares the listings and block ids of a root of this size; then as larger ones
    are, audited once a day, so that a run reads what the snapshot diff names. DistCp never looks at more than that.
    """
    root, copy = bench.service("mixed"), f"{bench.folder}/distcp"
    bench.small(root, FILES)
    bench.large(f"{root}/large", [*LARGE, LARGEST_BYTES])
    bench.measure("mixed")
    bench.replicate(root, copy)
    for site, path in (("east", root), ("west", copy)):
        bench.namenodes[site].allow_snapshot(path)
        bench.namenodes[site].create_snapshot(path, "s0")
    rounds(bench, distcp, range(1, ROUNDS + 1), "")
    bench.policy("mixed", limits={"deletions": "100%"}, max_clock_offset="1h", audit_entries=1)
    rounds(bench, distcp, range(ROUNDS + 1, 2 * ROUNDS + 1), ", audited once a day")


def rounds(bench: Bench, distcp: DistCp, numbers: range, how: str) -> None:
    """Changes and measures, and at the end once more without a change."""
    root, copy, runs = bench.root("mixed"), f"{bench.folder}/distcp", []
    for n in numbers:
        change(bench, root, n)
        bench.namenodes["east"].create_snapshot(root, f"s{n}")
        ours = bench.measure("mixed")
        theirs = distcp.increment(f"s{n - 1}", f"s{n}", bench.url("east", root), bench.url("west", copy))
        bench.namenodes["west"].create_snapshot(copy, f"s{n}")
        changed = FILES // 100 * SMALL_BYTES + changed_block_bytes(n)
        compare(f"c: increment {n}{how}", ours, theirs, changed_bytes=changed,
                bytes_ratio=ours.document["bytes_copied"] / changed)
        runs.append((ours, theirs))
        assert ours.document["bytes_copied"] <= 1.05 * changed
    bench.namenodes["east"].create_snapshot(root, f"unchanged{numbers[-1]}")
    idle = distcp.increment(f"s{numbers[-1]}", f"unchanged{numbers[-1]}", bench.url("east", root),
                            bench.url("west", copy))
    compare(f"c: nothing changed{how}", bench.measure("mixed"), idle)
    say(f"c: increment, median{how}", **{
        f"ratio_{name}": median(theirs.seconds / getattr(ours, f"{name}_s") for ours, theirs in runs)
        for name in ("command", "sealed", "moving")})


def change(bench: Bench, root: str, n: int) -> None:
    """One round of changes; rounds differ in which files they touch."""
    namenode = bench.namenodes["east"]
    namenode.rename(f"{root}/d{FILES // 100 - n:05}", f"{root}/moved {n}")
    step = FILES // 2 // (FILES // 100)
    bench.rewrite(root, range(n, FILES // 2, step), shift=n * FILES)
    bench.append(f"{root}/large/large-{len(LARGE)}", TAIL_BYTES)


def changed_block_bytes(n: int) -> int:
    """Bytes of the appended file's blocks that are new or longer: its last block is partial after the first round."""
    return (LARGEST_BYTES + n * TAIL_BYTES - 1) % BLOCK_BYTES + 1
