"""A service is unprotected: production has its directories back; what dies meanwhile is finished (I6, I8, I11)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import Busy, Failed, Refused, Superseded, Unknown
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.report import explanation, points_document
from hadoop_dr.services.roots.unprotect import Unprotect
from sim.bill import Bill
from sim.world import ROOT, World, fill, plan_and_stage
from support.thinned import thinned

OTHER = "/data/other #1"


def namenode(world: World, site: str) -> MemoryNameNode:
    return MemoryNameNode(world.clusters[site])


def shots(world: World, site: str) -> list[str]:
    return [shot.name for shot in namenode(world, site).snapshots(ROOT)]


def unprotect(world: World, run: str = "away", faults: Faults | None = None, **how: Any) -> dict[str, Any]:
    """The command in a process of its own."""
    world.host.name = run
    return Unprotect(world.context(faults), run).run("the rack moves", **how)


def protected() -> World:
    """Two points on both sites, and a source that has moved on."""
    world = World()
    fill(world)
    world.backup("first")
    world.clusters["east"].delete(f"{ROOT}/a b", recursive=False)
    world.backup("second")
    return world


PROTECTED = protected()


@pytest.fixture
def world() -> World:
    return PROTECTED.clone()


def is_free(world: World, site: str) -> bool:
    return ROOT not in namenode(world, site).snapshottable()


def test_production_can_delete_its_directories_and_the_secondary_keeps_its_points(world: World) -> None:
    with pytest.raises(Failed):
        world.clusters["east"].delete(ROOT, recursive=True)
    before, live = shots(world, "west"), world.tree("west", ROOT)
    document = unprotect(world)
    assert document["sites"] == {"east": {"snapshots": 2, "free": [ROOT], "left": {}}}
    assert (document["points"], document["points_left"], document["released"]) == (2, 2, [])
    assert world.clusters["east"].delete(ROOT, recursive=True)
    assert shots(world, "west") == before
    assert world.tree("west", ROOT) == live
    state = world.context().ledger.read()
    assert state.claim is None
    points = points_document("billing", state, ("east", "west"))["points"]
    assert [point["sites"] for point in points] == [{"east": False, "west": True}] * 2


def test_the_ledger_says_first_that_the_points_are_gone_with_the_reason(world: World) -> None:
    removal = next(at for at in range(1, 50) if _reached_snapshots(at))
    with pytest.raises(Died):
        unprotect(world, faults=Faults(at=removal, die=True))
    assert len(shots(world, "east")) == 2
    assert [point.gone for point in world.context().ledger.read().sealed()] == [("east",), ("east",)]
    entries = world.context().ledger.chain.entries()
    told = [one["text"] for one in explanation("billing", entries, None)["entries"] if one["kind"] == "unprotected"]
    points = ", ".join(point.point for point in world.context().ledger.read().sealed())
    why = "because the rack moves"
    assert told == [f"run away removes the snapshots on east, {why}; points lost there: {points}"]


def _reached_snapshots(at: int) -> bool:
    """Whether the effect of this number is the first that removes a snapshot."""
    world = PROTECTED.clone()
    with suppress(Died):
        unprotect(world, faults=Faults(at=at, die=True, after=True))
    return len(shots(world, "east")) < 2


def effects(**how: Any) -> int:
    faults = Faults()
    unprotect(PROTECTED.clone(), faults=faults, **how)
    return faults.count


EVERY = [pytest.param(at, after, both, id=f"{'both' if both else 'primary'}-{at}-{'after' if after else 'before'}")
         for both in (False, True) for at in range(1, effects(both=both) + 1) for after in (False, True)]  # fmt: skip
HOWS = thinned(EVERY, 3)


def all_is_away(world: World, *, both: bool) -> None:
    """Nothing of ours is left where it was to go, and nothing else has changed."""
    assert is_free(world, "east")
    assert is_free(world, "west") is both
    assert world.tree("west", ROOT) == PROTECTED.clone().tree("west", ROOT)
    if not both:
        assert shots(world, "west") == shots(PROTECTED, "west")
    state = world.context().ledger.read()
    assert state.claim is None
    assert not state.unfinished()
    for files in world.files().values():
        names = files.names("/.hadoop-dr/east-west/services/billing/points")
        assert set(names) == (set() if both else {point.point for point in state.sealed()})
    assert world.context().owners.mine == ([] if both else [ROOT])


@pytest.mark.parametrize(("at", "after", "both"), HOWS)
def test_a_death_at_any_effect_is_finished_by_the_next_call(world: World, at: int, after: bool, both: bool) -> None:
    with pytest.raises(Died):
        unprotect(world, "dies", Faults(at=at, die=True, after=after), both=both)
    world.host.dead.add("dies")
    unprotect(world, "again", both=both)
    all_is_away(world, both=both)


@pytest.mark.parametrize(("at", "after", "both"), HOWS)
def test_a_lost_answer_at_any_effect_is_finished_by_the_next_call(
    world: World, at: int, after: bool, both: bool
) -> None:
    with suppress(Unknown):
        unprotect(world, "loses", Faults(at=at, lose=True, after=after), both=both)
    world.host.dead.add("loses")
    unprotect(world, "again", both=both)
    all_is_away(world, both=both)


@pytest.mark.parametrize(("at", "after", "both"), HOWS)
def test_a_backup_after_a_death_at_any_effect_seals_and_builds_on_no_snapshot_that_may_be_gone(
    world: World, at: int, after: bool, both: bool
) -> None:
    with pytest.raises(Died):
        unprotect(world, "dies", Faults(at=at, die=True, after=after), both=both)
    world.host.dead.add("dies")
    announced = any(point.gone for point in world.context().ledger.read().sealed())
    document = world.backup("next")
    assert document["state"] == "sealed"
    assert (document["baseline"] is None) is announced
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    left = {name.rpartition("-")[2] for name in shots(world, "east")}
    here = {p.point for p in world.context().ledger.read().sealed() if "east" not in p.gone}
    assert left == here


def test_a_later_backup_protects_the_service_again_and_copies_nothing_that_is_there(world: World) -> None:
    unprotect(world)
    document = world.backup("again")
    assert (document["baseline"], document["files_copied"]) == (None, 0)
    assert not is_free(world, "east")
    assert world.backup("increment")["baseline"] == document["point"]


def test_it_is_refused_while_a_run_works_and_changes_nothing(world: World) -> None:
    world.host.name = "works"
    run = world.stages("works")
    run.preflight()
    alive = iter(range(100))
    asleep = world.clock.sleep_until

    def while_it_moves_on(monotonic_s: float) -> None:
        asleep(monotonic_s)
        world.clock.sleep_until = asleep  # type: ignore[method-assign]
        world.context().claims.heartbeat_for(world.context().claims.owned("works")[1]).beat(next(alive))
        world.clock.sleep_until = while_it_moves_on  # type: ignore[method-assign]

    world.clock.sleep_until = while_it_moves_on  # type: ignore[method-assign]
    with pytest.raises(Busy, match=r"busy: works.*stop it with --takeover"):
        unprotect(world)
    world.clock.sleep_until = asleep  # type: ignore[method-assign]
    assert len(shots(world, "east")) == 2
    run.moment()
    plan_and_stage(run)
    assert not any(point.gone for point in world.context().ledger.read().sealed())


def test_on_order_it_takes_the_service_over_and_the_run_stops_at_its_next_stage(world: World) -> None:
    world.host.name = "works"
    run = world.stages("works")
    run.preflight()
    run.moment()
    unprotect(world, takeover=True)
    assert is_free(world, "east")
    world.clock.sleep_until(world.clock.monotonic_s() + 2.0)  # a second is what guarantees.md says
    with pytest.raises(Superseded):
        run.plan()
    states = [point.state for point in world.context().ledger.read().points.values()]
    assert states.count(PointState.VOID) == 2
    assert world.backup("next")["state"] == "sealed"


def test_what_an_earlier_run_left_half_placed_is_for_a_backup_to_end_first(world: World) -> None:
    world.clusters["east"].make_directory(f"{ROOT}/new", 0o755, parents=False)
    run = world.stages("dies")
    run.preflight()
    run.moment()
    plan_and_stage(run)
    run.place()
    world.host.dead.add("away")
    entries = len(world.context().ledger.chain.entries())
    with pytest.raises(Refused, match=r"may lie half placed on west. Run a backup first: hadoop-dr backup bil"):
        unprotect(world)
    assert len(world.context().ledger.chain.entries()) == entries
    world.backup("next", takeover=True)
    unprotect(world)
    assert is_free(world, "east")


def test_snapshots_of_others_are_never_touched_and_named_and_keep_their_directory(world: World) -> None:
    """Among them one that looks like ours and is of no point the ledger knows, as another pair's on this cluster is."""
    alien = "dr-billing-e1-20200101T000000.000Z"
    for name in ("theirs ü", alien, "dr-billing-2-e1-20200101T000000.000Z"):
        namenode(world, "east").create_snapshot(ROOT, name)
    document = unprotect(world)
    left = ["theirs ü", alien, "dr-billing-2-e1-20200101T000000.000Z"]
    assert document["sites"]["east"] == {"snapshots": 2, "free": [], "left": {ROOT: left}}
    [warning] = document["warnings"]
    assert warning.startswith(f"east:{ROOT} cannot be deleted yet, it has snapshots that are not this service's: ")
    assert shots(world, "east") == left
    for name in left:
        namenode(world, "east").delete_snapshot(ROOT, name)
    assert unprotect(world, "again")["sites"]["east"]["free"] == [ROOT]


