"""What Hadoop's own clients read names the file system the same on either site (S2.25)."""

from __future__ import annotations

from xml.etree import ElementTree

from hadoop_dr.domain.config.pair import Addresses
from hadoop_dr.domain.roles.client_files import client_files


def properties(text: str) -> dict[str, str]:
    root = ElementTree.fromstring(text)
    return {one.findtext("name", ""): one.findtext("value", "") for one in root.iter("property")}


def test_a_name_that_stays_leads_to_every_namenode_of_the_site_in_use() -> None:
    found = Addresses(
        ("n1:8020", "n2:8020"), ("http://n1:9870", "https://n2:9871"), "z:1", "ns<&>", ("thrift://m1:1", "thrift://m2:2")
    )
    files = {name: properties(text) for name, text in client_files("east-west", found, "ü --> <&").items()}
    provider = "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider"
    hdfs = {"dfs.nameservices": "east-west,ns<&>"}
    for name in ("east-west", "ns<&>"):
        hdfs |= {
            f"dfs.client.failover.proxy.provider.{name}": provider, f"dfs.ha.namenodes.{name}": "nn1,nn2",
            f"dfs.namenode.rpc-address.{name}.nn1": "n1:8020", f"dfs.namenode.http-address.{name}.nn1": "n1:9870",
            f"dfs.namenode.rpc-address.{name}.nn2": "n2:8020", f"dfs.namenode.https-address.{name}.nn2": "n2:9871",
        }  # fmt: skip
    assert files == {
        "core-site.xml": {"fs.defaultFS": "hdfs://east-west"},
        "hdfs-site.xml": hdfs,
        "hive-site.xml": {"hive.metastore.uris": "thrift://m1:1,thrift://m2:2"},
    }


def test_a_site_without_a_logical_name_and_without_a_metastore_has_what_it_has() -> None:
    files = client_files("east-west", Addresses(("n1:8020",), ("http://n1:9870",), "z:1"), "")
    assert properties(files["hdfs-site.xml"])["dfs.nameservices"] == "east-west"
    assert properties(files["hive-site.xml"]) == {}
