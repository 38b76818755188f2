"""A secondary whose space quota is nearly used up, on the running lab (fault 18)."""

from __future__ import annotations

import time

import pytest

from hadoop_dr.domain.ids import moment_of
from support.cli import CliHome

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]
KEPT_S = 30


def on_west(home: CliHome, service: str) -> list[str]:
    points = home.run("points", service, "--json").document("points")["points"]
    return [point["point"] for point in points if point["state"] == "sealed" and point["sites"]["west"]]


def test_room_is_made_by_points_that_no_rule_keeps_and_without_any_the_run_is_refused_with_the_figures(
    shared: CliHome,
) -> None:
    service, west = "crowded", shared.namenodes["west"]
    root = shared.service(service, retention={"primary": "9", "secondary": f"{KEPT_S}s:1s"})
    for _ in range(2):
        shared.writers["east"].write(f"{root}/big ü%20", b"x" * 30_000)
        shared.backup(service)
    first, second = on_west(shared, service)
    west.set_quota(root, -1, west.quota(root).used_bytes + 70_000)
    shared.writers["east"].write(f"{root}/big ü%20", b"y" * 30_000)
    while time.time() * 1000 <= moment_of(first) + KEPT_S * 1000 + 1000:  # until no rule keeps the first one
        time.sleep(0.1)
    third = shared.backup(service)
    [told] = [warning for warning in third["warnings"] if warning.startswith("pruned early to make room on west: ")]
    assert first in told
    assert third["baseline"] == second
    assert first not in on_west(shared, service)
    shared.holds(service, third["point"])

    shared.writers["east"].write(f"{root}/big ü%20", b"z" * 90_000)
    before = on_west(shared, service)
    quota = west.quota(root)
    refused = shared.run("backup", service, "--json", exit_code=1)
    assert f"has a space quota of {quota.space_bytes} bytes with" in refused.error()
    assert "210000 more are needed, 120000 of them for moved files" in refused.error()
    assert third["point"] in on_west(shared, service)
    assert set(on_west(shared, service)) <= set(before)
    shared.holds(service, third["point"])
    west.set_quota(root, -1, -1)
    shared.holds(service, shared.backup(service)["point"])
