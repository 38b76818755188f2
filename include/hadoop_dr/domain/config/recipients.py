"""Who is told of alarms: a file of its own, because it holds secrets. No message repeats a value of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from hadoop_dr.domain.config.document import DocumentNode, Fields, Wrong, items_of, parsed

_ADDRESS = re.compile(r"[^\s<>@,;]+@[^\s<>@,;]+")
_SERVER = re.compile(r"(?P<host>[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):(?P<port>[0-9]{1,5})")


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How alarms are mailed.

    Attributes:
        tls: ``starttls``, ``tls`` from the first byte, or ``none``.
        user: Who logs in; empty for nobody.
    """

    host: str
    port: int
    sender: str
    recipients: tuple[str, ...]
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Who is told of alarms; nobody where both are missing.

    Attributes:
        webhook: Where a JSON document is posted to; its address may be a secret.
    """

    webhook: str = field(default="", repr=False)
    mail: MailSettings | None = None


def read_recipients(root: DocumentNode) -> Recipients:
    """Checks the file.

    Raises:
        BadInput: At the first thing that is wrong.
    """
    fields = Fields(root, "the file of recipients", allowed=("webhook", "mail"))
    mail = _mail(fields.node("mail")) if "mail" in fields else None
    return Recipients(fields.read("webhook", webhook_address, ""), mail)


def webhook_address(text: str) -> str:
    """Checks where a webhook is.

    Raises:
        Wrong: It is no address; what it is instead is not told.
    """
    try:
        found = urlsplit(text)
        good = found.scheme in ("http", "https") and bool(found.hostname) and (found.port or 1) > 0
    except ValueError:
        good = False
    if not good or any(sign.isspace() for sign in text):
        raise Wrong("is not an address", "Write https://host/path")
    return text


def _mail(node: DocumentNode) -> MailSettings:
    fields = Fields(
        node, "'mail'", allowed=("server", "from", "to", "tls", "user", "password"), required=("server", "from", "to")
    )
    host, port = parsed(fields.node("server"), "'server'", _server)
    recipients = tuple(parsed(child, "'to' entry", _address) for child in items_of(fields.node("to"), "'to'"))
    sender, tls = parsed(fields.node("from"), "'from'", _address), fields.read("tls", _tls, "starttls")
    user, password = fields.read("user", str, ""), fields.read("password", str, "")
    if user and tls == "none":
        raise fields.node("user").wrong("a password without TLS could be read on its way", "Write tls: starttls")
    return MailSettings(host, port, sender, recipients, tls, user, password)


def _server(text: str) -> tuple[str, int]:
    match = _SERVER.fullmatch(text)
    if not match or not 0 < int(match["port"]) < 65_536:
        raise Wrong("is not an address", "Write host:port, such as mail.example.org:587")
    return match["host"].strip("[]"), int(match["port"])


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise Wrong("is not a mail address", "Write name@host")
    return text


def _tls(text: str) -> str:
    if text not in ("starttls", "tls", "none"):
        raise Wrong("is none of the ways", "Write starttls, tls or none")
    return text
