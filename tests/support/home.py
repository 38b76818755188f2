"""A home of its own on the running lab: one pair nobody else uses, its policies, and the shipped DAGs."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from support.foreign_conf import foreign_configuration

ROOT = Path(__file__).resolve().parents[2]
USER = "hdfs"


def sites_of(root: Path) -> dict[str, Any]:
    """The sites of the lab in a folder, as its state file has them."""
    found: dict[str, Any] = json.loads((root / ".lab/state.json").read_text())["sites"]
    return found


class LabHome:
    """The user's files in a directory of their own, with the lab's addresses spelled out.

    Args:
        path: An empty directory.
        sites: What is to be ``east``, the primary, and ``west``, as a lab's state file has sites; by default the two
            of the running lab.
    """

    def __init__(self, path: Path, sites: Mapping[str, Any] | None = None) -> None:
        self.path = path
        self.mark = uuid4().hex[:8]
        self.pair = f"e2e-{self.mark}"
        self.sites: dict[str, Any] = dict(sites or sites_of(ROOT))
        for folder in ("pairs", "policies"):
            (path / "include" / folder).mkdir(parents=True)
        (path / "dags").symlink_to(ROOT / "dags")
        self.add_pair(self.pair)

    def add_pair(self, name: str) -> None:
        """Writes a pair of the lab's two sites; JSON is YAML."""
        sites = {site: self._addresses(found) for site, found in self.sites.items()}
        text = {"pair": name, "sites": sites, "initial_primary": "east"}
        self.path.joinpath(f"include/pairs/{name}.yaml").write_text(json.dumps(text, indent=1), "utf-8")

    def policy(self, service: str, **keys: Any) -> None:
        """Writes a policy that protects this home's own directory."""
        text = {"service": service, "pair": self.pair, "protect": [{"hdfs": self.root(service)}], **keys}
        self.path.joinpath(f"include/policies/{service}.yaml").write_text(json.dumps(text, indent=1), "utf-8")

    def root(self, service: str) -> str:
        """The protected directory of a service."""
        return f"/t/e2e-airflow/{self.mark}/{service}"

    def put(self, site: str, path: str, content: bytes) -> None:
        """Writes a file over WebHDFS."""
        address = f"{self.sites[site]['webhdfs'][0]}/webhdfs/v1{path}"
        wish = {"op": "CREATE", "overwrite": "true", "noredirect": "true", "user.name": USER}
        first = httpx.put(address, params=wish)
        first.raise_for_status()
        httpx.put(first.json()["Location"], content=content, timeout=60).raise_for_status()

    def read(self, site: str, path: str) -> bytes:
        """Reads a file over WebHDFS."""
        address = f"{self.sites[site]['webhdfs'][0]}/webhdfs/v1{path}"
        answer = httpx.get(address, params={"op": "OPEN", "user.name": USER}, follow_redirects=True, timeout=60)
        answer.raise_for_status()
        return answer.content

    def make(self, site: str, path: str) -> None:
        """Makes a directory over WebHDFS."""
        address = f"{self.sites[site]['webhdfs'][0]}/webhdfs/v1{path}"
        httpx.put(address, params={"op": "MKDIRS", "user.name": USER}).raise_for_status()

    @staticmethod
    def _addresses(site: dict[str, Any]) -> dict[str, Any]:
        hdfs = {key: site[key] for key in ("namenodes", "webhdfs", "nameservice") if site[key]}
        found: dict[str, Any] = {"hdfs": hdfs, "zookeeper": site["zookeeper"]}
        if site["metastore"]:
            found["metastores"] = {"hive": [site["metastore"]]}
        return found


def in_home(home: LabHome) -> dict[str, str]:
    """The environment in which every entrance finds this home, on a machine with another Hadoop's configuration."""
    foreign = foreign_configuration(home.path / "hadoop of others")
    return {**os.environ, **foreign, "HADOOP_DR_HOME": str(home.path), "HADOOP_USER_NAME": USER}
