"""Class-data archives: loaded classes of a daemon, kept so that the next start maps them instead of parsing jars.

An archive needs no run of its own: the first daemon of each kind that finds none records one while it ends at `down`,
and only a complete file is moved to the cache. A JVM that does not like an archive starts without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from hadoop_lab.supervisor.specs import LabFolders


@dataclass(frozen=True, slots=True)
class Archives:
    """The archives for one launcher and one set of jars.

    Attributes:
        folder: Where finished archives lie.
        recorders: Daemons that record one if there is none.
    """

    folder: Path
    recorders: frozenset[str]

    def options(self, daemon: str, main: str, tmp: Path, tool: bool) -> list[str]:
        """Return the JVM options that use the archive of a main class, or record it."""
        finished = self.folder / f"{main}.jsa"
        if finished.exists():
            return [f"-XX:SharedArchiveFile={finished}", "-Xshare:auto", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
        if tool or daemon not in self.recorders:
            return []
        return [f"-XX:ArchiveClassesAtExit={tmp / f'{main}.jsa'}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]


def archive_folder(cache: Path, launcher: str) -> Path:
    """Return the folder of a launcher's archives: another build of Java cannot read them."""
    binary = Path(launcher).resolve()
    status = binary.stat()
    identity = f"{binary}:{status.st_size}:{status.st_mtime_ns}"
    return cache / f"classes-{hashlib.sha256(identity.encode()).hexdigest()[:12]}"


def publish(layout: LabFolders, folder: Path) -> None:
    """Move what the ended daemons recorded to the cache, each in one step."""
    for recorded in layout.run("").glob("*/*.jsa"):
        folder.mkdir(parents=True, exist_ok=True)
        temporary = folder / f".{recorded.name}.{os.getpid()}"
        with contextlib.suppress(OSError):
            shutil.move(recorded, temporary)
            temporary.replace(folder / recorded.name)


def discard(layout: LabFolders) -> None:
    """Remove incomplete recordings."""
    for recorded in layout.run("").glob("*/*.jsa"):
        recorded.unlink(missing_ok=True)
