"""How a run comes and goes: its claim, a moment that was missed, a point given up, a claim given back."""

from __future__ import annotations

from dataclasses import dataclass

from hadoop_dr.domain.ledger.bodies.values import FrozenPolicy
from hadoop_dr.domain.runs.process import Process


@dataclass(frozen=True, slots=True)
class ServiceClaimed:
    """One try of one run owns the service's work from here on.

    Attributes:
        try_no: Which try of the run.
        owner: The one process that does all of it; None where the work goes on in other processes.
    """

    try_no: int
    point: str
    moment_ms: int
    owner: Process | None
    frozen: FrozenPolicy


@dataclass(frozen=True, slots=True)
class MomentRearmed:
    """A moment was missed or touched; the run goes on with another point.

    Attributes:
        void: The point that is given up for it.
        why: What became of its moment: ``had passed``.
        late_ms: By how much the run was late for it; 0 when that is not why.
    """

    claim: int
    point: str
    moment_ms: int
    void: str
    why: str = ""
    late_ms: int = 0


@dataclass(frozen=True, slots=True)
class PointVoided:
    """A point is given up; its snapshots and documents go."""

    claim: int
    point: str
    reason: str


@dataclass(frozen=True, slots=True)
class ClaimReleased:
    """A run ended without a seal and owns the service no longer."""

    claim: int
    reason: str
