"""A lost answer is read back and never blindly sent again (I11; faults 1, 2, 16), on a real NameNode behind a proxy."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import AlreadyExists, NotFound, NotReady, Unknown, Unreachable
from support.live import LiveWriter
from support.lossy_proxy import Lose, LossyProxy

pytestmark = pytest.mark.lab

QUICK = Deadlines(connect_s=1, read_s=2, budget_s=3)
PATIENT = Deadlines(connect_s=5, read_s=30, budget_s=60)      # closing a file on a busy machine takes seconds
BOTH = pytest.mark.parametrize("what", [Lose.ANSWER, Lose.REQUEST])


@pytest.fixture
def url(lab: dict[str, Any]) -> str:
    """WebHDFS of a real NameNode."""
    return str(lab["east"]["webhdfs"][0])


@pytest.fixture
def proxy(url: str) -> Iterator[LossyProxy]:
    """The same NameNode, over a connection that loses what it is told to."""
    there = urlsplit(url)
    assert there.hostname
    assert there.port
    with LossyProxy(there.hostname, there.port) as proxy:
        yield proxy


def connect(*urls: str) -> WebHdfsNameNode:
    return WebHdfsNameNode(HdfsAddress("east", (), urls), SystemClock(), SystemTokens(), QUICK)


@pytest.fixture
def plain(url: str) -> Iterator[WebHdfsNameNode]:
    node = connect(url)
    yield node
    node.close()


@pytest.fixture
def lossy(proxy: LossyProxy) -> Iterator[WebHdfsNameNode]:
    node = connect(f"http://{proxy.address}")
    yield node
    node.close()


@pytest.fixture
def folder(plain: WebHdfsNameNode) -> Iterator[str]:
    """A fresh snapshottable directory with a hostile name."""
    path = f"/t/adapters/{uuid4().hex[:8]} e%20 f+ g=1 h# ü"
    plain.make_directory(path, 0o755)
    plain.allow_snapshot(path)
    yield path
    for shot in plain.snapshots(path):
        plain.delete_snapshot(path, shot.name)
    plain.delete(path, recursive=True)


@pytest.fixture
def pen(url: str) -> Iterator[LiveWriter]:
    pen = LiveWriter(url)
    yield pen
    pen.close()


@BOTH
def test_a_snapshot_whose_answer_is_lost_is_taken_exactly_once(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str, what: Lose
) -> None:
    proxy.lose(b"op=CREATESNAPSHOT", what)
    lossy.create_snapshot(folder, "s 1")
    assert [shot.name for shot in plain.snapshots(folder)] == ["s 1"]
    assert proxy.count(b"op=CREATESNAPSHOT") == 1


def test_a_snapshot_of_that_name_from_before_is_not_taken_for_ours(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    plain.create_snapshot(folder, "s 1")
    proxy.lose(b"op=CREATESNAPSHOT", Lose.ANSWER)
    with pytest.raises(AlreadyExists):
        lossy.create_snapshot(folder, "s 1")


@BOTH
def test_a_rename_is_recognised_by_the_inode_at_its_target(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str, what: Lose
) -> None:
    plain.make_directory(f"{folder}/a b", 0o755)
    inode = plain.status(f"{folder}/a b").inode
    proxy.lose(b"op=RENAME", what)
    lossy.rename(f"{folder}/a b", f"{folder}/c")
    assert plain.status(f"{folder}/c").inode == inode
    assert proxy.count(b"op=RENAME") == 1


def test_a_rename_by_inode_is_recognised_too(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    plain.make_directory(f"{folder}/a b", 0o755)
    inode = plain.status(f"{folder}/a b").inode
    proxy.lose(b"op=RENAME", Lose.ANSWER)
    lossy.rename(f"/.reserved/.inodes/{inode}", f"{folder}/c")
    assert plain.status(f"{folder}/c").inode == inode
    assert proxy.count(b"op=RENAME") == 1


def test_a_rename_somebody_else_overtook_is_unknown(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    """The source's inode is gone from both ends: neither done nor not done can be said."""
    plain.make_directory(f"{folder}/a b", 0o755)
    ask = lossy.status

    def and_then_it_goes(path: str) -> Any:
        found = ask(path)
        plain.rename(f"{folder}/a b", f"{folder}/elsewhere")
        lossy.status = ask  # type: ignore[method-assign]
        return found

    lossy.status = and_then_it_goes  # type: ignore[method-assign]
    proxy.lose(b"op=RENAME", Lose.REQUEST)
    with pytest.raises(Unknown):
        lossy.rename(f"{folder}/a b", f"{folder}/c")


