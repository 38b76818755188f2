"""What becomes of what an interrupted run left, for every prefix of what it does and of what is done about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from hadoop_dr.domain.check_results import warn
from hadoop_dr.domain.ids import point_id
from hadoop_dr.domain.ledger import Body
from hadoop_dr.domain.ledger.bodies.foreign import UndoBegun, UndoDone
from hadoop_dr.domain.ledger.bodies.runs import ClaimReleased
from hadoop_dr.domain.points.recovery import Left, Step, next_step, recovery_due, same_as_kept
from hadoop_dr.domain.state.service_fold import dump_state, load_state, reduce_service
from hadoop_dr.domain.state.service_state import PointState, ServiceState
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes
from support.entries import claimed, entries, record, sealed, staged, taken


@dataclass(frozen=True)
class Model:
    """Ledger, live tree and work area, as far as they matter here; the tree is ``sealed``, ``half`` or ``new``."""

    state: PointState = PointState.CLAIMED
    undoing: bool = False
    tree: str = "sealed"
    placing: bool = False
    whole: bool = True

    def left(self, *, stuck: bool) -> Left:
        return Left(self.state, self.undoing, stuck, self.placing, self.whole)


A_RUN: list[dict[str, Any]] = [
    {"state": PointState.TAKEN},
    {"state": PointState.STAGED},
    {"placing": True},
    {"tree": "half"},
    {"tree": "new"},
    {"placing": False},
    {"state": PointState.SEALED},
]
"""Effects of a run in their order, behind its claim."""


def effects(model: Model, step: Step) -> list[dict[str, Any]]:
    """What carrying out a step does, one effect after the other."""
    if step is Step.ROLL_FORWARD:
        done = A_RUN.index({"state": model.state}) + 1
        return A_RUN[done:]
    if step is Step.UNDO:
        return [{"undoing": True}, *effects(model, Step.FINISH_UNDO)]
    if step is Step.FINISH_UNDO:
        return [{"placing": True, "tree": "half"}, {"tree": "sealed"}, {"placing": False},
                {"undoing": False, "state": PointState.VOID}]  # fmt: skip
    return [{"state": PointState.VOID}] if step is Step.VOID else []


def after(model: Model, done: list[dict[str, Any]]) -> Model:
    for effect in done:
        model = replace(model, **effect)
    return model


def one_run_later(model: Model) -> Iterator[Model]:
    """Every state in which one more run can leave it: carried on, failed for good anywhere, or dead anywhere."""
    step = next_step(model.left(stuck=False))
    there = effects(model, step)
    for at in range(len(there) + 1):
        yield after(model, there[:at])
    if step is not Step.ROLL_FORWARD:
        return
    for at in range(len(there)):
        failed = after(model, there[:at])
        given_up = effects(failed, next_step(failed.left(stuck=True)))
        for upto in range(len(given_up) + 1):
            yield after(failed, given_up[:upto])


def reachable(start: Model) -> set[Model]:
    found, fresh = {start}, [start]
    while fresh:
        fresh = [model for old in fresh for model in one_run_later(old) if model not in found]
        found.update(fresh)
    return found


STARTS = [after(Model(whole=whole), A_RUN[:at]) for whole in (True, False) for at in range(len(A_RUN) + 1)]


@pytest.mark.parametrize("start", STARTS)
def test_whatever_prefix_of_whatever_runs_was_carried_out_the_next_run_ends_it(start: Model) -> None:
    for model in reachable(start):
        ended = model
        for _ in range(3):
            ended = after(ended, effects(ended, next_step(ended.left(stuck=True))))
        assert next_step(ended.left(stuck=False)) is Step.NOTHING
        if ended.state is PointState.SEALED:
            assert ended.tree == "new"
        elif ended.whole:
            assert (ended.tree, ended.placing) == ("sealed", False)


@pytest.mark.parametrize("start", STARTS)
def test_a_tree_in_the_middle_of_an_undo_is_never_rolled_forward_and_never_taken_for_settled(start: Model) -> None:
    for model in reachable(start):
        step = next_step(model.left(stuck=False))
        if model.undoing:
            assert step is Step.FINISH_UNDO
        if step is Step.NOTHING and model.whole:
            assert model.tree in ("sealed", "new")


def test_a_point_whose_ledger_lost_an_entry_is_undone_when_a_work_area_shows_a_place() -> None:
    assert next_step(Left(PointState.TAKEN, stuck=True, placing=True)) is Step.UNDO
    assert next_step(Left(PointState.TAKEN, stuck=True)) is Step.VOID
    assert next_step(Left(PointState.CLAIMED)) is Step.VOID


def test_without_the_origin_only_a_staged_point_can_be_finished() -> None:
    assert next_step(Left(PointState.STAGED, origin_lost=True)) is Step.ROLL_FORWARD
    assert next_step(Left(PointState.TAKEN, origin_lost=True)) is Step.VOID
    assert next_step(Left(PointState.TAKEN, origin_lost=True, placing=True)) is Step.UNDO


S, P = "20261120T020000.000Z", "20261120T030000.000Z"


def begun(point: str) -> list[Body]:
    return [claimed(point), taken(point, ("/a b", "/ü")), staged(point)]


def state_after(*bodies: Body) -> ServiceState:
    return reduce_service(entries(*begun(S), sealed(S, {"/a b": "s1", "/ü": "s2"}), *begun(P), *bodies))


def undoing(kept: str) -> UndoBegun:
    return UndoBegun(1, P, S, "west", ("/a b",), kept, "lost")


UNDONE = UndoDone(1, P, S, "west", "lost", "kept 1", (), {"/a b": record("after")})


def test_an_announced_undo_stands_with_all_that_was_kept_until_it_is_done_also_behind_a_checkpoint() -> None:
    state = state_after(undoing("kept 1"), undoing("kept 2"))
    assert state.undo is not None
    assert (state.undo.point, state.undo.to, state.undo.roots) == (P, S, ("/a b",))
    assert state.undo.kept == ("kept 1", "kept 2")
    assert state.points[P].state is PointState.STAGED
    assert load_state(dump_state(state)) == state


def test_an_undo_that_is_done_ends_its_point_and_the_next_plan_binds_to_what_it_left() -> None:
    state = state_after(undoing("kept 1"), UNDONE)
    assert state.undo is None
    assert (state.points[P].state, state.points[P].reason) == (PointState.VOID, "lost")
    assert {root: shot.name for root, shot in state.points[S].live_on("west").items()} == {"/a b": "after", "/ü": "s2"}
    assert load_state(dump_state(state)) == state


def test_a_sealed_point_ends_an_undo_because_all_of_its_tree_was_compared() -> None:
    assert state_after(undoing("kept 1"), sealed(P)).undo is None


OVER = ClaimReleased(5, "")


def test_what_the_next_run_does_about_what_was_left_is_told_while_no_run_is_at_work() -> None:
    assert recovery_due(state_after(OVER)) == [
        warn("recovery", f"point {P} of run run is staged and not finished",
             "The next backup carries it to its seal, or undoes what it changed.")]  # fmt: skip
    assert recovery_due(state_after(undoing("kept 1"), OVER)) == [
        warn("recovery", f"an undo was interrupted; the next backup brings the secondary back to point {S}",
             "Run a backup; who reads the secondary's live tree should wait for it.")]  # fmt: skip
    assert recovery_due(state_after()) == recovery_due(state_after(undoing("kept 1"))) == []


def test_nothing_is_told_of_a_point_that_was_only_claimed_or_that_waits_for_a_person() -> None:
    assert recovery_due(state_after(OVER), {P}) == []
    assert recovery_due(reduce_service(entries(*begun(S), sealed(S), claimed(P), ClaimReleased(5, "")))) == []


def test_a_run_whose_claim_is_in_force_goes_on_with_its_point_and_no_other_run_does() -> None:
    state = state_after()
    assert state.goes_on("run") == state.points[P]
    assert state.goes_on("another") is None
    over = state_after(ClaimReleased(5, ""))
    assert over.goes_on("run") is None
    assert (
        replace(state, points={**state.points, P: replace(state.points[P], state=PointState.VOID)}).goes_on("run")
        is None
    )


def test_a_moment_whose_name_was_used_is_taken_a_millisecond_later() -> None:
    at = 1_795_140_000_000
    state = reduce_service(entries(*(claimed(point_id(at + n)) for n in range(2))))
    assert [state.free_moment(at + n) - at for n in (-1, 0, 1, 2)] == [-1, 2, 2, 2]


AREA = ".hadoop-dr/1-5.1000"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        (Changes(), True),
        (Changes(renamed=(Change(1, AREA, ".hadoop-dr/1-7.1000"),), modified=(Change(2, "", ""),)), True),
        (Changes(renamed=(Change(1, f"{AREA}/park", ".hadoop-dr/1-7.1000/left-0"),)), True),
        (Changes((Change(1, None, f"{AREA}/stage/0-5.1"),), (Change(2, f"{AREA}/made/9", None),)), True),
        (Changes(deleted=(Change(1, f"{AREA}/stage/0-5.1/9/e%20", None),)), True),
        (Changes(renamed=(Change(1, "a b", "c #"),)), False),
        (Changes(renamed=(Change(1, f"{AREA}/left-0/9", f"{AREA}/park/9"),)), False),
        (Changes(deleted=(Change(1, f"{AREA}/left-0/9", None),)), False),
        (Changes(modified=(Change(1, f"{AREA}/left-0/9", f"{AREA}/left-0/9"),)), False),
        (Changes(renamed=(Change(1, f"{AREA}/left-0/9", "a b"),)), False),
        (Changes(renamed=(Change(1, "a b", f"{AREA}/park/9"),)), False),
        (Changes(created=(Change(1, None, "e%20"),)), False),
        (Changes(deleted=(Change(1, "e%20", None),)), False),
        (Changes(modified=(Change(1, "h#", "h#"),)), False),
    ],
)
def test_another_kept_snapshot_is_taken_only_of_a_tree_that_no_earlier_one_shows(changes: Changes, same: bool) -> None:
    assert same_as_kept(changes) is same
