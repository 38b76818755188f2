"""Hadoop's own command line, ``hdfs dfs``, as somebody on a gateway host calls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hadoop_lab.artefacts.shared import Artefacts, cache_folder
from hadoop_lab.artefacts.tools import Tools


def hdfs_dfs(conf: Path, *arguments: str) -> bytes:
    """Runs it with the configuration in a directory, and gives what it prints."""
    jars = Artefacts(cache_folder(), Tools(), print).jars("hadoop")
    command = [
        Tools().java(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true",
        "-cp", f"{conf}:{jars}/*", "org.apache.hadoop.fs.FsShell", *arguments,
    ]  # fmt: skip
    environ = {"HADOOP_USER_NAME": "hdfs", "LANG": "C.UTF-8"}
    ran = subprocess.run(command, env=environ, capture_output=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
    return ran.stdout
