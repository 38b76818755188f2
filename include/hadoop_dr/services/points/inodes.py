"""Inode ids of the destination that a point keeps beside its documents, for the plan that builds on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.tree.bound_inodes import MOST, Inodes, binds_in_many, inodes_of
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.stored.documents import Documents, Row
from hadoop_dr.services.stored.stored_plan import RootPlan, stored_plan

INODES = "inodes.parquet"
"""Document with the inode ids of a point's candidates."""


def keep_inodes(documents: Documents, rows: Sequence[Row]) -> dict[str, str]:
    """Writes what the candidates of a point hold, if that is anything and not too much; gives its SHA-256 by name."""
    return {INODES: documents.write_ahead(INODES, forms.INODES, rows, both=False)} if 0 < len(rows) <= MOST else {}


def known_inodes(context: BackupContext, documents: Documents, roots: Sequence[RootPlan]) -> Mapping[str, Inodes]:
    """Reads what the baseline of a planned point kept of the snapshots that the plan builds on, by root.

    Nothing where few directories have to be looked at, or the baseline kept nothing: then they are listed.
    """
    baseline, wide = stored_plan(documents).baseline, [root for root in roots if binds_in_many(root.items)]
    point = context.ledger.last_read().points.get(baseline or "")
    if point is None or not wide or point.destination != context.destination.name:
        return {}  # the other way round it kept those of the site that is the origin now
    try:
        rows = context.documents(point).read_recorded(INODES, forms.INODES)
    except BaselineLost:
        return {}
    return inodes_of(rows or (), {root.root: root.base for root in wide})
