"""What stands between a former primary and its part as the secondary, service by service (S0.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SHOWN = 100
"""So many diverged files or tables of a service are named."""


@dataclass(frozen=True, slots=True)
class DivergedService:
    """What a former primary has of one service that never crossed.

    Attributes:
        service: Its name.
        point: The newest sealed point, which both sites have: what the site comes back to; None when there is none.
        trees: What was changed in directories since, by root, in words.
        objects: The same of what lies in no directory.
        snapshots: What keeps it, by root; empty until it is kept.
        done: A point was sealed on the site since it was primary, so nothing is left to do.
        problem: Why the service cannot come back; empty when it can.
        warnings: What a person should know.
    """

    service: str
    point: str | None = None
    trees: Mapping[str, Sequence[str]] = field(default_factory=dict)
    objects: Sequence[str] = ()
    snapshots: Mapping[str, str] = field(default_factory=dict)
    done: bool = False
    problem: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def lines(self) -> list[str]:
        """What was changed in directories, of all roots."""
        return [line for root in sorted(self.trees) for line in self.trees[root]]

    @property
    def count(self) -> int:
        """How much diverged."""
        return len(self.lines) + len(self.objects)

    @property
    def document(self) -> dict[str, object]:
        """What diverged, for another program: the first by name."""
        return {"files": self.lines[:SHOWN], "tables": list(self.objects[:SHOWN]), "count": self.count}
