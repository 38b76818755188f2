"""What commands say when something else than a NameNode answers at the address of one."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from hadoop_dr.cli import main

ANSWERS = {
    "a page": (200, b"<html>log in</html>"),
    "no listing": (200, b"{}"),
    "a list": (200, b"[]"),
    "nothing": (200, b"null"),
    "no text": (200, b'{"Path": "\xff"}'),
    "an odd entry": (200, b'{"DirectoryListing": {"partialListing": {"FileStatuses": {"FileStatus": [{}]}}}}'),
    "an odd error": (403, b'{"RemoteException": {"exception": null, "message": null}}'),
    "not found": (404, b"not here"),
    "who are you": (401, b""),
}
CALLS = [("check", "s"), ("coverage", "s"), ("plan", "s"), ("backup", "s"), ("points", "s"), ("explain", "s"),
         ("verify", "s"), ("prune", "s"), ("unprotect", "s", "--reason", "r"), ("ledger", "check", "p"),
         ("identity", "p"), ("identity", "p", "--initialise"), ("identity", "p", "--announce")]  # fmt: skip


@contextmanager
def stranger(code: int, body: bytes) -> Iterator[str]:
    """An HTTP server that answers everything alike; gives its address."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_PUT = do_POST = do_DELETE = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_command_names_the_address_at_which_no_namenode_answers(tmp_path: Path, answer: str) -> None:
    with ExitStack() as stack:
        sites = {}
        for number, name in enumerate(("east", "west"), 1):
            at = stack.enter_context(stranger(*ANSWERS[answer]))
            hdfs = f"{{namenodes: ['127.0.0.1:{number}'], webhdfs: ['http://{at}'], nameservice: {name}}}"
            sites[name] = f"{{hdfs: {hdfs}, zookeeper: '127.0.0.1:{number}'}}"
        for folder in ("pairs", "policies"):
            (tmp_path / "include" / folder).mkdir(parents=True)
        listed = ", ".join(f"{name}: {site}" for name, site in sites.items())
        (tmp_path / "include/pairs/p.yaml").write_text(f"pair: p\nsites: {{{listed}}}\ninitial_primary: east\n")
        (tmp_path / "include/policies/s.yaml").write_text("service: s\npair: p\nprotect: [hdfs: /data/s]\n")
        wrong = {}
        for words in CALLS:
            ran = CliRunner().invoke(main, list(words), env={"HADOOP_DR_HOME": str(tmp_path)})
            last = ran.stderr.splitlines()[-1]
            if (ran.exit_code, last.startswith("error: "), "http://127.0.0.1:" in last, "fault of" in last) != (
                1, True, True, False,
            ):  # fmt: skip
                wrong[words] = (ran.exit_code, last)
        assert wrong == {}
