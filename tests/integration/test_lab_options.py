"""The larger labs: a pair of NameNodes that fails over, and Airflow as daemons."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from hadoop_lab import Lab, LabOptions
from hadoop_lab.supervisor import processes
from support.cli import cli_home
from support.crowd import Crowd
from support.home import ROOT, sites_of

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _ask(url: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with _DIRECT.open(urllib.request.Request(url, data, {"Content-Type": "application/json"}), timeout=20) as answer:
        return json.load(answer)


def _eventually(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def _active(lab: Lab) -> list[int]:
    found = []
    for index, address in enumerate(lab.state().sites["west"].webhdfs):
        try:
            (bean,) = _ask(f"{address}/jmx?qry=Hadoop:service=NameNode,name=NameNodeStatus")["beans"]
        except OSError:
            continue
        if bean["State"] == "active":
            found.append(index)
    return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One site with two NameNodes, a metastore on its logical name, and Airflow."""
    root = tmp_path_factory.mktemp("a b+ü")
    (root / "dags").mkdir()
    lab = Lab(root)
    try:
        lab.up(LabOptions(sites=("west",), ha=("west",), airflow=True))
        yield lab
    finally:
        marker = lab.state().lab
        lab.down(wipe=True)
        assert processes.marked(marker) == []


def test_an_ha_site_has_one_active_namenode_and_a_logical_address(lab: Lab) -> None:
    site = lab.status()["sites"]["west"]
    assert (site["hdfs"], site["nameservice"]) == ("hdfs://west", "west")
    assert {"namenode", "namenode2", "zkfc", "zkfc2", "journalnode", "metastore"} <= set(site["daemons"])
    assert _eventually(lambda: len(_active(lab)) == 1, 120)


@pytest.fixture(scope="module")
def crowd(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    """A service between the shared lab's primary and this secondary of two NameNodes, with a sealed point."""
    sites = {"east": sites_of(ROOT)["east"], "west": lab.status()["sites"]["west"]}
    with cli_home(tmp_path_factory, sites) as home:
        found = Crowd(home, "crowd")
        found.finish()
        yield found


@pytest.mark.parametrize("stage", ["stage", "verify"])
def test_the_other_namenode_takes_over_the_backup_seals_and_the_killed_one_comes_back_as_standby(
    lab: Lab, crowd: Crowd, stage: str
) -> None:
    """S2.16; in every stage, and as the primary, with ``make chaos`` (``e2e/test_cli_failover.py``)."""
    assert _eventually(lambda: len(_active(lab)) == 1, 120)
    (old,) = _active(lab)
    name = "west.namenode2" if old else "west.namenode"
    crowd.changes()
    run = crowd.hurt_in(stage, lambda _: lab.kill(name))
    ran = run.ended(within_s=300)
    assert ran.exit_code == 0, ran
    assert _eventually(lambda: _active(lab) == [1 - old], 240)
    lab.start(name)
    assert _eventually(lambda: _active(lab) == [1 - old], 120)
    crowd.sealed(str(ran.document("backup")["point"]))


def test_airflow_answers_and_lets_the_generated_user_in(lab: Lab) -> None:
    airflow = lab.status()["airflow"]
    health = _ask(f"{airflow['url']}/api/v2/monitor/health")
    assert {part: health[part]["status"] for part in ("scheduler", "triggerer", "dag_processor")} == dict.fromkeys(
        ("scheduler", "triggerer", "dag_processor"), "healthy"
    )
    login = {"username": airflow["user"], "password": airflow["password"]}
    assert _ask(f"{airflow['url']}/auth/token", login)["access_token"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        _ask(f"{airflow['url']}/auth/token", login | {"password": "guessed"})
    with refused.value as answer:
        assert answer.code == 401


def test_what_a_killed_scheduler_had_started_goes_with_it(lab: Lab) -> None:
    scheduler = psutil.Process(lab.state().records()["airflow.scheduler"].pid)
    children = scheduler.children(recursive=True)
    assert children
    lab.kill("airflow.scheduler")
    assert not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children)
    lab.start("airflow.scheduler")
    assert lab.status()["airflow"]["daemons"]["scheduler"]["state"] == "running"


def test_airflow_listens_on_this_machine_only(lab: Lab) -> None:
    for process in processes.marked(lab.state().lab):
        for entry in process.net_connections("inet"):
            if entry.status == psutil.CONN_LISTEN:
                assert entry.laddr.ip in ("127.0.0.1", "::1"), process.cmdline()
