"""Broken policies, and how much a task process builds of a thousand (fault 73)."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag

from hadoop_dr_airflow.factory import build_arbitrations, build_backups

WANTED = "_AIRFLOW_PARSING_CONTEXT_DAG_ID"

OF_PAIR = {"arbitrate__east-west", "failover__east-west", "monitor__east-west"}


@pytest.fixture
def folder(dags_folder: Path) -> Any:
    return lambda: DagBag(str(dags_folder))


def test_a_broken_policy_is_one_error_with_file_and_line_and_the_others_live(home: Any, folder: Any) -> None:
    home.policy("billing")
    home.policy("payroll", "service: payroll\npair: east-west\nprotcet: [{hdfs: /p}]\n")
    bag = folder()
    assert {"backup__billing", *OF_PAIR} == set(bag.dags)
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


def test_pairs_and_positions_that_do_not_count_are_in_the_same_one_error_and_other_dags_live(
    home: Any, folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = home.path / "include/pairs"
    sound = (pairs / "east-west.yaml").read_text()
    (pairs / "broken #ü.yaml").write_text(sound.replace("east-west", "north-south") + "nodemap: {}\n")
    for file in ("one", "two"):
        (pairs / f"{file}.yaml").write_text(sound.replace("east-west", "up-down").replace("lab: ", "lab: x"))
    home.policy("billing")
    for service, pair in (("on-broken", "north-south"), ("on-doubled", "up-down"), ("on-nothing", "est-west")):
        home.policy(service, f"service: {service}\npair: {pair}\nprotect: [{{hdfs: /data/{service}}}]\n")
    for file in ("x", "y"):
        home.policy("twice", "service: twice\npair: east-west\nprotect: [{hdfs: /d}]\n", file=f"{file}.yaml")
    (home.path / "include/policies/be low").mkdir()
    home.policy("unseen", file="be low/unseen.yaml")
    monkeypatch.setenv("HADOOP_DR_SITE", "esat")
    bag = folder()
    assert set(bag.dags) == {"backup__billing"}, "who stands nowhere arbitrates nothing"
    [(file, error)] = bag.import_errors.items()
    assert file.endswith("broken_policies.py")
    assert [line.partition(": ")[0] for line in error.splitlines() if line.startswith(("include/", "HADOOP"))] == [
        "include/pairs/broken #ü.yaml:6", "include/pairs/one.yaml", "include/pairs/two.yaml",
        "include/policies/be low", "include/policies/on-broken.yaml:2", "include/policies/on-doubled.yaml:2",
        "include/policies/on-nothing.yaml:2", "include/policies/x.yaml", "include/policies/y.yaml",
        "HADOOP_DR_SITE=esat",
    ]  # fmt: skip
    assert "x.yaml: the service 'twice' is in include/policies/y.yaml too" in error


@pytest.mark.parametrize("what", ["pairs", "policies"])
def test_a_folder_that_cannot_be_read_is_one_error(home: Any, folder: Any, what: str) -> None:
    home.policy("billing")
    path = home.path / "include" / what
    path.rename(path.with_name("moved"))
    path.symlink_to(path)
    bag = folder()
    assert set(bag.dags) == (OF_PAIR if what == "policies" else set())
    [error] = bag.import_errors.values()
    assert f"include/{what}: cannot be read" in error


def test_a_home_that_is_not_there_is_one_error_and_not_one_of_each_file(
    home: Any, folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADOOP_DR_HOME", str(home.path / "gone"))
    bag = folder()
    assert not bag.dags
    [error] = bag.import_errors.values()
    assert "there is no include/pairs in it" in error
    monkeypatch.setenv(WANTED, "backup__billing")
    assert "there is no include/pairs in it" in str(folder().import_errors), "a task is told why it has no DAG"


def test_a_controller_at_another_pair_has_none_of_this_ones_dags_and_no_error(
    home: Any, folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "pair: north-south\nsites: {north: {lab: n}, south: {lab: s}}\ninitial_primary: north\n"
    (home.path / "include/pairs/north-south.yaml").write_text(text)
    home.policy("billing")
    home.policy("payroll", "service: payroll\npair: north-south\nprotect: [{hdfs: /p}]\n")
    monkeypatch.setenv("HADOOP_DR_SITE", "south")
    bag = folder()
    theirs = {"backup__payroll", *(f"{what}__north-south" for what in ("arbitrate", "failover", "monitor"))}
    assert (set(bag.dags), bag.import_errors) == (theirs, {})


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
