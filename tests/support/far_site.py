"""A site of the lab behind lines that take their time, every port of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from support.slow_line import SlowLine, slow_lines


@contextmanager
def far_away(site: Mapping[str, Any], delay_s: float) -> Iterator[dict[str, Any]]:
    """Gives the site as a state file has it, with addresses that are so far away, one way."""
    data = {port: SlowLine("127.0.0.1", port, delay_s) for port in _datanode_ports(site)}
    doors = {address: SlowLine(*_host_port(address), delay_s) for address in _addresses(site)}
    with slow_lines(*data.values(), *doors.values()):
        other = {port: int(line.address.rpartition(":")[2]) for port, line in data.items()}
        for line in doors.values():
            line.rewrite = _rewrites(other)
        yield {**site,
            "namenodes": [doors[address].address for address in site["namenodes"]],
            "webhdfs": [f"http://{doors[address].address}" for address in site["webhdfs"]],
            "zookeeper": doors[site["zookeeper"]].address,
            "metastore": f"thrift://{doors[site['metastore']].address}" if site["metastore"] else None
        }


def _addresses(site: Mapping[str, Any]) -> list[str]:
    metastore = [site["metastore"]] if site["metastore"] else []
    return [*site["namenodes"], *site["webhdfs"], site["zookeeper"], *metastore]


def _host_port(address: str) -> tuple[str, int]:
    parts = urlsplit(address if "//" in address else f"//{address}")
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


def _datanode_ports(site: Mapping[str, Any]) -> list[int]:
    """Where its DataNodes serve bytes, to clients and over WebHDFS."""
    beans = requests.get(f"{site['webhdfs'][0]}/jmx", params={"qry": "Hadoop:service=NameNode,name=NameNodeInfo"},
                         timeout=30).json()["beans"][0]
    nodes = json.loads(beans["LiveNodes"]).values()
    return [int(port) for node in nodes for port in (node["xferaddr"].rpartition(":")[2],
                                                     node["infoAddr"].rpartition(":")[2])]


def _rewrites(ports: Mapping[int, int]) -> list[tuple[bytes, bytes]]:
    """How a port is written in a redirect and, with its field's tag, in a message of a NameNode; lengths stay."""
    rewrites = []
    for here, there in ports.items():
        rewrites.append((f":{here}/".encode(), f":{there}/".encode()))
        rewrites.append((b"\x20" + _varint(here), b"\x20" + _varint(there)))
    assert all(len(old) == len(new) for old, new in rewrites)
    return rewrites


def _varint(number: int) -> bytes:
    """A number as protocol buffers write it: seven bits in a byte, the lowest first."""
    parts = []
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    return bytes([*parts, number])
