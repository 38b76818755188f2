"""Attributes that had to be lowered on the destination: a document of each point says how all of them are meant."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.stored import tables as forms
from hadoop_dr.domain.tree.intended import Lowered, lowered_from_rows, lowered_rows, still_lowered
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan, stored_plan

INTENDED = "intended.parquet"
"""Document with the attributes that had to be lowered."""


def keep_intended(
    context: BackupContext, documents: Documents, roots: Sequence[RootPlan], found: Sequence[Lowered]
) -> tuple[list[Lowered], dict[str, str]]:
    """Writes what the candidates have lowered, what a point before them kept of it included.

    Args:
        found: What verification found among the items of the plan.

    Returns:
        All of it, and the SHA-256 of the document by name; none where nothing is lowered.
    """
    every = [*still_lowered(_earlier(context, documents), {r.root: r.items for r in roots if r.older}), *found]
    return every, {INTENDED: documents.write_ahead(INTENDED, forms.INTENDED, lowered_rows(every))} if every else {}


def _earlier(context: BackupContext, documents: Documents) -> list[Lowered]:
    point = context.ledger.recent().points.get(stored_plan(documents).baseline or "")
    if point is None or point.destination != context.destination.name:
        return []
    try:
        return lowered_from_rows(context.documents(point).read_recorded(INTENDED, forms.INTENDED) or ())
    except BaselineLost:
        return []
