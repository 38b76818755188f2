"""The files that docker-compose.yaml mounts, rendered from the templates of the lab.

The compose file itself names images, commands and volumes; every setting of a daemon comes from here, so that the two
ways to run the sites cannot drift apart.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path

from hadoop_lab.daemons.airflow_settings import AirflowPlace, settings
from hadoop_lab.daemons.hdfs_folders import EXTERNAL_WAREHOUSE, WAREHOUSE
from hadoop_lab.daemons.templates import render
from hadoop_lab.daemons.views import HdfsNode, HiveNode, NameNodeView, SiteView, ZooKeeperNode
from hadoop_lab.options import SITES
from hadoop_lab.supervisor.state import SiteState

FOLDER = ".compose"
_ANY = "0.0.0.0"
_RPC, _HTTP, _ZOOKEEPER, _METASTORE, _HIVESERVER2 = 8020, 9870, 2181, 9083, 10000
_DATA, _DATA_HTTP, _DATA_IPC = 9866, 9864, 9867


def site_view(site: str) -> SiteView:
    """Return the addresses of a site inside the compose network."""
    rpc = f"{site}-namenode:{_RPC}"
    return SiteView(
        name=site,
        hdfs=f"hdfs://{rpc}",
        namenodes=(NameNodeView("nn1", rpc, f"{site}-namenode:{_HTTP}", 8019),),
        zookeeper=f"{site}-zookeeper:{_ZOOKEEPER}",
        metastore_host=f"{site}-metastore",
        metastore_port=_METASTORE,
        hiveserver2_host=f"{site}-hiveserver2",
        hiveserver2_port=_HIVESERVER2,
    )


def site_files(site: str) -> dict[str, str]:
    """Return the site files of all daemons of a site, by path below the mounted folder."""
    view = site_view(site)
    namenode = HdfsNode(tmp_dir="/tmp/hadoop", bind_host=_ANY, name_dir="/data")
    files = {f"{site}-namenode/{name}": text for name, text in _hdfs(view, namenode).items()}
    for number in (1, 2):
        host = f"{site}-datanode{number}"
        datanode = HdfsNode(
            tmp_dir="/tmp/hadoop",
            data_dir="/data",
            data_address=f"{_ANY}:{_DATA}",
            http_address=f"{_ANY}:{_DATA_HTTP}",
            ipc_address=f"{_ANY}:{_DATA_IPC}",
            hostname=host,
        )
        files |= {f"{host}/{name}": text for name, text in _hdfs(view, datanode).items()}
    zookeeper = ZooKeeperNode(data_dir="/data", port=_ZOOKEEPER, bind_host=_ANY)
    files[f"{site}-zookeeper/zoo.cfg"] = render("zoo.cfg", {"node": zookeeper})
    # The image initialises the schema with this same file, so the database may be made.
    hive = HiveNode(tmp_dir="/tmp/hive", bind_host=_ANY, derby_dir="/data/metastore", derby_create="true")
    values = {"site": view, "node": hive, "warehouse": WAREHOUSE, "external_warehouse": EXTERNAL_WAREHOUSE}
    files[f"{site}-metastore/metastore-site.xml"] = render("metastore-site.xml", values)
    client = _hdfs(view, HdfsNode(tmp_dir="/tmp/hive"))
    files |= {f"{site}-metastore/{name}": client[name] for name in ("core-site.xml", "hdfs-site.xml")}
    return files


def airflow_environment(secret: str, database_password: str) -> dict[str, str]:
    """Return the settings of every Airflow component in the compose network."""
    return settings(
        AirflowPlace(
            home="/opt/airflow",
            project="/opt/hadoop-dr",
            database=f"postgresql+psycopg2://airflow:{database_password}@postgres/airflow",
            host=_ANY,
            port=8080,
            internal_url="http://airflow-apiserver:8080",
            secret=secret,
            password_file="/opt/hadoop-dr/passwords.json",
        )
    )


def state_document() -> dict[str, object]:
    """Return the sites' addresses in the shape of the lab's state file, so that `lab: east` works there too."""
    sites = {}
    for site in SITES:
        view = site_view(site)
        addresses = SiteState(
            hdfs=view.hdfs,
            namenodes=[namenode.rpc for namenode in view.namenodes],
            webhdfs=[f"http://{namenode.http}" for namenode in view.namenodes],
            zookeeper=view.zookeeper,
            metastore=f"thrift://{view.metastore_host}:{view.metastore_port}",
        )
        sites[site] = {name: getattr(addresses, name) for name in SiteState.__slots__}
    return {"v": 1, "sites": sites, "airflow": None}


def write(root: Path) -> Path:
    """Write everything the compose file mounts; secrets of an earlier call are kept."""
    folder = root / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = _secrets(folder / "secrets.json")
    files = {name: text for site in SITES for name, text in site_files(site).items()}
    environment = airflow_environment(keys["airflow"], keys["database"])
    files["airflow.env"] = "".join(f"{name}={value}\n" for name, value in environment.items())
    files["postgres.env"] = f"POSTGRES_USER=airflow\nPOSTGRES_DB=airflow\nPOSTGRES_PASSWORD={keys['database']}\n"
    files["passwords.json"] = json.dumps({"admin": keys["admin"]}) + "\n"
    files["state.json"] = json.dumps(state_document(), indent=1) + "\n"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


def _hdfs(view: SiteView, node: HdfsNode) -> dict[str, str]:
    values = {"site": view, "node": node}
    return {name: render(name, values) for name in ("core-site.xml", "hdfs-site.xml", "log4j.properties")}


def _secrets(path: Path) -> dict[str, str]:
    if path.exists():
        return dict(json.loads(path.read_text()))
    keys = {name: secrets.token_hex(16) for name in ("airflow", "database", "admin")}
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(keys, handle)
    return keys
