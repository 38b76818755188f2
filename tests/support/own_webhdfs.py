"""A site behind WebHDFS of a test's own making: NameNodes that redirect, DataNodes that do the work, no socket."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import requests
from urllib3.exceptions import NewConnectionError

from hadoop_dr.adapters.memory.hdfs.cluster import MemoryCluster
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import AlreadyExists, DrError, NotFound
from hadoop_dr.domain.tree.file_attributes import DirEntry

_JAVA = {NotFound: "java.io.FileNotFoundException", AlreadyExists: "org.apache.hadoop.fs.FileAlreadyExistsException"}
_PREFIX = "/webhdfs/v1"
_VERBS = {"CREATE": "PUT", "RENAME": "PUT", "MKDIRS": "PUT", "DELETE": "DELETE"}
Meets = Callable[[Callable[[], requests.Response]], requests.Response]
"""What a request meets: it may have it carried out, and raises or answers what it wants."""


def refused(_: Callable[[], requests.Response]) -> requests.Response:
    """There is no connection."""
    raise requests.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]


def lost_before(_: Callable[[], requests.Response]) -> requests.Response:
    """The connection breaks, and nothing was done."""
    raise requests.ConnectionError("reset")


def lost_after(carry_out: Callable[[], requests.Response]) -> requests.Response:
    """The connection breaks after it was done."""
    carry_out()
    raise requests.ConnectionError("reset")


def late(carry_out: Callable[[], requests.Response]) -> requests.Response:
    """It is done, and no answer comes in time."""
    carry_out()
    raise requests.ReadTimeout("timed out")


def answers(code: int, body: object = None) -> Meets:
    """Somebody answers this, and nothing is done."""
    return lambda _: answered(code, body)


def answered(code: int, body: object = None, **headers: str) -> requests.Response:
    """An answer."""
    answer = requests.Response()
    answer.status_code, answer.url = code, "http://somebody:1/webhdfs/v1/x?op=X"
    answer._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer.headers.update(headers)
    return answer


class OwnWebHdfs(requests.Session):
    """Two NameNodes of which both serve, and two DataNodes.

    Attributes:
        cluster: What is there.
        datanodes: To the first of them a NameNode sends.
        meets: (host, operation) -> what its next requests meet, in turn.
        asked: (host, operation) of every request, in order.
        timeouts: How long each was waited for.
    """

    namenodes = ("http://nn1:9870", "http://nn2:9870")
    datanodes = ("dn1:9864", "dn2:9864")

    def __init__(self) -> None:
        super().__init__()
        self.cluster = MemoryCluster("west")
        self.node = MemoryNameNode(self.cluster)
        self.meets = dict[tuple[str, str], list[Meets]]()
        self.asked = list[tuple[str, str]]()
        self.timeouts, self.closed = list[Any](), 0

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        """One request to whichever host."""
        at, params = urlsplit(url), {**dict(parse_qsl(urlsplit(url).query)), **(kwargs.get("params") or {})}
        host, op = at.netloc.partition(":")[0], params["op"]
        assert method == _VERBS.get(op, "GET"), op
        assert kwargs.get("allow_redirects") is False or op not in ("CREATE", "OPEN"), "each hop is made by hand"
        self.asked.append((host, op))
        self.timeouts.append(kwargs["timeout"])
        body = b"".join(iter(lambda: kwargs["data"].read(1024), b"")) if kwargs.get("data") else b""
        path = unquote(at.path.removeprefix(_PREFIX))

        def carry_out() -> requests.Response:
            try:
                return getattr(self, f"_{host[:2]}_{op.lower()}")(path, params, body)  # type: ignore[no-any-return]
            except DrError as error:
                name = _JAVA.get(type(error), "java.io.IOException")
                return answered(404 if isinstance(error, NotFound) else 403, {
                    "RemoteException": {"exception": name.rpartition(".")[2], "message": error.problem}})

        waiting = self.meets.get((host, op))
        return waiting.pop(0)(carry_out) if waiting else carry_out()

    def close(self) -> None:
        """Counted."""
        self.closed += 1

    def ask(self, *hosts_and_ops: str) -> list[tuple[str, str]]:
        """The requests of these operations so far."""
        return [one for one in self.asked if one[1] in hosts_and_ops]

    def _redirect(self, path: str, params: dict[str, str]) -> requests.Response:
        query = urlencode({**params, "namenoderpcaddress": "nn1:8020"})
        return answered(307, Location=f"http://{self.datanodes[0]}{_PREFIX}{quote(path)}?{query}")

    def _nn_create(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        return self._redirect(path, params)

    def _nn_open(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        self.cluster.find(path)
        return self._redirect(path, params)

    def _nn_getfilechecksum(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        return self._nn_open(path, params, body)

    def _dn_getfilechecksum(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        digest = hashlib.md5(self.cluster.find(path).content).hexdigest()
        return answered(200, {"FileChecksum": {"algorithm": "MD5 ü", "bytes": digest}})

    def _dn_create(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        assert (params["createflag"], params["createparent"]) == ("CREATE,SYNC_BLOCK", "false")
        node = self.cluster.make_file(path, replication=1, block_size=1024, overwrite=False)
        node.mode = int(params["permission"], 8)
        self.cluster.extend(node, body)
        return answered(201)

    def _dn_open(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        return answered(200, self.cluster.find(path).content)

    def _nn_rename(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        target = params["destination"]
        if {"NONE": False, "OVERWRITE": True}[params["renameoptions"]]:
            self.cluster.find(path)
            self.node.delete(target)
        self.node.rename(path, target)
        return answered(200)

    def _nn_mkdirs(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        self.node.make_all(path, int(params["permission"], 8))
        return answered(200, {"boolean": True})

    def _nn_delete(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        return answered(200, {"boolean": self.node.delete(path, recursive=params["recursive"] == "true")})

    def _nn_getfilestatus(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        return answered(200, {"FileStatus": _json(self.node.status(path))})

    def _nn_liststatus_batch(self, path: str, params: dict[str, str], body: bytes) -> requests.Response:
        found = {"FileStatuses": {"FileStatus": [_json(entry) for entry in self.node.list(path)]}}
        return answered(200, {"DirectoryListing": {"partialListing": found, "remainingEntries": 0}})


def _json(entry: DirEntry) -> dict[str, object]:
    facts = entry.facts
    return {
        "pathSuffix": entry.name, "fileId": entry.inode, "type": "DIRECTORY" if facts.is_dir else "FILE",
        "length": facts.length, "owner": facts.owner, "group": facts.group, "permission": f"{facts.mode:o}",
        "replication": facts.replication, "blockSize": facts.block_size, "modificationTime": facts.mtime_ms,
    }  # fmt: skip
