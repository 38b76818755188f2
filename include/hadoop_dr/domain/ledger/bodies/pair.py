"""What the ledger of a pair says: roles, fences, approvals, and what another controller needs to take over (S2.18)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hadoop_dr.domain.tree.quotas import QuotaSet


@dataclass(frozen=True, slots=True)
class RolesSet:
    """Which site is primary from here on, under the epoch of the entry.

    Attributes:
        deciding: The site whose copy of every ledger decides.
        alone: The other site was not asked: it was lost.
        change: What the entry is a step of, such as ``failover``; of the first roles it says nothing.
        old_role: What the primary of before is from here on: out, unless nothing of it was lost.
        fence: How well writes on the primary of before are known to be stopped: fenced, leased or forced.
    """

    primary: str
    deciding: str
    by: str
    reason: str
    alone: bool = False
    change: str = "failover"
    old_role: str = "invalid"
    fence: str = "forced"


@dataclass(frozen=True, slots=True)
class ClustersBound:
    """Which HDFS cluster each site is: its cluster id, by site. A later entry replaces what it names."""

    clusters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SiteFenced:
    """Writes on a site are stopped.

    Attributes:
        grade: How well that is known: fenced, leased or forced.
        quotas: The quotas that the fence replaced, by directory.
    """

    site: str
    grade: str
    quotas: Mapping[str, QuotaSet]


@dataclass(frozen=True, slots=True)
class FenceLifted:
    """Writes on a site are allowed again."""

    site: str


PERSON, MONITOR = "person", "monitor"
"""Whose hold it is; each has a slot of its own, and neither replaces the other's."""


@dataclass(frozen=True, slots=True)
class SynchronisingHeld:
    """No run takes a moment from here on, until somebody resumes or the time is over.

    Attributes:
        slot: ``PERSON`` or ``MONITOR``.
        until_ms: When it ends by itself, milliseconds since the epoch; None for never.
        site: The site whose failure the monitor holds for; empty for a person.
    """

    slot: str
    by: str
    reason: str
    until_ms: int | None = None
    site: str = ""


@dataclass(frozen=True, slots=True)
class SynchronisingResumed:
    """The holds in these slots are over."""

    slots: tuple[str, ...]
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class AlarmSaid:
    """Something a person has to know began, or is over.

    Attributes:
        what: Which alarm, the same for ever: people filter by it.
        subject: The site or service it is about.
        text: What is wrong, or why it no longer is.
        stands: It began; else it is over.
        told: Everybody who is to be notified was; else that is tried again.
    """

    what: str
    subject: str
    text: str
    by: str
    stands: bool = True
    told: bool = False

    @property
    def key(self) -> str:
        """Names the alarm; there is one of a name at a time."""
        return f"{self.what}: {self.subject}"


@dataclass(frozen=True, slots=True)
class PersonAnswered:
    """A person was asked whether something may be done, and answered.

    Attributes:
        what: The question.
        granted: The answer.
        points: What was shown: the point of each service that would become live.
    """

    what: str
    granted: bool
    by: str
    reason: str
    points: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeBegun:
    """A run takes a planned change of roles in hand; one that had it before may do nothing more of it.

    Attributes:
        what: Which change, such as ``switchover``.
        destination: The site that is to be primary; the present primary where the change is taken back.
    """

    what: str
    destination: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ChangeGivenUp:
    """A planned change of roles was taken back before its role entry: the primary is the one of before."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class RolesChanged:
    """A change of roles came to its end: what it moved is in use on the new primary.

    Attributes:
        what: Which change, such as ``failover``.
        origin, destination: The primary before, and from here on.
        points: The point of each service that is live now.
        closed: Services that stay closed, with the reason.
        seconds: How long each step took.
    """

    what: str
    origin: str
    destination: str
    points: Mapping[str, str]
    closed: Mapping[str, str]
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PairStored:
    """The pair file, for another controller."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class PolicyStored:
    """A service's policy file, for another controller."""

    service: str
    file: str
    text: str


@dataclass(frozen=True, slots=True)
class NodesMapped:
    """Which node of one site stands in for which of the other (S0.5): names by site, a mapping for each node."""

    nodes: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class OwnersMapped:
    """Users and groups that have another name on the other site: names by site, a mapping for each of them."""

    users: tuple[Mapping[str, str], ...] = ()
    groups: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RootsOwned:
    """A service owns directories: no other service may make them roots."""

    service: str
    roots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RootsReleased:
    """A service owns directories no longer."""

    service: str
    roots: tuple[str, ...]
