"""Attributes that had to be lowered on the destination: a document of each point says how all of them are meant."""

from __future__ import annotations

from collections.abc import Sequence

from hadoop_dr.domain.errors import BaselineLost
from hadoop_dr.domain.findings import Finding
from hadoop_dr.domain.formats import tables as forms
from hadoop_dr.domain.tree.attribute_comparison import Verdict
from hadoop_dr.domain.tree.intended import Lowered, lowered_from_rows, lowered_rows, still_lowered
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.stored.documents import Documents
from hadoop_dr.services.stored.stored_plan import RootPlan, stored_plan

INTENDED = "intended.parquet"
"""Document with the attributes that had to be lowered."""


def keep_intended(
    context: BackupContext, documents: Documents, roots: Sequence[RootPlan], verdict: Verdict
) -> tuple[list[Lowered], dict[str, str]]:
    """Writes what the candidates have lowered, what a point before them kept of it included.

    Args:
        verdict: What verification found among the items of the plan; told when nobody knows what was lowered before.

    Returns:
        All of it, and the SHA-256 of the document by name; none where nothing is lowered.
    """
    try:
        earlier = _earlier(context, documents)
    except BaselineLost as lost:
        verdict.cannot_tell.append(Finding(lost.subject, "", f"what was lowered before is not known: {lost.problem}"))
        earlier = []
    every = [*still_lowered(earlier, {root.root: root.items for root in roots if root.older}), *verdict.lowered]
    return every, {INTENDED: documents.write_ahead(INTENDED, forms.INTENDED, lowered_rows(every))} if every else {}


def _earlier(context: BackupContext, documents: Documents) -> list[Lowered]:
    point = context.ledger.last_read().points.get(stored_plan(documents).baseline or "")
    if point is None or point.destination != context.destination.name:
        return []
    return lowered_from_rows(context.documents(point).read_recorded(INTENDED, forms.INTENDED) or ())
