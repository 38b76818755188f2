"""A service of very many roots through Airflow's own components: what its tasks are, and how long each takes.

An unchanged one makes no staging task, one of whose roots all changed no more than ``stage_tasks``; every other task is
there once, whatever the number of roots (Airflow by default maps a task 1,024 times at most).
``HADOOP_DR_BENCH_AIRFLOW_ROOTS`` (1,500,1500) chooses the numbers.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.many_roots import many_roots
from bench.scene import Bench, bench_home, say, sizes
from support.airflow import Airflow, eventually, running
from support.home import USER
from support.installation import TIMES

pytestmark = [pytest.mark.bench, pytest.mark.lab, pytest.mark.timeout(3600)]
ROOTS = sizes("HADOOP_DR_BENCH_AIRFLOW_ROOTS", "1,500,1500")
ONCE = ("preflight", "moment", "plan", "place", "verify", "seal", "prune", "sealed")
MOST_STAGED = 16
_PATIENCE_S = 1500.0


def service(roots: int) -> str:
    return f"many-{roots}"


@pytest.fixture
def bench(lab: object, tmp_path: Path) -> Iterator[Bench]:
    with bench_home(tmp_path / "home") as home:
        yield home


@pytest.fixture
def airflow(bench: Bench, tmp_path: Path) -> Iterator[Airflow]:
    def fill() -> None:
        for roots in ROOTS:
            many_roots(bench, service(roots), roots, period="24h")

    extra = {"HADOOP_DR_HOME": str(bench.path), "HADOOP_USER_NAME": USER, **TIMES}
    with running(Airflow(tmp_path / "af", bench.path, extra, answer_s=300), fill) as found:
        yield found


def test_services_of_very_many_roots(bench: Bench, airflow: Airflow) -> None:
    for roots in ROOTS:
        dag_id = f"backup__{service(roots)}"
        eventually(lambda dag_id=dag_id: airflow.knows(dag_id), 120, dag_id)
        ran(airflow, dag_id, "first", roots)
        assert ran(airflow, dag_id, "unchanged", roots) == 0
        bench.some_files([f"{root}/f" for root in roots_of(bench, roots)])
        assert 1 <= ran(airflow, dag_id, "every root changed", roots) <= MOST_STAGED


def roots_of(bench: Bench, roots: int) -> list[str]:
    return [f"{bench.folder}/{service(roots)}/root {n} ü%20+" for n in range(roots)]


def ran(airflow: Airflow, dag_id: str, what: str, roots: int) -> int:
    """Has one run come to its seal, says what its tasks were, and gives how many of them staged."""
    begun_s = time.monotonic()
    run_id = airflow.trigger(dag_id)
    state = airflow.ended(dag_id, run_id, _PATIENCE_S)
    took_s = time.monotonic() - begun_s
    tasks = worked(airflow, dag_id, run_id)
    assert state == "success", tasks
    assert airflow.result(dag_id, run_id, "sealed")["state"] == "sealed"
    assert sorted(task["task_id"] for task in tasks if task["task_id"] != "stage") == sorted(ONCE)
    staged = [task for task in tasks if task["task_id"] == "stage"]
    seconds = {name: round(max(t["duration"] for t in tasks if t["task_id"] == name), 1) for name in ONCE}
    say(f"Airflow, {roots} roots, {what}", run_s=took_s, tasks=len(tasks), staging_tasks=len(staged), seconds=seconds,
        stage_s=sum(task["duration"] for task in staged))
    return len(staged)


def worked(airflow: Airflow, dag_id: str, run_id: str) -> list[dict[str, Any]]:
    """The tasks that a process was started for: one that is skipped costs none."""
    found = airflow.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=100")["task_instances"]
    return [task for task in found if task["state"] != "skipped"]
