"""What Airflow learns from the entry points."""

from __future__ import annotations

import json
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from airflow.sdk import Connection

import airflow
from hadoop_dr.domain.errors import BadInput
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


def test_the_form_of_the_connection_has_no_field_that_nothing_uses() -> None:
    [kind] = get_provider_info()["connection-types"]
    assert kind["connection-type"] == "hadoop_cluster"
    assert {"host", "port", "schema", "password", "extra"} <= set(kind["ui-field-behaviour"]["hidden-fields"])
    assert "conn-fields" not in kind
    assert kind["hook-class-name"] == f"{HadoopClusterHook.__module__}.{HadoopClusterHook.__name__}"


def a_connection(monkeypatch: pytest.MonkeyPatch, **fields: Any) -> HadoopClusterHook:
    held = Connection(conn_id="hadoop_east", conn_type="hadoop_cluster", **fields)
    monkeypatch.setenv("AIRFLOW_CONN_HADOOP_EAST", held.get_uri())
    return HadoopClusterHook("hadoop_east")


def test_the_hook_gives_the_user_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert a_connection(monkeypatch, login="dr@EAST").get_conn() == {"login": "dr@EAST"}
    assert a_connection(monkeypatch).get_conn() == {}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"password": "s3cret-ü"}, "the field password"),
        ({"host": "nn.east"}, "the field host"),
        ({"port": 8020}, "the field port"),
        ({"schema": "x"}, "the field schema"),
        ({"extra": '{"keytab": "/s3cret"}'}, "the field keytab"),
        ({"extra": '{"tls_ca": "/s3cret", "zookeeper_digest": "u:s3cret"}'}, "the fields tls_ca, zookeeper_digest"),
    ],
)
def test_a_field_that_nothing_uses_is_refused_by_name_and_its_value_is_not_told(
    monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadInput) as refused:
        a_connection(monkeypatch, login="dr", **fields).get_conn()
    assert str(refused.value).startswith(f"connection hadoop_east: this version does not use {named}. Take it out")
    assert "s3cret" not in str(refused.value)
