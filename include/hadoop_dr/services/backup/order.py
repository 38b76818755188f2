"""The order of a run's stages, for a run of one process and for one that ends the point of another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any, TypeVar

ORDER = ("preflight", "moment", "plan", "stage", "place", "verify", "seal")
"""The stages up to the seal."""

AWAITED = dict(pairwise(ORDER))
"""What comes after a stage, in another process."""
_PLACES = {name: place for place, name in enumerate((*ORDER, "prune"))}
Figure = TypeVar("Figure")


def by_stage(figures: Mapping[str, Figure]) -> dict[str, Figure]:
    """Puts figures of stages into the order of the stages; what belongs to no stage comes last, by name."""
    return {name: figures[name] for name in sorted(figures, key=lambda name: (_PLACES.get(name, len(_PLACES)), name))}


def in_order(first: str, carry_out: Callable[[str, int], dict[str, Any]]) -> dict[str, Any]:
    """Goes through the stages from one on; ``stage`` once for each shard that ``plan`` has made.

    Args:
        first: Where to begin; not behind ``plan``.
        carry_out: Takes the name of a stage and the number of a shard, which is 0 for all but ``stage``.

    Returns:
        What the last stage said.
    """
    said: dict[str, Any] = {}
    for name in ORDER[ORDER.index(first) :]:
        for shard in range(said["shards"] if name == "stage" else 1):
            found = carry_out(name, shard)
        said = found if name != "stage" else said
    return said
