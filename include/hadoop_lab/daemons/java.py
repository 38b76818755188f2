"""Command lines of small Java daemons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hadoop_lab.artefacts.archives import Archives

_OPENED = (
    "java.lang", "java.lang.reflect", "java.util", "java.util.concurrent", "java.util.concurrent.atomic",
    "java.util.regex", "java.net", "java.nio", "java.io", "java.time", "sun.nio.ch",
)  # fmt: skip

# The serial collector and the first compiler tier halve start-up CPU and memory of a daemon that does little.
_SMALL = (
    "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss1m", "-XX:ReservedCodeCacheSize=64m",
    "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true", "-Dfile.encoding=UTF-8",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Java:
    """Builds commands for one launcher and one lab.

    Attributes:
        launcher: Path of `java`.
        marker: Name of the lab, put into every command line.
        archives: Class-data archives to use or to record; None starts without.
    """

    launcher: str
    marker: str
    archives: Archives | None = None

    def command(
        self,
        daemon: str,
        main: str,
        class_path: Sequence[Path | str],
        heap_mb: int,
        tmp: Path,
        arguments: Sequence[str] = (),
        properties: Sequence[str] = (),
        tool: bool = False,
    ) -> tuple[str, ...]:
        """Return the full command of a daemon, or of a tool that runs once on its behalf.

        The class path has the jars first and the folder of site files last: an archive covers only the jars.
        """
        archived = self.archives.options(daemon, main, tmp, tool) if self.archives is not None else []
        opened = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENED]
        return (
            self.launcher,
            f"-Xmx{heap_mb}m",
            *_SMALL,
            *archived,
            f"-Dhadoop.lab={self.marker}/{daemon}",
            f"-Djava.io.tmpdir={tmp}",
            *(f"-D{entry}" for entry in properties),
            *opened,
            "-cp",
            ":".join(str(entry) for entry in class_path),
            main,
            *arguments,
        )
