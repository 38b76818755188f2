"""What is kept for a person: named while it is there, and forgotten once its snapshots were removed by hand (I10)."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.checks import Result, fail, warn
from hadoop_dr.domain.diff import Changes, merge, visible
from hadoop_dr.domain.errors import DrError, ForeignFound, NotFound
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.kept import BEFORE, Kept
from hadoop_dr.domain.policy import Drift
from hadoop_dr.domain.service_state import Point, ServiceState
from hadoop_dr.services.backup.ground import Ground, Side

_KEPT = {False: "foreign changes during the run were undone and kept", True: "kept before the point was placed"}


def kept_results(ground: Ground, state: ServiceState) -> list[Result]:
    """Names what is kept, and the points that wait for a person's word about it."""
    waiting = (refusal(ground, kept) for point in state.unfinished() if (kept := state.foreign(point)) is not None)
    refused = ground.policy.drift is Drift.REFUSE
    return [
        *((fail if refused else warn)("drift", error.problem.removeprefix("drift: "), error.mend) for error in waiting),
        *(
            warn("kept", one.told(), "Take out of it what is wanted, then remove it: hdfs dfs -deleteSnapshot DIR NAME")
            for one in state.kept
        ),
    ]


def refuse_undecided(ground: Ground, state: ServiceState) -> None:
    """Ends a run before it writes anything while foreign changes that a point waits for are what they were.

    Raises:
        ForeignFound: So it is, and the policy leaves them to a person.
    """
    if ground.policy.drift is not Drift.REFUSE or state.claim is not None:
        return
    for point in state.unfinished():
        kept = state.foreign(point)
        if kept is not None and is_unchanged(ground, point, kept.number):
            raise refusal(ground, kept)


def is_unchanged(ground: Ground, point: Point, number: int) -> bool:
    """Whether the live tree is what a candidate of a point shows: one request for each root."""
    namenode, name = ground.target.namenode, snapshot_name(ground.policy.service, point.epoch, point.point, number)
    return all(visible(merge(namenode.diff(root, name, ""))) == Changes() for root in point.taken["roots"])


def refusal(ground: Ground, kept: Kept) -> ForeignFound:
    """The error of a run that leaves foreign changes to a person."""
    more = f" and {kept.count - 5} more" if kept.count > 5 else ""
    return ForeignFound(
        ground.policy.service,
        f"drift: {kept.site} was changed by somebody else during the run of point {kept.point}: "
        f"{'; '.join(kept.found[:5])}{more}; nothing was undone, and the point is not sealed",
        "Put it back, or set drift: restore in the policy to have it kept aside and undone; then run a backup. "
        f"Snapshot {next(iter(kept.snapshots.values()))} keeps it as it was found.",
    )


def note_removed(ground: Ground, side: Side, run: str) -> list[str]:
    """Records which of the kept snapshots a person has removed.

    Returns:
        Why that could not be seen, in one line.
    """
    for one in ground.ledger.read().kept:
        try:
            if one.site == side.name and not any(_is_there(side, root, name) for root, name in one.snapshots.items()):
                ground.ledger.append("unkept", {"kept": one.n}, run, ground.ledger.chain.head_n)
        except DrError as error:
            return [f"whether what was kept on {side.name} is still there could not be seen: {error}"]
    return []


def _is_there(side: Side, root: str, name: str) -> bool:
    try:
        return any(snapshot.name == name for snapshot in side.namenode.snapshots(root))
    except NotFound:
        return False


def kept_warnings(kept: Sequence[Kept], point: str) -> list[str]:
    """Says what was undone during a point's run."""
    return [f"{_KEPT[one.rule == BEFORE]}: {one.told()}" for one in kept if one.point == point]


def left_to_a_person(ground: Ground, error: DrError) -> bool:
    """Whether an error is about foreign changes that nobody but a person may decide about."""
    return isinstance(error, ForeignFound) and ground.policy.drift is Drift.REFUSE
