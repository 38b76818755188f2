"""Too little room on the secondary: points that no rule keeps go early; if that is not enough, nothing is written."""

from __future__ import annotations

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.datasets.hdfs import space
from sim.world import POLICY, ROOT, World, fill

HOUR_S = 3600
PLAN_WEST = ("plan", "west")
GRID = POLICY.replace('"2"', '"9"').replace('"5"', '"1h:1m"')


def rewrite(world: World, size: int = 5000) -> None:
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/h#", replication=1, block_size=1024, overwrite=True), b"y" * size)


def crowded(points: int) -> World:
    """Points that each hold bytes of their own; their hour has passed, and no prune has seen that yet."""
    world = World(GRID)
    fill(world)
    for number in range(points):
        rewrite(world)
        world.backup(f"r{number}")
        world.clock.sleep_until(world.clock.monotonic_s() + 61)
    world.clock.sleep_until(world.clock.monotonic_s() + HOUR_S)
    return world


def limit(world: World, more: int) -> None:
    """Gives the root on the secondary a space quota with little left."""
    west = MemoryNameNode(world.clusters["west"])
    west.set_quota(ROOT, -1, west.quota(ROOT).used_bytes + more)


def on_west(world: World) -> list[str]:
    return [p.point for p in world.context().ledger.read().sealed() if "west" not in p.gone]


@pytest.mark.parametrize("above", [False, True], ids=["of the root", "above it"])
def test_a_quota_of_the_primary_that_points_may_fill_is_told_while_production_can_still_write(above: bool) -> None:
    world = World()
    fill(world)
    east = MemoryNameNode(world.clusters["east"])
    limited = "/data" if above else ROOT
    used = east.quota(limited).used_bytes
    for percent, told in ((130, False), (120, True)):
        east.set_quota(limited, -1, used * percent // 100)
        checked = [one for one in RunChecks(world.context()).look() if one.name == "quotas"]
        warned = [text for text in world.backup(f"r{percent}")["warnings"] if "nobody can write" in text]
        said = [one.detail.startswith(f"east:{limited} has used {used} of its quota") for one in checked]
        assert said == [True] * told
        assert len(warned) == (told and not above), "a run asks for the roots' own alone"


def test_points_that_no_rule_keeps_go_early_when_the_quota_has_no_room() -> None:
    world = crowded(3)
    before = on_west(world)
    rewrite(world)
    limit(world, 14_000)
    document = world.backup("needs room")
    assert document["state"] == "sealed"
    assert [w for w in document["warnings"] if w == f"pruned early to make room on west: {', '.join(before[:2])}"]
    assert document["baseline"] == before[-1]
    assert not set(before[:2]) & set(on_west(world))


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
def test_a_run_asks_for_no_quota_of_a_root_whose_names_take_long_to_count(
    monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    world = crowded(1)
    rewrite(world)
    if large:
        monkeypatch.setattr(space, "MANY_NAMES", 2)
    context = world.context()
    BackupStages(context, "rewritten", one_process=True).run_all()
    counts = context.tools.asked.by_operation()
    asked = {what: n for (stage, site, what), n in counts.items() if (stage, site) == PLAN_WEST}
    assert asked["quota"] == (1 if large else 2), "the directory above it is asked in either case"


def test_nothing_is_pruned_early_while_there_is_room() -> None:
    world = crowded(3)
    rewrite(world)
    limit(world, 15_000)
    assert not [warning for warning in world.backup("has room")["warnings"] if "early" in warning]


def test_what_a_rule_keeps_is_never_taken_and_the_run_is_refused_with_the_figures() -> None:
    world = World(POLICY)
    fill(world)
    for number in range(3):
        rewrite(world)
        world.backup(f"r{number}")
    before, tree = on_west(world), world.tree("west", ROOT)
    rewrite(world)
    limit(world, 4000)
    used = MemoryNameNode(world.clusters["west"]).quota(ROOT).used_bytes
    with pytest.raises(Refused, match=f"{used} used, 15000 more are needed, 10000 .*; no point on west may be pruned"):
        world.backup("no room")
    assert on_west(world) == before
    assert world.tree("west", ROOT) == tree


def test_when_pruning_is_not_enough_nothing_is_written_and_baseline_and_newest_stay() -> None:
    world = crowded(3)
    before, tree = on_west(world), world.tree("west", ROOT)
    rewrite(world, 50_000)
    limit(world, 4000)
    with pytest.raises(Refused, match=r"105000 more are needed, 55000 .*; pruned early to make room on west"):
        world.backup("no room")
    assert on_west(world) == before[-1:]
    assert world.tree("west", ROOT) == tree


def test_the_cluster_itself_may_be_full_and_its_datanodes_take_a_while_to_give_bytes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = crowded(3)
    rewrite(world)
    west = world.clusters["west"]
    west.remaining_bytes = 4000
    removed_at: list[float] = []
    real = MemoryNameNode.delete_snapshot

    def noted(self: MemoryNameNode, path: str, name: str) -> bool:
        if self.cluster is west and "look" not in name:
            removed_at.append(world.clock.monotonic_s())
        return real(self, path, name)

    def free(self: MemoryNameNode) -> object:
        late = removed_at and world.clock.monotonic_s() > removed_at[0] + 5
        west.remaining_bytes = 90_000 if late else 4000
        return room(self)

    room = MemoryNameNode.room
    monkeypatch.setattr(MemoryNameNode, "delete_snapshot", noted)
    monkeypatch.setattr(MemoryNameNode, "room", free)
    assert world.backup("waits")["state"] == "sealed"


def test_a_first_copy_makes_room_before_it_claims_anything() -> None:
    """A full run over points whose hour has passed is refused for nothing else than room, so it prunes first."""
    world = crowded(3)
    east = world.clusters["east"]
    east.extend(east.make_file(f"{ROOT}/new", replication=1, block_size=1024, overwrite=True), b"z" * 90_000)
    world.policy = GRID + "mode: full\n"
    limit(world, 1000)
    with pytest.raises(Refused, match="pruned early to make room on west"):
        world.backup("full")
    states = [point.state for point in world.context().ledger.read().points.values()]
    assert set(states) == {PointState.SEALED}
