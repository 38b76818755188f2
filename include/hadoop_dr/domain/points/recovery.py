"""What an interrupted run left, and what becomes of it: decided from the ledger and the work areas alone (I2, I6).

    claimed ------------------------------> void             nothing of it is in any tree
    taken, staged --> roll forward -------> sealed           the ordinary end, whoever died where
                        | fails for good
    taken   <-----------+-----------------> void             the live tree was never changed
    staged  <-----------+--> undo announced --> undone, void the live tree comes back to the last sealed point
                              |         ^
                              +--death--+                    finished by the next run, as often as it takes

With the origin lost, only a staged point can be rolled forward: the destination has all of it.

An undo is announced in the ledger before its first effect. So a later run tells a tree in the middle of an undo from
one that somebody else changed, and never rolls forward what is half undone.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from enum import Enum

from hadoop_dr.domain.check_results import Result, warn
from hadoop_dr.domain.paths import depth, in_work_area
from hadoop_dr.domain.state.service_state import PointState, ServiceState
from hadoop_dr.domain.tree.snapshot_diff import Change, Changes, visible


class Step(Enum):
    """What is done next about something that was left."""

    NOTHING = "nothing"
    VOID = "void"
    ROLL_FORWARD = "roll forward"
    UNDO = "undo"
    FINISH_UNDO = "finish undo"


@dataclass(frozen=True, slots=True)
class Left:
    """What is known of a point that an earlier run did not bring to an end.

    Attributes:
        state: Where the ledger says it stands.
        undoing: The ledger says that an undo of it began, and not that it ended.
        stuck: Carrying it on was tried and failed for good.
        placing: A work area bears the mark of a place, or holds parked items: the live tree lacks them.
        whole: The destination still has the sealed snapshots that its live tree can come back to.
        origin_lost: The origin is given up, and with it every byte that is not on the destination yet.
    """

    state: PointState
    undoing: bool = False
    stuck: bool = False
    placing: bool = False
    whole: bool = True
    origin_lost: bool = False


def next_step(left: Left) -> Step:
    """Decides; asked again after every step, and after every death, until it says that nothing is left.

    Without a sealed snapshot to come back to there is nothing to undo to: the point is void, and the next run compares
    everything.
    """
    if left.undoing:
        return Step.FINISH_UNDO
    if left.state in (PointState.SEALED, PointState.VOID):
        return Step.NOTHING
    stuck = left.stuck or (left.origin_lost and left.state is not PointState.STAGED)
    if left.state is not PointState.CLAIMED and not stuck:
        return Step.ROLL_FORWARD
    changed = left.state is PointState.STAGED or left.placing
    return Step.UNDO if changed and left.whole else Step.VOID


def recovery_due(state: ServiceState, undecided: Container[str] = ()) -> list[Result]:
    """Says what the next run will do about what an earlier one left; nothing while a run is at work.

    Args:
        undecided: Points that no run carries on until a person decides; of them something else is told.
    """
    if state.claim is not None:
        return []
    if state.undo is not None:
        said = f"an undo was interrupted; the next backup brings the secondary back to point {state.undo.to}"
        return [warn("recovery", said, "Run a backup; who reads the secondary's live tree should wait for it.")]
    return [
        warn(
            "recovery",
            f"point {left.point} of run {left.run} is {left.state.value} and not finished",
            "The next backup carries it to its seal, or undoes what it changed.",
        )
        for left in state.unfinished()
        if left.state is not PointState.CLAIMED and left.point not in undecided
    ]


def same_as_kept(changes: Changes) -> bool:
    """Whether a tree is still the one that a kept snapshot shows, so that another one would keep nothing new.

    Work areas are renamed when they are taken over, and emptied of what was staged; what is parked in them counts.

    Args:
        changes: From the kept snapshot to the tree, work areas included.
    """
    if visible(changes).created:
        return False
    return all(_of_an_area(change) for change in (*changes.renamed, *changes.deleted, *changes.modified))


def _of_an_area(change: Change) -> bool:
    """Whether a change is one of a work area itself, or of what was staged in it."""
    paths = [path for path in (change.old, change.new) if path]
    return all(in_work_area(path) and (depth(path) <= 3 or "/stage/" in path or "/made/" in path) for path in paths)
