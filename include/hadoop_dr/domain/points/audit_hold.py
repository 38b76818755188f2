"""How long retention holds what the next audit looks back to (I8, I9).

What happened since the last audit is in no listing, so its snapshots stay until the next one. An audit that is hindered
for good must not keep snapshots for ever: after some days they are given up, and the next run compares everything.
"""

from __future__ import annotations

from dataclasses import dataclass

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.domain.state.service_state import ServiceState

HELD_DAYS = 3
"""So long a point is held for audits; one is due each day."""
FEWEST_SINCE = 3
"""So many newer points a site has before one is given up: a service that runs rarely had as many chances to audit."""


@dataclass(frozen=True, slots=True)
class HeldForAudits:
    """What audits look back to on a site.

    Attributes:
        points: What retention holds for them.
        given_up: What it holds no more, oldest first.
    """

    points: frozenset[str] = frozenset()
    given_up: tuple[str, ...] = ()

    def warnings(self, site: str) -> list[str]:
        """Says for people what is given up, and what follows."""
        return [
            f"{site} keeps point {point} no longer for audits: every audit since was hindered for {HELD_DAYS} days and "
            "more (see 'not audited'); once it is pruned, the next run compares everything"
            for point in self.given_up
        ]


def held_for_audits(state: ServiceState, site: str, now_ms: int) -> HeldForAudits:
    """Decides what stays on a site for the audits to come, whatever the rules of retention say."""
    bases, newer = state.audit_bases(site), dict[str, int]()
    for base in bases:
        newer[base] = sum(point.point > base and site not in point.gone for point in state.sealed())
    given_up = {
        base
        for base in bases
        if now_ms - state.points[base].moment_ms > HELD_DAYS * DAY_MS and newer[base] >= FEWEST_SINCE
    }
    return HeldForAudits(frozenset(bases - given_up), tuple(sorted(given_up)))
