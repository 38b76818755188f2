"""Backups and arbitration through Airflow's own components, on the lab's clusters (S2.9, S2.20, faults 68, 71, 73)."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from kazoo.client import KazooClient

from hadoop_dr.bootstrap import backup_stages, identity_of, points_of
from hadoop_dr.bootstrap.contexts import open_pair
from hadoop_dr.domain.ledger.bodies.pair import PersonAnswered
from hadoop_dr.domain.roles.identity import Identity, Role, access_path, decode_access, encode, identity_path
from hadoop_dr.services.report import all_entries
from support.airflow import Airflow, eventually
from support.home import LabHome
from support.installation import installed
from support.victims import BEGINNING, BETWEEN, CHILD, END, POLICY, SUPERVISOR, Kill, die_side_by_side

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.in_order, pytest.mark.timeout(600)]
STAGES = ["preflight", "moment", "plan", "stage", "place", "verify", "seal", "prune", "sealed"]
SEED = int(os.environ.get("HADOOP_DR_CRASH_SEED", "20261121"))
# Every stage at its end and nearly every one at its beginning, shared out between two services that die side by side;
# test_airflow_kills.py has them all, and many more instants.
KILLS = {
    "victim-1": (Kill("preflight", END), Kill("moment", BETWEEN), Kill("plan", BEGINNING), Kill("stage", BETWEEN),
                 Kill("stage", END), Kill("place", BEGINNING), Kill("verify", END), Kill("seal", BEGINNING),
                 Kill("prune", END)),
    "victim-2": (Kill("preflight", BEGINNING), Kill("moment", END), Kill("plan", END),
                 Kill("stage", BEGINNING, SUPERVISOR), Kill("stage", END, CHILD), Kill("place", BETWEEN),
                 Kill("place", END), Kill("verify", BEGINNING), Kill("seal", END), Kill("prune", BEGINNING)),
}  # fmt: skip


@dataclass
class Installation:
    """A home, its Airflow and a second pair on which only roles are tried."""

    home: LabHome
    airflow: Airflow
    roles_pair: str

    def sealed(self, dag_id: str, run_id: str, within_s: float = 240) -> dict[str, Any]:
        """Waits for a run that has to end sealed, and gives its point."""
        state = self.airflow.ended(dag_id, run_id, within_s)
        assert state == "success", self.airflow.tasks(dag_id, run_id)
        document = self.airflow.result(dag_id, run_id, "sealed")
        assert document["state"] == "sealed"
        return dict(document)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    policies = {"every-minute": {"period": "1m", "rpo": "10m"}, "started": {"period": "24h"}}
    pairs: list[str] = []

    def more(home: LabHome) -> None:
        pairs.append(f"roles-{home.mark}")
        home.add_pair(pairs[0])
        (home.path / "include/policies/broken.yaml").write_text("service: broken\nprotcet: []\n", "utf-8")
        announce(home, pairs[0], "east", Role.PRIMARY, 1)
        announce(home, pairs[0], "west", Role.SECONDARY, 1)

    policies |= dict.fromkeys(KILLS, POLICY)
    with installed(tmp_path_factory.mktemp("airflow"), policies, more) as (home, airflow):
        yield Installation(home, airflow, pairs[0])


def announce(home: LabHome, pair: str, site: str, role: Role, epoch: int) -> None:
    """Writes an identity by hand, as an operator would."""
    hand = KazooClient(home.sites[site]["zookeeper"])
    hand.start(10)
    try:
        data = encode(Identity(site, role, epoch, "2026-11-20T02:00:00.000Z", "an operator", "by hand ü"))
        if hand.exists(identity_path(pair)):
            hand.set(identity_path(pair), data)
        else:
            hand.create(identity_path(pair), data, makepath=True)
    finally:
        hand.stop()
        hand.close()


def published(home: LabHome, pair: str, site: str) -> tuple[str | None, int] | None:
    hand = KazooClient(home.sites[site]["zookeeper"])
    hand.start(10)
    try:
        if not hand.exists(access_path(pair)):
            return None
        held = decode_access(hand.get(access_path(pair))[0], site)
        return held.site, held.epoch
    finally:
        hand.stop()
        hand.close()


@pytest.fixture(scope="module", autouse=True)
def lengthy(request: pytest.FixtureRequest, installation: Installation) -> Iterator[dict[str, Future[None]]]:
    """Begins the tests that wait much with the first of all; a test that is not wanted does not begin."""
    lives: dict[Callable[..., None], Callable[[Installation], None]] = {
        test_a_run_whose_tasks_and_supervisors_are_killed_in_every_stage_ends_sealed: killed_everywhere,
        test_a_scheduled_run_starts_before_its_moment_and_ends_sealed: scheduled,
    }
    wanted = {item.function for item in request.session.items if isinstance(item, pytest.Function)}
    with ThreadPoolExecutor(len(lives)) as pool:
        yield {test.__name__: pool.submit(life, installation) for test, life in lives.items() if test in wanted}


@pytest.fixture
def life(request: pytest.FixtureRequest, lengthy: dict[str, Future[None]]) -> Future[None]:
    """What the test has begun long ago."""
    return lengthy[request.function.__name__]


@pytest.fixture(scope="module")
def started(installation: Installation) -> tuple[str, dict[str, Any]]:
    """A run that a person started, and its point."""
    run_id = installation.airflow.trigger("backup__started", {"reason": "before the ü e%20 change"})
    return run_id, installation.sealed("backup__started", run_id)


def test_a_run_that_a_person_starts_ends_sealed_and_the_data_is_there(
    installation: Installation, started: tuple[str, dict[str, Any]]
) -> None:
    home, airflow = installation.home, installation.airflow
    run_id, point = started
    assert airflow.tasks("backup__started", run_id) == dict.fromkeys(STAGES, "success")
    assert home.read("west", f"{home.root('started')}/a b") == b"first"
    assert home.read("west", f"{home.root('started')}/.snapshot/{snapshot(point, home)}/a b") == b"first"
    airflow.says(point["point"], "backup__started", run_id, "seal")


def snapshot(point: dict[str, Any], home: LabHome) -> str:
    return str(point["snapshots"]["west"][home.root("started")])


def test_two_runs_without_a_change_both_end_sealed(
    installation: Installation, started: tuple[str, dict[str, Any]]
) -> None:
    _, first = started
    second = installation.sealed("backup__started", installation.airflow.trigger("backup__started"))
    assert first["point"] < second["point"]
    assert second["baseline"] == first["point"]
    assert (second["entries"], second["bytes_copied"]) == (0, 0)


def test_what_airflow_made_is_known_and_built_on_without_anything_of_airflow(
    installation: Installation, started: tuple[str, dict[str, Any]]
) -> None:
    home, airflow = installation.home, installation.airflow
    runs = [run["dag_run_id"] for run in airflow.get("/dags/backup__started/dagRuns?limit=100")["dag_runs"]]
    made = {installation.sealed("backup__started", run_id)["point"] for run_id in runs}
    known = points_of("started", home.path)["points"]
    assert {point["point"] for point in known if point["state"] in ("sealed", "pruned")} == made
    assert started[1]["point"] in made
    with backup_stages("started", "no Airflow", home=home.path, one_process=True) as stages:
        assert stages.run_all()["baseline"] == max(made)


def test_a_broken_policy_is_one_import_error_with_file_and_line(installation: Installation) -> None:
    [error] = installation.airflow.get("/importErrors")["import_errors"]
    assert error["filename"] == "broken_policies.py"
    assert "include/policies/broken.yaml:2: unknown key 'protcet'" in error["stack_trace"]
    assert not installation.airflow.knows("backup__broken")


def test_what_no_run_can_be_told_is_refused_before_there_is_a_run(installation: Installation) -> None:
    assert installation.airflow.refusal("backup__started", {"mode": "half"}) == 400
    assert installation.airflow.refusal("backup__started", {"moment": "tomorrow"}) == 400


def test_a_person_sees_what_would_be_lost_and_refuses_and_nothing_changes_but_the_record(
    installation: Installation, started: tuple[str, dict[str, Any]]
) -> None:
    assert started
    home, airflow, dag_id = installation.home, installation.airflow, f"failover__{installation.home.pair}"
    before = identity_of(home.pair, home.path)
    run_id = airflow.trigger(dag_id, {"to": "west", "reason": "a drill ü e%20", "force": True})
    eventually(lambda: airflow.tasks(dag_id, run_id)["ask"] == "awaiting_input", 90, "the request for a decision")
    asked = airflow.get(f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances/ask/-1/hitlDetails")
    assert "a drill ü e%20" in asked["subject"]
    assert "| `started` | `2" in asked["body"]
    assert "nothing stops its writers" in asked["body"]
    airflow.answer(dag_id, run_id, "ask", "Refuse")
    assert airflow.ended(dag_id, run_id) == "success"
    assert airflow.tasks(dag_id, run_id)["failover"] == "skipped"
    assert identity_of(home.pair, home.path) == before
    with open_pair(home.pair, home.path) as context:
        ledgers = [all_entries(side.files, f"/.hadoop-dr/{home.pair}/ledger") for side in context.sides.values()]
    refused = PersonAnswered("failover to west", False, "admin through Airflow", "a drill ü e%20")
    assert [ledger[-1].body for ledger in ledgers] == [refused, refused]


def test_a_scheduled_run_starts_before_its_moment_and_ends_sealed(life: Future[None]) -> None:
    life.result()


def scheduled(installation: Installation) -> None:
    airflow, dag_id = installation.airflow, "backup__every-minute"
    seen: dict[str, dict[str, Any]] = {}

    def punctual() -> dict[str, Any] | None:
        """The point of a run that took the moment it was started for; on a busy machine others come late and say so."""
        for run in airflow.get(f"/dags/{dag_id}/dagRuns?limit=100")["dag_runs"]:
            if run["run_type"] != "scheduled" or run["state"] in ("queued", "running") or run["dag_run_id"] in seen:
                continue
            point = seen[run["dag_run_id"]] = installation.sealed(dag_id, run["dag_run_id"])
            wanted = datetime.fromisoformat(run["data_interval_end"])
            assert datetime.fromisoformat(run["logical_date"]) == wanted - timedelta(seconds=30)
            if datetime.fromisoformat(point["moment"]) == wanted:
                assert point["late_by_ms"] < 1_000
                return point
        return None

    point = eventually(punctual, 500, lambda: f"a scheduled run on time: {seen}")
    airflow.pause(dag_id)
    events = airflow.get("/assets/events?limit=100")["asset_events"]
    assert point["point"] in {event["extra"].get("point") for event in events}


def test_a_run_whose_tasks_and_supervisors_are_killed_in_every_stage_ends_sealed(life: Future[None]) -> None:
    print(f"seed {SEED}")
    life.result()


def killed_everywhere(installation: Installation) -> None:
    die_side_by_side(installation.home, installation.airflow, KILLS, SEED)


def test_access_follows_the_identities_that_an_operator_changes(installation: Installation) -> None:
    home, pair = installation.home, installation.roles_pair

    def access() -> set[tuple[str | None, int] | None]:
        return {published(home, pair, site) for site in ("east", "west")}

    eventually(lambda: access() == {("east", 1)}, 90, "the first access")
    # The next run waits in the triggerer again.
    eventually(lambda: waits(installation.airflow, f"arbitrate__{pair}"), 60, "a watch")
    begun = time.monotonic()
    announce(home, pair, "west", Role.PRIMARY, 2)
    announce(home, pair, "east", Role.SECONDARY, 2)
    eventually(lambda: access() == {("west", 2)}, 60, "access at the promoted site")
    print(json.dumps({"identity_to_access_s": round(time.monotonic() - begun, 2)}))


def waits(airflow: Airflow, dag_id: str) -> bool:
    found = airflow.get(f"/dags/{dag_id}/dagRuns/~/taskInstances?state=deferred")["task_instances"]
    return [task["task_id"] for task in found] == ["watch_identity"]
