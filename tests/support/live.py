"""A pair of real clusters for tests: the lab's two sites through the real adapters, each test in folders of its own."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import quote, urlsplit

import requests

from hadoop_dr.adapters.memory.hdfs.tables import MemoryTables
from hadoop_dr.adapters.native import NativeMover
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.ports.mover import DEFAULT_LIMITS
from hadoop_dr.ports.requests import Requests
from support.backup import Pair, Site
from support.trees import STRIPED


class LiveWriter:
    """Writes over WebHDFS as a user would, in blocks small enough for tests.

    Args:
        urls: The NameNodes; the one that is active serves.
    """

    block_size = 1024

    def __init__(self, *urls: str) -> None:
        self._urls = urls
        self._http = requests.Session()

    def write(self, path: str, data: bytes, block_size: int | None = None) -> None:
        size = block_size or self.block_size
        self._send("PUT", path, data, 201, op="CREATE", overwrite="true", blocksize=size, replication=1)

    def stripe(self, path: str) -> None:
        """The policy is allowed on the cluster first, which may be repeated."""
        for place, operation in (("/", "ENABLEECPOLICY"), (path, "SETECPOLICY")):
            query = {"user.name": "hdfs", "op": operation, "ecpolicy": STRIPED}
            self._http.put(self._address(place), params=query, timeout=30).raise_for_status()

    def append(self, path: str, data: bytes) -> None:
        self._send("POST", path, data, 200, op="APPEND")

    def read(self, path: str) -> bytes:
        return self._send("GET", path, None, 200, op="OPEN").content

    def close(self) -> None:
        self._http.close()

    def _address(self, path: str) -> str:
        """Where the NameNode that is active answers for a path."""
        for url in self._urls[1:]:
            with suppress(requests.ConnectionError):
                if self._http.get(f"{url}/webhdfs/v1/?op=GETFILESTATUS", timeout=30).ok:
                    return f"{url}/webhdfs/v1{quote(path)}"
        return f"{self._urls[0]}/webhdfs/v1{quote(path)}"

    def _send(self, method: str, path: str, data: bytes | None, wanted: int, **query: Any) -> requests.Response:
        """Asks the NameNode, then its DataNode under the same path: the redirect itself composes decomposed letters."""
        first = self._http.request(method, self._address(path), params={"user.name": "hdfs", **query},
                                   allow_redirects=False, timeout=30)
        assert first.status_code == 307, first.text
        there = urlsplit(first.headers["Location"])._replace(path=f"/webhdfs/v1{quote(path)}").geturl()
        answer = self._http.request(method, there, data=data, timeout=30,
                                    headers={"Content-Type": "application/octet-stream"})
        assert answer.status_code == wanted, answer.text
        return answer


class LivePair(Pair):
    """Both sites of the lab, from ``east`` to ``west``."""

    def __init__(self, lab: Mapping[str, Any], folder: str) -> None:
        addresses = {
            name: HdfsAddress(name, tuple(site["namenodes"]), tuple(site["webhdfs"]), site["nameservice"])
            for name, site in lab.items()
        }
        self.asked = Requests()
        sites = [
            Site(WebHdfsNameNode(addresses[name], SystemClock(), SystemTokens(), note=self.asked.of(name)),
                 LiveWriter(lab[name]["webhdfs"][0]),
                 WebHdfsFiles(addresses[name], SystemClock(), SystemTokens(), note=self.asked.of(name)))
            for name in ("east", "west")
        ]
        east, west = addresses["east"], addresses["west"]
        super().__init__(*sites, NativeMover(east, west, DEFAULT_LIMITS), NativeMover(west, west, DEFAULT_LIMITS),
                         MemoryTables(), f"{folder}/bil ling", f"{folder}/documents")
        self.folder = folder

    def wipe(self) -> None:
        """Removes what the test left on both sites."""
        for site in (self.source, self.target):
            for root in site.namenode.snapshottable():
                if root.startswith(f"{self.folder}/"):
                    for shot in site.namenode.snapshots(root):
                        site.namenode.delete_snapshot(root, shot.name)
            site.namenode.delete(self.folder, recursive=True)

    def close(self) -> None:
        """Gives connections and threads back."""
        for mover in (self.across, self.local):
            mover.close()
        for site in (self.source, self.target):
            for part in (site.files, site.namenode, site.writer):
                close = getattr(part, "close", None)
                if close is not None:
                    close()
