"""Builds the adapters of one site, and what moves bytes between two. Nothing is contacted yet."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from hadoop_dr import settings
from hadoop_dr.adapters.reporting import (
    Relay,
    Report,
    reporting_files,
    reporting_metastore,
    reporting_mover,
    reporting_namenode,
    reporting_queries,
)
from hadoop_dr.adapters.reporting.counting import counting_coordinator, counting_mover, counting_queries
from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs import WebHdfsFiles, WebHdfsNameNode
from hadoop_dr.bootstrap.late import LateAdapter
from hadoop_dr.bootstrap.login import NOBODY, SiteLogin, Users, login_to
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.config.pair import Addresses, Site
from hadoop_dr.ports.coordinator import Coordinator
from hadoop_dr.ports.metastore import Metastore
from hadoop_dr.ports.mover import Mover, MoverLimits
from hadoop_dr.ports.requests import DATA, Note, Requests, nobody
from hadoop_dr.ports.sql import Queries
from hadoop_dr.services.context import (
    SiteConnections,
)


def open_side(
    site: Site, home: Path, stack: ExitStack, users: Users = NOBODY, report: Report = lambda count: None,
    note: Note = nobody,
) -> SiteConnections:
    """Builds the adapters of one site. Nothing is contacted yet.

    Args:
        report: Called when something moves inside a call that takes long.
        note: Told of each request.
    """
    found = settings.addresses(home, site)
    login = login_to(site.name, users)
    address, session = login.hdfs(found), login.webhdfs_session()
    clock, tokens = SystemClock(), SystemTokens()
    coordinator = login.zookeeper(found)
    stack.callback(coordinator.close)
    files = WebHdfsFiles(address, clock, tokens, session=session, note=note, moved=report)
    stack.callback(files.close)
    namenode = WebHdfsNameNode(address, clock, tokens, session=session, note=note)
    stack.callback(namenode.close)
    metastore = open_metastore(site.name, found, stack, login, note)
    queries = open_queries(site, found, stack, login, report)
    return SiteConnections(
        name=site.name,
        authority=found.hdfs,
        addresses=tuple(dict.fromkeys((found.hdfs, *(f"hdfs://{namenode}" for namenode in found.namenodes)))),
        namenode=namenode,
        files=files,
        coordinator=counting_coordinator(coordinator, note),
        metastore=metastore,
        sql=queries and counting_queries(queries, note),
    )


def reporting(side: SiteConnections, relay: Relay) -> SiteConnections:
    """The same site, each of whose answers is reported."""
    return replace(
        side,
        namenode=reporting_namenode(side.namenode, relay),
        files=reporting_files(side.files, relay),
        metastore=side.metastore and reporting_metastore(side.metastore, relay),
        sql=side.sql and reporting_queries(side.sql, relay),
    )


def open_metastore(
    site: str, found: Addresses, stack: ExitStack, login: SiteLogin, note: Note = nobody
) -> Metastore | None:
    """Builds the way to a site's metastore, if it has one; its library is loaded by the first question."""
    if not found.hive:
        return None

    def make() -> Metastore:
        from hadoop_dr.adapters.hive import HiveMetastore

        return HiveMetastore(site, "hive", login.metastore(found, note))

    late = LateAdapter(make)
    stack.callback(late.close)
    return cast(Metastore, late)


def open_coordinator(site: Site, home: Path) -> Coordinator:
    """Builds the coordinator of a site. Nothing is contacted yet."""
    return login_to(site.name).zookeeper(settings.addresses(home, site))


def open_queries(
    site: Site, found: Addresses, stack: ExitStack, login: SiteLogin, report: Report = lambda count: None
) -> Queries | None:
    """Builds the way to a site's HiveServer2, if it has one; who asks is who acts on the site's HDFS."""
    if found.hiveserver2 is None:
        return None
    # PyHive takes a sixth of the start of every command, and most of them ask no HiveServer2.
    from hadoop_dr.adapters.hive import sasl_transport
    from hadoop_dr.adapters.hiveserver2 import HiveServer2Queries

    queries = HiveServer2Queries(
        site.name,
        found.hiveserver2,
        SystemClock(),
        plain=login.thrift(),
        sasl=sasl_transport,
        user=login.user,
        report=report,
    )
    stack.callback(queries.close)
    return queries


def hive_connection(site: str, address: str, login: SiteLogin, timeout_s: float) -> Any:
    """Connects to a HiveServer2 for an application, whose answers take up to ``timeout_s``.

    Raises:
        Unreachable: It does not answer.
    """
    from hadoop_dr.adapters.hive import sasl_transport
    from hadoop_dr.adapters.hiveserver2 import HiveServer2Queries

    plain, clock = login.thrift(), SystemClock()
    return HiveServer2Queries(
        site, address, clock, plain=plain, sasl=sasl_transport, user=login.user, read_s=timeout_s
    ).connection()


def open_mover(
    stack: ExitStack, limits: MoverLimits, relay: Relay, asked: Requests, one: HdfsAddress, other: HdfsAddress
) -> Mover:
    """Builds what moves bytes from one site to another, or within it; its library is loaded by the first byte.

    Args:
        relay: Called when something moves.
        asked: Counts what it is asked.
    """

    def make() -> Mover:
        from hadoop_dr.adapters.native import NativeMover

        return NativeMover(one, other, limits, relay)

    mover = cast(Mover, LateAdapter(make))
    stack.callback(mover.close)
    return reporting_mover(counting_mover(mover, asked.of(DATA)), relay)
