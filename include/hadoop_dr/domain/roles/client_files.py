"""What Hadoop's own clients read to find the site in use (S2.25)."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from hadoop_dr.domain.config.pair import Addresses

_PROVIDER = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider"


def client_files(name: str, found: Addresses, note: str) -> dict[str, str]:
    """Returns the configuration files of a client by name, as text.

    Args:
        name: The logical name of the file system, which stays the same whichever site is in use.
        found: Where the site in use answers.
        note: A line about where this comes from.
    """
    # Locations of tables carry the site's own name, so a client has to know that one, too.
    names = dict.fromkeys((name, *([found.nameservice] if found.nameservice else [])))
    nodes = {f"nn{number}": number - 1 for number in range(1, len(found.namenodes) + 1)}
    hdfs = {"dfs.nameservices": ",".join(names)}
    for one in names:
        hdfs[f"dfs.client.failover.proxy.provider.{one}"] = _PROVIDER
        hdfs[f"dfs.ha.namenodes.{one}"] = ",".join(nodes)
        for node, index in nodes.items():
            scheme, _, at = found.webhdfs[index].partition("://")
            hdfs[f"dfs.namenode.rpc-address.{one}.{node}"] = found.namenodes[index]
            hdfs[f"dfs.namenode.{scheme}-address.{one}.{node}"] = at
    hive = {"hive.metastore.uris": ",".join(found.hive)} if found.hive else {}
    return {
        "core-site.xml": _document({"fs.defaultFS": f"hdfs://{name}"}, note),
        "hdfs-site.xml": _document(hdfs, note),
        "hive-site.xml": _document(hive, note),
    }


def _document(properties: Mapping[str, str], note: str) -> str:
    rows = "".join(
        f"  <property>\n    <name>{escape(key)}</name>\n    <value>{escape(value)}</value>\n  </property>\n"
        for key, value in properties.items()
    )
    told = note.replace("--", "- -")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {told} -->\n<configuration>\n{rows}</configuration>\n'
