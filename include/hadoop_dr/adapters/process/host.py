"""Recognises this process and dead ones of the same machine.

A process is its id and the tick of the present boot at which it was started. Neither depends on the wall clock: a start
time that a library computes from the time of the boot moves whenever the clock is set, and a live run looks dead.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

from hadoop_dr.domain.runs.process import Process

_PROC = Path("/proc")
_BOOT_ID = "sys/kernel/random/boot_id"
_STATE, _START = 3, 22  # numbers of the fields of /proc/<pid>/stat, as proc(5) counts them
_ENDED = "ZXx"


class LocalHost:
    """The machine this process runs on. A process id alone proves nothing: ids are reused, machines are rebooted."""

    def __init__(self) -> None:
        self._machine = _machine()

    def me(self) -> Process:
        """Machine, process id and start tick of this process."""
        stat = _stat_of(os.getpid())
        return Process(self._machine, os.getpid(), stat[1] if stat else None)

    def is_dead(self, owner: Process) -> bool:
        """True only for a process of this machine and boot that has ended; of anybody else nothing is certain."""
        if owner.host != self._machine or owner.started is None:
            return False
        stat = _stat_of(owner.pid)
        if stat is None:
            return not _exists(owner.pid)
        state, tick = stat
        return tick != owner.started or state in _ENDED


def _stat_of(pid: int) -> tuple[str, int] | None:
    """State and start tick of a process; None when there is none, or this user may not see it."""
    try:
        line = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    return read_stat(line)


def read_stat(line: bytes) -> tuple[str, int]:
    """Reads state and start tick; the name of a process may hold blanks and parentheses, so fields follow the last."""
    fields = line.rpartition(b")")[2].split()
    return fields[_STATE - 3].decode(), int(fields[_START - 3])


def _exists(pid: int) -> bool:
    """Asks the kernel itself: ``/proc`` may hide the processes of other users."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _machine() -> str:
    """Name of the machine, of its present boot, and of the process name space, another one in each container.

    After a reboot it is another one, so nothing is said of processes of the boot before: two machines can have one
    name, and only the standstill tells whether theirs are at work.
    """
    try:
        boot = (_PROC / _BOOT_ID).read_text("ascii").strip()
        space = os.readlink(_PROC / "self/ns/pid").strip("pid:[]")
    except OSError:
        boot, space = "", ""
    return ".".join(part for part in (socket.gethostname(), boot, space) if part)
