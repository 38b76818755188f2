"""What may be somebody else's in a root whose newest snapshot on the secondary is gone: kept before it goes (I10)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from hadoop_dr.domain.baseline import Baseline
from hadoop_dr.domain.errors import AlreadyExists
from hadoop_dr.domain.items import Content, Item
from hadoop_dr.domain.service_state import Claim
from hadoop_dr.services.backup.drift import kept_name
from hadoop_dr.services.backup.ground import Ground
from hadoop_dr.services.backup.planned import RootPlan


def keep_untold(ground: Ground, claim: Claim, baseline: Baseline, roots: Sequence[RootPlan]) -> list[str]:
    """Takes a snapshot of each root in which foreign changes cannot be told and something goes or is replaced.

    Without the snapshot that the newest point left, what the source deleted since and what somebody else made look the
    same. Nothing is refused for that, and nothing is lost.

    Returns:
        What is kept, for people.
    """
    newest, kept = baseline.newest, kept_name(ground, claim)
    told: list[str] = []
    for plan in roots:
        known = newest is not None and plan.root in newest.taken["roots"]
        if known and plan.root not in baseline.told and any(map(_goes, plan.items)):
            with suppress(AlreadyExists):
                ground.target.namenode.create_snapshot(plan.root, kept)
            told.append(
                f"{ground.target.name}:{plan.root}: foreign changes cannot be told there; what goes or is replaced is "
                f"kept in snapshot {kept}"
            )
    return told


def _goes(item: Item) -> bool:
    """Whether an item of the target goes, or its content does."""
    return bool(item.old) and (item.new is None or (item.content is Content.WHOLE and not item.is_dir))
