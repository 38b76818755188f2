"""Site files: complete, escaped, and with the settings that the product depends on."""

from __future__ import annotations

import dataclasses
from typing import Any

import jinja2
import pytest

from hadoop_lab.daemons.templates import properties, render
from hadoop_lab.daemons.views import HdfsNode, HiveNode, NameNodeView, SiteView, ZooKeeperNode

SITE = SiteView(
    name="east",
    hdfs="hdfs://127.0.0.1:20000",
    namenodes=(NameNodeView("nn1", "127.0.0.1:20000", "127.0.0.1:20001", 20002),),
    zookeeper="127.0.0.1:20014",
    metastore_host="127.0.0.1",
    metastore_port=20015,
    hiveserver2_host="127.0.0.1",
    hiveserver2_port=20016,
)
PAIR = dataclasses.replace(
    SITE,
    hdfs="hdfs://east",
    nameservice="east",
    journalnode="127.0.0.1:20010",
    namenodes=(*SITE.namenodes, NameNodeView("nn2", "127.0.0.1:20003", "127.0.0.1:20004", 20005)),
)


def _hdfs_site(site: SiteView = SITE, **node: Any) -> dict[str, str]:
    return properties(render("hdfs-site.xml", {"site": site, "node": HdfsNode(tmp_dir="/t", **node)}))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dfs.namenode.snapshot.capture.openfiles", "true"),
        ("dfs.namenode.acls.enabled", "true"),
        ("dfs.namenode.xattrs.enabled", "true"),
        ("dfs.permissions.enabled", "true"),
        ("dfs.namenode.fs-limits.min-block-size", "1024"),
        ("dfs.blocksize", str(16 << 20)),
        ("dfs.replication", "2"),
    ],
)
def test_the_namenode_has_what_recovery_points_need(key: str, value: str) -> None:
    assert _hdfs_site(name_dir="/d")[key] == value


def test_a_property_of_the_caller_wins_over_the_template() -> None:
    site = dataclasses.replace(SITE, namenode_properties={"dfs.replication": "1", "x": "a<b&c"})
    assert {"dfs.replication": "1", "x": "a<b&c"}.items() <= _hdfs_site(site).items()


def test_a_hostile_folder_name_arrives_unchanged() -> None:
    name = "/a b/e+f/g=1/h#/ü/<&>\"'"
    assert _hdfs_site(data_dir=name)["dfs.datanode.data.dir"] == name


def test_an_ha_site_is_reached_by_its_logical_name() -> None:
    hdfs = _hdfs_site(PAIR, namenode_id="nn2")
    assert hdfs["dfs.ha.namenodes.east"] == "nn1,nn2"
    assert hdfs["dfs.namenode.rpc-address.east.nn2"] == "127.0.0.1:20003"
    assert hdfs["dfs.ha.namenode.id"] == "nn2"
    assert "dfs.namenode.rpc-address" not in hdfs
    core = properties(render("core-site.xml", {"site": PAIR, "node": HdfsNode(tmp_dir="/t")}))
    assert core["fs.defaultFS"] == "hdfs://east"


def test_a_single_namenode_is_reached_by_its_address() -> None:
    assert _hdfs_site()["dfs.namenode.rpc-address"] == "127.0.0.1:20000"
    assert "dfs.nameservices" not in _hdfs_site()


def test_the_metastore_keeps_a_notification_log_that_clients_may_read() -> None:
    node = HiveNode("/t", "127.0.0.1", derby_dir="/a b/metastore")
    values = {"site": SITE, "node": node, "warehouse": "/w", "external_warehouse": "/e"}
    hive = properties(render("metastore-site.xml", values))
    assert hive["metastore.transactional.event.listeners"].endswith(".DbNotificationListener")
    assert hive["hive.metastore.event.db.notification.api.auth"] == "false"
    assert hive["metastore.warehouse.dir"] == "hdfs://127.0.0.1:20000/w"
    assert hive["metastore.thrift.bind.host"] == "127.0.0.1"
    # A missing database must be an error, not an empty catalog.
    assert hive["javax.jdo.option.ConnectionURL"].endswith("databaseName=/a b/metastore;create=false")


def test_zookeeper_reads_a_folder_name_with_letters_beyond_latin() -> None:
    node = ZooKeeperNode("/a b/ü/ж/\U0001f600\\x", 20014, "127.0.0.1")
    text = render("zoo.cfg", {"node": node})
    line = next(line for line in text.splitlines() if line.startswith("dataDir="))
    assert line.isascii()
    units = line.removeprefix("dataDir=").replace("\\\\", "\\u005c").encode().decode("unicode_escape")
    assert units.encode("utf-16", "surrogatepass").decode("utf-16") == node.data_dir


def test_a_forgotten_value_is_an_error_and_not_an_empty_setting() -> None:
    with pytest.raises(jinja2.UndefinedError):
        render("zoo.cfg", {"node": {"port": 1}})
