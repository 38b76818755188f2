"""Every node of a site as the monitor asks it: a connection of its own to each, with one short time limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from hadoop_dr import settings
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import Deadlines, WebHdfsNameNode
from hadoop_dr.bootstrap.login import SiteLogin, Users, login_to
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.config.pair import Addresses, Site
from hadoop_dr.domain.errors import DrError, NotReady, Unreachable
from hadoop_dr.domain.roles.health import NodeRole
from hadoop_dr.ports.namenode import DataNode
from hadoop_dr.services.heartbeats import AskedNode, NodeAnswer, SiteNodes

Clusters = Callable[[], Mapping[str, str]]
"""Gives the id of the HDFS cluster that each site is, as far as the ledger has said so."""


def nodes_of(
    site: Site, home: Path, stack: ExitStack, deadline_s: float, users: Users, clusters: Clusters
) -> SiteNodes:
    """Builds the questions to a site's nodes; nothing is contacted yet."""
    found, login = settings.addresses(home, site), login_to(site.name, users)
    nodes = [
        *_namenodes(site.name, login.hdfs(found), login, stack, deadline_s, clusters),
        *_zookeepers(site.name, found, login, stack, deadline_s),
        *_metastores(site.name, found, login, deadline_s),
    ]
    if found.hiveserver2 is not None:
        nodes.append(_hiveserver2(site.name, found.hiveserver2, login, deadline_s))
    return SiteNodes(site.name, nodes)


def _namenodes(
    site: str, every: HdfsAddress, login: SiteLogin, stack: ExitStack, deadline_s: float, clusters: Clusters
) -> list[AskedNode]:
    patience = Deadlines(connect_s=deadline_s, read_s=deadline_s, budget_s=0.0)
    nodes = []
    for rpc, url in zip(every.namenodes, every.webhdfs, strict=True):
        address = HdfsAddress(site, (rpc,), (url,), every.nameservice, every.user)
        namenode = WebHdfsNameNode(address, SystemClock(), SystemTokens(), patience, login.webhdfs_session())
        stack.callback(namenode.close)
        name = f"{site}: NameNode {rpc}"
        lone = len(every.namenodes) == 1
        nodes.append(AskedNode(NodeRole.NAMENODE, name, _asking_namenode(name, site, namenode, clusters, lone=lone)))
    return nodes


def _asking_namenode(
    name: str, site: str, namenode: WebHdfsNameNode, clusters: Clusters, *, lone: bool
) -> Callable[[], NodeAnswer]:
    def datanodes() -> list[DataNode] | None:
        with suppress(DrError):
            return list(namenode.datanodes())
        return None

    def ask() -> NodeAnswer:
        try:
            service = namenode.service()
        except NotReady as standby:  # it answers; with another one beside it that is as it should be
            return NodeAnswer(False, f"{name}: {standby.problem}" if lone else "", datanodes())
        known = clusters().get(site, service.cluster_id)
        if service.cluster_id != known:
            return NodeAnswer(False, f"{name}: answers as cluster {service.cluster_id}, the ledger knows it as {known}")
        trouble = f"{name}: is in safe mode: {service.safe_mode}" if service.safe_mode else ""
        return NodeAnswer(not trouble, trouble, datanodes())

    return ask


def _zookeepers(site: str, found: Addresses, login: SiteLogin, stack: ExitStack, deadline_s: float) -> list[AskedNode]:
    def server(address: str) -> Callable[[], NodeAnswer]:
        def ask() -> NodeAnswer:
            from hadoop_dr.adapters.zookeeper import server_says

            server_says(site, address, deadline_s)
            return NodeAnswer(works=False)  # whether they have their quorum is another question

        return ask

    coordinator = login.zookeeper(found)
    stack.callback(coordinator.close)

    def quorum() -> NodeAnswer:
        coordinator.read("/hadoop-dr")
        return NodeAnswer()

    servers = found.zookeeper.split(",")
    return [
        *(AskedNode(NodeRole.ZOOKEEPER, f"{site}: ZooKeeper {one}", server(one)) for one in servers),
        AskedNode(NodeRole.ZOOKEEPER, f"{site}: ZooKeeper", quorum, counts=False),
    ]


def _metastores(site: str, found: Addresses, login: SiteLogin, deadline_s: float) -> list[AskedNode]:
    def metastore(address: str) -> Callable[[], NodeAnswer]:
        def ask() -> NodeAnswer:
            from hadoop_dr.adapters.hive import Client, HiveMetastore

            client = Client(
                site, [address], connect_s=deadline_s, read_s=deadline_s, first_s=deadline_s, opener=login.thrift()
            )
            asked = HiveMetastore(site, "hive", client)
            try:
                asked.current_event()
            except Unreachable:
                raise
            except DrError as error:  # it answers, and no point could be made with what it says
                return NodeAnswer(False, f"{site}: metastore {address}: {error.problem}")
            finally:
                asked.close()
            return NodeAnswer()

        return ask

    return [AskedNode(NodeRole.METASTORE, f"{site}: metastore {one}", metastore(one)) for one in found.hive]


def _hiveserver2(site: str, address: str, login: SiteLogin, deadline_s: float) -> AskedNode:
    def ask() -> NodeAnswer:
        from hadoop_dr.adapters.hive import sasl_transport
        from hadoop_dr.adapters.hiveserver2 import HiveServer2Queries

        HiveServer2Queries(
            site, address, SystemClock(), plain=login.thrift(), sasl=sasl_transport, user=login.user,
            connect_s=deadline_s, read_s=deadline_s,
        ).greet()  # fmt: skip
        return NodeAnswer()

    return AskedNode(NodeRole.HIVESERVER2, f"{site}: HiveServer2 {address}", ask, required=False)
