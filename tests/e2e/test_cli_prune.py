"""Points that no rule keeps go from both sites, and only they; the rest reads back (I7, I8)."""

from __future__ import annotations

import time

import pytest

from support.cli import SITES, CliHome
from support.stranger import Look, Stranger, assert_same

pytestmark = [pytest.mark.e2e, pytest.mark.lab, pytest.mark.timeout(300)]
SOMEBODYS = "somebody's ü"


def on(home: CliHome, site: str, service: str) -> list[str]:
    points = home.run("points", service, "--json").document("points")["points"]
    return [point["point"] for point in points if point["sites"][site]]


PLACES = ("", "/services/SERVICE/ledger/0", "/services/SERVICE/ledger/checkpoints")


def at(home: CliHome, service: str, path: str) -> str:
    return f"/.hadoop-dr/{home.pair}{path.replace('SERVICE', service)}"


def leave_over(home: CliHome, service: str) -> tuple[list[str], list[str]]:
    """What processes leave that die in a small write, two hours old and just now; names, the old ones first."""
    old, young = [".aside-ü old", ".clock-e%20 old"], [".aside-ü young", ".clock-e%20 young"]
    for site in SITES:
        for path in PLACES:
            for name in (*old, *young):
                full = f"{at(home, service, path)}/{name}"
                home.namenodes[site].make_directory(at(home, service, path), 0o700)
                if name.startswith(".aside-"):
                    home.writers[site].write(full, b"half")
                else:
                    home.namenodes[site].make_directory(full, 0o700)
                if name in old:
                    home.namenodes[site].set_times(full, int(time.time() * 1000) - 2 * 3_600_000)
    return old, young


def test_each_site_keeps_what_its_rule_keeps_and_what_is_not_ours_stays(shared: CliHome) -> None:
    service, west = "pruned", Stranger(shared.sites["west"]["webhdfs"][0])
    root = shared.service(service, retention={"primary": "9", "secondary": "9"})
    looks: dict[str, Look] = {}
    for number in range(2):
        shared.writers["east"].write(f"{root}/e%20/f+ {number}", b"%d" % number * 1500)
        point = shared.backup(service)["point"]
        looks[point] = west.tree(root)
        if number == 0:
            for site in SITES:
                shared.namenodes[site].create_snapshot(root, SOMEBODYS)
    generous = list(looks)
    old, young = leave_over(shared, service)
    nothing = shared.run("prune", service, "--json").document("prune")
    for site in SITES:
        names = [entry.name for path in PLACES for entry in shared.namenodes[site].list(at(shared, service, path))]
        assert (set(old) & set(names), set(young) - set(names)) == (set(), set())
    assert (nothing["removed"], nothing["kept"]) == ({"east": [], "west": []}, {"east": 2, "west": 2})

    shared.service(service, retention={"primary": "1", "secondary": "2"})
    for number in range(2, 5):
        shared.writers["east"].append(f"{root}/e%20/f+ 0", b"%d" % number * 1500)
        point = shared.backup(service)["point"]
        looks[point] = west.tree(root)
    strict = list(looks)[2:]
    asked = shared.run("prune", service, "--json").document("prune")
    for site in SITES:
        there = on(shared, site, service)
        assert set(generous) <= set(there), "a later rule shortened the life of an older point"
        assert strict[-1] in there, "the newest went"
        assert asked["kept"][site] == len(there)
        ours = [name for name, _ in shared.snapshots(service)[site] if name.startswith("dr-") and "-before" not in name]
        assert [name.rpartition("-")[2] for name in ours] == there
        assert SOMEBODYS in [name for name, _ in shared.snapshots(service)[site]]
    for point in on(shared, "west", service):
        assert_same(west.point(root, point), looks[point], f"point {point}")
    west.close()
