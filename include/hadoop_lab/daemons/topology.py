"""Which ports and addresses a lab has; decided once, from names alone."""

from __future__ import annotations

from collections.abc import Iterable

from hadoop_lab.daemons.views import NameNodeView, SiteView
from hadoop_lab.supervisor.ports import HOST
from hadoop_lab.supervisor.state import LabState, SiteState

AIRFLOW_PORTS = ("airflow.apiserver.http", "airflow.executionapi.http")


def port_names(sites: Iterable[str], datanodes: int) -> list[str]:
    """Name every port a lab can ever need, also of daemons that are not wanted yet: adding them later moves nothing."""
    names = []
    for site in sites:
        for number in ("", "2"):
            names += [f"{site}.namenode{number}.rpc", f"{site}.namenode{number}.http", f"{site}.zkfc{number}.rpc"]
        names += [f"{site}.datanode{n}.{use}" for n in range(1, datanodes + 1) for use in ("data", "http", "ipc")]
        names += [f"{site}.journalnode.rpc", f"{site}.journalnode.http", f"{site}.zookeeper.client"]
        names += [f"{site}.metastore.thrift", f"{site}.hiveserver2.thrift"]
    return [*names, *AIRFLOW_PORTS]


def site_state(site: str, ports: dict[str, int], ha: bool) -> SiteState:
    """Return the addresses that HDFS and ZooKeeper of a site will have."""
    numbers = ("", "2") if ha else ("",)
    rpc = [f"{HOST}:{ports[f'{site}.namenode{n}.rpc']}" for n in numbers]
    return SiteState(
        hdfs=f"hdfs://{site}" if ha else f"hdfs://{rpc[0]}",
        nameservice=site if ha else None,
        namenodes=rpc,
        webhdfs=[f"http://{HOST}:{ports[f'{site}.namenode{n}.http']}" for n in numbers],
        zookeeper=f"{HOST}:{ports[f'{site}.zookeeper.client']}",
    )


def site_view(site: str, state: LabState) -> SiteView:
    """Return the template values of a site."""
    addresses, ports = state.sites[site], state.ports
    namenodes = tuple(
        NameNodeView(
            id=f"nn{index + 1}",
            rpc=rpc,
            http=addresses.webhdfs[index].removeprefix("http://"),
            zkfc_port=ports[f"{site}.zkfc{'2' if index else ''}.rpc"],
        )
        for index, rpc in enumerate(addresses.namenodes)
    )
    return SiteView(
        name=site,
        hdfs=addresses.hdfs,
        namenodes=namenodes,
        zookeeper=addresses.zookeeper,
        metastore_host=HOST,
        metastore_port=ports[f"{site}.metastore.thrift"],
        hiveserver2_host=HOST,
        hiveserver2_port=ports[f"{site}.hiveserver2.thrift"],
        nameservice=addresses.nameservice,
        journalnode=f"{HOST}:{ports[f'{site}.journalnode.rpc']}" if addresses.nameservice else None,
        namenode_properties=state.namenode_properties.get(site, {}),
    )
