"""The Hive metastore and HiveServer2 of one site."""

from __future__ import annotations

from pathlib import Path

from hadoop_lab.daemons.hdfs_daemons import SUPERUSER
from hadoop_lab.daemons.hdfs_folders import EXTERNAL_WAREHOUSE, WAREHOUSE
from hadoop_lab.daemons.java import Java
from hadoop_lab.daemons.templates import render
from hadoop_lab.daemons.views import HdfsNode, HiveNode, SiteView
from hadoop_lab.supervisor import probes
from hadoop_lab.supervisor.ports import HOST
from hadoop_lab.supervisor.specs import DaemonSpec, FirstStep, LabFolders

_LOGGING = "log4j2.configurationFile=log4j2.properties"


def metastore(layout: LabFolders, java: Java, site: SiteView, jars: tuple[str, ...], schema: Path) -> DaemonSpec:
    """Return the metastore of a site; its first start copies the empty schema."""
    name = f"{site.name}.metastore"
    database = layout.data(name) / "metastore"
    node = HiveNode(tmp_dir=str(layout.run(name)), bind_host=HOST, derby_dir=str(database))
    return DaemonSpec(
        name=name,
        command=java.command(
            name,
            "org.apache.hadoop.hive.metastore.HiveMetaStore",
            [*jars, layout.conf(name)],
            heap_mb=256,
            tmp=layout.run(name),
            arguments=["-p", str(site.metastore_port)],
            properties=[_LOGGING, f"derby.stream.error.file={layout.run(name) / 'derby.log'}"],
        ),
        env=SUPERUSER,
        ports=(site.metastore_port,),
        files=_files(layout, name, site, node, ("metastore-site.xml",)),
        folders=(layout.data(name),),
        steps=(FirstStep("copy the empty schema", ("cp", "-R", str(schema), str(database))),),
        after=_hdfs(site),
        probe=probes.metastore(HOST, site.metastore_port),
    )


def hiveserver2(layout: LabFolders, java: Java, site: SiteView, jars: tuple[str, ...]) -> DaemonSpec:
    """Return HiveServer2 of a site; queries run inside its own process."""
    name = f"{site.name}.hiveserver2"
    node = HiveNode(tmp_dir=str(layout.run(name)), bind_host=HOST)
    return DaemonSpec(
        name=name,
        command=java.command(
            name,
            "org.apache.hive.service.server.HiveServer2",
            [*jars, layout.conf(name)],
            heap_mb=512,
            tmp=layout.run(name),
            properties=[_LOGGING],
        ),
        env=SUPERUSER,
        ports=(site.hiveserver2_port,),
        files=_files(layout, name, site, node, ("hive-site.xml",)),
        after=(f"{site.name}.metastore",),
        probe=probes.hiveserver2(HOST, site.hiveserver2_port),
    )


def _files(layout: LabFolders, name: str, site: SiteView, node: HiveNode, own: tuple[str, ...]) -> dict[Path, str]:
    hive = {"site": site, "node": node, "warehouse": WAREHOUSE, "external_warehouse": EXTERNAL_WAREHOUSE}
    client = {"site": site, "node": HdfsNode(tmp_dir=node.tmp_dir)}
    texts = {file: render(file, hive) for file in (*own, "log4j2.properties")}
    texts |= {file: render(file, client) for file in ("core-site.xml", "hdfs-site.xml")}
    return {layout.conf(name) / file: text for file, text in texts.items()}


def _hdfs(site: SiteView) -> tuple[str, ...]:
    """Return the daemon whose readiness means that the site's folders exist."""
    last = "zkfc" if site.nameservice else "datanode1"
    return (f"{site.name}.{last}", f"{site.name}.datanode1")