def test_both_takes_the_points_of_the_secondary_too_and_leaves_its_data_and_what_is_kept_for_a_person(
    world: World,
) -> None:
    live = world.tree("west", ROOT)
    namenode(world, "west").create_snapshot(ROOT, "dr-billing-kept-1-2")
    document = unprotect(world, both=True)
    assert document["sites"]["west"]["left"] == {ROOT: ["dr-billing-kept-1-2"]}
    assert (document["points"], document["points_left"], document["released"]) == (2, 0, [])
    assert shots(world, "west") == ["dr-billing-kept-1-2"]
    assert world.tree("west", ROOT) == live
    namenode(world, "west").delete_snapshot(ROOT, "dr-billing-kept-1-2")
    assert unprotect(world, "again", both=True)["released"] == [ROOT]


def test_a_root_that_is_free_on_both_sites_may_be_another_services(world: World) -> None:
    unprotect(world)
    ours, world.policy = world.policy, world.policy.replace("billing", "ledger")
    with pytest.raises(Refused, match="billing"):
        world.backup("too early")
    world.policy = ours
    assert unprotect(world, "more", both=True)["released"] == [ROOT]
    world.policy = world.policy.replace("billing", "ledger")
    assert world.backup("now")["state"] == "sealed"


def test_only_directories_that_are_or_were_roots_of_the_service_are_looked_at(world: World) -> None:
    world.clusters["east"].make_directory(OTHER, 0o755, parents=True)
    namenode(world, "east").allow_snapshot(OTHER)
    unprotect(world)
    assert namenode(world, "east").snapshottable() == [OTHER]


