"""Broken policies, and how much a task process builds of a thousand (fault 73)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from hadoop_dr_airflow.factory import build_arbitrations, build_backups

WANTED = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"


@pytest.fixture
def folder(dags_folder: Path) -> Any:
    return lambda: DagBag(str(dags_folder))


def test_a_broken_policy_is_one_error_with_file_and_line_and_the_others_live(home: Any, folder: Any) -> None:
    home.policy("billing")
    home.policy("payroll", "service: payroll\npair: east-west\nprotcet: [{hdfs: /p}]\n")
    bag = folder()
    assert {"backup__billing", "arbitrate__east-west"} == set(bag.dags)
    [(file, error)] = bag.import_errors.items()
    assert file.endswith("broken_policies.py")
    assert "include/policies/payroll.yaml:3: unknown key 'protcet'. Did you mean 'protect'?" in error


def test_several_broken_policies_stand_in_one_error_each_on_its_line(home: Any, folder: Any) -> None:
    for service in ("a", "b"):
        home.policy(service, f"service: {service}\npair: east-west\n")
    home.policy("c", "service: [\n")
    bag = folder()
    [error] = bag.import_errors.values()
    assert [line.partition(":")[0] for line in error.splitlines() if line.startswith("include/")] == [
        f"include/policies/{service}.yaml" for service in ("a", "b", "c")
    ]


def test_a_mended_policy_takes_its_error_away(home: Any, folder: Any) -> None:
    home.policy("billing", "service: billing\n")
    assert folder().import_errors
    home.policy("billing")
    assert folder().import_errors == {}


def test_a_task_process_does_not_stumble_over_another_services_broken_policy(
    home: Any, folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.policy("billing")
    home.policy("payroll", "service: payroll\n")
    monkeypatch.setenv(WANTED, "backup__billing")
    bag = folder()
    assert set(bag.dags) == {"backup__billing"}
    assert bag.import_errors == {}


def test_of_a_thousand_policies_a_task_process_builds_one(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        home.policy(f"service-{number}")
    monkeypatch.setenv(WANTED, "backup__service-700")
    begun = time.monotonic()
    built = build_backups()
    print(f"one of a thousand: {time.monotonic() - begun:.2f} s")
    assert list(built) == ["backup__service-700"]
    assert build_arbitrations() == {}


@pytest.mark.parametrize("wanted", ["arbitrate__east-west", "somebody-elses", "backup__gone"])
def test_a_task_process_of_another_dag_builds_no_backup(
    home: Any, monkeypatch: pytest.MonkeyPatch, wanted: str
) -> None:
    home.policy("billing")
    monkeypatch.setenv(WANTED, wanted)
    assert build_backups() == {}
