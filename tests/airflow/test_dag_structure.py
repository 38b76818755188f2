"""What the DAGs look like, and that they survive Airflow's own handling of them."""

from __future__ import annotations

import copy
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization

from hadoop_dr_airflow.factory import build_arbitrations, build_backups
from hadoop_dr_airflow.timetables import MomentTimetable

CHAIN = ["preflight", "moment", "plan", "stage", "place", "verify", "seal"]


@pytest.fixture
def shipped(dags_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The DAG folder as it is shipped, with the shipped pair and policy."""
    monkeypatch.setenv("HADOOP_DR_HOME", str(dags_folder.parent))
    return DagBag(str(dags_folder))


def test_the_shipped_folder_loads_without_an_error(shipped: DagBag) -> None:
    assert shipped.import_errors == {}
    assert {"backup__billing", "arbitrate__east-west", "failover__east-west"} <= set(shipped.dags)


def test_every_dag_comes_back_from_its_serialised_form_the_same(shipped: DagBag) -> None:
    for dag in shipped.dags.values():
        once = DagSerialization.to_dict(dag)
        again = DagSerialization.from_dict(once)
        assert set(again.task_dict) == set(dag.task_dict)
        assert DagSerialization.to_dict(dag) == once


def test_parsing_twice_gives_the_same_dag(backup: Any, home: Any) -> None:
    assert DagSerialization.to_dict(build_backups()["backup__billing"]) == DagSerialization.to_dict(backup)


def test_the_stages_stand_in_order_and_the_ledger_has_the_last_word(backup: Any) -> None:
    for earlier, later in pairwise(CHAIN):
        more = {"place"} if earlier == "plan" else set()  # nothing to stage is a reason to go on
        assert backup.get_task(earlier).downstream_task_ids - {"sealed"} == {later} | more
    assert backup.get_task("sealed").upstream_task_ids == {"stage", "seal"}
    assert backup.get_task("seal").downstream_task_ids == {"prune", "sealed"}
    assert {task.task_id for task in backup.leaves} == {"prune", "sealed"}
    assert backup.get_task("sealed").trigger_rule == "all_done"
    assert backup.get_task("place").trigger_rule == "none_failed_min_one_success"
    assert {task.trigger_rule for task in backup.tasks if task.task_id not in ("place", "sealed")} == {"all_success"}
    assert backup.get_task("stage").is_mapped


def test_every_task_is_tried_again_and_uses_the_default_pool(backup: Any) -> None:
    for task in backup.tasks:
        assert (task.retries, task.pool) == (3, "default_pool"), task.task_id
        assert task.retry_policy is not None, task.task_id


def test_the_pair_has_a_pool_of_its_own_where_the_installation_says_so(
    home: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__HADOOP_DR__POOL_PER_PAIR", "True")
    home.policy("billing")
    dag = build_backups()["backup__billing"]
    assert {task.pool for task in dag.tasks} == {"hadoop_dr_east-west"}


def test_runs_do_not_overlap_are_not_made_up_for_and_cannot_be_backfilled(backup: Any) -> None:
    assert (backup.max_active_runs, backup.catchup) == (1, False)
    assert "backfill" not in {kind.value for kind in backup.allowed_run_types}
    assert isinstance(backup.timetable, MomentTimetable)


def test_sealing_speaks_of_one_asset_whose_address_stays_as_it_is(backup: Any) -> None:
    assert [(asset.name, asset.uri) for asset in backup.get_task("seal").outlets] == [
        ("hadoop-dr/east-west/billing", "hadoop-dr://east-west/billing")
    ]
    assert all(not task.outlets for task in backup.tasks if task.task_id != "seal")


@pytest.mark.parametrize("params", [
    {}, {"moment": "2026-11-20T02:00:00Z"}, {"moment": "2026-11-20T02:00:00.123+01:00"}, {"mode": "full"},
    {"transfer": "push", "reason": "before the ü e%20 change"},
])
def test_the_form_takes_what_a_run_can_be_told(backup: Any, params: dict[str, str]) -> None:
    assert filled(backup, params)["moment"] == params.get("moment")


@pytest.mark.parametrize("params", [
    {"moment": "tomorrow"}, {"moment": "2026-11-20"}, {"moment": "2026-11-20T02:00:00"}, {"mode": "half"},
    {"transfer": "drag"}, {"reason": "x" * 501}, {"mode": 7},
    {"approve_deletions": "perhaps"}, {"change_roots": "perhaps"}, {"approve_change_of_roots": 1},
])
def test_the_form_refuses_what_no_run_can_be_told(backup: Any, params: dict[str, Any]) -> None:
    with pytest.raises(Exception, match="Invalid input"):
        filled(backup, params)


def filled(dag: Any, params: dict[str, Any]) -> dict[str, Any]:
    """Fills the form in as Airflow does."""
    form = copy.deepcopy(dag.params)
    form.update(params)
    return dict(form.validate())


def test_arbitration_watches_decides_and_announces_over_and_over(home: Any) -> None:
    dag = build_arbitrations()["arbitrate__east-west"]
    assert dag.get_task("watch_identity").downstream_task_ids == {"arbitrate"}
    assert dag.get_task("arbitrate").downstream_task_ids == {"announce"}
    assert dag.max_active_runs == 1
    assert type(dag.timetable).__name__ == "ContinuousTimetable"


@pytest.mark.parametrize(("site", "built"), [("", True), ("east", True), ("west", True), ("north", False)])
def test_a_controller_of_another_pair_leaves_this_one_alone(
    home: Any, monkeypatch: pytest.MonkeyPatch, site: str, built: bool
) -> None:
    monkeypatch.setenv("HADOOP_DR_SITE", site)
    assert bool(build_arbitrations()) is built


def test_cron_and_period_both_become_the_timetable_of_moments(home: Any) -> None:
    home.policy("hourly", "service: hourly\npair: east-west\nprotect: [{hdfs: /h}]\ncron: '5 * * * *'\n")
    dag = build_backups()["backup__hourly"]
    assert (dag.timetable.summary, dag.timetable.serialize()["cron"]) == ("5 * * * *", "5 * * * *")
