"""The values that site templates are filled with; one shape for the lab and for the compose file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class NameNodeView:
    """Addresses of one NameNode."""

    id: str
    rpc: str
    http: str
    zkfc_port: int


@dataclass(frozen=True, slots=True)
class SiteView:
    """What all daemons of a site agree on."""

    name: str
    hdfs: str
    namenodes: tuple[NameNodeView, ...]
    zookeeper: str
    metastore_host: str
    metastore_port: int
    hiveserver2_host: str
    hiveserver2_port: int
    nameservice: str | None = None
    journalnode: str | None = None
    namenode_properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HdfsNode:
    """What belongs to one HDFS daemon alone."""

    tmp_dir: str
    bind_host: str | None = None
    namenode_id: str | None = None
    name_dir: str | None = None
    journal_dir: str | None = None
    journal_rpc: str | None = None
    journal_http: str | None = None
    data_dir: str | None = None
    data_address: str | None = None
    http_address: str | None = None
    ipc_address: str | None = None
    hostname: str | None = None


@dataclass(frozen=True, slots=True)
class ZooKeeperNode:
    """What belongs to one ZooKeeper server alone."""

    data_dir: str
    port: int
    bind_host: str


@dataclass(frozen=True, slots=True)
class HiveNode:
    """What belongs to a metastore or a HiveServer2 alone."""

    tmp_dir: str
    bind_host: str
    derby_dir: str = ""
    derby_create: str = "false"
