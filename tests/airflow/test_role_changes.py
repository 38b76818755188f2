"""The DAG with which a person makes the other site primary: it shows the facts, waits, and does what was answered."""

from __future__ import annotations

import sys
import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk.definitions.param import ParamsDict
from airflow.sdk.exceptions import ParamValidationError

from hadoop_dr_airflow.factory import build_failovers
from hadoop_dr_airflow.role_changes import facts_page

pytestmark = pytest.mark.usefixtures("database")
REASON = "Dublin burns | 100 % `now`"
PARAMS = {"to": "west", "reason": REASON, "force": False}


def document(**more: Any) -> dict[str, Any]:
    lost = {"files": ["/data/a b | `ü` %2F\n* x", "/data/c"], "tables": [], "unknown": True}
    return {
        "pair": "east-west", "from": "east", "to": "west", "epoch": 1, "fence": "forced",
        "points": {"billing": "20261120T020000.000Z"}, "rpo_seconds": {"billing": 5025.4},
        "in_flight": {"billing": {"point": "20261120T030000.000Z", "ending": "undo"}},
        "lost": {"billing": lost, "crm": {"files": [], "tables": [], "unknown": False}},
        "checks": [{"name": "namenode", "state": "ok", "detail": "west serves", "remedy": ""},
                   {"name": "services", "state": "warn", "detail": "crm stays closed", "remedy": "See it"}],
        "closed": {}, "access": "west", "warnings": [],
    } | more  # fmt: skip


@dataclass
class Product:
    """Stands where the product stands, and writes down what it is asked."""

    closed: dict[str, str] = field(default_factory=dict)
    against: str = ""
    done: list[Mapping[str, Any]] = field(default_factory=list)
    refused: list[tuple[Any, ...]] = field(default_factory=list)

    def failover_pair(self, pair: str, to: str, run_id: str, by: str, reason: str, **how: Any) -> dict[str, Any]:
        if how.get("dry_run"):
            against = [{"name": "roles", "state": "fail", "detail": self.against, "remedy": "Wait."}]
            return document(checks=against) if self.against else document()
        self.done.append({"to": to, "run": run_id, "by": by, "reason": reason, **how})
        return document(closed=self.closed, epoch=2)

    def refuse_change(self, *told: Any, users: Any) -> None:
        self.refused.append(told)


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Product:
    made, module = Product(), types.ModuleType("hadoop_dr.bootstrap")
    module.failover_pair = made.failover_pair  # type: ignore[attr-defined]
    module.refuse_change = made.refuse_change  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "hadoop_dr.bootstrap", module)
    return made


@pytest.fixture
def answered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answers for a person; Airflow's own run of a DAG in one process has nobody who could."""

    def by(option: str) -> list[str]:
        bodies: list[str] = []

        def answer(task: Any, context: Any) -> Any:
            bodies.append(task.body)
            user = {"id": "u1", "name": "anna"}
            event = {"chosen_options": [option], "params_input": {}, "responded_at": datetime.now(UTC)}
            return task.execute_complete(context, {**event, "responded_by_user": user})

        monkeypatch.setattr(HITLOperator, "execute", answer)
        return bodies

    return by


@pytest.fixture
def failover(home: Any) -> Any:
    return build_failovers()["failover__east-west"]


def run(dag: Any) -> dict[str, str]:
    made = dag.test(run_conf=PARAMS, logical_date=None)
    return {ti.task_id: str(ti.state) for ti in made.get_task_instances()}


def test_a_failover_is_carried_out_under_the_name_of_the_person_who_saw_the_facts(
    failover: Any, product: Product, answered: Any
) -> None:
    shown = answered("Approve")
    assert set(run(failover).values()) == {"success"}
    assert shown == [facts_page("failover", document())]
    [done] = product.done
    assert (done["to"], done["by"], done["reason"]) == ("west", "anna through Airflow", REASON)
    assert (done["approve"], done["force"]) == (True, False)


def test_a_refusal_is_recorded_and_nothing_changes(failover: Any, product: Product, answered: Any) -> None:
    answered("Refuse")
    assert run(failover) == {"look": "success", "ask": "success", "failover": "skipped"}
    [(pair, what, _, by, reason)] = product.refused
    assert (pair, what, by, reason) == ("east-west", "failover to west", "anna through Airflow", REASON)
    assert not product.done


def test_nobody_is_asked_while_something_stands_against_it(failover: Any, product: Product, answered: Any) -> None:
    product.against = "west does not answer"
    shown = answered("Approve")
    assert run(failover) == {"look": "failed", "ask": "upstream_failed", "failover": "upstream_failed"}
    assert not shown
    assert not product.done


def test_a_failover_that_leaves_services_closed_does_not_look_done(
    failover: Any, product: Product, answered: Any
) -> None:
    product.closed = {"crm": "its tree is not there"}
    answered("Approve")
    assert run(failover)["failover"] == "failed"


def test_no_name_breaks_the_page_that_a_person_decides_on() -> None:
    page = facts_page("failover", document())
    [row] = [line for line in page.splitlines() if line.startswith("| `billing`")]
    assert row.replace("\\|", "").count("|") == 6
    assert "/data/a b \\| 'ü' %2F * x" in row
    assert "5,025 s" in row
    assert "undo of `20261120T030000.000Z`" in row
    assert "more is not known" in row
    assert "\n* WARN crm stays closed. See it" in page
    assert "west serves" not in page


def test_a_page_of_very_many_services_stays_short() -> None:
    one = {"files": [], "tables": [], "unknown": False}
    page = facts_page("failover", document(lost={f"s{n:05}": one for n in range(1_500)}))
    assert page.count("\n| `s") == 50
    assert page.endswith("and 1450 more services")


def test_only_a_person_starts_it_and_it_waits_for_no_switch(failover: Any) -> None:
    assert failover.schedule is None
    assert set(failover.allowed_run_types) == {"manual"}
    assert failover.is_paused_upon_creation is False
    assert {(task.retries, task.retry_policy is not None) for task in failover.tasks} == {(3, True)}
    params = ParamsDict(failover.params)
    assert params.get_param("to").schema["enum"] == ["east", "west"]
    for name, odd in (("to", "north"), ("reason", "  ")):
        with pytest.raises(ParamValidationError):
            params.get_param(name).resolve(odd)


def test_only_the_approvers_of_the_installation_may_answer(home: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__HADOOP_DR__APPROVERS", "anna, bert")
    dag = build_failovers()["failover__east-west"]
    assert dag.get_task("ask").assigned_users == [{"id": one, "name": one} for one in ("anna", "bert")]
