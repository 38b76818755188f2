"""Foreign changes of the secondary's catalog while a run goes on: kept, refused or undone, never lost (I8, I10)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import product
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.files import MemoryFiles
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.errors import DrError, ForeignFound, Refused, Unreachable
from hadoop_dr.domain.state.service_state import PointState
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.datasets.hive.foreign.during_run import read_kept
from hadoop_dr.services.report import all_entries, explanation, points_document
from hadoop_dr.services.transfer.place_root import Place
from sim.foreign_catalog import FOREIGN, altered, check, drift, made, on_west, west
from sim.foreign_catalog_kept import MOVED_ON, RESTORE, documents, kept_rows, rows_on_west
from sim.tables_lived_in import COUNT, LIVED_IN, assert_equal
from sim.world import TABLES, TableWorld, plan_and_stage
from support.catalogs import database, table
from support.thinned import thinned

# When somebody does it, and what a person is told then.
WHEN = ("before the plan", "before place", "during place", "after place")
SOME = thinned(product(FOREIGN, WHEN), 3)


def run(world: TableWorld, change: Callable[[TableWorld], Any], when: str, name: str = "second") -> BackupStages:
    """A run in whose middle somebody changes the secondary's catalog, up to its verification."""
    world.host.name = name
    stages = world.stages(name)
    stages.preflight()
    stages.moment()
    if when == "before the plan":
        change(world)
    plan_and_stage(stages)
    if when == "before place":
        change(world)
    with pytest.MonkeyPatch.context() as patch:
        if when == "during place":
            happening(patch, world, change)
        stages.place()
    if when == "after place":
        change(world)
    stages.verify()
    return stages


def happening(patch: pytest.MonkeyPatch, world: TableWorld, change: Callable[[TableWorld], Any]) -> None:
    """Has somebody act once, while the tree changes: between the catalog's drops and its creates."""
    real, done = Place.run, list[bool]()

    def acting(self: Place, *arguments: Any) -> Any:
        if not done:
            done.append(True)
            change(world)
        return real(self, *arguments)

    patch.setattr(Place, "run", acting)


