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
from hadoop_dr.bootstrap.data_set_kinds import KINDS, probes_of
from hadoop_dr.domain.config.datasets import SUPPORTED_KINDS
from hadoop_dr.domain.errors import BadInput, DrError, ForeignFound, Refused
from hadoop_dr.domain.formats.fenced import content_name
from hadoop_dr.domain.ledger.kept_changes import Kept
from hadoop_dr.domain.state.service_state import Point, PointState
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.backup.preview import Preview
from hadoop_dr.services.context import BackupContext, Build
from hadoop_dr.services.coverage import Coverage
from hadoop_dr.services.datasets.components import components_of
from hadoop_dr.services.status import LedgerTold, SiteProbes, Status
from sim.half_done import died_in_place, to_place
from sim.world import ROOT, World, fill
from support.register import KEYS, KIND, REGISTERS, Register, Store, UndoRegister, directory_of, exported, register_of

SMALL = """service: billing
pair: east-west
protect:
  - hdfs: /data/a b+%
  - register: shop
limits: {deletions: {share: 50%, at_least: 0}}
max_clock_offset: 1d
retention: {primary: "3", secondary: "5"}
"""
SHOP = directory_of("shop")
FIRST = {"a b": "1", "c=#": "2", "ü%": "3", "stays": "+"}
THEN = {"a b": "one", "ü%": "3", "stays": "+", "new/ %20": ""}


class RegisterWorld(World):
    """A world whose sites have a register, too, and whose policies may name it."""

    built = (*SUPPORTED_KINDS, REGISTERS)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.stores = {site: Store(site) for site in self.clusters}
        self.made: list[Register] = []

    def clone(self) -> Self:
        """The same world once more; what was created for its processes stays with them."""
        self.made = []
        return super().clone()

    def kinds(self, faults: Faults) -> Sequence[Build]:
        """The built kinds, and the register."""
        return (*KINDS, register_of(self.stores, faults, self.made))


def attach(world: RegisterWorld, name: str, data: bytes) -> None:
    """A file beside the register, in the directory that it needs snapshots of."""
    east = world.clusters["east"]
    east.make_directory(SHOP, 0o750, parents=True)
    east.extend(east.make_file(f"{SHOP}/{name}", replication=1, block_size=1024, overwrite=True), data)


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
    attach(world, "scan +", b"1")
    world.backup("first")
    east = world.clusters["east"]
    attach(world, "scan 2 #", b"22")
    east.rename(f"{ROOT}/ü dir", f"{ROOT}/moved")
    east.extend(east.find(f"{ROOT}/h#"), b"t" * 3000)
    fill_register(world, THEN)
    return world


def fresh() -> RegisterWorld:
    return lived_in().clone()


def in_step(world: RegisterWorld) -> None:
    """The secondary has what the primary has, the newest point says so, and nothing of a run lies around."""
    assert world.stores["west"].values == world.stores["east"].values
    for root in (ROOT, SHOP):
        assert world.tree("west", root) == world.tree("east", root)
        assert ".hadoop-dr" not in world.clusters["west"].find(root).children
    newest = sealed(world)[-1]
    assert exported(world.context(), newest) == world.stores["east"].values
    assert newest.sealed.datasets[KIND] == {"version": world.stores["west"].version}


def sealed(world: RegisterWorld) -> list[Point]:
    return world.context().ledger.read().sealed()


def test_a_full_point_and_increments_carry_it_and_ask_every_verb_in_order() -> None:
    world = RegisterWorld(SMALL)
    fill(world)
    attach(world, "scan +", b"1")
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
    documents = context.documents(context.ledger.read().points[point])
    assert documents.has(KEYS)
    name = content_name(KEYS, documents.point.taken.datasets[KIND]["sha256"])
    east, west = (side.files.get(f"{documents.directory}/{name}") for side in context.sides.values())
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
    assert Preview(world.context()).run()["needs_approval"] == ["3 of 4 keys would be dropped, the limit is 2 (50%)"]
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
    failed = [one.detail for one in RunChecks(world.context()).look() if one.name == "drift"]
    assert failed == ["west was changed by somebody else: key 'a b' was changed"]


def once(monkeypatch: pytest.MonkeyPatch, world: RegisterWorld, verb: str) -> None:
    """Somebody else writes to the secondary's register, once, right before it is asked a verb."""
    west, real, times = world.stores["west"], getattr(Register, verb), [1]

    def disturbed(self: Register, *args: Any) -> Any:
        if times and times.pop():
            west.put("a b", "theirs")
            west.put("only ü", "theirs, too")
        return real(self, *args)

    monkeypatch.setattr(Register, verb, disturbed)


DURING_A_RUN = pytest.mark.parametrize("verb", ["before_tree", "after_tree", "verify"])


