"""What dead processes left of small writes and clock probes goes, and nobody else's does (I8), on the memory twin."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Unreachable
from sim.world import World, fill

PAIR = "/.hadoop-dr/east-west"
SERVICE = f"{PAIR}/services/billing"
PLACES = [f"{PAIR}/.clock-a b", f"{PAIR}/ledger/0/.aside-ü", f"{SERVICE}/ledger/0/.aside-e%20"]
HOUR_S = 3600.0


def left(world: World) -> dict[str, list[str]]:
    """Every such name on each site, by where it lies."""
    found: dict[str, list[str]] = {}
    for site, cluster in world.clusters.items():
        node, stack = MemoryNameNode(cluster), [PAIR]
        found[site] = []
        while stack:
            directory = stack.pop()
            for entry in node.list(directory):
                path = f"{directory}/{entry.name}"
                if entry.name.startswith((".aside-", ".clock-")):
                    found[site].append(path)
                elif entry.facts.is_dir:
                    stack.append(path)
        found[site].sort()
    return found


def leave(world: World) -> None:
    for cluster in world.clusters.values():
        for path in PLACES:
            if ".clock-" in path:
                cluster.make_directory(f"{path}/3", 0o700, parents=True)
            else:
                cluster.make_file(path, replication=1, block_size=1024, overwrite=False)


def later(world: World, seconds: float) -> None:
    world.clock.sleep_until(world.clock.monotonic_s() + seconds)


def test_what_a_dead_process_left_beside_the_ledgers_goes_after_an_hour_and_nothing_younger() -> None:
    world = World()
    fill(world)
    world.backup("r1")
    leave(world)
    later(world, HOUR_S - 60)
    world.backup("r2")
    assert left(world) == {"east": sorted(PLACES), "west": sorted(PLACES)}
    later(world, 120)
    world.backup("r3")
    assert left(world) == {"east": [], "west": []}


def test_the_clock_of_the_namenode_counts_and_not_the_one_of_whoever_sweeps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A controller that is hours ahead would take away what a living process is writing just now."""
    world = World()
    fill(world)
    world.backup("r1")
    leave(world)
    monkeypatch.setattr(MemoryNameNode, "clock_offset_ms", lambda self, directory, within_ms=0.0: -2 * HOUR_S * 1000)
    later(world, 2 * HOUR_S)  # of our clock; by the NameNodes' no time has gone by
    world.backup("r2")
    assert left(world) == {"east": sorted(PLACES), "west": sorted(PLACES)}


def test_what_cannot_be_cleared_away_is_said_and_keeps_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    fill(world)
    world.backup("r1")
    leave(world)
    later(world, 2 * HOUR_S)
    real = MemoryNameNode.delete

    def refusing(self: MemoryNameNode, path: str, **more: Any) -> bool:
        if ".aside-" in path and self.site == "east":
            raise Unreachable("east", "does not answer")
        return real(self, path, **more)

    monkeypatch.setattr(MemoryNameNode, "delete", refusing)
    warnings = world.backup("r2")["warnings"]
    assert [line for line in warnings if "left-over files of ours on east were not removed: east: does not" in line]
    assert left(world)["west"] == []


def test_a_run_that_dies_in_any_small_write_leaves_nothing_that_the_next_hour_does_not_clear() -> None:
    world = World()
    fill(world)
    counted = Faults()
    world.backup("r0", counted)
    seen = 0
    for at in range(1, counted.count + 1, 3):
        world = World()
        fill(world)
        with pytest.raises(Died):
            world.backup("dies", Faults(at=at, die=True))
        seen += sum(map(len, left(world).values()))
        world.host.dead.add("dies")
        world.backup("next")
        later(world, HOUR_S + 60)
        world.backup("later")
        stays = [path for paths in left(world).values() for path in paths if "/points/" not in path]
        assert stays == [], at
    assert seen, "no death left anything behind"
