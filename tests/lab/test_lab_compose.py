"""The compose file runs the same settings as the lab, and is a compose file."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from hadoop_lab import compose
from hadoop_lab.daemons.airflow_daemons import environment
from hadoop_lab.daemons.hdfs_daemons import HdfsDaemons
from hadoop_lab.daemons.hive_daemons import metastore
from hadoop_lab.daemons.java import Java
from hadoop_lab.daemons.templates import properties
from hadoop_lab.daemons.topology import site_view
from hadoop_lab.options import SITES, LabOptions
from hadoop_lab.plan import merge
from hadoop_lab.supervisor.specs import LabFolders
from hadoop_lab.supervisor.state import LabState

ROOT = Path(__file__).parents[2]
PLACE = "containers have their own folders, host names and standard ports"
BIND = "a container listens on all its interfaces, a process of the lab on this machine only"
# Every key that may differ, and why. A key that is not here must have the same value in both.
DIFFERENCES = {
    **dict.fromkeys(
        (
            "fs.defaultFS", "hadoop.tmp.dir", "dfs.namenode.rpc-address", "dfs.namenode.http-address",
            "dfs.namenode.name.dir", "dfs.datanode.data.dir", "dfs.datanode.hostname",
            "metastore.thrift.port", "metastore.warehouse.dir", "metastore.warehouse.external.dir",
            "dataDir", "clientPort",
            "AIRFLOW_HOME", "HADOOP_DR_HOME", "AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__PLUGINS_FOLDER",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE", "AIRFLOW__CORE__EXECUTION_API_SERVER_URL",
            "AIRFLOW__API__PORT", "AIRFLOW__API__BASE_URL",
        ),
        PLACE,
    ),
    **dict.fromkeys(
        (
            "dfs.namenode.rpc-bind-host", "dfs.namenode.http-bind-host", "dfs.datanode.address",
            "dfs.datanode.http.address", "dfs.datanode.ipc.address", "metastore.thrift.bind.host",
            "clientPortAddress", "AIRFLOW__API__HOST",
        ),
        BIND,
    ),
    "javax.jdo.option.ConnectionURL": "the image makes the schema itself; the lab copies a finished one",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "PostgreSQL instead of SQLite",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS": "SQLite has one writer to wait for",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONNECT_ARGS_ASYNC": "SQLite has one writer to wait for",
    "AIRFLOW__CORE__FERNET_KEY": "a secret of each installation",
    "AIRFLOW__API__SECRET_KEY": "a secret of each installation",
    "AIRFLOW__API_AUTH__JWT_SECRET": "a secret of each installation",
}  # fmt: skip


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The compose file with its anchors resolved."""
    return dict(yaml.safe_load((ROOT / "docker-compose.yaml").read_text()))


@pytest.fixture(scope="module")
def state() -> LabState:
    """A lab with everything, never started."""
    return merge(None, LabOptions(airflow=True), lambda names: {name: 20000 + i for i, name in enumerate(names)})


def _lab_files(state: LabState, site: str) -> dict[str, str]:
    layout, java, view = LabFolders(Path("/root of the lab")), Java("java", "marker"), site_view(site, state)
    jars = {module: Path("/jars") / module for module in ("hadoop", "zookeeper")}
    specs = HdfsDaemons(layout, java, view, jars, Path("/webapps.jar"), state.ports, state.datanodes).specs()
    specs.append(metastore(layout, java, view, ("/jars/*",), Path("/schema")))
    files = {path: text for spec in specs for path, text in spec.files.items()}
    return {f"{path.parent.name.replace('.', '-')}/{path.name}": text for path, text in files.items()}


