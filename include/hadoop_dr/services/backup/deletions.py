"""What a planned run would delete of the secondary's directories, measured against what is live there (I8)."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.baseline import Baseline
from hadoop_dr.domain.deletions import FileCount, count_files, moved_between
from hadoop_dr.ports.namenode import NameNode
from hadoop_dr.services.backup.planned import RootPlan
from hadoop_dr.services.inventory import walk


def count_roots(roots: Sequence[RootPlan]) -> list[FileCount]:
    """Counts the files of each root; a file that moved from one root to another is gone in neither."""
    moved = moved_between([root.items for root in roots])
    return [count_files(root.root, root.live, root.items, root.below, moved, ours=root.ours) for root in roots]


def live_before(target: NameNode, root: str, baseline: Baseline, listed: int | None = None) -> int:
    """Files that a root has on the target before an increment.

    As many as the listing says if everything was listed, else as the baseline kept them; only for a point that kept no
    such figure its snapshot is listed, once.

    Args:
        listed: Files of the baseline by a full listing; None when there was none.
    """
    if listed is not None:
        return listed
    kept = baseline.live_files(root)
    if kept is not None:
        return kept
    base = baseline.target_snapshot(root)
    top = root if base is None else f"{root}/.snapshot/{base}"
    return sum(not item.facts.is_dir for _, item in walk(target, top))
