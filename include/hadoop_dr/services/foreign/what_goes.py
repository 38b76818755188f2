"""Looks, whenever a place begins, whether somebody changed what the plan deletes or rewrites (I10).

Moving bytes may take hours, and a place that died may be carried on days later; what is changed there meanwhile would
be gone with the plan and show in no difference. A root in which nothing goes costs nothing, another one a request.

    nothing found                noted; then place begins
    found, drift: refuse         nothing is placed; the next run looks again
    found, drift: restore        kept in a snapshot, recorded, noted
    noted by an earlier try      looked at in the same way, without what that try may have done itself
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import ForeignFound, NotFound
from hadoop_dr.domain.foreign.tree_changes import Act, Foreign
from hadoop_dr.domain.foreign.what_goes import asked_in, found_in, going, still_there, without_own
from hadoop_dr.domain.formats.stage_note import MARK, NoteOfStage
from hadoop_dr.domain.paths import join
from hadoop_dr.domain.plan.work_order import StagedShare
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.domain.tree.snapshot_diff import Changes, merge, visible
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.keep_before import aside_name, keep_aside
from hadoop_dr.services.pool import map_bounded
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan

_LOOKED = "placing.json"


def is_untouched(context: BackupContext, roots: Sequence[RootPlan]) -> bool:
    """Whether nobody else changed what a plan deletes or rewrites, of which nothing is placed yet."""
    looks = map_bounded(lambda one: not list(_foreign(context, *one, _changes(context, one[0]))), _concerned(roots))
    return all(list(looks))


def look_at_what_goes(
    context: BackupContext,
    claim: Claim,
    point: Point,
    documents: Documents,
    roots: Sequence[RootPlan],
    staged: Mapping[int, Sequence[StagedShare]],
    *,
    begun: bool,
) -> None:
    """Keeps what somebody changed there, or leaves it to a person.

    Args:
        staged: What was staged, by the root's number in the plan.
        begun: The ledger says that place may have begun.

    Raises:
        ForeignFound: The policy says to leave it to a person; nothing was placed.
    """
    concerned = _concerned(roots)
    if not concerned:
        return
    begun = begun or documents.get_json(_LOOKED, MARK) is not None

    def look(concern: tuple[RootPlan, frozenset[str]]) -> list[Foreign]:
        root, gone = concern
        changes = _changes(context, root)
        if begun:
            units = {inode: there for share in staged[root.index] for inode, there in share.units.items()}
            changes, gone = without_own(root.items, root.plan, units, changes), still_there(gone, changes)
        return list(_foreign(context, root, gone, changes))

    answers = map_bounded(look, concerned)
    lines_of = {
        root.root: [one.text(root.root) for one in found]
        for (root, _), found in zip(concerned, answers, strict=True)
        if found
    }
    if lines_of and context.drift is Drift.REFUSE:
        lines = [line for found in lines_of.values() for line in found]
        more = f" and {len(lines) - 5} more" if len(lines) > 5 else ""
        raise ForeignFound(
            context.policy.service,
            f"drift: {context.destination.name} was changed by somebody else in what point {point.point} deletes or "
            f"rewrites: {'; '.join(lines[:5])}{more}; {_placed(begun)}, and the point is not sealed",
            "Move it away, or set drift: restore in the policy to have it kept aside; then run a backup.",
        )
    counts = {root: len(lines) for root, lines in lines_of.items()}
    keep_aside(context, claim, point.point, lines_of, counts, _when(context, point, lines_of))
    documents.put_json(_LOOKED, MARK, NoteOfStage())


def _concerned(roots: Sequence[RootPlan]) -> list[tuple[RootPlan, frozenset[str]]]:
    return [(root, gone) for root in roots if root.base is not None and (gone := going(root.items))]


def _changes(context: BackupContext, root: RootPlan) -> Changes:
    return visible(merge(context.destination.namenode.diff(root.root, str(root.base), "")))


def _placed(begun: bool) -> str:
    return "the interrupted place is not continued" if begun else "nothing was placed"


def _when(context: BackupContext, point: Point, roots: Collection[str]) -> str:
    """Ends the snapshots' name: as an earlier try's that died, unless somebody went on changing things since."""
    number, destination = 1, context.destination.namenode

    def is_taken(root: str) -> bool:
        name = aside_name(context, point.point, f"placing.{number}")
        there = any(shot.name == name for shot in destination.snapshots(root))
        return there and visible(merge(destination.diff(root, name, ""))) != Changes()

    while any(is_taken(root) for root in roots):
        number += 1
    return f"placing.{number}"


def _foreign(context: BackupContext, root: RootPlan, gone: frozenset[str], changes: Changes) -> Iterator[Foreign]:
    destination = context.destination.namenode
    yield from found_in(gone, changes)
    for change in asked_in(gone, changes):
        try:
            if not destination.status(join(root.root, change.new or "")).facts.is_dir:
                yield Foreign(change.new or "", Act.CHANGED)
        except NotFound:  # somebody is at work there right now
            yield Foreign(change.new or "", Act.CHANGED)
