"""A server that speaks TLS until it breaks, in the ways a network, a proxy or a dying daemon break it."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Behaviour = Callable[["TlsServer", socket.socket], None]
Break = Callable[[ssl.SSLSocket, socket.socket], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
NO_TLS = b"HTTP/1.1 400 this is no TLS record\r\n\r\n"


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    held, secret = folder / f"{name}.pem", folder / f"{name}.key"
    held.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))  # fmt: skip
    return held, secret


@dataclass
class TlsServer:
    """Serves connections one after the other.

    Attributes:
        behaves: What it does with a connection; the raw socket below TLS, and the one that speaks it.
        requests: First lines of the requests that arrived whole.
    """

    context: ssl.SSLContext
    behaves: Behaviour
    requests: list[str] = field(default_factory=list)
    port: int = 0

    def read_request(self, speaking: ssl.SSLSocket) -> str:
        """Reads a request to its empty line."""
        content = b""
        while b"\r\n\r\n" not in content:
            more = speaking.recv(4096)
            if not more:
                return ""
            content += more
        self.requests.append(content.split(b"\r\n", 1)[0].decode())
        return self.requests[-1]

    def shakes_hands(self, raw: socket.socket) -> ssl.SSLSocket:
        """Speaks TLS over a copy of the socket, so that the raw one can break it."""
        return self.context.wrap_socket(raw.dup(), server_side=True, do_handshake_on_connect=True)


def breaks_the_handshake(server: TlsServer, raw: socket.socket) -> None:
    raw.sendall(NO_TLS)


def closes_in_the_handshake(server: TlsServer, raw: socket.socket) -> None:
    raw.recv(10)


def without_an_answer(speaking: ssl.SSLSocket, raw: socket.socket) -> None:
    raw.sendall(NO_TLS)


def inside_the_answer(speaking: ssl.SSLSocket, raw: socket.socket) -> None:
    speaking.sendall(HEAD % 900 + b'{"Path": ')
    raw.sendall(NO_TLS)


def breaks(how: Break, reads: bytes = b"") -> Behaviour:
    """Takes a request and breaks the answer; reads are answered, if there is an answer for them."""

    def behaves(server: TlsServer, raw: socket.socket) -> None:
        with server.shakes_hands(raw) as speaking:
            if server.read_request(speaking).startswith("GET ") and reads:
                speaking.sendall(HEAD % len(reads) + reads)
            else:
                how(speaking, raw)

    return behaves


@contextmanager
def tls_server(behaves: Behaviour, held: tuple[Path, Path]) -> Iterator[TlsServer]:
    """Runs one until the end of the block."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*held)
    server = TlsServer(context, behaves)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server.port = listening.getsockname()[1]
        thread = threading.Thread(target=_serve, args=(server, listening))
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def _serve(server: TlsServer, listening: socket.socket) -> None:
    while True:
        try:
            raw, _ = listening.accept()
        except OSError:
            return
        with raw, suppress(OSError):
            server.behaves(server, raw)
            # Whatever the peer still says would turn the end into a reset, which hides what was sent.
            raw.shutdown(socket.SHUT_WR)
            raw.settimeout(2)
            while raw.recv(4096):
                pass
