"""What an earlier run left is carried on, left for later or given up; nothing changes before that is known (I2, I6)."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from dataclasses import replace
from typing import Any

import pytest

from hadoop_dr.adapters.memory.hdfs.faults import Died, Faults
from hadoop_dr.adapters.memory.hdfs.namenode import MemoryNameNode
from hadoop_dr.domain.errors import (
    DrError,
    Failed,
    ForeignFound,
    Mismatch,
    NotFound,
    NotReady,
    Superseded,
    Unknown,
    Unreachable,
)
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger import LedgerEntry, entry_path
from hadoop_dr.domain.ledger.bodies.foreign import UndoBegun, UndoDone
from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy, SnapshotRecord
from hadoop_dr.domain.state.service_state import Claim, Point, PointState
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.ledger.claims import ClaimRequest
from hadoop_dr.services.ledger.heartbeat import HeartbeatWriter
from hadoop_dr.services.recovery.recover import Recover
from hadoop_dr.services.recovery.repair import UNDO_TURN
from hadoop_dr.services.recovery.undo import UndoChanges, come_back_to
from sim.chronicle import ChronicledWorld
from sim.half_done import OTHER, POLICY, TABLES, back_at_the_sealed_point, effects_of_place, half_done, made
from sim.in_step import in_step
from sim.undone import LATE, preflight
from sim.world import ROOT

HALF = effects_of_place() // 2
RESTORE = POLICY + "drift: restore\n"


def claimed(world: ChronicledWorld) -> tuple[BackupContext, Claim]:
    """The next run owns the service, and nobody looked yet at what the dead one left."""
    world.host.name, context = "next", world.context()
    frozen = FrozenPolicy(world.policy, "billing.yaml", "incremental", "pull")
    return context, context.claims.take(ClaimRequest("next", 1, world.clock.wall_ms(), frozen, world.host.me()))


def recovers(context: BackupContext, claim: Claim, error: DrError) -> list[str]:
    """What the run does about the point it finds, which cannot be carried on for this reason."""

    def fails(claim: Claim, point: Point) -> None:
        raise error

    return Recover(context, fails).run(claim)


def areas(world: ChronicledWorld) -> dict[str, list[str]]:
    """All that lies in the work areas of both roots."""
    west, found = world.clusters["west"], dict[str, list[str]]()
    for root in (ROOT, OTHER):
        area = west.find(root).children.get(".hadoop-dr")
        found[root] = sorted(node.path() for node in area.walk()) if area else []
    return found


@pytest.mark.parametrize("error", [Unreachable, NotReady, Superseded, Unknown, ForeignFound])
def test_a_point_that_cannot_be_carried_on_for_now_stays_as_it_is_for_the_next_run(error: type[DrError]) -> None:
    """The site comes back, a later claim goes on with it, or a person decides: an undo would take that from them."""
    world = half_done(HALF)
    context, claim = claimed(world)
    before, entries = areas(world), context.ledger.chain.entries()
    with pytest.raises(error, match="for now"):
        recovers(context, claim, error("it", "for now"))
    assert world.context().ledger.chain.entries() == entries
    assert areas(world) == before


@pytest.mark.parametrize(("error", "policy"), [(Failed, POLICY), (Failed, RESTORE), (ForeignFound, RESTORE)])
def test_a_point_that_can_never_be_carried_on_is_undone_with_the_reason(error: type[DrError], policy: str) -> None:
    world = half_done(LATE)
    [given_up] = world.context().ledger.read().unfinished()
    world.policy = policy
    assert recovers(*claimed(world), error("it", "for ever")) == []
    after = world.context().ledger.read().points[given_up.point]
    assert (after.state, after.reason) == (PointState.VOID, "could not be finished: it: for ever")
    assert "void" not in ended_kinds(world), "what is undone is void by that"
    back_at_the_sealed_point(world)


def test_no_work_area_is_touched_before_the_ledger_says_that_its_root_is_being_undone() -> None:
    """A run that dies before that is followed by one that tries to carry the point on once more."""
    died_at = next(at for at in range(HALF, 1, -1) if any(areas(half_done(at)).values()))
    at, announced = 0, False
    while not announced:
        at, world = at + 1, half_done(died_at)
        before = areas(world)
        preflight(world, "stops", Faults(at=at, die=True))
        announced = "undoing" in ended_kinds(world)
        assert announced or areas(world) == before, at


def test_a_run_that_died_while_it_staged_and_can_never_go_on_is_void_and_its_work_areas_are_taken_over() -> None:
    """A worker that slept in them finds no path any more, and nobody is told that its point was finished."""
    world = made()
    stages = world.stages("dies")
    stages.preflight()
    point = stages.moment()["point"]
    stages.plan()
    with pytest.raises(Died):
        world.stages("dies", faults=Faults(at=8, die=True)).stage(0)
    before = areas(world)
    assert any(before.values())
    world.host.dead |= {"first", "dies", "p1"}
    context, claim = claimed(world)
    assert recovers(context, claim, Failed("it", "for ever")) == []
    ended = world.context().ledger.read()
    assert (ended.points[point].state, ended.undo) == (PointState.VOID, None)
    assert [entry for entry in ended_kinds(world) if entry.startswith("und")] == []
    for root, was in before.items():
        assert bool(areas(world)[root]) is bool(was)
        assert [path for path in areas(world)[root] if path != f"{root}/.hadoop-dr" and f"-{claim.n}" not in path] == []


def ended_kinds(world: ChronicledWorld) -> list[str]:
    return [entry.kind for entry in world.context().ledger.chain.entries()]


def test_a_half_changed_tree_is_undone_although_both_ledgers_lost_that_it_was_staged() -> None:
    """Both were restored from the minute before: the work areas alone show that the live tree was being changed."""
    world = half_done(HALF)
    chain = world.context().ledger.chain
    assert chain.entries()[-1].kind == "staged"
    for files in world.files().values():
        files.remove(entry_path(chain.path, chain.entries()[-1].n))
    [left] = world.context().ledger.read().unfinished()
    assert left.state is PointState.TAKEN
    recovers(*claimed(world), Failed("it", "for ever"))
    assert "undone" in ended_kinds(world)
    back_at_the_sealed_point(world)


@pytest.mark.parametrize("state", [PointState.TAKEN, PointState.STAGED])
def test_a_point_that_died_before_its_first_change_is_void_and_nothing_is_undone(state: PointState) -> None:
    for at in range(1, HALF):
        world = half_done(at)
        [given_up] = world.context().ledger.read().unfinished()
        if given_up.state is state:
            break
    assert world.catalog("west") == made().catalog("west")
    assert recovers(*claimed(world), Failed("it", "for ever")) == []
    assert world.context().ledger.read().points[given_up.point].state is PointState.VOID
    assert "undoing" not in ended_kinds(world)
    world.host.dead.add("next")
    world.backup("seals")
    in_step(world)


def test_tables_that_a_point_changed_before_any_directory_are_undone() -> None:
    sealed = made().catalog("west")
    at = next(at for at in range(1, HALF) if half_done(at).catalog("west") != sealed)
    world = half_done(at)
    assert world.tree("west", ROOT) == made().tree("west", ROOT)
    assert recovers(*claimed(world), Failed("it", "for ever")) == []
    assert "undone" in ended_kinds(world)
    back_at_the_sealed_point(world)


def test_a_point_that_can_never_go_on_is_void_where_no_snapshot_is_left_to_come_back_to() -> None:
    """Nothing is undone then, tables neither: the next run compares all of it."""
    world = half_done(LATE)
    [given_up] = world.context().ledger.read().unfinished()
    west = MemoryNameNode(world.clusters["west"])
    for root in west.snapshottable():
        for shot in west.snapshots(root):
            west.delete_snapshot(root, shot.name)
    catalog = world.catalog("west")
    assert recovers(*claimed(world), Failed("it", "for ever")) == []
    assert world.context().ledger.read().points[given_up.point].state is PointState.VOID
    assert "undoing" not in ended_kinds(world)
    assert world.catalog("west") == catalog


def test_an_undo_works_where_nothing_of_its_own_claim_can_reach_from_its_first_look_on() -> None:
    """A worker of the try that failed under this very claim may sleep in a stage; what it puts there is nobody's."""
    world = half_done(HALF)
    context, claim = claimed(world)
    recovers(context, claim, Failed("it", "for ever"))
    [undone] = [entry.body for entry in world.context().ledger.chain.entries() if isinstance(entry.body, UndoDone)]
    west = MemoryNameNode(world.clusters["west"])
    assert undone.base.keys() > {ROOT, OTHER}
    for root in undone.base:
        found = [entry.name for entry in west.list(f"{root}/.snapshot/{undone.kept}/.hadoop-dr")]
        assert found == [f"billing-{claim.epoch}-{claim.n}.{UNDO_TURN}"], root