def which_are_accurate(rows: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """A table that differs in nothing but which of its statistics are accurate."""
    return {row for row in rows if row[0] == "table bill.t2"}


def point_of(world: TableWorld, name: str = "second") -> Any:
    return next(one for one in reversed(world.context().ledger.read().points.values()) if one.run == name)


@pytest.mark.parametrize(("what", "when"), SOME)
def test_foreign_changes_of_the_catalog_during_a_run_are_refused_by_name_and_not_undone(what: str, when: str) -> None:
    world, seen = MOVED_ON.clone(), list[dict[str, str]]()
    change, name = FOREIGN[what]

    def theirs(world: TableWorld) -> None:
        change(world)
        seen.append(rows_on_west(world))

    with pytest.raises(Refused) as refused:
        run(world, theirs, when)
    said = str(refused.value)
    assert [text for text in (name, "drift: restore", "Revert it") if text not in said] == [], said
    assert rows_on_west(world) == seen[0]
    assert len(world.context().ledger.read().sealed()) == 1
    if when == "before the plan":
        assert point_of(world).state is PointState.TAKEN
        return
    assert isinstance(refused.value, ForeignFound)
    assert [point["state"] for point in points(world)["points"]] == ["sealed", "foreign"]
    [document] = documents(world)
    assert document in said
    gone = "dropped" in name
    assert bool(kept_rows(world)) is not gone
    assert kept_rows(world) <= set(seen[0].items())


@pytest.mark.parametrize(("what", "when"), SOME)
def test_foreign_changes_of_the_catalog_during_a_run_are_kept_and_undone_where_the_policy_says_restore(
    what: str, when: str
) -> None:
    world, seen = MOVED_ON.clone(), list[set[tuple[str, str]]]()
    world.policy = RESTORE
    change, name = FOREIGN[what]

    def theirs(world: TableWorld) -> None:
        before = set(rows_on_west(world).items())
        change(world)
        seen.append(set(rows_on_west(world).items()) - before)

    document = run(world, theirs, when).seal()
    assert document["state"] == "sealed"
    assert_equal(world)
    assert seen[0] <= {*kept_rows(world), *which_are_accurate(seen[0])}, "what was undone is kept"
    [warning] = [text for text in document["warnings"] if "undone and kept" in text]
    assert name.partition(":")[0] in warning
    assert drift(world).mark is Mark.OK


@pytest.mark.parametrize("what", FOREIGN)
def test_what_somebody_changed_before_a_run_is_kept_and_undone_where_the_policy_says_restore(what: str) -> None:
    world = MOVED_ON.clone()
    world.policy = RESTORE
    change, name = FOREIGN[what]
    before = set(rows_on_west(world).items())
    change(world)
    theirs = set(rows_on_west(world).items()) - before
    assert (drift(world).mark, name in drift(world).detail) == (Mark.WARN, True)
    document = world.backup("second")
    assert_equal(world)
    assert theirs <= {*kept_rows(world), *which_are_accurate(theirs)}
    [warning] = [text for text in document["warnings"] if "undone and kept" in text]
    assert name in warning


def test_foreign_objects_count_for_no_deletion_and_hide_none() -> None:
    """Nobody has to approve that somebody else's table goes; that ours goes which somebody altered still counts."""
    world = MOVED_ON.clone()
    world.policy = RESTORE.replace("deletions: 100%", "deletions: 10%")
    made(world, *(table("bill", f"theirs {n}", location=f"hdfs://west/{n}") for n in range(5)))
    altered(world, "goes", k="v")
    told = Preview(world.context()).run()
    assert [line for line in told["needs_approval"] if "tables" in line] == [
        "1 of 4 tables would be dropped, the limit is 0 (10%)"]
    assert any("table bill.theirs 0 was created" in note for note in told["notes"])
    with pytest.raises(Refused, match=r"1 of 4 tables would be dropped"):
        world.backup("second")
    world.backup("third", approve_deletions=True)
    assert_equal(world)


def test_a_first_run_keeps_what_the_secondary_had_before_where_the_policy_says_restore() -> None:
    world = TableWorld(RESTORE)
    world.create("t1")
    made(world, database("bill", "hdfs://west/elsewhere"), table("bill", "own ü", location="hdfs://west/own"),
         table("bill", "t1", location="hdfs://west/not there"))  # fmt: skip
    theirs = set(on_west(world).items())
    world.backup("first")
    assert_equal(world)
    assert theirs <= kept_rows(world)


def points(world: TableWorld) -> dict[str, Any]:
    return points_document("billing", world.context().ledger.read(), ("east", "west"))


def told(world: TableWorld) -> list[str]:
    chain = world.context().ledger.chain
    entries = explanation("billing", all_entries(chain.deciding, chain.path), None)["entries"]
    return [entry["text"] for entry in entries if entry["kind"] in ("kept", "unkept")]


def their_table(world: TableWorld) -> None:
    made(world, table("bill", "theirs %", location="hdfs://west/theirs"))


@pytest.mark.parametrize("when", WHEN[1:])
def test_a_service_whose_catalog_waits_for_a_person_writes_nothing_until_somebody_decides(when: str) -> None:
    world = MOVED_ON.clone()
    with pytest.raises(ForeignFound):
        run(world, their_table, when)
    world.stages("second").give_back("refused")
    ledger, theirs = len(world.context().ledger.chain.entries()), on_west(world)
    for name in ("again", "and again"):
        with pytest.raises(ForeignFound, match=r"table bill\.theirs % was created"):
            world.backup(name)
    assert (len(world.context().ledger.chain.entries()), on_west(world)) == (ledger, theirs)
    [found] = [one for one in check(world) if one.name == "drift"]
    assert (found.mark, "theirs % was created" in found.detail) == (Mark.FAIL, True)
    assert [one.name for one in check(world) if "theirs %" in one.detail] == ["drift", "kept"]


@pytest.mark.parametrize("how", ["put back", "restore"])
@pytest.mark.parametrize("when", WHEN)
def test_once_somebody_decided_the_next_run_seals_the_point_and_its_own(when: str, how: str) -> None:
    world = MOVED_ON.clone()
    with pytest.raises(Refused):
        run(world, their_table, when)
    world.stages("second").give_back("refused")
    if how == "restore":
        world.policy = RESTORE
    else:
        west(world).drop(west(world).tables("bill", ["theirs %"]))
    world.backup("third")
    runs = [point.run for point in world.context().ledger.read().sealed()]
    # A point whose moment was taken under a rule that refused it keeps its plan: it was never made.
    assert runs == ["first", "second", "third"]
    assert_equal(world)
    assert any("theirs %" in name for name, _ in kept_rows(world)) is (how == "restore" or when != "before the plan")


def test_what_was_kept_of_a_catalog_is_named_everywhere_until_a_person_removes_it() -> None:
    world = MOVED_ON.clone()
    world.policy = RESTORE
    run(world, their_table, "before place").seal()
    [document] = documents(world)
    [kept] = points(world)["kept"]
    assert (kept["document"], kept["count"], kept["found"]) == (document, 1, ["table bill.theirs % was created"])
    [line] = told(world)
    assert [text for text in (document, "theirs % was created", "undone") if text not in line] == []
    [named] = [one for one in check(world) if one.name == "kept"]
    assert (document in named.detail, f"hdfs dfs -rm {document}" in named.remedy) == (True, True)
    for name in ("third", "fourth", "fifth", "sixth", "seventh"):
        world.backup(name)
    world.stages("by hand").prune()
    assert documents(world) == [document]
    assert kept_rows(world)
    world.files()["west"].remove(document)
    world.stages("by hand").prune()
    assert (documents(world), [one.name for one in check(world) if one.name == "kept"]) == ([], [])
    assert "a person removed the foreign changes that entry" in told(world)[-1]


def test_a_primary_that_takes_no_copy_of_what_is_kept_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    world, real = MOVED_ON.clone(), MemoryFiles.put
    world.policy = RESTORE

    def put(self: MemoryFiles, path: str, content: bytes) -> None:
        if self.site == "east" and "/kept/" in path:
            raise Unreachable("east", "does not answer", "Start it")
        real(self, path, content)

    monkeypatch.setattr(MemoryFiles, "put", put)
    their_table(world)
    document = world.backup("second")
    [kept] = documents(world)
    assert [text for text in document["warnings"] if f"east has no copy of {kept}" in text] != []
    assert read_kept(world.context(), kept) != []


def test_a_foreign_drop_in_place_of_ours_is_no_foreign_change() -> None:
    """Somebody does on the secondary by hand what the run was about to do, or undoes it: nothing is lost by it."""
    world = MOVED_ON.clone()
    run(world, lambda w: west(w).drop(west(w).tables("bill", ["goes"])), "before place").seal()
    assert_equal(world)
    assert documents(world) == []


def test_an_object_that_is_as_the_last_point_left_it_is_put_right_and_nobodys_change() -> None:
    """So does the last batch of a worker of ours that was overtaken."""
    world = MOVED_ON.clone()
    before = west(world).tables("bill", ["t1"])
    run(world, lambda w: west(w).alter(before), "after place").seal()
    assert_equal(world)
    assert documents(world) == []


@pytest.mark.parametrize(("at", "after"), thinned(product(range(1, COUNT + 1), (False, True)), 3))
def test_what_a_death_in_the_middle_of_an_apply_left_is_not_called_foreign(at: int, after: bool) -> None:
    """At every request that changes the secondary's catalog, where the policy refuses foreign changes."""
    world = LIVED_IN.clone()
    world.policy = world.policy.replace("drift: restore\n", "")
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True, after=after))
    world.host.dead.add("dies")
    world.backup("next")
    assert_equal(world)
    assert documents(world) == []


