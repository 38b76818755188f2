"""Hadoop's own DistCp between the lab's two sites: what the benchmarks measure beside.

It runs as it is quickest here: in one JVM without YARN's start-up, one map for each file up to a limit, straight into
the target without a rename of each file, and with a short pause where its client by default sleeps 400 ms for each
file it closes.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hadoop_lab.artefacts.shared import Artefacts, cache_folder
from hadoop_lab.artefacts.tools import Tools

MAPS = 16
_HEAP_MB = 768
_COUNTER = r"{}=(\d+)"
_SETTINGS = {
    "mapreduce.framework.name": "local",
    "dfs.client.block.write.locateFollowingBlock.initial.delay.ms": "20",
    "dfs.client.block.write.replace-datanode-on-failure.policy": "NEVER",
    "dfs.replication": "2",
    "dfs.blocksize": str(16 << 20),
}


@dataclass(frozen=True)
class DistCpRan:
    """How one call ended.

    Attributes:
        seconds: The whole command, from the start of its process to its end.
        files, bytes: What it says it copied.
    """

    seconds: float
    files: int
    bytes: int


class DistCp:
    """The command, with its class path and settings.

    Args:
        folder: An empty directory for its settings and what it leaves.
        maps: Copies at once.
    """

    def __init__(self, folder: Path, maps: int = MAPS) -> None:
        artefacts = Artefacts(cache_folder(), Tools(), print)
        self._jars, self._java, self._folder, self._maps = artefacts.jars("distcp"), Tools().java(), folder, maps
        settings = {
            **_SETTINGS,
            "mapreduce.local.map.tasks.maximum": str(maps),
            "mapreduce.jobtracker.staging.root.dir": str(folder / "staging"),
            "hadoop.tmp.dir": str(folder / "tmp"),
        }
        rows = "".join(f"<property><name>{n}</name><value>{v}</value></property>" for n, v in settings.items())
        folder.joinpath("core-site.xml").write_text(f"<configuration>{rows}</configuration>", "utf-8")
        folder.joinpath("log4j.properties").write_text(
            "log4j.rootLogger=INFO,E\nlog4j.appender.E=org.apache.log4j.ConsoleAppender\n"
            "log4j.appender.E.target=System.err\nlog4j.appender.E.layout=org.apache.log4j.PatternLayout\n"
            "log4j.appender.E.layout.ConversionPattern=%d{ISO8601} %p %c{1}: %m%n\n", "utf-8")

    def copy(self, source: str, target: str) -> DistCpRan:
        """Copies a directory to a path where nothing lies."""
        return self._run("-direct", source, target)

    def increment(self, older: str, newer: str, source: str, target: str) -> DistCpRan:
        """Brings a target that has the older snapshot to the newer one, by snapshot diff and with appends as tails."""
        return self._run("-update", "-append", "-diff", older, newer, source, target)

    def _run(self, *arguments: str) -> DistCpRan:
        command = [
            self._java, f"-Xmx{_HEAP_MB}m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            "-Djava.net.preferIPv4Stack=true", f"-Djava.io.tmpdir={self._folder}", "-DHADOOP_USER_NAME=hdfs",
            "--add-opens=java.base/java.lang=ALL-UNNAMED", "-cp", f"{self._folder}:{self._jars}/*",
            "org.apache.hadoop.tools.DistCp", "-m", str(self._maps), *arguments,
        ]  # fmt: skip
        begun_s = time.monotonic()
        done = _call(command)
        seconds = time.monotonic() - begun_s
        assert done.returncode == 0, f"DistCp ended with {done.returncode}: {done.stderr[-4000:]}"
        return DistCpRan(seconds, _counter("Files Copied", done.stderr), _counter("Bytes Copied", done.stderr))


def _call(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env={"HADOOP_USER_NAME": "hdfs", "LANG": "C.UTF-8"}, capture_output=True, text=True,
                          timeout=1800, check=False)


def _counter(name: str, log: str) -> int:
    found = re.findall(_COUNTER.format(name), log)
    return int(found[-1]) if found else 0
