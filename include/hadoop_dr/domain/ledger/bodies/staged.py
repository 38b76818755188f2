"""Everything of a point lies on the secondary, which could finish it alone (S3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class PointStaged:
    """What was staged.

    Attributes:
        entries: Changed entries of the plan.
        files, bytes: What was copied.
        documents: SHA-256 by name of each document that counts from here on: the manifest, those of the plan, and what
            stage wrote of each shard.
        looked: Nobody else had changed what the plan deletes or rewrites, so that place may have begun.
    """

    claim: int
    point: str
    entries: int
    files: int
    bytes: int
    documents: Mapping[str, str] = field(default_factory=dict)
    looked: bool = False


NOT_STAGED = PointStaged(0, "", 0, 0, 0)
"""Of a point that is not staged."""
