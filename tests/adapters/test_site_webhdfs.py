"""What fsspec's WebHDFS leaves to luck: silence, errors of the second answer, missing files, NameNodes that change."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from hadoop_dr.adapters.fsspec_hdfs.site import SiteWebHdfs
from hadoop_dr.domain.config.addresses import HdfsAddress

PATH = "/t/a=1 ü%20+#"
Answer = tuple[int, bytes, dict[str, str]]
STANDBY = (403, json.dumps({"RemoteException": {
    "exception": "StandbyException", "message": "WRITE is not supported in state standby"}}).encode(),
    {})  # fmt: skip


def said(document: object) -> Answer:
    return 200, json.dumps(document).encode(), {}


@contextmanager
def serving(answers: dict[str, Answer | Callable[[str], Answer]]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A server that answers each operation, and DATA where it sends to itself; gives its URL and what it was asked."""
    asked = list[tuple[str, str]]()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            parts = urlsplit(self.path)
            op = parse_qs(parts.query).get("op", ["DATA"])[0]
            asked.append((op, unquote(parts.path.removeprefix("/webhdfs/v1"))))
            code, body, headers = answers[op]  # type: ignore[misc]
            self.send_response(code)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_POST = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield url, asked
        finally:
            server.shutdown()


def site(*urls: str, limits_s: tuple[float, float] = (5, 5)) -> SiteWebHdfs:
    return SiteWebHdfs(HdfsAddress("east", (), urls, None, "ü hdfs"), limits_s, skip_instance_cache=True)  # type: ignore[call-arg]


@contextmanager
def silent() -> Iterator[str]:
    """Takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_namenode_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with silent() as url, pytest.raises(OSError, match="timed out"):
        site(url, limits_s=(5, 0.05)).info(PATH)


@pytest.mark.parametrize("data", [(500, b"<html>oh", {}), (404, b"<html>gone", {}), (200, b"<html>login</html>", {})])
def test_an_error_page_of_a_datanode_is_no_content_of_a_file(data: Answer) -> None:
    answers = {"GETFILESTATUS": said({"FileStatus": {"type": "FILE", "length": 8}}), "DATA": data}
    with serving(answers) as (url, asked):
        answers["OPEN"] = (307, b"", {"Location": f"{url}/data"})
        with pytest.raises(OSError, match=r"Error|instead of 8"), site(url).open(PATH) as file:
            file.read()
        answers["DATA"] = (200, b"12345678", {})
        with site(url).open(PATH) as file:
            assert file.read() == b"12345678"
    assert ("OPEN", PATH) in asked


def test_removing_what_is_not_there_is_an_error() -> None:
    with serving({"DELETE": said({"boolean": False})}) as (url, asked), pytest.raises(FileNotFoundError):
        site(url).rm(PATH)
    assert asked == [("DELETE", PATH)]


def test_the_only_entry_of_a_file_is_named_like_the_file() -> None:
    one = {"type": "FILE", "length": 8, "pathSuffix": ""}
    with serving({"LISTSTATUS": said({"FileStatuses": {"FileStatus": [one]}})}) as (url, _):
        assert site(url).ls(PATH) == [PATH]


def test_a_change_goes_to_the_namenode_that_is_active_now() -> None:
    done = {"MKDIRS": said({"boolean": True})}
    with serving({"MKDIRS": STANDBY}) as (standby, asked), serving(done) as (active, served):
        found = site(standby, active)
        found.mkdir(PATH)
        found.mkdir(PATH)
    assert (len(asked), len(served)) == (1, 2)
    with serving(done) as (active, served):
        site(standby, active).mkdir(PATH)  # the first is gone
        assert len(served) == 1
        with silent() as url, pytest.raises(OSError, match="timed out"):
            site(url, active, limits_s=(5, 0.05)).mkdir(PATH)  # it may have been done
        assert len(served) == 1
