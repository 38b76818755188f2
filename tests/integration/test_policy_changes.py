"""A policy that is changed while a run is under way: the run keeps the one it began with (fault 74)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.bootstrap import backup_stages
from support.cli import CliHome

pytestmark = [pytest.mark.lab, pytest.mark.timeout(300)]


def run_stages(home: CliHome, service: str, run: str, *names: str) -> Any:
    """Stages in a process of their own each, as Airflow's tasks open them."""
    result: Any = None
    for name in names:
        with backup_stages(service, run, home=home.path) as stages:
            if name == "stage":
                for shard in range(result["shards"]):
                    stages.stage(shard)
            else:
                result = getattr(stages, name)()
    return result


def test_a_run_keeps_the_policy_it_began_with_and_the_next_one_takes_the_new(home: CliHome) -> None:
    service, more = "changing", {"limits": {"deletions": "100%"}, "max_clock_offset": "1h"}
    old, new = f"{home.folder}/old ü%20", f"{home.folder}/new #+"
    for root in (old, new):
        home.writers["east"].write(f"{root}/a b", root.encode() * 100)
    home.policy(service, protect=[{"hdfs": old}], retention={"primary": "3", "secondary": "4"}, **more)
    run_stages(home, service, "first", "preflight", "moment")
    home.policy(service, protect=[{"hdfs": new}], retention={"primary": "1", "secondary": "1"}, **more)
    first = run_stages(home, service, "first", "plan", "stage", "place", "verify", "seal")
    assert list(first["snapshots"]["west"]) == [old]
    assert home.writers["west"].read(f"{old}/a b") == old.encode() * 100

    run_stages(home, service, "second", "preflight", "moment", "plan", "stage", "place", "verify", "seal")
    warnings = run_stages(home, service, "second", "prune")["warnings"]
    assert [w for w in warnings if not (old in w and "what lies in it stays" in w)] == []
    sealed = home.run("points", service, "--json").document("points")["points"]
    assert [point["sites"]["west"] for point in sealed] == [True, True], "the new rule removed the older point"
    assert home.writers["west"].read(f"{new}/a b") == new.encode() * 100
    assert home.writers["west"].read(f"{old}/a b") == old.encode() * 100


def test_a_policy_that_is_gone_stops_its_run_with_one_error_and_the_run_ends_when_it_is_back(home: CliHome) -> None:
    service = "leaving"
    root = home.service(service)
    home.writers["east"].write(f"{root}/f+", b"x" * 3000)
    run_stages(home, service, "only", "preflight", "moment")
    file = home.path / f"include/policies/{service}.yaml"
    text = file.read_text("utf-8")
    file.unlink()
    refused = home.run("backup", service, exit_code=2)
    assert service in refused.error()
    file.write_text(text, "utf-8")
    point = run_stages(home, service, "only", "plan", "stage", "place", "verify", "seal")["point"]
    home.holds(service, point)
