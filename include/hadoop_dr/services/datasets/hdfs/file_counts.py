"""What a planned run would delete of the secondary's directories, measured against what is live there (I8)."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.plan.deleted_files import FileCount, count_files, moved_between
from hadoop_dr.domain.tree.inventory import Held, names_left
from hadoop_dr.services.stored.stored_plan import RootPlan


def count_roots(roots: Sequence[RootPlan]) -> list[FileCount]:
    """Counts the files of each root; a file that moved from one root to another is gone in neither."""
    moved = moved_between([root.items for root in roots])
    return [count_files(root.root, root.live, root.items, root.below, moved, ours=root.ours) for root in roots]


def held_after(roots: Sequence[RootPlan], counts: Sequence[FileCount]) -> dict[str, Held]:
    """How much each root holds after the run, for the points that build on it."""
    return {
        root.root: Held(count.left, names_left(root.names, root.items))
        for root, count in zip(roots, counts, strict=True)
    }
