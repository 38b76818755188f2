"""The reading half of a site's name space over WebHDFS."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import requests

from hadoop_dr.adapters.webhdfs import fsck, shapes
from hadoop_dr.adapters.webhdfs.client import Deadlines, OneNameNode, SessionFactory, simple_session
from hadoop_dr.adapters.webhdfs.datanodes import Redirected
from hadoop_dr.adapters.webhdfs.errors import NO_ACTIVE, expected_shape
from hadoop_dr.adapters.webhdfs.route import Route
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import NotFound, NotReady, Protocol
from hadoop_dr.domain.tree.file_attributes import (
    AclAndXattrs,
    Blocks,
    Checksum,
    DiffEntry,
    DiffPage,
    DirEntry,
    Quota,
    Snapshot,
)
from hadoop_dr.ports.clock import Clock
from hadoop_dr.ports.namenode import DataNode, Room, Service
from hadoop_dr.ports.requests import Note, nobody

T = TypeVar("T")
_JMX = "Hadoop:service=NameNode,name="
_OF_NOW = ("FSState", "NumLiveDataNodes", "CapacityRemaining", "CapacityTotal", "FilesTotal")
_OPERATIONAL = "Operational"


class WebHdfsReader:
    """Reads of one site; each goes to whichever NameNode serves and may be asked again."""

    def __init__(self, address: HdfsAddress, clock: Clock, deadlines: Deadlines,
                 session: SessionFactory | None, note: Note = nobody) -> None:
        self.site = address.site
        self._session = (session or simple_session(address.user))()
        self._clock = clock
        self._checksum_s = deadlines.checksum_s
        # Whoever forgets to close gives the connections back all the same.
        weakref.finalize(self, self._session.close)
        namenodes = [OneNameNode(url, self._session, deadlines, note) for url in address.webhdfs]
        self.route = Route(address.site, namenodes, clock, deadlines.budget_s)
        self._cluster_ids: dict[str, str] = {}
        self._conf: dict[str, Mapping[str, str]] = {}
        self._conf_turn = threading.Lock()

    def close(self) -> None:
        """Closes the connections."""
        self._session.close()

    def _read(self, subject: str, ask: Callable[[OneNameNode], requests.Response],
              take: Callable[[shapes.Json], T]) -> T:
        answer = self.route.repeat(ask)
        with expected_shape(subject, self.route.serving.url):
            return take(answer.json())

    def service(self) -> Service:
        """Says who serves and how it is."""
        return self.route.repeat(self._service_of)

    def datanodes(self) -> Sequence[DataNode]:
        """Every DataNode as this site's NameNode hears of it."""
        return self.route.repeat(self._datanodes_of)

    def _datanodes_of(self, node: OneNameNode) -> Sequence[DataNode]:
        with expected_shape(f"{self.site}: /jmx", node.url):
            return shapes.datanodes(_word(node, "LiveNodes"), _word(node, "DeadNodes"))

    def version(self) -> str:
        """Returns the version text of the software."""
        return self.route.repeat(self._version_of)

    def _version_of(self, node: OneNameNode) -> str:
        with expected_shape(f"{self.site}: /jmx", node.url):
            return str(_word(node, "SoftwareVersion"))

    def room(self) -> Room:
        """Says how much there is."""
        return self.route.repeat(self._room_of)

    def _room_of(self, node: OneNameNode) -> Room:
        with expected_shape(f"{self.site}: /jmx", node.url):
            counts = self._counts(node)
            return Room(counts["CapacityRemaining"], counts["FilesTotal"])

    def _counts(self, node: OneNameNode) -> shapes.Json:
        """Returns what the serving NameNode counts, in one request.

        Its counters are up to ten seconds old: after a failover, or a start, they say what is over. What it says of its
        state is of now.
        """
        beans = {bean["name"]: bean for bean in node.page("/jmx", qry=_JMX + "FSNamesystem*").json()["beans"]}
        counts, now = dict(beans[_JMX + "FSNamesystem"]), beans[_JMX + "FSNamesystemState"]
        if counts["tag.HAState"] != "active" and (state := _word(node, "State", "NameNodeStatus")) != "active":
            raise NotReady(self.site, f"{node.url} is {state}", NO_ACTIVE)
        return {**counts, **{name: now[name] for name in _OF_NOW}}

    def _service_of(self, node: OneNameNode) -> Service:
        with expected_shape(f"{self.site}: /jmx", node.url):
            counts = self._counts(node)
            if node.url not in self._cluster_ids:
                self._cluster_ids[node.url] = str(_word(node, "ClusterId"))
            return Service(
                cluster_id=self._cluster_ids[node.url],
                safe_mode="" if counts["FSState"] == _OPERATIONAL else str(_word(node, "Safemode")),
                live_datanodes=counts["NumLiveDataNodes"],
                remaining_bytes=counts["CapacityRemaining"],
                capacity_bytes=counts["CapacityTotal"],
                snapshots=counts["Snapshots"],
                open_files=counts["NumFilesUnderConstruction"],
                names=counts["FilesTotal"],
            )

    def settings(self, *names: str) -> Mapping[str, str]:
        """Returns the NameNode's effective configuration for these keys; a key it does not know is absent.

        All of it is one page, and a NameNode has it from its start on: it is asked for once.
        """
        with self._conf_turn:
            conf = self._conf.get(self.route.serving.url)
            if conf is None:
                conf = self._read(
                    f"{self.site} /conf", lambda node: node.page("/conf"),
                    lambda page: {one["key"]: one["value"] for one in page["properties"] if one["value"] is not None})
                self._conf[self.route.serving.url] = conf
        return {name: conf[name] for name in names if name in conf}

    def status(self, path: str) -> DirEntry:
        """Attributes of one path; ``name`` is empty."""
        return self._read(path, lambda node: node._get_file_status(path),
                          lambda answer: shapes.listed({**answer["FileStatus"], "pathSuffix": ""}))

    def list(self, path: str) -> Iterator[DirEntry]:
        """Children of a directory, a page of the NameNode (``dfs.ls.limit``) at a time; of a file: itself.

        Pages continue behind a name, so a listing survives a failover between two of them.
        """
        after: dict[str, str] = {}
        while True:
            entries, more = self._page_of(path, after)
            yield from entries
            if not more:
                return
            after = {"startafter": entries[-1].name}       # 3.5.0 ignores the documented spelling startAfter

    def _page_of(self, path: str, after: dict[str, str]) -> tuple[Sequence[DirEntry], bool]:
        return self._read(path, lambda node: node.list_page(path, **after), shapes.listing_page)

    def extras(self, path: str, *, acl: bool = True, xattrs: bool = True) -> AclAndXattrs:
        """ACL and extended attributes of one path; what is not asked for stays empty."""
        return AclAndXattrs(
            acl=self._read(path, lambda node: node._get_acl_status(path), shapes.acl) if acl else (),
            xattrs=self._read(path, lambda node: node._get_x_attrs(path, encoding="HEX"), shapes.xattrs)
            if xattrs else (),
        )

    def blocks(self, path: str) -> Blocks:
        """Block ids and lengths of a file, also of one in a snapshot."""
        return self._read(path, lambda node: node.block_locations(path), shapes.blocks)

    def block_ids(self, path: str) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Ids of the blocks of every file below a directory, by path relative to it: one request, streamed."""
        return fsck.each_once(lambda: self.route.repeat(lambda node: fsck.block_ids(node, path, self._checksum_s)))

    def checksum(self, path: str) -> Checksum:
        """HDFS checksum of a file, computed by its DataNodes."""
        through = Redirected(path, "GET", self._checksum_s)
        return self._read(
            path, lambda node: through.follow(node, lambda: node._get_file_checksum(path)),
            shapes.checksum)

    def quota(self, path: str) -> Quota:
        """Quotas and usage of a directory; one request, however long the NameNode counts what has no quota."""
        return self._read(path, lambda node: node._get_quota_usage(path), shapes.quota)

    def open_files(self, path: str) -> Sequence[str]:
        """Files below a directory that a writer has open now."""
        return self.route.repeat(lambda node: fsck.open_files(node, path, self._checksum_s))

    def snapshots(self, path: str) -> Sequence[Snapshot]:
        """Snapshots of a root, oldest first; empty when it is not snapshottable."""
        try:
            return self._read(path, lambda node: node._get_snapshot_list(path), shapes.snapshots)
        except NotFound as missing:
            if "not a snapshottable" in missing.problem:
                return []
            raise

    def snapshottable(self) -> Sequence[str]:
        """Every snapshottable directory the user may see."""
        return self._read("/", lambda node: node._get_snapshottable_directory_list("/"), shapes.snapshottable)

    def snapshot_counts(self) -> Mapping[str, int]:
        """How many snapshots every snapshottable directory has that the user may see."""
        return self._read("/", lambda node: node._get_snapshottable_directory_list("/"), shapes.snapshot_counts)

    def root_times(self) -> Mapping[str, int]:
        """The modification time of every snapshottable directory the user may see."""
        return self._read("/", lambda node: node._get_snapshottable_directory_list("/"), shapes.root_times)

    def diff(self, path: str, older: str, newer: str) -> Iterator[DiffPage]:
        """Pages of the snapshot diff listing of a root; without a newer name up to the live tree."""
        def page(start: str, index: int) -> tuple[DiffPage, str, int]:
            return self._read(
                path,
                lambda node: node._get_snapshot_diff_listing(
                    path, oldsnapshotname=older, snapshotname=newer,
                    snapshotdiffstartpath=start, snapshotdiffindex=str(index)),
                shapes.diff_page)

        return diff_pages(path, page)


def _word(node: OneNameNode, attribute: str, bean: str = "NameNodeInfo") -> Any:
    return node.page("/jmx", get=f"{_JMX}{bean}::{attribute}").json()["beans"][0][attribute]


Page = Callable[[str, int], tuple[DiffPage, str, int]]
_START = ("", -1)


def diff_pages(root: str, page: Page) -> Iterator[DiffPage]:
    """Yields every page until the cursor says the end.

    NameNodes without the fix of HDFS-16121 resume a directory's creations at a wrong place: entries come twice, or
    the same cursor comes for ever. What repeats within one directory is dropped; a cursor that repeats ends the listing
    with an error, because what lies behind it cannot be seen. One directory may have a million of changes, so of each
    only a number is kept, and only until a page leaves the directory.

    Args:
        root: For messages.
        page: Asks for the page behind a cursor (path, index).

    Raises:
        Protocol: The cursor does not advance.
    """
    cursor = _START
    seen_cursors = {cursor}
    seen: set[int] = set()
    while True:
        entries, path, index = page(*cursor)
        yield _unseen(entries, seen)
        if path != cursor[0]:       # a directory's entries end with the page that leaves it
            seen = set()
        seen.update(_mark(which, entry) for which, entry in _numbered(entries))
        cursor = (path, index)
        if cursor == _START:
            return
        if cursor in seen_cursors:
            raise Protocol(root, f"the snapshot difference listing repeats its cursor {cursor}",
                           "Upgrade the NameNode (HDFS-16121) or use a full run")
        seen_cursors.add(cursor)


def _numbered(page: DiffPage) -> Iterator[tuple[int, DiffEntry]]:
    for which, entries in enumerate((page.modified, page.created, page.deleted)):
        for entry in entries:
            yield which, entry


def _mark(which: int, entry: DiffEntry) -> int:
    """One number for an entry: its list, its inode, and its paths by their hash, which only tell those of one inode."""
    return hash((entry.source, entry.target)) << 66 | entry.inode << 2 | which


def _unseen(page: DiffPage, seen: set[int]) -> DiffPage:
    if not seen:
        return page
    return DiffPage(*(
        tuple(entry for entry in entries if _mark(which, entry) not in seen)
        for which, entries in enumerate((page.modified, page.created, page.deleted))))
