"""What is kept for a person: named while it is there, and forgotten once it was removed by hand (I10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

from hadoop_dr.domain.check_results import Mark, Result, fail, warn
from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import AlreadyExists, DrError, ForeignFound, NotFound
from hadoop_dr.domain.foreign.drift import drift_text, way_out
from hadoop_dr.domain.ids import snapshot_name
from hadoop_dr.domain.ledger.bodies.foreign import KeptRemoved
from hadoop_dr.domain.ledger.kept_changes import BEFORE, Kept
from hadoop_dr.domain.state.service_state import Point, ServiceState
from hadoop_dr.domain.tree.snapshot_diff import Changes, merge, visible
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext, SiteConnections

IsAsKept = Callable[[Kept], bool]
"""Whether the objects of a document are on the destination as they were when it was written; asks their kind."""
_KEPT = {
    Drift.REFUSE.value: "foreign changes were found during the run and kept",
    Drift.RESTORE.value: "foreign changes during the run were undone and kept",
    BEFORE: "kept before the point was placed",
}


def keep_tree(namenode: NameNode, root: str, name: str, since: str) -> str:
    """Takes a snapshot that keeps a root as it is, or takes that of an earlier try for it.

    Args:
        name: Its name; where somebody took that beforehand, a number is added.
        since: A snapshot that shows what is to be kept; whatever is older keeps it not.

    Returns:
        Its name.
    """
    for number in count(1):
        named = name if number == 1 else f"{name}.{number}"
        try:
            namenode.create_snapshot(root, named)
            break
        except AlreadyExists:
            ids = {snapshot.name: snapshot.id for snapshot in namenode.snapshots(root)}
            if ids.get(named, -1) > ids.get(since, -1):
                break
    return named


def kept_results(
    context: BackupContext, state: ServiceState, is_as_kept: IsAsKept
) -> tuple[list[Result], frozenset[str]]:
    """Names what is kept, and the points that wait for a person's word about it: looked at now, as a backup would.

    Returns:
        The results, and the points that no backup carries on until a person decides.
    """
    results, undecided = list[Result](), set[str]()
    for point in state.unfinished():
        kept = state.foreign(point)
        if kept is None:
            continue
        result = _waiting(context, point, kept, is_as_kept)
        results.append(result)
        if result.mark is Mark.FAIL:
            undecided.add(point.point)
    results += [warn("kept", one.text(), one.removal_text()) for one in state.kept]
    return results, frozenset(undecided)


def _waiting(context: BackupContext, point: Point, kept: Kept, is_as_kept: IsAsKept) -> Result:
    error = refusal(context, kept)
    said = error.problem.removeprefix("drift: ")
    if context.drift is Drift.RESTORE:
        return warn("drift", said, "The next backup undoes what is left of it and keeps it aside (drift: restore).")
    try:
        unchanged = is_unchanged(context, point, kept, is_as_kept)
    except DrError as lost:
        return fail("drift", f"{said}; its present state could not be read: {lost}", error.remedy)
    if unchanged:
        return fail("drift", said, error.remedy)
    return warn("drift", f"{said}; {kept.site} has changed since", "The next backup checks again.")


def refuse_undecided(context: BackupContext, state: ServiceState, is_as_kept: IsAsKept) -> None:
    """Ends a run before it writes anything while foreign changes that a point waits for are what they were.

    Raises:
        ForeignFound: So it is, and the policy leaves them to a person.
    """
    if context.drift is not Drift.REFUSE or state.claim is not None:
        return
    for point in state.unfinished():
        kept = state.foreign(point)
        if kept is not None and is_unchanged(context, point, kept, is_as_kept):
            raise refusal(context, kept)


def is_unchanged(context: BackupContext, point: Point, kept: Kept, is_as_kept: IsAsKept) -> bool:
    """Whether everything is as it was kept: one request for each root, and one for the kind of a document.

    Where a snapshot to compare with is gone it cannot be told, so it is looked at anew.
    """
    if kept.document and not is_as_kept(kept):
        return False
    name = snapshot_name(context.policy.service, point.epoch, point.point, kept.number)
    roots = point.taken.roots if kept.snapshots else ()
    try:
        return all(visible(merge(context.destination.namenode.diff(root, name, ""))) == Changes() for root in roots)
    except NotFound:
        return False


def refusal(context: BackupContext, kept: Kept) -> ForeignFound:
    """The error of a run that leaves foreign changes to a person."""
    said = drift_text(kept.site, kept.found, kept.count, f" during the run of point {kept.point}")
    return ForeignFound(
        context.policy.service,
        f"drift: {said}; nothing was undone, and the point is not sealed",
        f"{way_out(replaced=kept.replaced)}; then run a backup. "
        + (f"File {kept.document.path}" if kept.document else f"Snapshot {next(iter(kept.snapshots.values()))}")
        + " keeps it as it was found.",
    )


def note_removed(context: BackupContext, side: SiteConnections, run: str) -> list[str]:
    """Records what of that which is kept a person has removed.

    Returns:
        Why that could not be seen, in one line.
    """
    for one in context.ledger.read().kept:
        try:
            if one.site == side.name and not _is_there(side, one):
                context.ledger.append(KeptRemoved(one.n), run, context.ledger.chain.head_n)
        except DrError as error:
            return [f"whether what was kept on {side.name} is still there could not be seen: {error}"]
    return []


def _is_there(side: SiteConnections, kept: Kept) -> bool:
    if kept.document is not None:
        directory, _, name = kept.document.path.rpartition("/")
        if name in side.files.names(directory):
            return True
    return any(_has_snapshot(side, root, snapshot) for root, snapshot in kept.snapshots.items())


def _has_snapshot(side: SiteConnections, root: str, name: str) -> bool:
    try:
        return any(snapshot.name == name for snapshot in side.namenode.snapshots(root))
    except NotFound:
        return False


def kept_warnings(kept: Sequence[Kept], point: str) -> list[str]:
    """Says what was kept during a point's run, and which of it was undone."""
    return [f"{_KEPT[one.rule]}: {one.text()}" for one in kept if one.point == point]


def undo_notes(kept: Sequence[Kept], claim_n: int) -> list[str]:
    """Says what was undone, and where it is kept, since a claim: before the run made anything of its own."""
    return [
        f"undone: {one.changes()}, kept in {one.where()}" for one in kept if one.n > claim_n and one.rule != BEFORE
    ]


def left_to_a_person(context: BackupContext, error: DrError) -> bool:
    """Whether an error is about foreign changes that nobody but a person may decide about."""
    return isinstance(error, ForeignFound) and context.drift is Drift.REFUSE
