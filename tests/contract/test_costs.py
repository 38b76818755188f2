"""A twin's call counts as many requests as the adapter sends for it: so bounds that hold on twins hold on sites."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest

from hadoop_dr.adapters.reporting.counting import counting_files, counting_namenode
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.ports.files import Files
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.ports.requests import Requests, trips
from support.backup import Pair
from support.live import LivePair


class Counted:
    """One site, the requests to which can be read off."""

    def __init__(self, sites: Pair) -> None:
        site = sites.target
        if isinstance(sites, LivePair):
            self.asked, self.namenode, self.files = sites.asked, site.namenode, site.files
        else:
            self.asked = Requests()
            note = self.asked.of(site.namenode.site)
            self.namenode, self.files = counting_namenode(site.namenode, note), counting_files(site.files, note)

    def __call__(self, act: Callable[[], object]) -> tuple[int, int]:
        """Requests and trips of an act."""
        before, waited = sum(self.asked.by_operation().values()), trips()
        act()
        return sum(self.asked.by_operation().values()) - before, trips() - waited


@pytest.fixture
def cost(sites: Pair) -> Counted:
    return Counted(sites)


def is_there(name: NameNode, path: str) -> bool:
    try:
        return bool(name.status(path))
    except NotFound:
        return False


def is_read(files: Files, path: str) -> bool:
    try:
        return bool(files.get(path))
    except NotFound:
        return False


def test_every_call_counts_as_many_requests_as_the_adapter_sends(cost: Counted, folder: str) -> None:
    name: NameNode = cost.namenode
    files: Files = cost.files
    name.service()
    name.settings("dfs.namenode.xattrs.enabled")
    files.put(f"{folder}/d ü/doc", b"one")
    if (ways := getattr(files, "ways", None)) is not None:  # a test before this one may have read something
        ways.forget("GET")
    name.allow_snapshot(folder)
    name.snapshots(folder)
    acts: dict[str, tuple[Callable[[], object], int]] = {
        "service, known": (name.service, 1),
        "settings, known": (lambda: name.settings("dfs.namenode.xattrs.enabled"), 0),
        "status": (lambda: name.status(folder), 1),
        "status of nothing": (lambda: is_there(name, f"{folder}/none"), 1),
        "list": (lambda: list(name.list(folder)), 1),
        "quota": (lambda: name.quota(folder), 1),
        "directory that is there": (lambda: name.make_directory(folder, 0o755), 1),
        "new directory": (lambda: name.make_directory(f"{folder}/new", 0o755), 3),
        "rename": (lambda: name.rename(f"{folder}/new", f"{folder}/old"), 2),
        "delete": (lambda: name.delete(f"{folder}/old"), 2),
        "new directories": (lambda: name.make_all(f"{folder}/n ü/w", 0o700), 1),
        "rename of what was seen": (
            lambda: name.rename(f"{folder}/n ü/w", f"{folder}/n ü/o", name.status(f"{folder}/n ü/w").inode), 2),
        "removed without a look": (lambda: name.discard(f"{folder}/n ü"), 1),
        "snapshot of a root listed lately": (lambda: name.create_snapshot(folder, "s 1"), 1),
        "snapshots": (lambda: name.snapshots(folder), 1),
        "second snapshot": (lambda: name.create_snapshot(folder, "s 2"), 1),
        "diff": (lambda: list(name.diff(folder, "s 1", "s 2")), 1),
        "snapshot removed": (lambda: name.delete_snapshot(folder, "s 2"), 1),
        "the other removed": (lambda: name.delete_snapshot(folder, "s 1"), 1),
        "snapshottable": (name.snapshottable, 1),
        "times of roots": (name.root_times, 1),
        "numbers of snapshots": (name.snapshot_counts, 1),
        "attributes": (lambda: name.extras(folder), 2),
        "extended attributes": (lambda: name.extras(folder, acl=False), 1),
        "times": (lambda: name.set_times(folder, 1_000), 1),
        "clock": (lambda: name.clock_offset_ms(folder), 7),
        "clock, well enough": (lambda: name.clock_offset_ms(folder, 60_000), 3),
        "version": (name.version, 1),
        "room": (name.room, 1),
        "blocks": (lambda: name.blocks(f"{folder}/d ü/doc"), 1),
        "open files": (lambda: name.open_files(folder), 1),
        "document written": (lambda: files.put(f"{folder}/d ü/doc", b"two"), 2),
        "first document read": (lambda: files.get(f"{folder}/d ü/doc"), 2),
        "document read": (lambda: files.get(f"{folder}/d ü/doc"), 1),
        "document that is not there": (lambda: is_read(files, f"{folder}/d ü/none"), 2),
        "entry appended": (lambda: files.append_new(f"{folder}/d ü/{uuid4().hex}", b"three"), 2),
        "entry brought ahead": (lambda: files.prepare(f"{folder}/d ü/ahead", b"four"), 1),
        "and published": (lambda: files.append_new(f"{folder}/d ü/ahead", b"four"), 1),
        "names": (lambda: files.names(f"{folder}/d ü"), 1),
        "documents removed": (lambda: files.remove(f"{folder}/d ü"), 2),
        "ordinary again": (lambda: name.disallow_snapshot(folder), 1),
    }
    counted = {what: cost(act) for what, (act, _) in acts.items()}
    assert counted == {what: (wanted, wanted) for what, (_, wanted) in acts.items()}
