"""A controller's clock that is wrong takes no point away that a rule keeps (I7, fault 55)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.points.audit_hold import HELD_DAYS
from hadoop_dr.services.backup.prune import Prune
from sim.world import POLICY, StepClock, World, fill, plan_and_stage

HOUR_S = 3600
DAY_S = 24 * HOUR_S
STRICT = POLICY.replace("max_clock_offset: 1d", "max_clock_offset: 500ms")
GRID = STRICT.replace('secondary: "5"', 'secondary: "24h:1h, 7d:1d"')
POINTS = 11


class Wrong(StepClock):
    """Wall time of a controller, which is not that of the sites."""

    ahead_s = 0

    def wall_ms(self) -> int:
        return super().wall_ms() + self.ahead_s * 1000


def later(world: World, seconds: float) -> None:
    world.clock.sleep_until(world.clock.monotonic_s() + seconds)


def lived(policy: str, apart_s: float = 2 * HOUR_S) -> tuple[World, Wrong]:
    world, clock = World(policy), Wrong()
    clock.__dict__ = world.clock.__dict__  # one time for all
    world.clock = clock
    fill(world)
    for number in range(POINTS):
        world.backup(f"r{number}")
        later(world, apart_s)
    return world, clock


def here(world: World, site: str = "west") -> list[str]:
    return [point.point for point in world.context().ledger.read().sealed() if site not in point.gone]


def prune(world: World) -> Any:
    return Prune(world.context()).run("by hand")


def until_sealed(world: World) -> Any:
    world.host.name = "last"
    stages = world.stages("last")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    stages.place()
    stages.verify()
    return stages


def test_a_controller_that_is_a_month_ahead_prunes_nothing_that_a_rule_keeps_and_says_why() -> None:
    world, clock = lived(GRID)
    kept = here(world)
    clock.ahead_s = 30 * DAY_S
    pruned = prune(world)
    assert pruned["removed"] == {"east": [], "west": []}
    assert here(world) == kept
    warnings = [line for line in pruned["warnings"] if "clock" in line]
    for site, warning in zip(("east", "west"), warnings, strict=True):
        assert f"{site} is -259200" in warning
        assert "ages of points were counted up to the newest one's moment" in warning
        assert f"Synchronise the clocks of {site}" in warning


def test_a_clock_that_jumps_between_verify_and_prune_removes_nothing_that_a_rule_keeps() -> None:
    world, clock = lived(GRID)
    kept = here(world)
    stages = until_sealed(world)
    clock.ahead_s = 30 * DAY_S
    stages.seal()
    assert stages.prune()["removed"]["west"] == []
    assert set(kept) < set(here(world))


def test_a_clock_that_jumps_while_a_prune_works_removes_nothing_that_a_rule_keeps() -> None:
    world, clock = lived(GRID)
    later(world, 100 * DAY_S)  # so the sites' clocks are asked
    world.backup("now")
    later(world, HOUR_S)
    kept = here(world)

    def jump() -> None:
        clock.ahead_s = 30 * DAY_S

    for at in range(1, 8):
        clock.ahead_s = 0
        Prune(world.context(Faults(at=at, first=jump))).run(f"by hand {at}")
    assert here(world) == kept


@pytest.mark.parametrize("wrong", ["east", "west"])
def test_a_controller_that_is_off_together_with_one_site_is_told_by_the_other(wrong: str) -> None:
    """Often the controller runs beside the NameNode of its own site, with the same source of time."""
    world, clock = lived(GRID)
    kept = here(world)
    clock.ahead_s = 30 * DAY_S
    world.clusters[wrong].now_ms = clock.wall_ms
    assert prune(world)["removed"] == {"east": [], "west": []}
    assert here(world) == kept


def test_what_audits_look_back_to_is_not_given_up_by_a_clock_that_is_wrong() -> None:
    few = STRICT.replace('primary: "2", secondary: "5"', 'primary: "1", secondary: "1"') + "audit_entries: 1\n"
    world, clock = lived(few, 60)
    kept = here(world)
    assert len(kept) > 1
    clock.ahead_s = (HELD_DAYS + 1) * DAY_S
    assert prune(world)["removed"] == {"east": [], "west": []}
    assert here(world) == kept


def test_where_the_clocks_are_right_time_counts_though_nothing_was_sealed_meanwhile() -> None:
    world, _ = lived(GRID)
    later(world, 30 * DAY_S)
    assert len(prune(world)["removed"]["west"]) == POINTS - 1
    assert here(world) == [max(here(world))]


def test_a_clock_that_is_behind_only_keeps_more() -> None:
    world, clock = lived(GRID)
    later(world, 30 * DAY_S)
    clock.ahead_s = -40 * DAY_S
    assert prune(world)["removed"]["west"] == []


def test_clocks_are_asked_only_where_time_alone_would_remove_a_point(monkeypatch: pytest.MonkeyPatch) -> None:
    world, _ = lived(GRID)
    asked, real = list[str](), MemoryNameNode.clock_offset_ms

    def counted(self: MemoryNameNode, directory: str, within_ms: float = 0.0) -> float:
        asked.append(self.site)
        return real(self, directory, within_ms)

    monkeypatch.setattr(MemoryNameNode, "clock_offset_ms", counted)
    prune(world)
    stages = until_sealed(world)
    stages.seal()
    asked.clear()
    stages.prune()
    assert asked == []
    later(world, 30 * DAY_S)
    prune(world)
    assert sorted(asked) == ["east", "west"]
