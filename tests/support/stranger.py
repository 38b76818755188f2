"""A stranger's eyes on a cluster: whole trees over plain WebHDFS, with nothing of the product or of its libraries.

What judges a copy must not share the mistakes of what made it: requests, addresses and answers are written and read
here once more, with the standard library alone.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

Look = dict[str, dict[str, Any]]
"""Everything a reader can tell of a tree, by path below its top; the top itself is ""."""

SHOWN = ("type", "length", "owner", "group", "permission", "replication", "blockSize", "modificationTime",
         "storagePolicy")  # fmt: skip


class Stranger:
    """Reads one site as its superuser.

    Args:
        url: Its WebHDFS, ``http://host:port``.
    """

    def __init__(self, url: str, readers: int = 6) -> None:
        self._host = urlsplit(url).netloc
        self._pool = ThreadPoolExecutor(readers)
        self._mine = threading.local()
        self._opened: list[http.client.HTTPConnection] = []

    def tree(self, top: str) -> Look:
        """Reads a tree: what each listing shows, ACLs, extended attributes and a digest of every content.

        Not the time of the top itself: HDFS sets it anew with each snapshot, live and in the snapshot.
        """
        found = {"": self._json(top, "GETFILESTATUS")["FileStatus"]}
        level = [""]
        while level:
            below = {}
            for path, entries in zip(level, self._pool.map(lambda path: self._list(top, path), level), strict=True):
                below |= {f"{path}/{entry['pathSuffix']}".removeprefix("/"): entry for entry in entries}
            found |= below
            level = [path for path, entry in below.items() if entry["type"] == "DIRECTORY"]
        looks = self._pool.map(lambda item: self._look(f"{top}/{item[0]}".rstrip("/"), item[1]), found.items())
        look = dict(zip(found, looks, strict=True))
        del look[""]["modificationTime"]
        return look

    def point(self, root: str, point: str) -> Look:
        """Reads a sealed point by the one snapshot of the root that bears its name."""
        [name] = [name for name in self.snapshots(root) if name.endswith(point)]
        return self.tree(f"{root}/.snapshot/{name}")

    def snapshots(self, root: str) -> list[str]:
        """The names of all snapshots of a root, in order."""
        return sorted(entry["pathSuffix"] for entry in self._list(root, ".snapshot"))

    def close(self) -> None:
        """Gives threads and connections back."""
        self._pool.shutdown()
        for connection in self._opened:
            connection.close()

    def _list(self, top: str, path: str) -> list[dict[str, Any]]:
        """A directory. A work area that was left behind is an item that should not be there."""
        entries = self._json(f"{top}/{path}".rstrip("/"), "LISTSTATUS")["FileStatuses"]["FileStatus"]
        return list(entries)

    def _look(self, path: str, entry: dict[str, Any]) -> dict[str, Any]:
        look = {name: entry[name] for name in SHOWN if name in entry}
        if entry.get("aclBit"):
            look["acl"] = sorted(self._json(path, "GETACLSTATUS")["AclStatus"]["entries"])
        found = self._json(path, "GETXATTRS", encoding="hex")["XAttrs"]
        look["xattrs"] = {xattr["name"]: xattr.get("value") for xattr in found}
        if entry["type"] == "FILE":
            look["sha256"] = hashlib.sha256(self._content(path) if entry["length"] else b"").hexdigest()
        return look

    def _content(self, path: str) -> bytes:
        where, _ = self._get(self._host, path, 307, op="OPEN")
        there = urlsplit(where)
        # The query names the block's holder; the path of the redirect itself composes decomposed letters.
        answer = self._ask(there.netloc, f"/webhdfs/v1{quote(path)}?{there.query}", 200)
        return answer[1]

    def _json(self, path: str, op: str, **query: str) -> Any:
        return json.loads(self._get(self._host, path, 200, op=op, **query)[1])

    def _get(self, host: str, path: str, wanted: int, **query: str) -> tuple[str, bytes]:
        return self._ask(host, f"/webhdfs/v1{quote(path)}?{urlencode({'user.name': 'hdfs', **query})}", wanted)

    def _ask(self, host: str, target: str, wanted: int) -> tuple[str, bytes]:
        """One request over this thread's connection; a kept one that the server has closed is opened again."""
        for _ in range(2):
            connection = self._connection(host)
            try:
                connection.request("GET", target)
                answer = connection.getresponse()
                body = answer.read()
            except (http.client.HTTPException, OSError):
                connection.close()
                continue
            assert answer.status == wanted, f"{target}: {answer.status} {body[:500]!r}"
            return answer.getheader("Location", ""), body
        raise AssertionError(f"{host} does not answer {target}")

    def _connection(self, host: str) -> http.client.HTTPConnection:
        kept: dict[str, http.client.HTTPConnection] = self._mine.__dict__.setdefault("kept", {})
        if host not in kept:
            kept[host] = http.client.HTTPConnection(host, timeout=60)
            self._opened.append(kept[host])
        return kept[host]


def assert_same(got: Look, wanted: Look, what: str) -> None:
    """Says which item differs instead of printing two whole trees."""
    missing, more = sorted(set(wanted) - set(got)), sorted(set(got) - set(wanted))
    assert (missing, more) == ([], []), f"{what}: missing, and too many"
    for path, item in wanted.items():
        assert got[path] == item, f"{what}: {path!r} is {got[path]} instead of {item}"