@DURING_A_RUN
def test_what_somebody_else_changes_there_during_a_run_is_kept_and_put_right(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = fresh()
    world.policy = SMALL + "drift: restore\n"
    once(monkeypatch, world, verb)
    assert world.backup("second")["state"] == "sealed"
    in_step(world)
    [kept] = world.context().ledger.read().kept
    assert kept.found == ("key 'a b' was changed", "key 'only ü' was changed")
    assert kept_rows(world, kept) == {"a b": "theirs", "only ü": "theirs, too"}


@DURING_A_RUN
def test_or_it_waits_for_a_person_and_its_own_kind_says_whether_it_is_still_so(
    verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = fresh()
    once(monkeypatch, world, verb)
    with pytest.raises(ForeignFound, match=r"west was changed by somebody else during the run of point .*key 'a b'"):
        world.backup("second")
    assert len(sealed(world)) == 1
    theirs, looked = dict(world.stores["west"].values), world.context().ledger.read()
    assert (theirs["a b"], theirs["only ü"]) == ("theirs", "theirs, too")
    with pytest.raises(ForeignFound, match="key 'a b' was changed"):
        world.backup("third")
    assert (world.stores["west"].values, world.context().ledger.read()) == (theirs, looked)
    asked = [verb for one in world.made for verb in one.asked]
    assert asked[-1] == "is_as_kept"
    world.stores["west"].put("a b", FIRST["a b"])
    world.stores["west"].remove("only ü")
    assert world.backup("fourth")["state"] == "sealed"
    in_step(world)


class Ledgers:
    """The ledger of one service."""

    def __init__(self, context: BackupContext) -> None:
        self._context = context

    def names(self) -> list[str]:
        """Its name."""
        return [self._context.policy.service]

    def read(self, service: str) -> LedgerTold:
        """What it says."""
        return LedgerTold(self._context.ledger.read())


def kept_rows(world: RegisterWorld, kept: Kept) -> dict[str, str]:
    """What the document of an entry keeps, which both sites have."""
    assert kept.document is not None
    assert kept.document.kind == KIND
    east, west = (side.files.get(kept.document.path) for side in world.context().sides.values())
    assert east == west
    return {str(key): str(value) for key, value in world.context().tools.tables.unpack(west)}


def test_a_policy_names_it_and_its_directory_is_a_root_like_any_other() -> None:
    world = fresh()
    context = world.context()
    assert sealed(world)[0].taken.protect == {"hdfs": (ROOT,), KIND: ("shop",)}
    assert sealed(world)[0].taken.roots.keys() == {ROOT, SHOP}
    assert set(context.owners.mine) == {ROOT, SHOP}
    for wrong, said in (("a/b", "'a/b' is no name of a register"), ("shop\n  - register: shop", "overlaps")):
        with pytest.raises(BadInput, match=said):
            world.read(SMALL.replace("shop", wrong))
    with pytest.raises(BadInput, match="'register'"):
        World(SMALL).context()


def test_a_policy_that_does_not_name_it_contacts_nothing_of_it() -> None:
    world = RegisterWorld(SMALL.replace("  - register: shop\n", ""))
    fill(world)
    world.stores["east"].put("", "this would refuse a run")
    point = world.backup("first")
    assert KIND not in sealed(world)[0].taken.datasets
    assert world.backup("second")["baseline"] == point["point"]
    assert world.stores["west"].version == 0


def test_what_goes_goes_before_the_tree_changes_and_what_comes_comes_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table is dropped while its old directory is there, and made once the new one is."""
    world, seen = fresh(), dict[str, Any]()
    for verb in ("before_tree", "after_tree"):
        real = getattr(Register, verb)

        def looked(self: Register, *args: Any, verb: str = verb, real: Any = real) -> None:
            seen[verb] = world.tree("west", ROOT), dict(world.stores["west"].values)
            real(self, *args)

        monkeypatch.setattr(Register, verb, looked)
    before = world.tree("west", ROOT), dict(world.stores["west"].values)
    world.backup("second")
    assert seen["before_tree"] == before
    assert "c=#" in before[1]
    assert seen["after_tree"] == (world.tree("east", ROOT), {k: v for k, v in before[1].items() if k != "c=#"})


def test_a_site_is_well_while_its_register_answers() -> None:
    world = fresh()
    context = world.context()
    views = [SiteProbes(s.name, s.namenode, s.files, s.coordinator, probes_of(s, context.tools.kinds))
             for s in context.sides.values()]  # fmt: skip
    world.stores["west"].silent, said = True, list[str]()
    told = Status("east-west", context.roles, views, Ledgers(context), world.clock, said.append).run([])
    assert {site: one["health"] for site, one in told["sites"].items()} == {
        "east": {"available": 3, "total": 3}, "west": {"available": 2, "total": 3},
    }  # fmt: skip
    assert [line.startswith("west: the register") for line in said] == [True]


def test_its_promotion_is_asked_for_like_that_of_any_kind() -> None:
    world = fresh()
    context = world.context()
    newest = sealed(world)[-1]
    for _ in ("once", "again"):
        promoted = components_of(context).promote(newest, context.documents(newest))
        assert (promoted.live, promoted.left) == (["west: the register is live"], [])
    assert (world.stores["west"].live, world.stores["east"].live) == (True, False)


def test_an_undo_takes_away_before_its_tree_comes_back_and_gives_back_then(monkeypatch: pytest.MonkeyPatch) -> None:
    world, seen = all_done(), dict[str, Any]()
    for verb in ("before_tree", "after_tree"):
        real = getattr(UndoRegister, verb)

        def looked(self: UndoRegister, verb: str = verb, real: Any = real) -> None:
            seen[verb] = world.tree("west", SHOP), dict(world.stores["west"].values)
            real(self)

        monkeypatch.setattr(UndoRegister, verb, looked)
    placed = world.tree("west", SHOP), dict(world.stores["west"].values)
    give_up(world, "undoes")
    assert seen["before_tree"] == placed
    back, left = seen["after_tree"]
    assert back == world.tree("west", SHOP) != placed[0]
    assert left == {key: value for key, value in placed[1].items() if key in FIRST}


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
    return world, to_place(world)


@cache
def effects_of_place() -> int:
    world, faults = staged()[0].clone(), Faults()
    world.stages("dies", faults=faults).place()
    return faults.count


def half_done(at: int) -> RegisterWorld:
    """The run died in its place and cannot be finished: its plan and a snapshot of its moment are lost."""
    return died_in_place(*staged(), at)


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
