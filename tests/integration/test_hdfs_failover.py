"""The active NameNode of an HA pair is killed in the middle of changes (faults 1, 2): all is made once.

Needs a lab of its own with an HA site; see ``support/ha_lab.py``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import Copy, Did, Digest, MakeDirectory, Operation, Rename, SetAttributes
from support import ha_lab

pytestmark = [*ha_lab.NEEDS_HA_LAB, pytest.mark.timeout(600)]
PATIENT = Deadlines(connect_s=2, read_s=10, budget_s=90)      # the machine is shared: a failover may take long


def address(name: str) -> HdfsAddress:
    site = ha_lab.sites()[name]
    return HdfsAddress(name, tuple(site["namenodes"]), tuple(site["webhdfs"]), site["nameservice"])


@pytest.fixture
def active() -> Iterator[str]:
    """The daemon that is active while the other one stands by; both run again afterwards."""
    yield ha_lab.active()
    for daemon in ha_lab.NAMENODES:
        ha_lab.start(daemon)


@pytest.fixture
def tree() -> Iterator[WebHdfsNameNode]:
    tree = WebHdfsNameNode(address("west"), SystemClock(), SystemTokens(), PATIENT)
    yield tree
    tree.close()


@pytest.fixture
def folder(tree: WebHdfsNameNode) -> str:
    path = f"/t/failover/{uuid4().hex[:8]} e%20"
    tree.make_directory(path, 0o755)
    return path


class Killing:
    """Kills a daemon on another thread once some work is done."""

    def __init__(self, daemon: str) -> None:
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._kill, args=(daemon,))
        self._thread.start()

    def _kill(self, daemon: str) -> None:
        self._begun.wait(60)
        ha_lab.kill(daemon)

    def now(self) -> None:
        self._begun.set()

    def over(self) -> bool:
        return not self._thread.is_alive()


def test_every_snapshot_is_taken_once_while_the_active_name_node_dies(
    active: str, tree: WebHdfsNameNode, folder: str
) -> None:
    tree.allow_snapshot(folder)
    killing, names, longest_s = Killing(active), [], 0.0
    killing.now()
    while not killing.over() or len(names) < 30:
        began_s = time.monotonic()
        names.append(f"s {len(names)}")
        tree.create_snapshot(folder, names[-1])
        longest_s = max(longest_s, time.monotonic() - began_s)
    for _ in range(50):
        names.append(f"s {len(names)}")
        tree.create_snapshot(folder, names[-1])
    assert [shot.name for shot in tree.snapshots(folder)] == names
    print(f"{len(names)} snapshots, the longest took {longest_s:.1f} s")


def test_every_rename_and_document_lands_once_while_the_active_name_node_dies(
    active: str, tree: WebHdfsNameNode, folder: str
) -> None:
    files = WebHdfsFiles(address("west"), SystemClock(), SystemTokens(), PATIENT)
    tree.make_directory(f"{folder}/r 0", 0o755)
    inode = tree.status(f"{folder}/r 0").inode
    killing, steps = Killing(active), 0
    killing.now()
    while not killing.over() or steps < 30:
        tree.rename(f"{folder}/r {steps}", f"{folder}/r {steps + 1}")
        steps += 1
        assert files.append_new(f"{folder}/ledger/{steps:012d}.json", b"entry %d" % steps)
    for _ in range(5):
        tree.rename(f"{folder}/r {steps}", f"{folder}/r {steps + 1}")
        steps += 1
        assert files.append_new(f"{folder}/ledger/{steps:012d}.json", b"entry %d" % steps)
    assert tree.status(f"{folder}/r {steps}").inode == inode
    assert files.names(f"{folder}/ledger") == [f"{number:012d}.json" for number in range(1, steps + 1)]
    files.close()


def test_a_bulk_copy_and_its_placement_go_through_a_failover(active: str, tree: WebHdfsNameNode, folder: str) -> None:
    east = WebHdfsFiles(address("east"), SystemClock(), SystemTokens(), PATIENT)
    east.put(f"{folder}/seed", b"x" * 4096)
    mover = NativeMover(address("east"), address("west"))
    killing = Killing(active)

    def copies() -> Iterator[Copy]:
        for number in range(1500):
            if number == 600:
                killing.now()
            yield Copy(number, f"{folder}/seed", f"{folder}/f {number}", 0, 4096, 1, 1 << 20, "a", "b", 0o640, 1)

    results = list(mover.copy(copies()))
    assert [result for result in results if not isinstance(result, Digest)] == []
    ha_lab.wait_for(killing.over)
    assert sum(entry.facts.length == 4096 and entry.facts.mode == 0o640 for entry in tree.list(folder)) == 1500
    mover.close()
    east.remove(folder)
    east.close()


def test_placement_tells_what_it_knows_while_the_active_name_node_dies(
    active: str, tree: WebHdfsNameNode, folder: str
) -> None:
    mover = NativeMover(address("west"), address("west"))
    count = 4000
    assert {made.did for made in mover.apply(MakeDirectory(n, f"{folder}/d {n}") for n in range(count))} == {Did.DONE}
    killing = Killing(active)

    def operations() -> Iterator[Operation]:
        for number in range(count):
            if number == count // 4:
                killing.now()
            if number % 2:
                yield Rename(number, f"{folder}/d {number}", f"{folder}/e {number}")
            else:
                yield SetAttributes(number, f"{folder}/d {number}", mode=0o700)

    did = {outcome.key: outcome.did for outcome in mover.apply(operations())}
    ha_lab.wait_for(killing.over)
    there = {entry.name: entry.facts.mode for entry in tree.list(folder)}
    for number in range(count):
        if number % 2 == 0:
            assert (did[number], there[f"d {number}"]) == (Did.DONE, 0o700)
        elif did[number] is Did.DONE:
            assert f"e {number}" in there
        else:
            assert did[number] is Did.UNKNOWN
            assert (f"d {number}" in there) != (f"e {number}" in there)
    print(f"{sum(one is Did.UNKNOWN for one in did.values())} renames unknown")
    mover.close()
