"""Paths, attributes and load that only a real NameNode can judge (faults 5, 30, 31, 33; S2.16)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import Failed, NotFound
from support.live import LiveWriter

pytestmark = pytest.mark.lab
NAMES = ["a b", "e%20", "%2F", "%25", "f+", "g=1", "h#", "#LATEST", "#LATEST{2}", "a;b", "q?x", "tr ", " lead", "a&b",
         "[x]", "a\\b", "'q'", '"q"', "*", "~t", "..x", "a,b", "n\nl", "t\tb", "ü", "u\u0308", "日本", "\U0001f600"]


@pytest.fixture
def address(lab: dict[str, Any]) -> HdfsAddress:
    return HdfsAddress("east", (), tuple(lab["east"]["webhdfs"]))


@pytest.fixture
def node(address: HdfsAddress) -> Iterator[WebHdfsNameNode]:
    node = WebHdfsNameNode(address, SystemClock(), SystemTokens())
    yield node
    node.close()


@pytest.fixture
def files(address: HdfsAddress) -> Iterator[WebHdfsFiles]:
    files = WebHdfsFiles(address, SystemClock(), SystemTokens(), Deadlines(read_s=60, budget_s=120))
    yield files
    files.close()


@pytest.fixture
def folder(node: WebHdfsNameNode) -> Iterator[str]:
    path = f"/t/adapters/{uuid4().hex[:8]}"
    node.make_directory(path, 0o755)
    yield path
    for shot in node.snapshots(path):
        node.delete_snapshot(path, shot.name)
    node.delete(path, recursive=True)


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_byte_exact_in_every_operation(
    node: WebHdfsNameNode, files: WebHdfsFiles, folder: str, name: str
) -> None:
    root = f"{folder}/{name}"
    node.make_directory(root, 0o711)
    assert [entry.name for entry in node.list(folder)] == [name]
    files.put(f"{root}/{name}", b"x" * 10)
    assert files.get(f"{root}/{name}") == b"x" * 10
    assert node.checksum(f"{root}/{name}").value
    assert [block.length for block in node.blocks(f"{root}/{name}").blocks] == [10]
    node.set_xattr(root, "user.k", name.encode())
    node.allow_snapshot(root)
    node.create_snapshot(root, "s 1")
    node.rename(f"{root}/{name}", f"{root}/{name}{name}")
    node.create_snapshot(root, "s 2")
    (page,) = node.diff(root, "s 1", "s 2")
    assert [(entry.source, entry.target) for entry in page.deleted] == [(name, name + name)]
    assert node.extras(f"{root}/.snapshot/s 1").xattrs == (("user.k", name.encode()),)
    assert root in node.snapshottable()
    for shot in ("s 1", "s 2"):
        node.delete_snapshot(root, shot)


def test_names_hdfs_cannot_hold_are_errors_that_name_the_path(node: WebHdfsNameNode, folder: str) -> None:
    for name in ("a:b", "x" * 256):
        with pytest.raises(Failed, match=folder):
            node.make_directory(f"{folder}/{name}", 0o755)


def test_setting_the_acl_that_was_read_changes_nothing(
    node: WebHdfsNameNode, folder: str
) -> None:
    for acl in (
        ("user::rwx", "user:alice:r--", "group::r-x", "group:staff:-w-", "mask::rwx", "other::--x"),
        ("user::rwx", "group::r-x", "other::---", "default:user::rwx", "default:user:bob:r-x", "default:group::r-x",
         "default:mask::r-x", "default:other::---"),
        (),
    ):
        node.set_acl(folder, acl)
        read, facts = node.extras(folder).acl, node.status(folder).facts
        assert read == tuple(sorted(acl))
        node.set_acl(folder, read)
        assert (node.extras(folder).acl, node.status(folder).facts) == (read, facts)


def test_a_comma_in_a_path_is_refused_before_a_join_goes_wrong(
    node: WebHdfsNameNode, files: WebHdfsFiles, folder: str
) -> None:
    """CONCAT separates its sources by commas and takes no inode paths, so such files are copied whole."""
    for name in ("f", "a,b"):
        files.put(f"{folder}/{name}", b"x")
    with pytest.raises(Failed, match="comma"):
        node.concat(f"{folder}/f", [f"{folder}/a,b"])


def test_a_cut_elsewhere_than_at_a_block_boundary_is_not_sent(
    node: WebHdfsNameNode, lab: dict[str, Any], folder: str
) -> None:
    pen = LiveWriter(lab["east"]["webhdfs"][0])
    pen.write(f"{folder}/f", b"x" * 2000)
    for length in (1, 1023, 1999, 2001):
        with pytest.raises(Failed):
            node.truncate(f"{folder}/f", length)
    assert pen.read(f"{folder}/f") == b"x" * 2000
    pen.close()


def test_one_of_thirty_contenders_publishes(files: WebHdfsFiles, address: HdfsAddress, folder: str) -> None:
    """Fault 15: compare-and-append."""
    patient = Deadlines(read_s=60, budget_s=120)
    others = [WebHdfsFiles(address, SystemClock(), SystemTokens(), patient) for _ in range(5)]
    crowd = [*others, files] * 5
    for number in range(3):
        start = threading.Barrier(len(crowd))

        def contend(index: int, start: threading.Barrier = start, path: str = f"{folder}/l/{number}") -> bool:
            start.wait(30)
            return crowd[index].append_new(path, b"entry %d" % index)

        with ThreadPoolExecutor(len(crowd)) as pool:
            won = list(pool.map(contend, range(len(crowd))))
        assert sum(won) == 1
        assert files.get(f"{folder}/l/{number}") == b"entry %d" % won.index(True)
    assert files.names(f"{folder}/l") == ["0", "1", "2"]
    for one in others:
        one.close()


def test_directories_of_documents_are_for_us_alone(files: WebHdfsFiles, node: WebHdfsNameNode, folder: str) -> None:
    files.append_new(f"{folder}/a/b/c", b"x")
    assert [node.status(f"{folder}/{path}").facts.mode for path in ("a", "a/b", "a/b/c")] == [0o700, 0o700, 0o600]


def test_documents_larger_than_a_block_come_back_whole(files: WebHdfsFiles, folder: str) -> None:
    content = bytes(range(256)) * (1 << 17)
    files.put(f"{folder}/plan", b"older")
    files.put(f"{folder}/plan", content)
    assert files.get(f"{folder}/plan") == content


def test_thirty_two_threads_share_one_connection_pool(node: WebHdfsNameNode, folder: str) -> None:
    def work(number: int) -> int:
        node.make_directory(f"{folder}/d {number}", 0o700)
        node.rename(f"{folder}/d {number}", f"{folder}/e {number}")
        return node.status(f"{folder}/e {number}").inode

    with ThreadPoolExecutor(32) as pool:
        inodes = list(pool.map(work, range(200)))
    assert sorted(entry.inode for entry in node.list(folder)) == sorted(inodes)


def test_somebody_else_is_no_superuser(address: HdfsAddress, node: WebHdfsNameNode) -> None:
    mortal = WebHdfsNameNode(HdfsAddress("east", (), address.webhdfs, None, "alice"), SystemClock(), SystemTokens())
    assert node.may_administer()
    assert not mortal.may_administer()
    mortal.close()


def test_a_document_that_is_not_there_is_not_found(files: WebHdfsFiles, folder: str) -> None:
    with pytest.raises(NotFound):
        files.get(f"{folder}/none")
    assert files.names(f"{folder}/none") == []
