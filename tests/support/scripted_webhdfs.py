"""A NameNode behind WebHDFS that answers what it is told, without a socket."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote, urlsplit

import requests

from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from support.clock import StepClock

Request = tuple[str, str, str, dict[str, str]]


def remote(name: str, message: str) -> dict[str, Any]:
    """What a NameNode refuses with."""
    return {"RemoteException": {"exception": name, "message": message}}


def status(inode: int = 7, length: int = 30, kind: str = "FILE", acl: bool = False) -> dict[str, Any]:
    """GETFILESTATUS."""
    return {"FileStatus": {
        "pathSuffix": "", "fileId": inode, "type": kind, "length": length, "owner": "hdfs", "group": "us",
        "permission": "644", "replication": 1, "blockSize": 10, "modificationTime": 5, "aclBit": acl}}  # fmt: skip


def listed(**ids: int) -> dict[str, Any]:
    """GETSNAPSHOTLIST."""
    return {"SnapshotList": [
        {"snapshotID": number, "dirStatus": {"pathSuffix": name, "modificationTime": 5}} for name, number in ids.items()
    ]}  # fmt: skip


class Scripted(requests.Session):
    """A NameNode that answers what it is told; whatever it was told nothing of is done.

    Attributes:
        answers: Operation -> its next answers, and the last one for ever.
        asked: Verb, operation, path and parameters of each request.
    """

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self.answers = {op: list(some) if isinstance(some, list) else [some] for op, some in answers.items()}
        self.asked, self.noted, self.timeouts = list[Request](), list[str](), set[Any]()
        self.clock, self.takes_s = StepClock(), 0.0

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        params = dict(kwargs["params"])
        op = params.pop("op", "") or urlsplit(url).path
        self.asked.append((method, op, unquote(urlsplit(url).path.removeprefix("/webhdfs/v1")), params))
        self.timeouts.add(kwargs["timeout"])
        self.clock.now_s += self.takes_s
        some = self.answers.get(op, [{"boolean": True}])
        body = some.pop(0) if len(some) > 1 else some[0]
        if isinstance(body, Exception):
            raise body
        answer = requests.Response()
        answer.status_code, answer.url = (403 if "RemoteException" in body else 200), url
        answer._content = json.dumps(body).encode()
        return answer

    def ops(self) -> list[str]:
        """The operations alone."""
        return [op for _, op, _, _ in self.asked]


class Tokens:
    """One for ever."""

    def token(self) -> str:
        """The same."""
        return "t ü"


def namenode(session: Scripted) -> WebHdfsNameNode:
    """The name space of a site with this NameNode, for which there is no time to ask twice."""
    address = HdfsAddress("west", (), ("http://nn1:9870",))
    deadlines = Deadlines(connect_s=4, read_s=21, budget_s=0.0)
    return WebHdfsNameNode(address, session.clock, Tokens(), deadlines, lambda: session,
                           lambda op, count=1, trips=1: session.noted.append(op))  # fmt: skip
