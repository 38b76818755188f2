"""Sites that are slower than ever: their answers take long, and nothing of ours runs into a deadline (fault 35)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.native.gate import gate_of
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import Copy, Did, Digest, MakeDirectory, MoverLimits, Read
from support.live import LiveWriter
from support.slow_line import SlowLine, slow_lines

pytestmark = pytest.mark.lab
LIMITS = MoverLimits(deadline_s=3)
"""A call to the NameNode has a third of it."""
BYTES_S = 24_000
"""What a line carries to the NameNode: about 150 requests a second, so a row of 512 takes three of their deadlines."""
OPERATIONS, FILES = 700, 60


@pytest.fixture
def east(lab: dict[str, Any]) -> HdfsAddress:
    return HdfsAddress("east", tuple(lab["east"]["namenodes"]), tuple(lab["east"]["webhdfs"]))


@pytest.fixture
def folder(east: HdfsAddress) -> Iterator[str]:
    tree = WebHdfsNameNode(east, SystemClock(), SystemTokens())
    path = f"/t/adapters/{uuid4().hex[:8]} slow e%20 f+ g=1 h# ü"
    tree.make_directory(path, 0o755)
    yield path
    tree.delete(path, recursive=True)
    tree.close()


@pytest.fixture
def narrow(east: HdfsAddress) -> Iterator[HdfsAddress]:
    host, _, port = east.namenodes[0].partition(":")
    line = SlowLine(host, int(port), bytes_s=BYTES_S)
    with slow_lines(line):
        yield HdfsAddress(f"east {line.address}", (line.address,), (), None)


def test_a_row_before_a_slow_namenode_runs_into_no_deadline(
    narrow: HdfsAddress, east: HdfsAddress, folder: str
) -> None:
    """512 at once would take three times their deadline; they are never sent at once."""
    writer = LiveWriter(east.webhdfs[0])
    writer.write(f"{folder}/a", b"x" * 100)
    writer.close()
    mover = NativeMover(east, narrow, LIMITS)
    made = [MakeDirectory(n, f"{folder}/d {n}") for n in range(OPERATIONS)]
    assert {outcome.did for outcome in mover.apply(made)} == {Did.DONE}
    copies = [Copy(n, f"{folder}/a", f"{folder}/d {n}/b", 0, 100, 1, 1 << 20, "alice", "staff", 0o640, 1_500_000_000)
              for n in range(FILES)]
    assert {type(end) for end in mover.copy(copies)} == {Digest}
    reads = [Read(n, f"{folder}/d {n}/b", 0, 100) for n in range(FILES)]
    assert {type(end) for end in mover.digest(reads)} == {Digest}
    assert gate_of(narrow, LIMITS.in_flight).most < 512
    mover.close()
