"""A kind of data sets that the product does not know goes through every stage, crash points included (I1, I6, I8).

It is registered here and nowhere else: if a stage, the ledger or an undo knew kinds by name, these tests would not run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import product
from typing import Any, Self

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.bootstrap.kinds import KINDS
from hadoop_dr.domain.errors import DrError, Refused
from hadoop_dr.domain.service_state import Point, PointState
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.backup.run import StartRun
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.datasets.component import Build
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.points.documents import Documents
from sim.test_backup_flow import ROOT, fill
from sim.world import World, plan_and_stage
from support.register import KEYS, KIND, Register, Store, exported, register_of

SMALL = """service: billing
pair: east-west
protect:
  - hdfs: /data/a b+%
limits: {deletions: {share: 50%, at_least: 0}}
max_clock_offset: 1d
retention: {primary: "3", secondary: "5"}
"""
FIRST = {"a b": "1", "c=#": "2", "ü%": "3", "stays": "+"}
THEN = {"a b": "one", "ü%": "3", "stays": "+", "new/ %20": ""}


class RegisterWorld(World):
    """A world whose sites have a register, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stores = {site: Store(site) for site in self.clusters}
        self.made: list[Register] = []

    def clone(self) -> Self:
        """The same world once more; what was made for its processes stays with them."""
        self.made = []
        return super().clone()

    def kinds(self, faults: Faults) -> Sequence[Build]:
        """The built kinds, and the register."""
        return (*KINDS, register_of(self.stores, faults, self.made))


def fill_register(world: RegisterWorld, wanted: dict[str, str]) -> None:
    east = world.stores["east"]
    for key in sorted(east.values.keys() - wanted.keys()):
        east.remove(key)
    for key, value in wanted.items():
        if east.values.get(key) != value:
            east.put(key, value)


@cache
def lived_in() -> RegisterWorld:
    """One sealed point, and a primary that has moved on, in its tree and in its register."""
    world = RegisterWorld(SMALL)
    fill(world)
    fill_register(world, FIRST)
    world.backup("first")
    east = world.clusters["east"]
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    east.extend(east.find(f"{ROOT}/h#"), b"t" * 3000)
    fill_register(world, THEN)
    return world


def fresh() -> RegisterWorld:
    return lived_in().clone()


def in_step(world: RegisterWorld) -> None:
    """The secondary has what the primary has, the newest point says so, and nothing of a run lies around."""
    assert world.stores["west"].values == world.stores["east"].values
    assert world.tree("west", ROOT) == world.tree("east", ROOT)
    assert ".hadoop-dr" not in world.clusters["west"].find(ROOT).children
    newest = sealed(world)[-1]
    assert exported(world.context(), newest) == world.stores["east"].values
    assert newest.sealed.datasets[KIND] == {"version": world.stores["west"].version}


def sealed(world: RegisterWorld) -> list[Point]:
    return world.context().ledger.read().sealed()


def test_a_full_point_and_increments_carry_it_and_ask_every_verb_in_order() -> None:
    world = RegisterWorld(SMALL)
    fill(world)
    fill_register(world, FIRST)
    world.backup("first")
    in_step(world)
    world = fresh()
    assert world.backup("second")["state"] == "sealed"
    in_step(world)
    used = [verb for one in world.made for verb in one.asked]
    order = ["check", "drift", "prepare", "mark", "mark_end", "evidence", "export", "plan", "before_tree", "after_tree",
             "verify"]  # fmt: skip
    assert [verb for verb in dict.fromkeys(used) if verb in order] == order
    assert world.backup("third")["entries"] == 0
    in_step(world)


def test_a_full_run_carries_it_like_a_first_one() -> None:
    world = fresh()
    assert world.backup("full", mode="full")["baseline"] is None
    in_step(world)


def test_its_export_is_a_document_of_the_plan_on_both_sites() -> None:
    world = fresh()
    point = world.backup("second")["point"]
    context = world.context()
    documents = Documents(context, context.ledger.read().points[point])
    assert documents.has(KEYS)
    east, west = (side.files.get(f"{documents.directory}/{KEYS}") for side in context.sides.values())
    assert east == west


