"""The lab's metastores, and where its HDFS is."""

from __future__ import annotations

import json
from pathlib import Path

from hadoop_dr.adapters.hive import Client, HiveMetastore

STATE = Path(__file__).resolve().parents[2] / ".lab" / "state.json"


def live(site: str, uri: str = "", read_s: float = 60.0) -> HiveMetastore:
    """The lab's metastore of a site, perhaps by another address."""
    address = uri or json.loads(STATE.read_text())["sites"][site]["metastore"]
    return HiveMetastore(site, "hive", Client(site, [address], connect_s=5, read_s=read_s))


def live_hdfs(site: str) -> str:
    """The lab's HDFS address of a site."""
    address: str = json.loads(STATE.read_text())["sites"][site]["hdfs"]
    return address
