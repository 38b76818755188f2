"""A lab of its own, driven as a user drives it: started once, hurt, mended, stopped."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psutil
import pytest

from hadoop_lab import DaemonFailed, Lab, LabError, LabOptions, LabState
from hadoop_lab.supervisor import processes

pytestmark = [pytest.mark.lab, pytest.mark.in_order, pytest.mark.timeout(600)]


def _command(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hadoop_lab", "--root", str(root), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


def _webhdfs(site: dict[str, Any], path: str, operation: str, user: str = "hdfs", method: str = "GET") -> Any:
    query = urlencode({"op": operation, "user.name": user})
    url = f"{site['webhdfs'][0]}/webhdfs/v1{quote(path)}?{query}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, method=method), timeout=20) as answer:
        return json.load(answer)


def _pids(lab: Lab) -> dict[str, int]:
    return {name: record.pid for name, record in lab.state().records().items()}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a name that needs care everywhere."""
    return tmp_path_factory.mktemp("a b+ü=1#")


@pytest.fixture(scope="module")
def lab(root: Path) -> Iterator[Lab]:
    """Two HDFS sites, started by a command that has ended since."""
    started = _command(root, "up", "--no-metastore")
    lab = Lab(root)
    try:
        assert started.returncode == 0, started.stderr
        assert json.loads(started.stdout) == lab.status()
        yield lab
    finally:
        lab.down(wipe=True)


def test_the_daemons_outlive_the_command_that_started_them(lab: Lab) -> None:
    for site in lab.status()["sites"].values():
        states = {name: daemon["state"] for name, daemon in site["daemons"].items()}
        assert states == dict.fromkeys(("namenode", "datanode1", "datanode2", "zookeeper"), "running")


def test_the_superuser_is_hdfs_and_not_the_account_that_runs_the_daemons(lab: Lab) -> None:
    site = lab.status()["sites"]["east"]
    account = psutil.Process(site["daemons"]["namenode"]["pid"]).username()
    assert _webhdfs(site, "/a b/e+f/ü", "MKDIRS", method="PUT")["boolean"]
    with pytest.raises(urllib.error.HTTPError) as refused:
        _webhdfs(site, "/a b/not mine", "MKDIRS", user=account, method="PUT")
    with refused.value as answer:
        assert answer.code == 403


def test_every_server_listens_on_this_machine_only(lab: Lab) -> None:
    for name, record in lab.state().records().items():
        for entry in psutil.Process(record.pid).net_connections("inet"):
            if entry.status == psutil.CONN_LISTEN:
                assert entry.laddr.ip == "127.0.0.1", name


def test_a_second_up_adds_what_is_missing_and_touches_nothing_else(lab: Lab) -> None:
    before = _pids(lab)
    seen: list[LabState] = []
    state = lab.up(LabOptions(), initialise=seen.append)
    after = _pids(lab)
    assert before.items() <= after.items()
    assert set(after) - set(before) == {"east.metastore", "west.metastore"}
    assert seen == [state]
    assert lab.up(LabOptions()) == state
    assert _pids(lab) == after


def test_a_killed_daemon_is_dead_and_comes_back_with_its_data(lab: Lab) -> None:
    site = lab.status()["sites"]["west"]
    _webhdfs(site, "/kept g=1", "MKDIRS", method="PUT")
    old = _pids(lab)["west.namenode"]
    lab.kill("west.namenode")
    assert lab.status()["sites"]["west"]["daemons"]["namenode"] == {"pid": None, "state": "dead"}
    with pytest.raises(LabError, match=r"west\.namenode does not run"):
        lab.pause("west.namenode")
    lab.start("west.namenode")
    assert _pids(lab)["west.namenode"] != old
    assert _webhdfs(site, "/kept g=1", "GETFILESTATUS")["FileStatus"]["type"] == "DIRECTORY"


def test_a_paused_daemon_answers_nothing_until_it_is_resumed(lab: Lab) -> None:
    host, port = lab.state().sites["east"].zookeeper.split(":")
    lab.pause("east.zookeeper")
    try:
        assert lab.status()["sites"]["east"]["daemons"]["zookeeper"]["state"] == "paused"
        with socket.create_connection((host, int(port)), timeout=1) as connection:
            connection.sendall(b"ruok")
            with pytest.raises(TimeoutError):
                connection.recv(4)
        with pytest.raises(LabError, match=r"east\.zookeeper is paused"):
            lab.up()
    finally:
        lab.resume("east.zookeeper")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(b"ruok")
        assert connection.recv(4) == b"imok"


def test_a_port_taken_by_a_foreign_process_is_an_error_and_the_rest_runs_on(lab: Lab) -> None:
    port = int(lab.state().sites["east"].zookeeper.split(":")[1])
    others = {name: pid for name, pid in _pids(lab).items() if name != "east.zookeeper"}
    lab.kill("east.zookeeper")
    with socket.create_server(("127.0.0.1", port)):
        refused = _command(lab.layout.root, "up")
    assert refused.returncode == 1
    assert f"port {port} of east.zookeeper is taken" in refused.stderr
    assert "down --wipe" in refused.stderr
    assert _pids(lab).items() >= others.items()
    assert all(psutil.pid_exists(pid) for pid in others.values())
    lab.up()
    assert lab.status()["sites"]["east"]["daemons"]["zookeeper"]["state"] == "running"


def test_a_failed_start_leaves_no_process_and_no_state(root: Path) -> None:
    other = root / "half"
    other.mkdir()
    told: list[str] = []
    options = LabOptions(
        metastore=False, namenode_properties={"west": {"dfs.namenode.name.dir": "/proc/no such place"}}
    )
    with pytest.raises(DaemonFailed, match=r"west\.namenode.*\n(.|\n)*/proc/no such place"):
        Lab(other).up(options, told.append)
    assert "start failed: stopping what this call started" in told
    assert [
        process for process in psutil.process_iter(["cmdline"]) if str(other) in " ".join(process.info["cmdline"] or [])
    ] == []
    assert list(other.iterdir()) == []


def test_down_ends_every_process_and_the_next_up_finds_the_data_under_the_same_addresses(lab: Lab) -> None:
    before = lab.state()
    site = lab.status()["sites"]["east"]
    _webhdfs(site, "/kept h#", "MKDIRS", method="PUT")
    lab.down()
    assert processes.marked(before.lab) == []
    assert lab.status()["sites"]["east"]["daemons"] == {}
    after = lab.up(LabOptions(metastore=False, env={"east.namenode": {"LAB_TEST": "a b"}}))
    assert after.ports == before.ports
    assert _webhdfs(site, "/kept h#", "GETFILESTATUS")["FileStatus"]["type"] == "DIRECTORY"
    assert psutil.Process(_pids(lab)["east.namenode"]).environ()["LAB_TEST"] == "a b"
