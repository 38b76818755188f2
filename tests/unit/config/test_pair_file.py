"""A pair file says all that a site is reached by, and what is wrong in it is named with its place (fault 75)."""

from __future__ import annotations

import re

import pytest

from hadoop_dr.adapters import config
from hadoop_dr.domain.config.pair import Addresses, Pair, Site, read_pair
from hadoop_dr.domain.errors import BadInput

WHOLE = """\
pair: east-west
initial_primary: west
sites:
  east:
    location: Dublin ü%
    resources: {cores: 2, memory_gb: 8}
    hdfs: {namenodes: [nn1.east:8020, n.east:65535], webhdfs: [http://nn1.east:1, https://nn2.east:2/], nameservice: e}
    metastores: {hive: [thrift://hms.east:3], sparksql: [thrift://sms.east:4/]}
    hiveserver2: hs2.east:10000
    zookeeper: zk1.east:5, zk2.east:6
  west: {hdfs: {namenodes: [nn.west:1], webhdfs: [http://nn.west:2]}, zookeeper: zk.west:3}
node_map: {dn1.east: dn1.west}
"""
HDFS_WEST = "hdfs: {namenodes: [nn.west:1], webhdfs: [http://nn.west:2]}"
EAST = Addresses(
    ("nn1.east:8020", "n.east:65535"), ("http://nn1.east:1", "https://nn2.east:2"), "zk1.east:5,zk2.east:6", "e",
    ("thrift://hms.east:3",), ("thrift://sms.east:4",), "hs2.east:10000",
)  # fmt: skip
WEST = Addresses(("nn.west:1",), ("http://nn.west:2",), "zk.west:3")


def read(text: str) -> Pair:
    return read_pair(config.parse(text.encode(), "f.yaml"))


def test_a_pair_file_is_read_whole() -> None:
    sites = Site("east", "Dublin ü%", 2, 8, None, EAST), Site("west", addresses=WEST)
    pair = read(WHOLE)
    assert pair == Pair("east-west", sites, "west", {"dn1.east": "dn1.west"}, "f.yaml")
    assert (EAST.hdfs, WEST.hdfs) == ("hdfs://e", "hdfs://nn.west:1")
    assert (pair.site("west"), pair.other("west"), pair.other("east")) == (sites[1], sites[0], sites[1])
    unknown = "site 'north': the pair east-west has no such site. Its sites are east and west"
    for asked in (pair.site, pair.other):
        with pytest.raises(BadInput, match=unknown):
            asked("north")


def test_a_lease_is_off_unless_it_is_long_enough_to_be_kept() -> None:
    assert [read(f"{WHOLE}lease: {text}\n").lease_ms for text in ("off", "15s", "2m")] == [None, 15_000, 120_000]
    with pytest.raises(BadInput, match=re.escape("f.yaml:13: 'lease' is '14s', but a ZooKeeper")):
        read(f"{WHOLE}lease: 14s\n")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("pair: east-west", "pair: East", "f.yaml:1: 'pair' is 'East'"),
        (f"{{{HDFS_WEST}, zookeeper: zk.west:3}}", "text", "f.yaml:11: site 'west' has to be a mapping of keys"),
        (HDFS_WEST, f"lab: west, {HDFS_WEST}", "'hdfs' and 'lab' exclude each other"),
        (HDFS_WEST, "lab: west, metastores: {}", "'metastores' and 'lab' exclude each other"),
        (HDFS_WEST, "lab: west, hiveserver2: a", "'hiveserver2' and 'lab' exclude each other"),
        (HDFS_WEST, "hdfs: nn.west", "'hdfs' has to be a mapping"),
        (", webhdfs: [http://nn.west:2]", "", "'hdfs' lacks the key 'webhdfs'"),
        ("[nn.west:1]", "nn.west:1", "'namenodes' has to be a list with at least one entry"),
        ("[nn.west:1]", "['nn.west:0']", "'namenodes' entry 'nn.west:0' is not an address"),
        ("[nn.west:1]", "['nn.west:65536']", "'namenodes' entry 'nn.west:65536' is not an address"),
        ("zk.west:3", "zk.west", "'zookeeper' 'zk.west' is not an address"),
        ("zk.west:3", "'zk2.east:6,zk3.west:7'", "both sites have the address zk2.east:6"),
        ("zk.west:3", "'zk.west:3', security: on", "'security' has to be a mapping of keys"),
        ("zk.west:3", "'zk.west:3', security: {kerberos: {}}", "'kerberos' lacks the key 'principal'"),
        ("zk.west:3", "'zk.west:3', security: {tls: {}}", "'tls' lacks the key 'ca'"),
        ("zk.west:3", "'zk.west:3', security: {tls: {ca: x}}", "'ca' 'x' is not absolute"),
        ("zk.west:3", "'zk.west:3', security: {zookeeper: {}}", "'zookeeper' lacks the key 'sasl'"),
        ("zk.west:3", "'zk.west:3', security: {zookeeper: {sasl: digest-md5}}", "use 'security.zookeeper' yet"),
        ("dn1.east: dn1.west", "dn1.east", "'dn1.east' has no value"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_pair_file_is_named(old: str, new: str, said: str) -> None:
    text = WHOLE.replace(old, new)
    assert text != WHOLE
    with pytest.raises(BadInput, match=re.escape(said)):
        read(text)