def finish(world: TableWorld, name: str, faults: Faults) -> None:
    stages = world.stages(name, faults=faults)
    stages.place()
    stages.verify()
    stages.seal()


def staged_with_theirs(rule: str) -> TableWorld:
    """All is staged, and somebody has made a table meanwhile."""
    world = MOVED_ON.clone()
    world.policy, world.host.name = rule, "dies"
    stages = world.stages("dies")
    stages.preflight()
    stages.moment()
    plan_and_stage(stages)
    their_table(world)
    return world


def effects(rule: str) -> int:
    faults = Faults()
    with suppress(ForeignFound):
        finish(staged_with_theirs(rule), "dies", faults)
    return faults.count


POSITIONS = {
    "refuse": (TABLES, range(1, effects(TABLES) + 1)),
    "restore": (RESTORE, range(1, effects(RESTORE) + 1)),
}
CASES = [(name, at, how) for name, (_, every) in POSITIONS.items() for at in every
         for how in ("dies", "not done", "done")]  # fmt: skip


@pytest.mark.parametrize(("rule", "at", "how"), thinned(CASES, 11))
def test_a_death_or_a_lost_answer_around_keeping_loses_no_definition(rule: str, at: int, how: str) -> None:
    world = staged_with_theirs(POSITIONS[rule][0])
    with suppress(Died, DrError):
        finish(world, "dies", Faults(at=at, die=how == "dies", lose=how != "dies", after=how == "done"))
    world.host.dead.add("dies")
    if rule == "refuse":
        with pytest.raises(ForeignFound):
            world.backup("next")
        assert "table bill.theirs %" in on_west(world)
    else:
        world.backup("next")
        assert_equal(world)
    assert any("theirs %" in name for name, _ in kept_rows(world))
