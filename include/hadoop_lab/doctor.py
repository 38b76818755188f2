"""Whether this machine can run a lab, one line per thing, with the remedy."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from hadoop_lab.artefacts.shared import cache_folder
from hadoop_lab.artefacts.tools import Tools
from hadoop_lab.errors import LabError

_MEMORY_BYTES = 3 << 30
_DISK_BYTES = 4 << 30


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str


def examine(root: Path, tools: Tools | None = None) -> list[Examined]:
    """Look at everything a first `up` needs; nothing is changed."""
    tools = tools or Tools()
    found = [_tool(name, ask) for name, ask in (("java", tools.java), ("javac", tools.javac), ("maven", tools.mvn))]
    available = psutil.virtual_memory().available
    enough = available >= _MEMORY_BYTES
    found.append(Examined("memory", enough, f"{available >> 20} MiB free, two sites need up to {_MEMORY_BYTES >> 20}"))
    for name, folder in (("disk of the lab", root), ("disk of the cache", _existing(cache_folder()))):
        free = shutil.disk_usage(folder).free
        found.append(Examined(name, free >= _DISK_BYTES, f"{free >> 20} MiB free in {folder}"))
    return found


def _tool(name: str, ask: Callable[[], str]) -> Examined:
    try:
        return Examined(name, True, ask())
    except LabError as error:
        return Examined(name, False, str(error))


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)
