"""Alarms reach real servers, and no secret is in what is said where they do not."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from hadoop_dr.adapters.alarms import MailNotifier, WebhookNotifier
from hadoop_dr.adapters.zookeeper import server_says
from hadoop_dr.bootstrap.watching.recipients import RECIPIENTS, WEBHOOK, notifiers_of
from hadoop_dr.domain.config.recipients import MailSettings
from hadoop_dr.domain.errors import BadInput, Failed, Unreachable
from hadoop_dr.domain.ledger.bodies.pair import AlarmSaid

ALARM = AlarmSaid("site failed", "east", "east has failed, 100 % ü: 2 of 5 nodes answer", "monitor")


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[misc]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def webhook(status: int = 204) -> Iterator[tuple[int, list[tuple[str, Any]]]]:
    heard: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, heard


@contextmanager
def mail_server(*refuses: str) -> Iterator[tuple[int, list[str]]]:
    """A mail server that understands just enough."""
    heard: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 ready")
            while line := self.rfile.readline().decode().strip():
                heard.append(line)
                verb = line.split(":")[0].upper()
                if any(word in line for word in refuses):
                    self.say("550 s3cret account dr is unknown")
                elif verb == "DATA":
                    self.say("354 go on")
                    heard.extend(iter(lambda: self.rfile.readline().decode().rstrip("\r\n"), "."))
                    self.say("250 taken")
                else:
                    self.say("221 bye" if verb == "QUIT" else "250 ok")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        yield port, heard


def mail(port: int) -> MailNotifier:
    return MailNotifier(MailSettings("127.0.0.1", port, "dr@x", ("a@x", "b@x"), tls="none"))


def test_a_webhook_gets_the_alarm_as_a_document() -> None:
    with webhook() as (port, heard):
        WebhookNotifier(f"http://127.0.0.1:{port}/T0%20P?s3cret=1").tell("east-west", ALARM)
    body = {"pair": "east-west", "what": "site failed", "subject": "east", "text": ALARM.text, "stands": True}
    assert heard == [("/T0%20P?s3cret=1", body)]


@pytest.mark.parametrize("status", [302, 404, 500])
def test_an_answer_that_is_no_yes_is_an_error_without_the_address(status: int) -> None:
    with webhook(status) as (port, heard), pytest.raises(Failed, match=f"answered with {status}") as failed:
        WebhookNotifier(f"http://127.0.0.1:{port}/s3cret").tell("east-west", ALARM)
    assert (len(heard), "s3cret" in str(failed.value)) == (1, False)


def test_a_mail_goes_to_all_recipients() -> None:
    with mail_server() as (port, heard):
        mail(port).tell("east-west", ALARM)
    assert [line for line in heard if line.lower().startswith("rcpt")] == ["rcpt TO:<a@x>", "rcpt TO:<b@x>"]
    assert "Subject: [hadoop-dr] east-west alarm: site failed east" in heard


@pytest.mark.parametrize("refuses", ["mail", "b@x", "data"])
def test_a_mail_that_is_not_taken_for_everybody_is_an_error_without_what_the_server_said(refuses: str) -> None:
    refused = (refuses, refuses.upper())
    with mail_server(*refused) as (port, _), pytest.raises(Unreachable) as failed:
        mail(port).tell("east-west", ALARM)
    assert "s3cret" not in str(failed.value)


def test_servers_that_are_gone_are_errors_without_their_addresses() -> None:
    for notifier in (WebhookNotifier("http://127.0.0.1:1/s3cret", 1.0), mail(1)):
        with pytest.raises(Unreachable) as failed:
            notifier.tell("east-west", ALARM)
        assert "s3cret" not in str(failed.value)


def test_the_environment_names_an_address_or_a_file_that_nobody_else_may_read(tmp_path: Path) -> None:
    file = tmp_path / "who ü.yaml"
    file.write_text("webhook: https://h/s3cret\nmail: {server: 'h:25', from: a@x, to: [b@x]}\n")
    file.chmod(0o600)
    assert [one.name for one in notifiers_of({RECIPIENTS: str(file)})] == ["webhook", "mail"]
    assert [one.name for one in notifiers_of({WEBHOOK: "https://h/s3cret"})] == ["webhook"]
    assert notifiers_of({}) == []
    file.chmod(0o640)
    for environ in ({RECIPIENTS: str(file)}, {RECIPIENTS: f"{file}.not"}, {WEBHOOK: "s3cret"}):
        with pytest.raises(BadInput) as wrong:
            notifiers_of(environ)
        assert "s3cret" not in str(wrong.value)


def test_one_zookeeper_server_says_what_it_is_or_is_named() -> None:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            assert self.request.recv(4) == b"srvr"
            self.request.sendall("Mode: follower ü".encode())

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        assert server_says("east", f"127.0.0.1:{port}", 5.0) == "Mode: follower ü"
    with pytest.raises(Unreachable, match=r"east: ZooKeeper 127\.0\.0\.1:1"):
        server_says("east", "127.0.0.1:1", 1.0)
