"""What a former primary wrote that never crossed, and whether it still is what a person approved (S0.8, I10)."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence

from hadoop_dr.domain.check_results import Result, fail, warn
from hadoop_dr.domain.errors import NotFound
from hadoop_dr.domain.foreign.tree_changes import Foreign
from hadoop_dr.domain.points.recovery import same_as_kept
from hadoop_dr.domain.state.service_state import ApprovedDivergence
from hadoop_dr.domain.tree.snapshot_diff import merge
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.pool import map_bounded


def objects_digest(lines: Iterable[str]) -> str:
    """Returns a digest of objects that lie in no directory, as they are shown to people; empty for none."""
    shown = "\n".join(sorted(lines))
    return hashlib.sha256(shown.encode(errors="surrogateescape")).hexdigest() if shown else ""


def approved_divergence(context: BackupContext) -> ApprovedDivergence | None:
    """Returns what of the secondary a backup may undo because a person approved it; None when nothing."""
    return context.ledger.last_read().approved_on(context.destination.name, context.roles.epoch)


def kept_by(approved: ApprovedDivergence | None, roots: Collection[str]) -> str:
    """Returns the name of the snapshots that keep an approved divergence, if all these roots share it; else empty."""
    names = {approved.snapshots.get(root, "") for root in roots} if approved else set()
    return names.pop() if len(names) == 1 else ""


def still_as_approved(
    context: BackupContext,
    approved: ApprovedDivergence,
    trees: Mapping[str, Sequence[Foreign]],
    objects: Sequence[str],
    detail: str,
) -> Result:
    """Says whether what is found is what was approved: a person has seen nothing of what was written there since.

    Args:
        trees: What is found in directories, by root.
        objects: What is found that lies in none.
        detail: All of it, for people.
    """
    namenode = context.destination.namenode

    def differs(root: str) -> bool:
        try:
            return not same_as_kept(merge(namenode.diff(root, approved.snapshots[root], "")))
        except (KeyError, NotFound):
            return True

    if any(map_bounded(differs, trees)) or (objects and objects_digest(objects) != approved.objects):
        said = f"{detail}; it is more than {approved.by} approved, or was written since"
        remedy = f"Stop whoever writes there; then: hadoop-dr reprotect {context.pair.name} --reason TEXT"
        return fail("drift", said, f"{remedy} --approve.")
    return warn("drift", detail, f"The next backup undoes it, as {approved.by} approved; it stays kept.")
