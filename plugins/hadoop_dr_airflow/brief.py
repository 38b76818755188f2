"""What a stage says, as short as Airflow's database and a task's log should have it; the whole stands in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

MOST = 10
"""So many of a list, or of a mapping inside a result, are handed on: a service may have thousands of roots."""
LONGEST = 1_000
MORE = "and more"


def brief(result: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a result with the first of whatever it says of many, and how many more there are."""
    return {name: _short(value) for name, value in result.items()}


def _short(value: Any) -> Any:
    if isinstance(value, Mapping):
        few = {name: _short(inner) for name, inner in islice(value.items(), MOST)}
        return few if len(value) <= MOST else {**few, MORE: len(value) - MOST}
    if isinstance(value, list | tuple):
        first = [_short(inner) for inner in value[:MOST]]
        return first if len(value) <= MOST else [*first, f"and {len(value) - MOST} more"]
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]}..."
    return value