def _settings(name: str, text: str) -> dict[str, str]:
    if name.endswith(".xml"):
        return properties(text)
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("site", SITES)
def test_every_setting_is_the_lab_s_or_has_a_reason(state: LabState, site: str) -> None:
    ours, theirs = _lab_files(state, site), compose.site_files(site)
    # The image has a logging configuration of its own.
    assert set(ours) - set(theirs) == {f"{site}-metastore/log4j2.properties"}
    assert set(theirs) <= set(ours)
    differing = set()
    for name, text in theirs.items():
        lab, other = _settings(name, ours[name]), _settings(name, text)
        differing |= {key for key in lab.keys() | other.keys() if lab.get(key) != other.get(key)}
    assert differing - set(DIFFERENCES) == set()


def test_every_airflow_setting_is_the_lab_s_or_has_a_reason(state: LabState) -> None:
    assert state.airflow is not None
    lab = environment(LabFolders(Path("/x")), state.ports, state.airflow)
    other = compose.airflow_environment("s", "p")
    assert {key for key in lab.keys() | other.keys() if lab.get(key) != other.get(key)} <= set(DIFFERENCES)


def test_no_reason_is_left_over(state: LabState) -> None:
    assert state.airflow is not None
    lab = environment(LabFolders(Path("/x")), state.ports, state.airflow)
    other = compose.airflow_environment("s", "p")
    used = {key for key in lab if lab[key] != other.get(key)}
    for site in SITES:
        ours = _lab_files(state, site)
        for name, text in compose.site_files(site).items():
            left, right = _settings(name, ours[name]), _settings(name, text)
            used |= {key for key in left.keys() | right.keys() if left.get(key) != right.get(key)}
    assert used == set(DIFFERENCES)


def test_both_sites_and_all_of_airflow_are_there(document: dict[str, Any]) -> None:
    parts = ("zookeeper", "namenode", "datanode1", "datanode2", "metastore")
    wanted = {f"{site}-{part}" for site in SITES for part in parts}
    wanted |= {f"airflow-{part}" for part in ("migrate", "apiserver", "scheduler", "dagprocessor", "triggerer")}
    assert set(document["services"]) == {*wanted, "postgres"}


def test_every_mounted_file_is_written(document: dict[str, Any], tmp_path: Path) -> None:
    compose.write(tmp_path)
    for name, service in document["services"].items():
        sources = [entry.split(":")[0] for entry in service.get("volumes", ())]
        files = [*sources, *([service["env_file"]] if "env_file" in service else [])]
        for file in files:
            if ".compose/" in file:
                assert (tmp_path / file).exists(), f"{name} mounts {file}"
            elif not file.startswith("."):
                assert file in document["volumes"], f"{name} uses the volume {file}"


def test_services_find_each_other_by_the_names_in_their_settings(document: dict[str, Any]) -> None:
    text = "".join(text for site in SITES for text in compose.site_files(site).values())
    text += str(compose.airflow_environment("s", "p")) + str(compose.state_document())
    hosts = set(re.findall(r"\b((?:east|west|airflow)-[a-z0-9]+):\d", text)) | {"postgres"}
    assert hosts <= set(document["services"])


def test_nothing_is_published_beyond_this_machine(document: dict[str, Any]) -> None:
    ports = [port for service in document["services"].values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_secrets_stay_the_same_and_are_closed_to_others(tmp_path: Path) -> None:
    folder = compose.write(tmp_path)
    first = (folder / "airflow.env").read_text()
    assert compose.write(tmp_path) == folder
    assert (folder / "airflow.env").read_text() == first
    assert folder.stat().st_mode & 0o077 == 0


def test_the_image_is_built_from_the_lock(document: dict[str, Any]) -> None:
    recipe = document["services"]["airflow-scheduler"]["build"]["dockerfile_inline"]
    assert "--require-hashes -r /opt/hadoop-dr/requirements.lock" in recipe
    for line in recipe.splitlines():
        if line.startswith("COPY"):
            for source in line.split()[2:-1]:
                assert (ROOT / PurePosixPath(source)).exists(), source


def test_whoever_is_waited_for_can_become_what_is_waited_for(document: dict[str, Any]) -> None:
    services = document["services"]
    for name, service in services.items():
        for other, condition in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}"
            if condition["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for the health of {other}"