def test_called_again_it_has_nothing_to_do_and_says_so(world: World) -> None:
    unprotect(world)
    document = unprotect(world, "again")
    assert document["sites"] == {"east": {"snapshots": 0, "free": [], "left": {}}}
    assert document["points"] == 0
    assert [entry.kind for entry in world.context().ledger.chain.entries()].count("unprotected") == 1


def test_what_went_on_the_primary_while_it_was_unprotected_goes_with_the_next_point(world: World) -> None:
    """What the last point left on the secondary is ours still: no foreign file, and no reason to refuse."""
    unprotect(world)
    world.clusters["east"].delete(f"{ROOT}/h#", recursive=False)
    world.clusters["east"].rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    assert world.backup("again")["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_foreign_changes_on_the_secondary_while_it_was_unprotected_are_never_lost(world: World) -> None:
    unprotect(world)
    west = world.clusters["west"]
    west.extend(west.make_file(f"{ROOT}/foreign ü", replication=1, block_size=1024, overwrite=False), b"theirs")
    with suppress(Refused):
        world.backup("again")
    kept = [west.find(f"{ROOT}/.snapshot/{name}").children for name in shots(world, "west")]
    assert "foreign ü" in west.find(ROOT).children or any("foreign ü" in children for children in kept)


def test_points_that_lie_nowhere_any_more_are_called_pruned(world: World) -> None:
    unprotect(world, both=True)
    points = points_document("billing", world.context().ledger.read(), ("east", "west"))["points"]
    assert [point["state"] for point in points] == ["pruned", "pruned"]


def test_a_check_after_it_blames_nobody(world: World) -> None:
    unprotect(world)
    said = [one.remedy for one in RunChecks(world.context()).look() if one.name == "baseline"]
    assert said
    assert all("the ledger says that its snapshots were taken away" in remedy for remedy in said)


def test_after_both_sites_were_unprotected_the_next_backup_and_its_check_warn_of_nothing_that_was_taken_away() -> None:
    world = Bill()
    for run in ("first", "second"):
        world.backup(run)
    unprotect(world, both=True)
    told = [result.detail for result in RunChecks(world.context()).look() if result.mark != "ok"]
    document = world.backup("again")
    assert document["state"] == "sealed"
    assert [text for text in [*told, *document["warnings"]]
            if "compared whole" in text or "missing on both sites" in text or "read anew" in text] == []
    world.backup("and again")
    world.holds()
