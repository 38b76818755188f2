"""A NameNode's counters are up to ten seconds old (measured on Hadoop 3.4.1); what decides is asked for afresh."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
import requests

from hadoop_dr.adapters.system import SystemClock, SystemTokens
from hadoop_dr.adapters.webhdfs.client import Deadlines
from hadoop_dr.adapters.webhdfs.namenode import WebHdfsNameNode
from hadoop_dr.domain.config.addresses import HdfsAddress
from hadoop_dr.domain.errors import DrError
from hadoop_dr.ports.namenode import DataNode

CACHED = {"tag.HAState": "active", "NumLiveDataNodes": 3, "CapacityRemaining": 9, "CapacityTotal": 12,
          "NumFilesUnderConstruction": 0, "FilesTotal": 4, "Snapshots": 5}  # fmt: skip
FRESH = {"ClusterId": "CID ü", "Safemode": "", "SoftwareVersion": "3.4.1", "State": "active", "FSState": "Operational",
         "NumLiveDataNodes": 2, "FilesTotal": 4, "CapacityRemaining": 7, "CapacityTotal": 11,
         "LiveNodes": json.dumps({"dn 2:1": {"lastContact": 40}, "dn 1:1": {"lastContact": 0}}),
         "DeadNodes": json.dumps({"dn 3:1": {"lastContact": 900, "decommissioned": False},
                                  "dn 4:1": {"lastContact": 900, "decommissioned": True}})}  # fmt: skip


class Pages(requests.Session):
    """A NameNode whose counters are from a while ago."""

    def __init__(self, cached: dict[str, Any], fresh: dict[str, Any]) -> None:
        super().__init__()
        self.cached, self.fresh, self.asked = cached, fresh, []  # type: ignore[var-annotated]

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override]
        wanted = kwargs["params"].get("get", "").rpartition("::")[2]
        self.asked.append(wanted or "FSNamesystem")
        answer = requests.Response()
        answer.status_code, answer.url = 200, url
        beans = [{wanted: self.fresh[wanted]}] if wanted else [
            {"name": "Hadoop:service=NameNode,name=FSNamesystem", **self.cached},
            {"name": "Hadoop:service=NameNode,name=FSNamesystemState", **self.fresh},
        ]
        answer._content = json.dumps({"beans": beans}).encode()
        return answer


def namenode(pages: Pages) -> WebHdfsNameNode:
    address = HdfsAddress("west", ("127.0.0.1:1",), ("http://nn:9870",))
    return WebHdfsNameNode(address, SystemClock(), SystemTokens(), Deadlines(budget_s=0.0), lambda: pages)


def test_a_datanode_that_came_a_moment_ago_counts() -> None:
    service = namenode(Pages({**CACHED, "NumLiveDataNodes": 0, "CapacityRemaining": 0}, FRESH)).service()
    assert (service.live_datanodes, service.remaining_bytes, service.capacity_bytes) == (2, 7, 11)


def test_how_many_snapshots_there_are_and_how_large_the_cluster_is_are_on_the_same_page() -> None:
    service = namenode(Pages(CACHED, FRESH)).service()
    assert (service.snapshots, service.capacity_bytes) == (5, 11)


def test_a_namenode_that_became_active_a_moment_ago_serves() -> None:
    assert namenode(Pages({**CACHED, "tag.HAState": "standby"}, FRESH)).service().live_datanodes == 2


def test_a_namenode_that_stands_by_does_not_serve() -> None:
    with pytest.raises(DrError, match="http://nn:9870 is standby"):
        namenode(Pages({**CACHED, "tag.HAState": "standby"}, {**FRESH, "State": "standby"})).service()


def test_counters_that_decide_nothing_cost_no_question_more() -> None:
    pages = Pages(CACHED, FRESH)
    namenode(pages).service()
    assert pages.asked == ["FSNamesystem", "ClusterId"]
    pages.fresh["FSState"], pages.fresh["Safemode"] = "safeMode", "Safe mode is ON"
    assert namenode(pages).service().safe_mode == "Safe mode is ON"


def test_every_datanode_is_told_with_its_silence_and_without_those_that_were_taken_out_of_service() -> None:
    standby = namenode(Pages({**CACHED, "tag.HAState": "standby"}, {**FRESH, "State": "standby"}))
    assert standby.datanodes() == [DataNode("dn 1:1", 0.0), DataNode("dn 2:1", 40.0), DataNode("dn 3:1", math.inf)]
