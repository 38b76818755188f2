"""Recognises this process and dead ones of the same machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any

import psutil

_BOOT_ID = "/proc/sys/kernel/random/boot_id"


class LocalHost:
    """The machine this process runs on. A process id alone proves nothing: ids are reused, machines are rebooted."""

    def __init__(self) -> None:
        self._machine = _machine()

    def me(self) -> Mapping[str, Any]:
        """Machine, process id and start time of this process."""
        return {"host": self._machine, "pid": os.getpid(), "started": round(psutil.Process().create_time(), 2)}

    def is_dead(self, owner: Mapping[str, Any]) -> bool:
        """True only for a process of this machine that has ended; of anybody else nothing is certain."""
        if owner.get("host") != self._machine or "pid" not in owner:
            return False
        try:
            process = psutil.Process(owner["pid"])
            same = round(process.create_time(), 2) == owner.get("started")
            return not same or process.status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True


def _machine() -> str:
    """Name of the machine, of its present boot, and of the process name space, another one in each container."""
    try:
        with open(_BOOT_ID, encoding="ascii") as file:
            boot = file.read().strip()[:8]
        space = os.readlink("/proc/self/ns/pid").strip("pid:[]")
    except OSError:
        boot, space = "", ""
    return ".".join(part for part in (socket.gethostname(), boot, space) if part)
