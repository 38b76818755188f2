"""The state file: whole or old, readable by others, closed to other users."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hadoop_lab.daemons.topology import site_state
from hadoop_lab.errors import LabError
from hadoop_lab.supervisor.state import AirflowState, DaemonRecord, LabState, load, save

PORTS = {
    f"{site}.{name}": 1000 * index + number
    for index, site in enumerate(("east", "west"))
    for number, name in enumerate(
        (
            "namenode.rpc",
            "namenode.http",
            "namenode2.rpc",
            "namenode2.http",
            "zkfc.rpc",
            "zkfc2.rpc",
            "zookeeper.client",
        )
    )
}


def _state() -> LabState:
    state = LabState(lab="hadoop-lab-x", ports=dict(PORTS), datanodes=2)
    state.sites["east"] = site_state("east", PORTS, ha=False)
    state.sites["west"] = site_state("west", PORTS, ha=True)
    return state


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    state = _state()
    state.airflow = AirflowState("http://127.0.0.1:1", "admin", "p ü", "s", {"scheduler": DaemonRecord(7, 1.5)})
    state.set_record("east.namenode", DaemonRecord(4711, 17.25))
    path = tmp_path / "a b" / "state.json"
    save(path, state)
    assert load(path) == state


def test_readers_find_every_address_under_its_promised_key(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save(path, _state())
    sites = json.loads(path.read_text())["sites"]
    promised = {"webhdfs", "hdfs", "namenodes", "nameservice", "metastore", "hiveserver2", "zookeeper", "role"}
    assert promised <= set(sites["east"])
    assert sites["east"]["hdfs"] == f"hdfs://{sites['east']['namenodes'][0]}"
    assert (sites["west"]["hdfs"], sites["west"]["nameservice"]) == ("hdfs://west", "west")
    assert len(sites["west"]["webhdfs"]) == len(sites["west"]["namenodes"]) == 2


def test_a_failed_write_leaves_the_old_state_whole(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save(path, _state())
    broken = _state()
    broken.lab = object()  # type: ignore[assignment]
    with pytest.raises(TypeError):
        save(path, broken)
    assert load(path) == _state()


def test_other_users_cannot_read_the_password(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    save(path, _state())
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["{", '{"v": 99}', "[]"])
def test_a_state_of_another_version_is_refused_with_the_mend(tmp_path: Path, text: str) -> None:
    path = tmp_path / "state.json"
    path.write_text(text)
    with pytest.raises(LabError, match="hadoop-dr lab down --wipe"):
        load(path)


def test_no_file_is_no_lab(tmp_path: Path) -> None:
    assert load(tmp_path / "state.json") is None


def test_a_name_that_is_no_daemon_has_no_record() -> None:
    known = _state()
    assert [known.record(name) for name in ("foo", "", "ü.namenode", "west.metastre", "airflow", "airflow.x")] == [
        None
    ] * 6
