"""How a site is: from the answers of its nodes, look by look, to whether it has failed (S0.1, S0.2).

A site has failed at once when too few of its nodes answer, and after the dwell time when a role that it cannot do
without has had no working member all along. It is back when nothing was wrong for the dwell time. Times are those of
a monotonic clock, and a gap in which nobody looked proves nothing: what was wrong before it is timed anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction


class NodeRole(StrEnum):
    """What a node does for its site."""

    NAMENODE = "NameNode"
    DATANODE = "DataNode"
    ZOOKEEPER = "ZooKeeper"
    METASTORE = "metastore"
    HIVESERVER2 = "HiveServer2"


@dataclass(frozen=True, slots=True)
class Heartbeats:
    """The nodes of one role in one look.

    Attributes:
        total: How many there are.
        available: How many answered in time.
        working: At least one does its work: an active NameNode out of safe mode, a ZooKeeper that has its quorum.
        required: The site has failed without one that works.
        troubles: What is wrong with those that did not answer or do not work.
    """

    role: NodeRole
    total: int
    available: int
    working: bool
    required: bool = True
    troubles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class SiteLook:
    """All nodes of a site, asked at once.

    Attributes:
        at_s: When, by a monotonic clock.
    """

    at_s: float
    roles: Sequence[Heartbeats]

    @property
    def available(self) -> int:
        """Nodes that answered."""
        return sum(one.available for one in self.roles)

    @property
    def total(self) -> int:
        """Nodes that there are."""
        return sum(one.total for one in self.roles)

    @property
    def missing(self) -> frozenset[NodeRole]:
        """Required roles of which no member works."""
        return frozenset(one.role for one in self.roles if one.required and not one.working)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong, node by node."""
        return tuple(trouble for one in self.roles for trouble in one.troubles)


@dataclass(frozen=True, slots=True)
class HealthRules:
    """When a site counts as failed, and when as back.

    Attributes:
        threshold: Share of its nodes; with no more than that available it has failed.
        dwell_s: How long a required role has to have no working member, and how long nothing may be wrong before the
            site is back.
        most_failures: With so many failures within ``window_s`` it flaps: that it is back is for a person to say.
    """

    threshold: Fraction = Fraction(1, 2)
    dwell_s: float = 30.0
    most_failures: int = 3
    window_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class SiteHealth:
    """What the looks at a site add up to.

    Attributes:
        look: The newest one; None before the first.
        failed: The site has failed and is not back.
        why: Why it has; empty while it has not.
        missing_since: Since when a required role has had no working member.
        well_since: Since when nothing has been wrong; None while something is.
        failures: When it failed, within the window.
    """

    look: SiteLook | None = None
    failed: bool = False
    why: str = ""
    missing_since: Mapping[NodeRole, float] = field(default_factory=dict)
    well_since: float | None = None
    failures: tuple[float, ...] = ()

    @property
    def is_well(self) -> bool:
        """The site has not failed, and nothing required is missing."""
        return self.look is not None and not self.failed and not self.missing_since

    @property
    def is_settled(self) -> bool:
        """Another look in the same state would change nothing, however much later: nothing is being timed."""
        return self.is_well or (self.failed and self.well_since is None)

    def is_back(self, rules: HealthRules) -> bool:
        """Whether nothing has been wrong for the dwell time, as far as it was looked at."""
        if self.look is None or self.failed or self.well_since is None:
            return False
        return self.look.at_s - self.well_since >= rules.dwell_s

    def flaps(self, rules: HealthRules) -> bool:
        """Whether it failed too often for anybody but a person to say that it is back."""
        return len(self.failures) >= rules.most_failures


def judge(before: SiteHealth, look: SiteLook, rules: HealthRules) -> SiteHealth:
    """Takes one more look at a site into account."""
    followed = before.look is not None and look.at_s - before.look.at_s <= rules.dwell_s
    since = before.missing_since if followed else {}
    missing = {role: since.get(role, look.at_s) for role in sorted(look.missing)}
    few = look.available <= rules.threshold * look.total
    well = before.well_since if followed and before.well_since is not None else look.at_s
    now = replace(
        before, look=look, missing_since=missing, well_since=None if few or missing else well,
        failures=tuple(at_s for at_s in before.failures if look.at_s - at_s < rules.window_s),
    )  # fmt: skip
    if why := _why_failed(look, missing, rules, few=few):
        failures = now.failures if before.failed else (*now.failures, look.at_s)
        return replace(now, failed=True, why=why, failures=failures)
    if before.failed and (now.well_since is None or look.at_s - now.well_since < rules.dwell_s):
        return now
    return replace(now, failed=False, why="")


def _why_failed(look: SiteLook, missing: Mapping[NodeRole, float], rules: HealthRules, *, few: bool) -> str:
    if few:
        return f"{look.available} of {look.total} nodes answer"
    gone = [role for role, since in missing.items() if look.at_s - since >= rules.dwell_s]
    return f"no working {' and no working '.join(gone)} for {rules.dwell_s:g} s" if gone else ""