def test_an_undo_keeps_what_it_has_copied_on_record_below_its_own_run_and_says_how_long_it_plans(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A next try copies only the rest, and what was recorded goes with the point of the run."""
    world, planned = half_done(LATE), list[tuple[str, int]]()
    monkeypatch.setattr(
        HeartbeatWriter, "working", lambda self, what, items: planned.append((what, items)) or nullcontext()
    )
    before = {node.path() for node in world.clusters["west"].find("/").walk()}
    context, claim = claimed(world)
    recovers(context, claim, Failed("it", "for ever"))
    made = {node.path() for node in world.clusters["west"].find("/").walk()} - before
    [begun, done] = [entry for entry in world.context().ledger.chain.entries() if entry.kind in ("undoing", "undone")]
    own = f"{context.directory(claim.point)}/undo-{begun.n}/staged"
    batches = [path for path in made if path.endswith(".parquet")]
    assert {path.rpartition("/")[0].rpartition("/")[0] for path in batches} == {own}
    assert isinstance(done.body, UndoDone)
    assert len([items for what, items in planned if what == "the order of a plan" and items]) == len(done.body.base)


def test_an_undo_that_was_superseded_changes_no_table_any_more() -> None:
    world = half_done(LATE)
    [given_up] = world.context().ledger.read().unfinished()
    context, claim = claimed(world)
    newest = context.ledger.read().newest_sealed()
    assert newest is not None
    undo = UndoChanges(context, lambda achieved: None)._beside(claim, newest, given_up)
    assert undo.differs()
    request = ClaimRequest("later", 1, world.clock.wall_ms(), claim.frozen, world.host.me(), takeover=True)
    world.context().claims.take(request)
    world.clock.sleep_until(world.clock.monotonic_s() + 2)
    before = world.catalog("west")
    with suppress(Superseded):  # what goes first may be gone already
        undo.before_tree()
    with pytest.raises(Superseded):
        undo.after_tree()
    assert world.catalog("west") == before


def test_nothing_comes_back_to_a_point_that_is_damaged_or_to_none() -> None:
    context = made().context()
    newest = context.ledger.read().newest_sealed()
    assert newest is not None
    roots = newest.taken.roots
    assert come_back_to(context, newest, roots) == tuple(sorted(roots))
    assert come_back_to(context, replace(newest, damaged="rotten"), roots) == ()
    assert come_back_to(context, None, roots) == ()


def test_after_an_undo_each_root_of_it_shows_the_time_of_the_moment_it_is_back_at() -> None:
    """Taking a snapshot sets it, on the secondary too (I9)."""
    world = half_done(LATE)
    [given_up] = world.context().ledger.read().unfinished()
    assert preflight(world, "next")
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    west, moments = MemoryNameNode(world.clusters["west"]), newest.taken.snapshots
    undone = moments.keys() & given_up.taken.roots.keys()
    assert len(undone) > 2
    assert {root: west.status(root).facts.mtime_ms for root in undone} == {
        root: moments[root].created_ms for root in undone
    }


def test_an_undo_is_told_with_what_it_comes_back_to_and_why_and_where_all_it_undid_is_kept() -> None:
    world = half_done(LATE)
    [given_up] = world.context().ledger.read().unfinished()
    newest = world.context().ledger.read().newest_sealed()
    assert newest is not None
    context, claim = claimed(world)
    west = MemoryNameNode(world.clusters["west"])
    back, why = come_back_to(context, newest, given_up.taken.roots), "could not be finished: it: for ever"
    new = set(given_up.taken.roots) - set(back)
    assert new, "a table that the sealed point has not"
    recovers(context, claim, Failed("it", "for ever"))
    [begun, done] = [entry for entry in world.context().ledger.chain.entries() if entry.kind in ("undoing", "undone")]
    kept = f"dr-billing-kept-{claim.epoch}-{begun.n}"
    assert begun.body == UndoBegun(claim.n, given_up.point, newest.point, "west", back, kept, why)
    assert isinstance(done.body, UndoDone)
    told = replace(done.body, found=(), base={})
    assert told == UndoDone(claim.n, given_up.point, newest.point, "west", why, kept, (), {})
    assert tuple(done.body.base) == back
    for root, base in done.body.base.items():
        assert base.name == snapshot_name("billing", newest.epoch, newest.point, begun.n)
        [shot] = [shot for shot in west.snapshots(root) if shot.name == base.name]
        assert base == SnapshotRecord(shot.name, shot.id, shot.created_ms)
        assert kept in [shot.name for shot in west.snapshots(root)]
        assert [line for line in done.body.found if line.startswith(f"{root}/")] or root not in (ROOT, OTHER)
    for root in new:
        assert kept not in [shot.name for shot in west.snapshots(root)], "parted from its area, and left alone"


def in_area(world: ChronicledWorld, root: str) -> list[str]:
    """Names of the work areas in a root of the secondary."""
    west = MemoryNameNode(world.clusters["west"])
    try:
        return [entry.name for entry in west.list(f"{root}/.hadoop-dr")]
    except NotFound:
        return []


def test_a_new_root_to_which_no_undo_comes_is_taken_from_whoever_sleeps_there_before_the_undo_is_announced() -> None:
    """The sealed point has it not, so nothing of it comes back; what the sleeper finds is no path of its own."""
    new = TABLES["t4"]
    world = half_done(next(at for at in range(LATE, 1, -1) if in_area(half_done(at), new)))
    asleep, areas_then = in_area(world, new), list[list[str]]()
    context, claim = claimed(world)
    real = context.ledger.append_mine

    def append_mine(claim: Claim, body: Any) -> LedgerEntry:
        if isinstance(body, UndoBegun):
            areas_then.append(in_area(world, new))
        return real(claim, body)

    context.ledger.append_mine = append_mine  # type: ignore[method-assign]
    recovers(context, claim, Failed("it", "for ever"))
    assert areas_then == [[f"billing-{claim.epoch}-{claim.n}"]] != [asleep]
    [undone] = [entry.body for entry in world.context().ledger.chain.entries() if isinstance(entry.body, UndoDone)]
    assert new not in undone.base
    back_at_the_sealed_point(world)


def test_what_somebody_puts_in_the_place_of_an_item_just_after_an_undo_looked_is_kept() -> None:
    """The undo goes by what its own snapshot shows: what lies there by then is not what it has to take away (I10)."""
    world = half_done(LATE)
    context, claim = claimed(world)
    west, namenode, taken = world.clusters["west"], context.destination.namenode, f"{ROOT}/a b"
    real = namenode.create_snapshot

    def somebody(root: str, name: str) -> None:
        real(root, name)
        if root == ROOT and "-kept-" in name:
            west.delete(taken, recursive=True)
            west.extend(west.make_file(taken, replication=1, block_size=1024, overwrite=False), b"theirs")

    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setattr(namenode, "create_snapshot", somebody)
        with pytest.raises(DrError, match="a b: was replaced on the destination by somebody"):
            recovers(context, claim, Failed("it", "for ever"))
    world.host.dead.add("next")
    assert preflight(world, "after")
    back_at_the_sealed_point(world)
    [undone] = [entry.body for entry in world.context().ledger.chain.entries() if isinstance(entry.body, UndoDone)]
    shown = west.find(f"{ROOT}/.snapshot/{undone.kept}").walk()
    assert [node for node in shown if not node.is_dir and node.content == b"theirs"]


def test_an_undo_after_which_a_tree_is_not_the_sealed_one_is_never_told_as_done() -> None:
    """Somebody changes it in the last moment: the next run finds the announcement and undoes that, too (I6, I10)."""
    world = half_done(LATE)
    context, claim = claimed(world)
    west, namenode, theirs = world.clusters["west"], context.destination.namenode, f"{ROOT}/theirs ü%"
    real = namenode.create_snapshot

    def late(root: str, name: str) -> None:
        if root == ROOT and "-kept-" not in name and "theirs ü%" not in west.find(ROOT).children:
            west.extend(west.make_file(theirs, replication=1, block_size=1024, overwrite=False), b"theirs")
        real(root, name)

    with pytest.MonkeyPatch.context() as meanwhile:
        meanwhile.setattr(namenode, "create_snapshot", late)
        with pytest.raises(Mismatch) as left:
            recovers(context, claim, Failed("it", "for ever"))
    assert left.value.subject == f"west:{ROOT}"
    assert left.value.problem.startswith("an undo left 1 differences, the first: ")
    assert theirs in left.value.problem
    assert left.value.remedy == "Check the directory by hand, then run again."
    assert ("undoing" in ended_kinds(world), "undone" in ended_kinds(world)) == (True, False)
    world.host.dead.add("next")
    assert preflight(world, "after")
    back_at_the_sealed_point(world)
    [undone] = [entry.body for entry in world.context().ledger.chain.entries() if isinstance(entry.body, UndoDone)]
    assert west.find(f"{ROOT}/.snapshot/{undone.kept}/theirs ü%").content == b"theirs"
