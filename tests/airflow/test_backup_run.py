"""Whole runs of a backup DAG, with the facade of the stages replaced at the one place where tasks import it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow.models.xcom import XComModel
from airflow.sdk import Connection
from airflow.utils.session import create_session

from hadoop_dr.domain.errors import BadInput, Refused, Unreachable
from hadoop_dr_airflow.factory import build_backups
from hadoop_dr_airflow.operators import _wishes

pytestmark = pytest.mark.usefixtures("database")
ALL = ["preflight", "moment", "plan", "stage", "stage", "stage", "place", "verify", "seal"]


def run(dag: Any, params: dict[str, Any] | None = None) -> Any:
    return dag.test(logical_date=datetime.now(UTC), run_conf=params)


def states(done: Any) -> dict[str, str]:
    return {task.task_id: str(task.state) for task in done.get_task_instances() if task.map_index < 1}


def handed_on(done: Any) -> dict[tuple[str, str], Any]:
    with create_session() as session:
        rows = session.query(XComModel).filter(XComModel.run_id == done.run_id).all()
        return {(row.task_id, row.key): XComModel.deserialize_value(row) for row in rows}


def test_a_run_calls_every_stage_in_order_and_each_shard_once(backup: Any, facade: Any) -> None:
    done = run(backup)
    assert done.state == "success"
    assert facade.names()[:9] == ALL
    assert sorted(facade.names()[9:]) == ["prune", "sealed"]
    assert sorted(shard for name, shard in facade.calls if name == "stage") == [0, 1, 2]
    assert {(service, run_id) for service, run_id, _ in facade.opened} == {("billing", done.run_id)}


def test_what_is_handed_on_is_small_and_shards_are_numbers(backup: Any, facade: Any) -> None:
    done = run(backup)
    values = handed_on(done)
    assert values["plan", "return_value"] == [0, 1, 2]
    assert values["plan", "summary"]["bytes"] == 4096
    assert values["preflight", "return_value"]["moment"] == "2026-11-20T02:00:00.000Z"
    assert all(len(json.dumps(value)) < 1000 for value in values.values())


def test_what_is_handed_on_does_not_grow_with_the_number_of_roots(backup: Any, facade: Any) -> None:
    facade.roots = 1_500
    done = run(backup)
    assert done.state == "success"
    values = handed_on(done)
    assert values["moment", "return_value"]["snapshots"]["and more"] == 1_490
    assert all(len(json.dumps(value)) < 2_000 for value in values.values())


def test_the_seal_is_told_what_every_task_before_it_asked(backup: Any, facade: Any) -> None:
    assert run(backup).state == "success"
    told = [{"preflight": {"east": 1}}, {"moment": {"east": 1}}, {"plan": {"east": 1}}, {"place": {"east": 1}},
            {"verify": {"east": 1}}, *({"stage": {"east": 1 + shard}} for shard in range(3))]  # fmt: skip
    assert sorted(facade.asked, key=repr) == sorted(told, key=repr)


def test_a_service_without_a_change_has_no_task_of_staging_to_tell_of(backup: Any, facade: Any) -> None:
    facade.shards = 0
    assert run(backup).state == "success"
    assert sorted(name for one in facade.asked for name in one) == ["moment", "place", "plan", "preflight", "verify"]


def test_what_a_person_fills_in_reaches_preflight_in_utc(backup: Any, facade: Any) -> None:
    day = datetime.now(UTC).date() + timedelta(days=1)
    run(backup, {"moment": f"{day}T03:00:00.25+01:00", "mode": "full", "transfer": "push", "reason": "ü e%20",
                 "approve_deletions": True})
    assert facade.calls[0] == ("preflight", {
        "moment": f"{day}T02:00:00.250Z", "mode": "full", "transfer": "push", "reason": "ü e%20",
        "ticked": ["approve_deletions"],
    })


def test_a_change_of_roots_is_ordered_by_one_box_and_approved_by_another(backup: Any, facade: Any) -> None:
    run(backup, {"change_roots": True, "reason": "why"})
    run(backup, {"change_roots": True, "approve_change_of_roots": True, "reason": "why"})
    ticked = [wishes["ticked"] for name, wishes in facade.calls if name == "preflight"]
    assert ticked == [["change_roots"], ["approve", "change_roots"]]


def test_a_run_that_a_person_starts_without_a_moment_takes_it_at_once(backup: Any, facade: Any) -> None:
    run(backup)
    assert facade.calls[0] == ("preflight", {
        "moment": None, "mode": None, "transfer": None, "reason": None, "ticked": [],
    })


def test_a_form_with_a_moment_far_ahead_or_over_fails_before_anything_is_contacted(backup: Any, facade: Any) -> None:
    for moment in ("2099-01-01T00:00:00.000Z", "2020-01-01T00:00:00.000Z"):
        done = run(backup, {"moment": moment})
        assert states(done)["preflight"] == "failed"
        assert "preflight" not in facade.names()


def test_a_form_with_a_moment_of_no_calendar_fails_with_one_line_of_ours(
    backup: Any, facade: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert states(run(backup, {"moment": "2026-02-30T00:00:00Z"}))["preflight"] == "failed"
    assert "preflight" not in facade.names()
    [first, *_] = [r.getMessage() for r in caplog.records if r.getMessage().startswith("error: ")]
    assert first.startswith("error: moment '2026-02-30T00:00:00Z': is not a time. Write it with its zone")


@pytest.mark.parametrize("moment", ["2026-11-20T24:00Z", "2026-11-20T02:00:00+99:99", "0001-01-01T00:00:00+23:59",
                                    "9999-12-31T23:59:59-23:59", "2026-11-20T02:00Z\n"])  # fmt: skip
def test_a_moment_that_only_looks_like_one_is_refused_by_name(moment: str) -> None:
    wished: Any = {"params": {"moment": moment}, "dag_run": None}
    with pytest.raises(BadInput, match="is not a time"):
        _wishes(wished)


def test_a_failed_stage_fails_the_run_and_the_ledger_is_asked_all_the_same(backup: Any, facade: Any) -> None:
    facade.failing["verify"] = [Refused("billing", "the copies differ")]
    done = run(backup)
    assert done.state == "failed"
    assert facade.names().count("verify") == 1
    assert states(done)["sealed"] == "failed"
    assert states(done)["prune"] == "upstream_failed"


@pytest.mark.parametrize(
    ("stage", "error"),
    [("preflight", Refused("a b", "")), ("stage", RuntimeError("its worker is gone")), ("seal", Refused("a b", ""))],
    ids=["preflight", "stage", "seal"],
)
def test_a_run_that_failed_gives_its_claim_back_once_no_other_task_of_it_will_come(
    backup: Any, facade: Any, stage: str, error: Exception
) -> None:
    """The leaf does it, which runs whatever became of the others."""
    facade.failing[stage] = [error] * (3 if stage == "stage" else 1)
    assert run(backup).state == "failed"
    assert facade.names()[-1] == "give_back"
    assert facade.names().count("give_back") == 1


def test_a_task_that_is_tried_again_finds_its_claim(home: Any, facade: Any) -> None:
    home.policy("tries")
    facade.failing["place"] = [Unreachable("west", "no answer")] * 2
    assert run(build_backups()["backup__tries"]).state == "success"
    assert "give_back" not in facade.names()


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Refused("/data/a\nb", "holds two lines", "Rename it"), "error: /data/a b: holds two lines. Rename it"),
        (KeyError("n"), "error: task backup__billing verify: ended by KeyError: 'n'. This is a fault of hadoop-dr"),
    ],
)
def test_the_log_of_a_failed_task_ends_with_one_line_of_ours(
    backup: Any, facade: Any, caplog: pytest.LogCaptureFixture, error: Exception, said: str
) -> None:
    facade.failing["verify"] = [error]
    done = run(backup)
    assert states(done)["verify"] == "failed"
    lines = [record.getMessage() for record in caplog.records if record.name.startswith("airflow.task")]
    assert next(line for line in lines if line.startswith("error: ")).startswith(said), lines


def test_a_service_without_a_change_stages_nothing_and_seals_a_point(backup: Any, facade: Any) -> None:
    """No task for what is not there: one less than a service with a change has."""
    facade.shards = 0
    done = run(backup)
    assert done.state == "success"
    assert facade.names()[:6] == ["preflight", "moment", "plan", "place", "verify", "seal"]
    assert sorted(facade.names()[6:]) == ["prune", "sealed"]
    assert {name for name, state in states(done).items() if state == "skipped"} == {"stage"}


def test_a_shard_that_fails_for_good_is_no_plan_without_one(backup: Any, facade: Any) -> None:
    facade.failing["stage"] = [Refused("/data/a", "is not to be read")] * 3
    done = run(backup)
    assert done.state == "failed"
    assert "place" not in facade.names()
    assert (states(done)["place"], states(done)["sealed"]) == ("upstream_failed", "failed")


def test_a_prune_that_fails_shows_although_the_point_is_sealed(backup: Any, facade: Any) -> None:
    facade.failing["prune"] = [Refused("billing", "a pin is in the way")]
    done = run(backup)
    assert (done.state, states(done)["sealed"]) == ("failed", "success")


def test_the_controller_that_does_not_act_skips_without_a_fault(backup: Any, facade: Any) -> None:
    facade.acts = {"acts": False, "why": "the controller at west carries out transfer pull"}
    done = run(backup)
    assert done.state == "success"
    assert set(states(done).values()) == {"skipped"}
    assert facade.calls == []


def test_a_passing_failure_is_tried_again_and_the_run_ends_sealed(home: Any, facade: Any) -> None:
    home.policy("again")
    dag = build_backups()["backup__again"]
    facade.failing["place"] = [Unreachable("west", "no answer")]
    done = run(dag)
    assert done.state == "success"
    assert facade.names().count("place") == 2
    assert 2 in {try_no for _, _, try_no in facade.opened}


def connection(monkeypatch: pytest.MonkeyPatch, site: str, login: str | None, **more: str) -> None:
    held = Connection(conn_id=f"hadoop_{site}", conn_type="hadoop_cluster", login=login, **more)  # type: ignore[arg-type]
    monkeypatch.setenv(f"AIRFLOW_CONN_HADOOP_{site.upper()}", held.get_uri())


def test_the_user_of_a_connection_reaches_every_stage_and_nothing_of_it_is_handed_on_or_logged(
    backup: Any, facade: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """A principal becomes its short name; a site without a connection has the user of the environment (fault 77)."""
    connection(monkeypatch, "east", "drrobot/gateway@EAST")
    connection(monkeypatch, "west", None)
    caplog.set_level("DEBUG")
    done = run(backup)
    assert done.state == "success"
    assert facade.users == [{"east": "drrobot"}] * len(facade.opened)
    told = json.dumps([*handed_on(done).values()], default=str) + caplog.text + "".join(capfd.readouterr())
    assert "drrobot" not in told


def test_a_connection_with_a_secret_that_nothing_uses_fails_the_first_task_and_tells_nothing_of_it(
    backup: Any, facade: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    connection(monkeypatch, "east", "dr", password="s3cret-ü", extra='{"zookeeper_digest": "u:s3cret-zk"}')
    caplog.set_level("DEBUG")
    done = run(backup)
    assert states(done)["preflight"] == "failed"
    assert facade.calls == []
    told = json.dumps([*handed_on(done).values()], default=str) + caplog.text + "".join(capfd.readouterr())
    assert "this version does not use the fields password, zookeeper_digest" in told
    assert "s3cret" not in told


def test_without_a_connection_no_user_is_named(backup: Any, facade: Any) -> None:
    run(backup)
    assert facade.users == [{}] * len(facade.opened)
