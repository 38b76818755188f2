"""Keeps what is somebody else's, or may be, in roots that are planned whole, before any of it goes (I8, I10).

Such a plan compares the primary's tree with a snapshot of the secondary's, and all that differs goes or is replaced.

    nothing of ours was ever there   what only the secondary has, and what was written there later, is foreign: refused
                                     by name under `drift: refuse`; older versions are replaced, for which a copy is
                                     adopted
    ours, and the snapshot that the  what changed since is foreign; it was looked for before the run began, so this is
    newest point left is there       what was changed after that
    ours, and that snapshot is gone  what the primary deleted and what somebody else made look the same: never refused,
                                     unless the secondary was primary since that point: then all that goes may be what
                                     it wrote as such, and is refused under `drift: refuse`

All that goes under any of these is kept in one snapshot of the root, and named in the ledger until a person removes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from hadoop_dr.domain.check_results import Mark, Result, fail, refuse_on_failure
from hadoop_dr.domain.config.policy import Drift
from hadoop_dr.domain.errors import AlreadyExists
from hadoop_dr.domain.foreign.drift import drift_text, needs_undo, way_out
from hadoop_dr.domain.foreign.tree_changes import Foreign
from hadoop_dr.domain.ledger.bodies.foreign import ChangesKept
from hadoop_dr.domain.ledger.kept_changes import BEFORE, MAX_LINES
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.roots.existing_copy import (
    ExistingCopy,
    copy_in_plan,
    copy_results,
    divergence_results,
    is_new,
    may_have_diverged,
)
from hadoop_dr.domain.state.service_state import Claim, Point
from hadoop_dr.domain.tree.snapshot_diff import Changes, merge, visible
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.foreign.tree_drift import found_by_root, lines_by_root
from hadoop_dr.services.points.baseline import find_baseline
from hadoop_dr.services.stored.stored_plan import RootPlan


def keep_before(
    context: BackupContext, claim: Claim, point: Point, roots: Sequence[RootPlan]
) -> list[str]:
    """Keeps it, or refuses the run.

    Returns:
        What is kept, for people.

    Raises:
        Refused: Something is certainly foreign, and the policy leaves that to a person; nothing has changed.
    """
    whole = [root for root in roots if root.older is None and not root.waits]
    if not whole:
        return []
    # Also a full run, which builds on no point, tells foreign changes from the newest one.
    baseline = find_baseline(context, context.ledger.last_read(), {root.root for root in whole})
    changes = found_by_root(context, baseline, {root.root: str(root.base) for root in whole})
    since = lines_by_root(changes)
    copies = {root.root: copy_in_plan(root.root, root.items, root.below) for root in whole}
    results = list[Result]()
    diverged = may_have_diverged(context.ledger.last_read(), context.roles.epoch)
    for root in whole:
        untold = diverged and root.root not in baseline.with_base
        results += _results(context, copies[root.root], changes.get(root.root, ()), untold=untold)
    refuse_on_failure(context.policy.service, results)
    lines_of = {root: list(lines) for root, lines in _to_keep(context, baseline, copies, since)}
    counts = {root: len(since[root]) if root in since else copies[root].count for root in lines_of}
    keep_aside(context, claim, point.point, lines_of, counts)
    unexplained = [root for root in lines_of if root not in since and not _is_new(context, root)]
    site = context.destination.name
    why = "foreign changes cannot be recognised there; what is deleted or replaced is kept"
    return [f"{site}:{root}: {why}" for root in unexplained]


def _is_new(context: BackupContext, root: str) -> bool:
    return is_new(context.ledger.last_read(), context.destination.name, root)


def _results(
    context: BackupContext, found: ExistingCopy, since: Sequence[Foreign], *, untold: bool
) -> list[Result]:
    """What of a root is somebody else's, as a reason not to go on where the policy says so.

    Args:
        untold: The secondary was primary, and nothing tells what it wrote as such.
    """
    refuse, site = context.policy.drift is Drift.REFUSE, context.destination.name
    if untold:
        return divergence_results(site, [found]) if refuse else []
    if _is_new(context, found.root):
        return [one for one in copy_results(site, [found], refuse=refuse) if one.mark is Mark.FAIL]
    if not since or context.drift is not Drift.REFUSE:
        return []
    detail = drift_text(site, [one.text(found.root) for one in since])
    return [fail("drift", detail, f"{way_out(replaced=needs_undo(since))}.")]


def _to_keep(
    context: BackupContext, baseline: Baseline, copies: Mapping[str, ExistingCopy], since: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Iterator[str]]]:
    for root, found in copies.items():
        if root in since:
            yield root, iter(since[root])
        elif root not in baseline.with_base and found.count:
            yield root, found.lines()


def aside_name(context: BackupContext, point: str, when: str) -> str:
    """Names the snapshots that keep what a point takes away or replaces."""
    return f"dr-{context.policy.service}-kept-{point}.{when}"


def keep_aside(
    context: BackupContext,
    claim: Claim,
    point: str,
    lines_of: Mapping[str, Sequence[str]],
    counts: Mapping[str, int],
    when: str = "before",
) -> None:
    """Takes the snapshots, then says so: one that is there already is an earlier try's if it shows the tree as it is.

    Args:
        lines_of: What is to be kept, by root.
        counts: How much that is, as only the first is told.
        when: End of the snapshots' name: when it was found.
    """
    name, kept = aside_name(context, point, when), context.ledger.last_read().kept
    new = [root for root in lines_of if not any(_is_named(one.snapshots.get(root, ""), name) for one in kept)]
    names = {root: keep_as_is(context.destination.namenode, root, name) for root in new}
    if not new:
        return
    lines, total = tuple(line for root in new for line in lines_of[root]), sum(counts[root] for root in new)
    body = ChangesKept(
        claim=claim.n,
        point=point,
        number=-1,
        site=context.destination.name,
        snapshots=names,
        found=lines[:MAX_LINES],
        count=total,
        rule=BEFORE,
    )
    context.ledger.append_mine(claim, body)


def keep_as_is(namenode: NameNode, root: str, name: str) -> str:
    """Takes a snapshot under a name, or the next free one where that shows another tree; gives its name."""
    for number in count(1):
        numbered = name if number == 1 else f"{name}.{number}"
        try:
            namenode.create_snapshot(root, numbered)
            break
        except AlreadyExists:
            if visible(merge(namenode.diff(root, numbered, ""))) == Changes():
                break
    return numbered


def _is_named(snapshot: str, name: str) -> bool:
    return snapshot == name or snapshot.startswith(f"{name}.")
