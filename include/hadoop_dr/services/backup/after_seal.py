"""What is read once a point is visible: nothing of it is needed to prove the point, and it costs too much before."""

from __future__ import annotations

from hadoop_dr.domain.errors import DrError
from hadoop_dr.services.context import BackupContext
from hadoop_dr.services.datasets.components import components_of


def read_after_seal(context: BackupContext) -> list[str]:
    """Reads what the newest sealed point left open; whatever prevents that, a later run does it.

    Returns:
        What a person should know.
    """
    point = context.ledger.last_read().newest_sealed()
    if point is None or point.origin != context.origin.name:
        return []
    context.claims.forget_earlier(point.claim_n)
    documents = context.documents(point)
    try:
        components_of(context).after_seal(point, documents)
    except DrError as error:
        return [f"what point {point.point} left open was not read, the next run does it: {error}"]
    return documents.warnings
