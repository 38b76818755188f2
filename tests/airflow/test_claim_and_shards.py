"""When the last word of a run may come: no claim is given back while a task of the run still works (I3)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState

pytestmark = pytest.mark.usefixtures("database")


def due(run_id: str, dag: Any, states: dict[tuple[str, int], str | None]) -> set[str]:
    """The tasks that a scheduler would start now if the run's tasks stood like this."""
    with create_session() as session:
        run = session.query(DagRun).filter(DagRun.run_id == run_id).one()
        run.dag, run.state = dag, DagRunState.RUNNING
        for task in run.get_task_instances(session=session):
            task.state = states.get((task.task_id, task.map_index))
        session.flush()
        found: set[str] = set()
        for _ in range(8):  # what failed is handed on task by task
            ready, _ = run.update_state(session=session, execute_callbacks=False)
            found |= {task.task_id for task in ready}
        session.rollback()
        return found


def test_a_run_one_of_whose_shards_failed_gives_nothing_back_while_another_one_works(backup: Any, facade: Any) -> None:
    from airflow.models.serialized_dag import SerializedDagModel

    done = backup.test(logical_date=datetime.now(UTC))
    dag = SerializedDagModel.get_dag("backup__billing")
    before = {(name, -1): "success" for name in ("preflight", "moment", "plan")}
    failed = {("stage", 0): "failed", ("stage", 1): "success"}
    assert due(done.run_id, dag, {**before, **failed, ("stage", 2): "running"}) == set()
    assert due(done.run_id, dag, {**before, **failed, ("stage", 2): "success"}) == {"sealed"}