@BOTH
def test_a_delete_is_settled_by_absence(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str, what: Lose
) -> None:
    plain.make_directory(f"{folder}/d/e", 0o755)
    proxy.lose(b"op=DELETE", what)
    assert lossy.delete(f"{folder}/d", recursive=True) is True
    assert lossy.delete(f"{folder}/d", recursive=True) is False
    assert proxy.count(b"op=DELETE") == 1


@BOTH
def test_a_cut_and_a_join_happen_once(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, pen: LiveWriter, folder: str, what: Lose
) -> None:
    pen.write(f"{folder}/f", b"a" * 2048)
    pen.write(f"{folder}/tail", b"b" * 100)
    proxy.lose(b"op=TRUNCATE", what)
    lossy.truncate(f"{folder}/f", 1024)
    proxy.lose(b"op=CONCAT", what)
    lossy.concat(f"{folder}/f", [f"{folder}/tail"])
    assert pen.read(f"{folder}/f") == b"a" * 1024 + b"b" * 100
    assert (proxy.count(b"op=TRUNCATE"), proxy.count(b"op=CONCAT")) == (1, 1)


@BOTH
def test_removing_a_snapshot_is_settled_by_the_list(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str, what: Lose
) -> None:
    plain.create_snapshot(folder, "s 1")
    proxy.lose(b"op=DELETESNAPSHOT", what)
    assert lossy.delete_snapshot(folder, "s 1") is True
    assert lossy.delete_snapshot(folder, "s 1") is False


