"""The data plane where only real daemons can judge: hung and lossy NameNodes, forks, limits (faults 2, 11, 13)."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import (
    Copy,
    Did,
    Digest,
    MakeDirectory,
    MoverLimits,
    Outcome,
    Read,
    Remove,
    Rename,
    SetAttributes,
)
from support.live import LiveWriter
from support.lossy_proxy import Lose, LossyProxy

pytestmark = pytest.mark.lab
MIB = 1 << 20


@pytest.fixture
def east(lab: dict[str, Any]) -> HdfsAddress:
    return HdfsAddress("east", tuple(lab["east"]["namenodes"]), tuple(lab["east"]["webhdfs"]))


@pytest.fixture
def tree(east: HdfsAddress) -> Iterator[WebHdfsNameNode]:
    tree = WebHdfsNameNode(east, SystemClock(), SystemTokens())
    yield tree
    tree.close()


@pytest.fixture
def folder(tree: WebHdfsNameNode) -> Iterator[str]:
    path = f"/t/adapters/{uuid4().hex[:8]} e%20 f+ g=1 h# ü"
    tree.make_directory(path, 0o755)
    yield path
    tree.delete(path, recursive=True)


@pytest.fixture
def pen(lab: dict[str, Any]) -> Iterator[LiveWriter]:
    pen = LiveWriter(lab["east"]["webhdfs"][0])
    yield pen
    pen.close()


@pytest.fixture
def proxy(east: HdfsAddress) -> Iterator[LossyProxy]:
    host, _, port = east.namenodes[0].partition(":")
    with LossyProxy(host, int(port)) as proxy:
        yield proxy


def through(proxy: LossyProxy, *more: str) -> HdfsAddress:
    return HdfsAddress(f"east {proxy.address}", (proxy.address, *more), (), f"ns-{uuid4().hex[:6]}" if more else None)


def copy_of(key: int, source: str, target: str, length: int, block_size: int = MIB) -> Copy:
    return Copy(key, source, target, 0, length, 1, block_size, "alice", "staff", 0o640, 1_500_000_000_123)


def one(results: Iterator[Any]) -> Any:
    (result,) = results
    return result


# -- lost answers
@pytest.mark.parametrize(("what", "sent"), [(Lose.ANSWER, 1), (Lose.REQUEST, 0)])
@pytest.mark.parametrize("others", [0, 1])
def test_a_rename_whose_answer_is_lost_is_unknown_and_not_sent_again(
    tree: WebHdfsNameNode, proxy: LossyProxy, east: HdfsAddress, folder: str, what: Lose, sent: int, others: int
) -> None:
    tree.make_directory(f"{folder}/a b", 0o755)
    mover = NativeMover(east, through(proxy, *east.namenodes[:others]), MoverLimits(deadline_s=6))
    proxy.lose(b"rename2", what)
    assert one(mover.apply([Rename(1, f"{folder}/a b", f"{folder}/c")])).did is Did.UNKNOWN
    assert [entry.name for entry in tree.list(folder)] == (["c"] if sent else ["a b"])
    assert proxy.count(b"rename2") == sent
    mover.close()


def test_a_rename_by_inode_that_is_made_again_is_done(tree: WebHdfsNameNode, east: HdfsAddress, folder: str) -> None:
    tree.make_directory(f"{folder}/a b", 0o755)
    inode = tree.status(f"{folder}/a b").inode
    mover = NativeMover(east, east)
    for _ in range(2):
        assert one(mover.apply([Rename(1, f"/.reserved/.inodes/{inode}", f"{folder}/c")])).did is Did.DONE
    mover.close()


@pytest.mark.parametrize("what", [Lose.ANSWER, Lose.REQUEST])
def test_what_has_the_same_end_is_sent_again(
    tree: WebHdfsNameNode, proxy: LossyProxy, east: HdfsAddress, folder: str, what: Lose
) -> None:
    mover = NativeMover(east, through(proxy), MoverLimits(deadline_s=6))
    for method, operation in (
        (b"mkdirs", MakeDirectory(1, f"{folder}/a b", 0o700)),
        (b"setPermission", SetAttributes(1, f"{folder}/a b", mode=0o711)),
        (b"delete", Remove(1, f"{folder}/a b")),
    ):
        proxy.lose(method, what)
        assert one(mover.apply([operation])).did is Did.DONE
    assert list(tree.list(folder)) == []
    mover.close()


@pytest.mark.parametrize("method", [b"create", b"addBlock", b"complete", b"setTimes", b"getFileInfo"])
def test_a_copy_survives_a_lost_answer(
    tree: WebHdfsNameNode, proxy: LossyProxy, east: HdfsAddress, pen: LiveWriter, folder: str, method: bytes
) -> None:
    pen.write(f"{folder}/a", b"x" * 5000)
    mover = NativeMover(east, through(proxy), MoverLimits(deadline_s=12))
    proxy.lose(method, Lose.ANSWER)
    assert one(mover.copy([copy_of(1, f"{folder}/a", f"{folder}/b", 5000)])) == Digest(
        1, hashlib.sha256(b"x" * 5000).hexdigest(), 5000)
    facts = tree.status(f"{folder}/b").facts
    assert (facts.length, facts.owner, facts.mode, facts.mtime_ms) == (5000, "alice", 0o640, 1_500_000_000_123)
    assert not tree.blocks(f"{folder}/b").under_construction
    mover.close()


# -- hung NameNodes
def test_a_rename_on_a_hung_name_node_is_unknown_within_its_deadline(
    proxy: LossyProxy, east: HdfsAddress, folder: str
) -> None:
    mover = NativeMover(east, through(proxy), MoverLimits(deadline_s=3))
    proxy.lose(b"rename2", Lose.TIME, times=1000)
    began_s = time.monotonic()
    outcome = one(mover.apply([Rename(1, f"{folder}/a b", f"{folder}/c")]))
    assert outcome.did is Did.UNKNOWN
    assert time.monotonic() - began_s < 20
    mover.close()


def test_what_may_be_repeated_goes_to_the_other_name_node_when_one_hangs(
    tree: WebHdfsNameNode, proxy: LossyProxy, east: HdfsAddress, folder: str
) -> None:
    tree.make_directory(f"{folder}/d", 0o755)
    mover = NativeMover(east, through(proxy, *east.namenodes), MoverLimits(deadline_s=9))
    proxy.lose(b"setPermission", Lose.TIME, times=1000)
    proxy.lose(b"delete", Lose.TIME, times=1000)
    assert one(mover.apply([SetAttributes(1, f"{folder}/d", mode=0o700)])).did is Did.DONE
    assert tree.status(f"{folder}/d").facts.mode == 0o700
    assert one(mover.apply([Remove(2, f"{folder}/d")])).did is Did.DONE
    mover.close()


def test_nobody_listening_is_a_failure_not_a_hang_and_not_a_panic(east: HdfsAddress, folder: str) -> None:
    mover = NativeMover(east, HdfsAddress("nowhere", ("127.0.0.1:9",), ()), MoverLimits(deadline_s=1))
    assert one(mover.apply([MakeDirectory(1, f"{folder}/d")])).did is Did.FAILED
    assert isinstance(one(mover.copy([copy_of(1, f"{folder}/none", f"{folder}/b", 1)])), Outcome)
    mover.close()


# -- limits
def test_a_short_source_is_never_a_complete_copy(
    east: HdfsAddress, pen: LiveWriter, folder: str
) -> None:
    pen.write(f"{folder}/a", b"abc")
    mover = NativeMover(east, east, MoverLimits(deadline_s=3))
    outcome = one(mover.copy([copy_of(1, f"{folder}/a", f"{folder}/b", 4)]))
    assert outcome.did is Did.FAILED
    assert "3 bytes" in outcome.detail
    assert one(mover.digest([Read(2, f"{folder}/a", 2, 9)])).did is Did.FAILED
    mover.close()


def test_large_files_pass_through_a_small_memory(
    tree: WebHdfsNameNode, east: HdfsAddress, folder: str
) -> None:
    """Sixteen files at once share 2 MiB; every one arrives whole."""
    files = WebHdfsFiles(east, SystemClock(), SystemTokens())
    content = os.urandom(5 * MIB + 77)
    files.put(f"{folder}/large", content)
    mover = NativeMover(east, east, MoverLimits(buffer_bytes=2 * MIB))
    copies = [copy_of(n, f"{folder}/large", f"{folder}/c{n}", len(content), 4 * MIB) for n in range(16)]
    wanted = hashlib.sha256(content).hexdigest()
    assert sorted(mover.copy(copies), key=lambda done: done.key) == [Digest(n, wanted, len(content)) for n in range(16)]
    reads = [Read(n, f"{folder}/c{n}", 0, len(content)) for n in range(16)]
    assert {done.sha256 for done in mover.digest(reads) if isinstance(done, Digest)} == {wanted}
    mover.close()
    files.close()


def test_a_bandwidth_limit_is_kept(east: HdfsAddress, folder: str) -> None:
    files = WebHdfsFiles(east, SystemClock(), SystemTokens())
    files.put(f"{folder}/large", b"x" * (6 * MIB))
    mover = NativeMover(east, east, MoverLimits(bandwidth_bytes_s=2 * MIB))
    began_s = time.monotonic()
    assert isinstance(one(mover.digest([Read(1, f"{folder}/large", 0, 6 * MIB)])), Digest)
    assert 1.5 < time.monotonic() - began_s < 30
    mover.close()
    files.close()


# -- life
def test_a_mover_used_before_a_fork_works_in_the_child(east: HdfsAddress, tree: WebHdfsNameNode, folder: str) -> None:
    mover = NativeMover(east, east, MoverLimits(deadline_s=10))
    assert one(mover.apply([MakeDirectory(1, f"{folder}/parent")])).did is Did.DONE
    child = os.fork()
    if child == 0:
        done = False
        try:
            done = one(mover.apply([MakeDirectory(1, f"{folder}/child")])).did is Did.DONE
        finally:
            os._exit(0 if done else 1)
    killer = threading.Timer(30, os.kill, (child, 9))
    killer.start()
    _, status = os.waitpid(child, 0)
    killer.cancel()
    assert status == 0
    assert tree.status(f"{folder}/child").facts.is_dir
    mover.close()


def test_many_movers_come_and_go_without_standing_still(east: HdfsAddress, folder: str) -> None:
    """Freeing a client of the library while its runtime calls back stops the process for ever."""
    for _ in range(10):
        mover = NativeMover(east, east, MoverLimits(in_flight=100))
        operations = [MakeDirectory(key, f"{folder}/d {key}") for key in range(200)]
        assert {outcome.did for outcome in mover.apply(operations)} == {Did.DONE}
        mover.close()


def test_an_error_in_the_input_reaches_the_caller(east: HdfsAddress, folder: str) -> None:
    def inputs() -> Iterator[MakeDirectory]:
        yield MakeDirectory(1, f"{folder}/d")
        raise ValueError("listing broke")

    mover = NativeMover(east, east)
    with pytest.raises(ValueError, match="listing broke"):
        list(mover.apply(inputs()))
    mover.close()
