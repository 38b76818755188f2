"""A wire to one daemon that can be cut, held and made to swallow an answer, without touching the daemon."""

from __future__ import annotations

import contextlib
import socket
import threading


class Wire:
    """Listens on a free port of 127.0.0.1 and passes everything on, until told otherwise.

    Args:
        target: ``host:port`` of the daemon.
    """

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition(":")
        self._target = (host, int(port))
        self._open = threading.Event()
        self._open.set()
        self._whole = True
        self._swallow = threading.Event()
        self.swallowed = 0
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True, name=f"wire-{port}").start()

    def cut(self) -> None:
        """Breaks every connection and refuses new ones."""
        self._whole = False
        self._break()

    def mend(self) -> None:
        """Lets connections through again."""
        self._whole = True

    def hold(self) -> None:
        """Lets nothing through in either direction, without breaking a connection: a paused daemon seen from here."""
        self._open.clear()

    def release(self) -> None:
        """Lets what was held through."""
        self._open.set()

    def swallow_answer(self) -> None:
        """Passes requests on, throws the next answer away and breaks that connection."""
        self._swallow.set()

    def close(self) -> None:
        """Ends the wire."""
        self._whole = False
        self._open.set()
        self._listener.close()
        self._break()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._whole:
                near.close()
                continue
            try:
                far = socket.create_connection(self._target, timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            self._sockets |= {near, far}
            for source, sink, answers in ((near, far, False), (far, near, True)):
                threading.Thread(target=self._pass_on, args=(source, sink, answers), daemon=True).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                self._open.wait()
                if answers and self._swallow.is_set():
                    self._swallow.clear()
                    self.swallowed += 1
                    break
                sink.sendall(content)
        for end in (source, sink):
            _shut(end)
            self._sockets.discard(end)

    def _break(self) -> None:
        for end in list(self._sockets):
            _shut(end)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
