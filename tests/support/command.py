"""The command of this environment, as a program and as one that is loaded already."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol

COMMAND = str(Path(sys.executable).with_name("hadoop-dr"))
_DEFAULT_INT = ("env", "--default-signal=INT")
"""A test run in the background of a shell ignores Ctrl-C, and what it starts would do so, too."""
_FORKS = Path(__file__).with_name("command_forks.py")


class Call(Protocol):
    """A call that is under way."""

    pid: int

    def poll(self) -> int | None:
        """The code with which it ended; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end; raises subprocess.TimeoutExpired."""

    def send_signal(self, sig: int) -> None:
        """Nothing happens when it has ended."""

    def kill(self) -> None:
        """Ends it at once; nothing happens when it has ended."""


Start = Callable[[Sequence[str], Mapping[str, str], IO[bytes], IO[bytes]], Call]
"""Starts a call: arguments, environment, stdout, stderr."""


def started(arguments: Sequence[str], environ: Mapping[str, str], out: IO[bytes], err: IO[bytes]) -> Call:
    """Starts the command as a shell does."""
    return subprocess.Popen((*_DEFAULT_INT, COMMAND, *arguments), env=environ, stdout=out, stderr=err)


class Forks:
    """Starts the command from a process that has loaded it. Safe for many threads."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._calls: socket.socket | None = None
        self._server: subprocess.Popen[bytes] | None = None

    def start(self, arguments: Sequence[str], environ: Mapping[str, str], out: IO[bytes], err: IO[bytes]) -> Call:
        """Starts the command; it never sees variables that the interpreter itself reads at its start."""
        reads, tells = os.pipe()
        call = {"arguments": list(arguments), "environ": dict(environ), "folder": str(Path.cwd())}
        with self._turn:
            calls = self._calls = self._calls or self._loaded()
            socket.send_fds(calls, [json.dumps(call).encode()], [out.fileno(), err.fileno(), tells])
        os.close(tells)
        return _Forked(reads)

    def _loaded(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # -P: a folder of test modules is no place to import from. It ends when our end of the socket is closed.
            command = (*_DEFAULT_INT, sys.executable, "-P", str(_FORKS), str(theirs.fileno()))
            self._server = subprocess.Popen(command, pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)
        return ours


class _Forked:
    """A call that another process has started for us, and waits for."""

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self._turn = threading.Lock()
        self._code: int | None = None
        self.pid = int(self._line())

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        code = self._ended(timeout)
        if code is None:
            raise subprocess.TimeoutExpired("hadoop-dr", timeout or 0)
        return code

    def send_signal(self, sig: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sig)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        with self._turn:
            if self._code is None and select.select([self._told], [], [], timeout)[0]:
                self._code = int(self._line())
                self._told.close()
        return self._code

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            byte = self._told.read(1)
            assert byte, "the process that starts calls is gone"
            line += byte
        return line
