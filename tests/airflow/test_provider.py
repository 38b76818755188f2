"""What Airflow learns from the entry points."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path

import jsonschema
import pytest
from airflow.sdk import Connection

import airflow
from hadoop_dr_airflow.hooks import HadoopClusterHook
from hadoop_dr_airflow.provider import get_provider_info


def test_the_description_fits_airflows_own_schema() -> None:
    schema = Path(airflow.__file__).parent / "provider_info.schema.json"
    jsonschema.validate(get_provider_info(), json.loads(schema.read_text("utf-8")))


def test_provider_and_plugin_are_found_by_entry_point_and_only_once() -> None:
    for group, name in (("apache_airflow_provider", "provider_info"), ("airflow.plugins", "hadoop_dr")):
        found = [point for point in entry_points(group=group) if point.value.startswith("hadoop_dr_airflow")]
        assert [(point.name, callable(point.load())) for point in found] == [(name, True)]


def test_nothing_below_the_plugin_folder_is_loaded_a_second_time(dags_folder: Path) -> None:
    ignored = (dags_folder.parent / "plugins/.airflowignore").read_text("utf-8")
    assert "**" in ignored.split()


def test_the_connection_has_fields_for_credentials_and_none_for_addresses() -> None:
    [kind] = get_provider_info()["connection-types"]
    assert kind["connection-type"] == "hadoop_cluster"
    assert {"host", "port", "schema"} <= set(kind["ui-field-behaviour"]["hidden-fields"])
    assert kind["hook-class-name"] == f"{HadoopClusterHook.__module__}.{HadoopClusterHook.__name__}"


def test_the_hook_gives_the_credentials_that_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    held = Connection(conn_id="hadoop_east", conn_type="hadoop_cluster", login="dr@EAST", extra='{"keytab": "/a b/k"}')
    monkeypatch.setenv("AIRFLOW_CONN_HADOOP_EAST", held.get_uri())
    assert HadoopClusterHook("hadoop_east").get_conn() == {"login": "dr@EAST", "keytab": "/a b/k"}