def test_attributes_are_simply_sent_again(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    proxy.lose(b"op=SETPERMISSION", Lose.ANSWER)
    lossy.set_permission(folder, 0o700)
    assert plain.status(folder).facts.mode == 0o700
    assert proxy.count(b"op=SETPERMISSION") == 2


def test_a_read_is_asked_again(lossy: WebHdfsNameNode, proxy: LossyProxy, folder: str) -> None:
    proxy.lose(b"op=GETFILESTATUS", Lose.ANSWER, times=2)
    assert lossy.status(folder).facts.is_dir


def test_a_listing_goes_on_where_it_was_cut(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    names = [f"d {number:04d} +" for number in range(1010)]     # more than a page (dfs.ls.limit)
    for name in names:
        plain.touch_directory(f"{folder}/{name}")
    proxy.lose(b"startafter", Lose.ANSWER)
    assert [entry.name for entry in lossy.list(folder)] == names


@pytest.fixture
def many(plain: WebHdfsNameNode, pen: LiveWriter, folder: str) -> str:
    """A snapshot whose block ids take more than the first part of an answer."""
    for number in range(120):
        pen.write(f"{folder}/f+ ü%20 {number:03d}", b"s")
    plain.allow_snapshot(folder)
    plain.create_snapshot(folder, "s 1")
    return f"{folder}/.snapshot/s 1"


def test_block_ids_go_on_where_their_page_broke_off(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, many: str
) -> None:
    proxy.lose(b"GET /fsck", Lose.ANSWER)
    proxy.lose(b"GET /fsck", Lose.REST)
    assert list(lossy.block_ids(many)) == list(plain.block_ids(many))
    assert proxy.count(b"GET /fsck") == 3


def test_a_page_that_never_comes_to_its_end_is_an_error_and_no_answer(
    lossy: WebHdfsNameNode, proxy: LossyProxy, many: str
) -> None:
    proxy.lose(b"GET /fsck", Lose.REST, times=1000)
    told = lossy.block_ids(many)
    with pytest.raises(NotReady, match="ended early"):
        list(told)
    assert 2 <= proxy.count(b"GET /fsck") < 20     # what arrives of the same bytes differs by some lines


def test_what_cannot_be_read_back_is_unknown(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    lossy.snapshots(folder)
    proxy.lose(b"op=CREATESNAPSHOT", Lose.ANSWER)
    proxy.lose(b"op=GETSNAPSHOTLIST", Lose.REQUEST, times=1000)
    with pytest.raises(Unknown):
        lossy.create_snapshot(folder, "s 1")
    assert proxy.count(b"op=CREATESNAPSHOT") == 1


def test_a_second_loss_is_not_followed_by_a_third_try(
    lossy: WebHdfsNameNode, plain: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    plain.make_directory(f"{folder}/a b", 0o755)
    proxy.lose(b"op=RENAME", Lose.REQUEST, times=1000)
    with pytest.raises(Unknown):
        lossy.rename(f"{folder}/a b", f"{folder}/c")
    assert proxy.orders[0].left == 998
    assert plain.status(f"{folder}/a b")


def test_a_slow_first_request_that_took_effect_late_is_found_by_the_second(
    plain: WebHdfsNameNode, proxy: LossyProxy, url: str, folder: str
) -> None:
    """The first NameNode hangs with the request: read back on the other one, which carried it out."""
    plain.make_directory(f"{folder}/a b", 0o755)
    node = connect(f"http://{proxy.address}", url)
    proxy.lose(b"op=RENAME", Lose.TIME)
    node.rename(f"{folder}/a b", f"{folder}/c")
    assert proxy.count(b"op=RENAME") == 1
    assert [entry.name for entry in plain.list(folder)] == ["c"]
    node.close()


def test_a_site_without_an_answer_is_unreachable_within_its_budget() -> None:
    clock = SystemClock()
    with socket.socket() as nobody_listens:
        nobody_listens.bind(("127.0.0.1", 0))
        node = connect(f"http://127.0.0.1:{nobody_listens.getsockname()[1]}")
        began_s = clock.monotonic_s()
        with pytest.raises(Unreachable):
            node.create_snapshot("/t", "s 1")
        assert clock.monotonic_s() - began_s < 5 * QUICK.budget_s


@BOTH
@pytest.mark.parametrize("operation", [b"op=RENAME", b"op=CREATE&"])
def test_a_document_is_published_once_whatever_gets_lost(
    plain: WebHdfsNameNode, proxy: LossyProxy, url: str, folder: str, what: Lose, operation: bytes
) -> None:
    files = WebHdfsFiles(HdfsAddress("east", (), (f"http://{proxy.address}",)), SystemClock(), SystemTokens(), PATIENT)
    proxy.lose(operation, what)
    assert files.append_new(f"{folder}/ledger/a b/1", b"mine") is True
    assert files.append_new(f"{folder}/ledger/a b/1", b"mine") is False
    assert files.get(f"{folder}/ledger/a b/1") == b"mine"
    assert [entry.name for entry in plain.list(f"{folder}/ledger/a b")] == ["1"]
    files.close()


def test_a_document_that_another_published_meanwhile_is_not_taken_for_ours(
    plain: WebHdfsNameNode, proxy: LossyProxy, url: str, folder: str
) -> None:
    """The rename is lost on its way, and the other's has equal content: the inode tells them apart."""
    there = HdfsAddress("east", (), (url,))
    other = WebHdfsFiles(there, SystemClock(), SystemTokens(), PATIENT)
    files = WebHdfsFiles(HdfsAddress("east", (), (f"http://{proxy.address}",)), SystemClock(), SystemTokens(), PATIENT)
    other.append_new(f"{folder}/ledger/1", b"same")
    proxy.lose(b"op=RENAME", Lose.REQUEST)
    assert files.append_new(f"{folder}/ledger/1", b"same") is False
    for one in (files, other):
        one.close()


def test_a_missing_source_is_said_before_anything_is_sent(
    lossy: WebHdfsNameNode, proxy: LossyProxy, folder: str
) -> None:
    with pytest.raises(NotFound):
        lossy.rename(f"{folder}/none", f"{folder}/c")
    assert proxy.count(b"op=RENAME") == 0
