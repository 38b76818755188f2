"""A Hadoop configuration of the machine that must never be read: with it no byte would arrive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CORE = {
    "fs.defaultFS": "hdfs://elsewhere:1",
    "hadoop.security.authentication": "kerberos",
}
HDFS = {
    "dfs.client.use.datanode.hostname": "true",
    "dfs.data.transfer.protection": "privacy",
    "dfs.client.failover.max.attempts": "0",
}


def foreign_configuration(folder: Path) -> dict[str, str]:
    """The environment of a machine that has such a configuration, written into a folder of its own."""
    for place in (folder / "conf", folder / "home/etc/hadoop"):
        place.mkdir(parents=True, exist_ok=True)
        (place / "core-site.xml").write_text(_xml(CORE), "utf-8")
        (place / "hdfs-site.xml").write_text(_xml(HDFS), "utf-8")
    return {"HADOOP_CONF_DIR": str(folder / "conf"), "HADOOP_HOME": str(folder / "home")}


def _xml(keys: Mapping[str, str]) -> str:
    entries = [f"<property><name>{key}</name><value>{value}</value></property>" for key, value in keys.items()]
    return f'<?xml version="1.0"?><configuration>{"".join(entries)}</configuration>'
