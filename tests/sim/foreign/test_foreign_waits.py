"""A point that waits for a person's word about foreign changes, and every way on from there (I10)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.check_results import Mark, Result
from hadoop_dr.domain.errors import ForeignFound, Unreachable
from hadoop_dr.domain.state.service_state import PointState
from sim.drifted import check, foreign_file
from sim.foreign_changes import (
    EVERY,
    RESTORE,
    ROOT,
    base,
    extend,
    kept_snapshots,
    lived_in,
    placed,
    points,
    waits,
    west,
)
from sim.world import POLICY, World


def test_a_service_with_foreign_changes_stays_refused_and_writes_nothing_until_somebody_decides() -> None:
    world = waits()
    shots = west(world).snapshots(ROOT)
    for number in range(3):
        with pytest.raises(ForeignFound, match="stays/for eign was created"):
            world.backup(f"again {number}")
        world.host.dead.add(f"again {number}")
        assert west(world).snapshots(ROOT) == shots
    assert world.clusters["west"].find(f"{ROOT}/stays/for eign").content == b"FOREIGN"
    assert len(world.context().ledger.read().kept) == 1


def written_again(world: World, path: str) -> None:
    """What somebody does who wants a file as it was: the same bytes, owner, mode and time, in another file."""
    before = f"{ROOT}/.snapshot/{base(world)}/{path}"
    was = west(world).status(before).facts
    foreign_file(world, f"{ROOT}/{path}", world.clusters["west"].find(before).content)
    west(world).set_owner(f"{ROOT}/{path}", was.owner, was.group)
    west(world).set_permission(f"{ROOT}/{path}", was.mode)
    west(world).set_times(f"{ROOT}/{path}", was.mtime_ms)
    assert west(world).status(f"{ROOT}/{path}").facts == was


@pytest.mark.parametrize("what", ["a file written over", "a file removed"])
def test_a_copy_of_what_somebody_replaced_or_deleted_puts_nothing_back_and_is_kept_once(what: str) -> None:
    world = lived_in()
    stages = placed(world)
    EVERY[what][0](world)
    with pytest.raises(ForeignFound, match=r"does not restore what was replaced or deleted: set drift: restore"):
        stages.verify()
    world.host.dead.add("r2")
    written_again(world, "stays/x 1")
    for number in range(3):
        with pytest.raises(ForeignFound, match=r"stays/x 1 was replaced; .*does not restore what was replaced"):
            world.backup(f"again {number}")
        world.host.dead.add(f"again {number}")
        assert len(kept_snapshots(world)) == 2
    world.policy = POLICY + RESTORE
    world.backup("restored")
    assert points(world)["points"][-1]["state"] == "sealed"
    world.clusters["east"].extend(world.clusters["east"].find(f"{ROOT}/stays/x 1"), b"more")
    world.backup("next")
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_a_check_of_a_point_that_waits_for_a_person_says_what_the_next_backup_will_do() -> None:
    world = waits(given_back=True)
    assert [(one.name, one.mark) for one in of_the_point(world)] == [("drift", Mark.FAIL)]
    west(world).delete(f"{ROOT}/stays/for eign")
    drift, recovery = of_the_point(world)
    assert (drift.name, drift.mark, recovery.name, recovery.mark) == ("drift", Mark.WARN, "recovery", Mark.WARN)
    assert drift.detail.endswith("the point is not sealed; west has changed since")
    assert drift.remedy == "The next backup checks again."
    foreign_file(world, f"{ROOT}/stays/for eign")
    world.policy = POLICY + RESTORE
    drift, recovery = of_the_point(world)
    assert (drift.name, drift.mark, recovery.name, recovery.mark) == ("drift", Mark.WARN, "recovery", Mark.WARN)
    assert drift.remedy.startswith("The next backup undoes what is left of it")


def test_a_check_that_cannot_see_whether_a_point_still_waits_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    world = waits(given_back=True)

    def silent(*_: object) -> Any:
        raise Unreachable("west", "no answer in time")

    monkeypatch.setattr(MemoryNameNode, "diff", silent)
    [drift] = of_the_point(world)
    assert (drift.mark, "its present state could not be read" in drift.detail) == (Mark.FAIL, True)


def of_the_point(world: World) -> list[Result]:
    return [one for one in check(world) if one.name in ("drift", "recovery")]


@pytest.mark.parametrize("died", [False, True], ids=["given back", "died"])
def test_a_point_that_waits_and_whose_snapshot_somebody_deleted_is_looked_at_again(died: bool) -> None:
    world = waits(given_back=not died)
    candidate = [shot.name for shot in west(world).snapshots(ROOT) if "-kept-" not in shot.name][-1]
    west(world).delete_snapshot(ROOT, candidate)
    with pytest.raises(ForeignFound, match=f"{ROOT}/stays/for eign was created".replace("+", r"\+")):
        world.backup("again")
    world.host.dead.add("again")
    west(world).delete(f"{ROOT}/stays/for eign")
    in_step = world.backup("next")
    assert in_step["state"] == "sealed"
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_what_changed_further_is_kept_anew() -> None:
    world = waits()
    extend(world, "stays/for eign", b" AND MORE")
    with pytest.raises(ForeignFound):
        world.backup("again")
    contents = [world.clusters["west"].find(f"{ROOT}/.snapshot/{name}/stays/for eign").content
                for name in kept_snapshots(world)]  # fmt: skip
    assert contents == [b"FOREIGN", b"FOREIGN AND MORE"]


def test_once_the_foreign_file_is_taken_away_the_next_run_seals_the_point_and_its_own() -> None:
    world = waits()
    west(world).delete(f"{ROOT}/stays/for eign")
    world.backup("next")
    assert [p.state for p in world.context().ledger.read().points.values()] == [PointState.SEALED] * 3
    assert world.tree("west", ROOT) == world.tree("east", ROOT)


def test_once_the_policy_says_restore_the_next_run_undoes_it_and_seals_the_point_and_its_own() -> None:
    world = waits()
    world.policy = POLICY + RESTORE
    world.backup("next")
    assert [p.state for p in world.context().ledger.read().points.values()] == [PointState.SEALED] * 3
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert {world.clusters["west"].find(f"{ROOT}/.snapshot/{name}/stays/for eign").content
            for name in kept_snapshots(world)} == {b"FOREIGN"}  # fmt: skip