def test_a_touched_window_arms_the_moment_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world, late, real = fresh(), ["l ü"], Register.mark_end

    def at_work(self: Register) -> None:
        if late:
            world.stores["east"].put(late.pop(), "x")
        real(self)

    monkeypatch.setattr(Register, "mark_end", at_work)
    world.backup("second")
    assert "rearmed" in [entry.kind for entry in world.context().ledger.chain.entries()]
    assert world.stores["west"].values["l ü"] == "x"
    in_step(world)


def test_a_window_that_is_touched_every_time_is_named_in_its_own_words(monkeypatch: pytest.MonkeyPatch) -> None:
    world, real = fresh(), Register.mark_end

    def at_work(self: Register) -> None:
        world.stores["east"].put("l ü", "x")
        real(self)

    monkeypatch.setattr(Register, "mark_end", at_work)
    with pytest.raises(Refused, match="the register changed while the snapshots were taken: l ü"):
        world.backup("second")


def test_its_deletions_count_by_themselves() -> None:
    world = fresh()
    fill_register(world, {"stays": "+"})
    assert Preview(world.context()).run()["needs_approval"] == ["3 of 4 keys would be dropped, allowed are 2 (50%)"]
    with pytest.raises(Refused, match="3 of 4 keys would be dropped"):
        world.backup("refused")
    assert world.stores["west"].values == FIRST
    document = world.backup("approved", approve_deletions=True)
    assert document["state"] == "sealed"
    in_step(world)


def test_a_look_names_it_and_a_failed_check_ends_a_run_before_anything_is_changed() -> None:
    world = fresh()
    assert "4 keys are protected" in [one.detail for one in Coverage(world.context()).run() if one.name == KIND]
    assert Preview(world.context()).run()[KIND] == {"put": 2, "remove": 1}
    world.stores["east"].put("", "x")
    with pytest.raises(Refused, match="register: east has an empty key"):
        world.backup("second")
    assert world.stores["west"].values == FIRST


def test_what_somebody_else_changed_there_is_drift() -> None:
    world = fresh()
    world.stores["west"].put("a b", "theirs")
    failed = [one.detail for one in StartRun(world.context(), lambda *_: None).look() if one.name == "drift"]
    assert failed == ["west was changed by somebody else: key 'a b' was changed"]


def test_what_differs_after_place_is_put_right_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = fresh()
    west, real, times = world.stores["west"], Register.verify, [1]

    def spoilt(self: Register, *args: Any) -> Any:
        if times and times.pop():
            west.put("a b", "spoilt")
        return real(self, *args)

    monkeypatch.setattr(Register, "verify", spoilt)
    assert world.backup("second")["state"] == "sealed"
    in_step(world)


def test_its_promotion_is_asked_for_like_that_of_any_kind() -> None:
    world = fresh()
    context = world.context()
    newest = sealed(world)[-1]
    assert components_of(context).promote(newest, Documents(context, newest)) == ["east: the register is live"]


# -- deaths and lost answers


@cache
def effects() -> int:
    """How many effects an undisturbed run has."""
    world, faults = fresh(), Faults()
    world.backup("counted", faults)
    in_step(world)
    return faults.count


@cache
def changes_of_the_register() -> frozenset[int]:
    """Which of them change the secondary's register."""
    world, faults, found = fresh(), Faults(), set[int]()
    west = world.stores["west"]
    for name in ("put", "remove"):
        real = getattr(west, name)
        setattr(west, name, lambda *args, real=real: (found.add(faults.count), real(*args)))
    world.backup("counted", faults)
    return frozenset(found)


