"""Extended attributes that a point keeps of its roots, for the increment that builds on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.points.baseline import Baseline
from hadoop_dr.domain.tree.xattrs import MOST, Xattrs, followed, xattr_rows, xattrs_from_rows
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan

XATTRS = "xattrs.parquet"
"""Document with the extended attributes of a point's files."""


class KnownXattrs:
    """What the roots had at their baseline, and what a new point is to keep of that.

    Args:
        context: The service.
        baseline: What the new point builds on.
    """

    def __init__(self, context: BackupContext, baseline: Baseline) -> None:
        self._kept = kept_xattrs(context.documents(baseline.point)) if baseline.point else None

    def of(self, root: str) -> Xattrs | None:
        """Returns what a root had at the baseline; None when that is not known and has to be asked for."""
        return None if self._kept is None else self._kept.get(root, {})

    def write(self, documents: Documents, roots: Iterable[RootPlan]) -> None:
        """Writes what the new point has, if all of it is known and is not too much."""
        found: dict[str, Xattrs] = {}
        for root in roots:
            before = {} if root.older is None else self.of(root.root)
            if before is None:
                return
            found[root.root] = followed(before, root.items)
        if sum(map(len, found.values())) <= MOST:
            documents.write(XATTRS, forms.XATTRS, xattr_rows(found))


def kept_xattrs(documents: Documents) -> Mapping[str, Xattrs] | None:
    """Reads what a point kept, by root; None when it kept nothing that can be relied on."""
    try:
        return xattrs_from_rows(documents.read(XATTRS, forms.XATTRS)) if documents.has(XATTRS) else None
    except BaselineLost:
        return None