@pytest.mark.parametrize(("at", "after"), list(product(range(1, effects() + 1), (False, True))))
def test_a_run_that_dies_at_any_effect_shows_nothing_partial_and_the_next_one_has_it_all(at: int, after: bool) -> None:
    world = fresh()
    with pytest.raises(Died):
        world.backup("dies", Faults(at=at, die=True, after=after))
    for point in sealed(world)[1:]:
        assert point.run == "dies"
        in_step(world)
    world.host.dead.add("dies")
    assert world.backup("next")["state"] == "sealed"
    in_step(world)


@pytest.mark.parametrize(("at", "after"), list(product(range(1, effects() + 1), (False, True))))
def test_a_run_that_loses_an_answer_anywhere_has_it_all_or_stops_and_the_next_one_has(at: int, after: bool) -> None:
    world = fresh()
    try:
        world.backup("loses", Faults(at=at, lose=True, after=after))
    except DrError:
        assert len(sealed(world)) == 1 or sealed(world)[-1].run == "loses"
        world.backup("next")
    in_step(world)


# -- undo


@cache
def staged() -> tuple[RegisterWorld, str]:
    """A run that is about to place."""
    world = fresh()
    stages = world.stages("dies")
    stages.preflight()
    point = str(stages.moment()["point"])
    plan_and_stage(stages)
    return world, point


@cache
def effects_of_place() -> int:
    world, faults = staged()[0].clone(), Faults()
    world.stages("dies", faults=faults).place()
    return faults.count


def half_done(at: int) -> RegisterWorld:
    """The run died in its place and cannot be finished: its plan and a snapshot of its moment are lost."""
    world, point = staged()[0].clone(), staged()[1]
    try:
        world.stages("dies", faults=Faults(at=at, die=True)).place()
    except Died:
        world.host.dead |= {"p1", "first", "dies"}
    context = world.context()
    for side in context.sides.values():
        side.files.remove(f"{context.directory(point)}/manifest.json")
    taken = context.ledger.read().points[point].taken.snapshots[ROOT]
    MemoryNameNode(world.clusters["east"]).delete_snapshot(ROOT, taken.name)
    return world


def back_at_the_sealed_point(world: RegisterWorld) -> None:
    newest = sealed(world)[-1]
    assert exported(world.context(), newest) == world.stores["west"].values
    assert world.tree("west", ROOT) == world.tree("west", f"{ROOT}/.snapshot/{newest.sealed.snapshots[ROOT].name}")


def give_up(world: RegisterWorld, run: str, faults: Faults | None = None) -> None:
    world.host.name = run
    world.stages(run, faults=faults).preflight()


@pytest.mark.parametrize("at", range(1, effects_of_place() + 1))
def test_a_point_that_cannot_be_finished_is_undone_with_it_from_any_effect_of_its_place(at: int) -> None:
    world = half_done(at)
    give_up(world, "undoes")
    [given_up] = [point for point in world.context().ledger.read().points.values() if point.run == "dies"]
    assert given_up.state is PointState.VOID
    back_at_the_sealed_point(world)


def all_done() -> RegisterWorld:
    return half_done(effects_of_place() + 1)


@cache
def effects_of_undo() -> int:
    world, faults = all_done(), Faults()
    give_up(world, "undoes", faults)
    back_at_the_sealed_point(world)
    return faults.count


@pytest.mark.parametrize(("at", "lose"), list(product(range(1, effects_of_undo() + 1), (False, True))))
def test_an_undo_that_dies_or_loses_an_answer_anywhere_is_finished_by_the_next_run(at: int, lose: bool) -> None:
    world = all_done()
    attempt: Callable[[], None] = lambda: give_up(world, "undoes", Faults(at=at, die=not lose, lose=lose, after=True))  # noqa: E731
    if lose:
        try:
            attempt()
        except DrError:
            give_up(world, "again")
    else:
        with pytest.raises(Died):
            attempt()
        world.host.dead.add("undoes")
        give_up(world, "again")
    back_at_the_sealed_point(world)


def test_the_sweeps_meet_changes_of_the_register() -> None:
    assert len(changes_of_the_register()) == 3
    assert max(changes_of_the_register()) <= effects()
