"""What follows from how both sites are: alarms, and the monitor's hold on new points (S0.3, S0.4).

Everything is decided on the newest state of the pair's ledger and what was just looked at, so two monitors, or one that
begins anew, say nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hadoop_dr.domain.ledger.bodies.pair import MONITOR, AlarmSaid, SynchronisingHeld, SynchronisingResumed
from hadoop_dr.domain.roles.health import HealthRules, SiteHealth
from hadoop_dr.domain.state.pair_state import PairState

SITE_FAILED = "site failed"
"""The alarm about a site."""
LATE = "late"
"""The alarm about a service whose newest point is older than its RPO."""

Alarms = Mapping[str, AlarmSaid]
"""Alarms by name."""


def hold_due(
    state: PairState, health: Mapping[str, SiteHealth], rules: HealthRules, by: str
) -> SynchronisingHeld | SynchronisingResumed | None:
    """Says whether the monitor has to hold back new points, or to let them go on; None where all is as it should be.

    The hold comes with the first alarm: whoever lifted it while that alarm stands is not overruled.
    """
    held = state.holds.get(MONITOR)
    if held is None:
        now = health.get(state.primary)
        if now is None or not now.failed or _stands(state.alarms, state.primary):
            return None
        return SynchronisingHeld(MONITOR, by, f"{state.primary} has failed: {now.why}", site=state.primary)
    if held.site != state.primary:
        return SynchronisingResumed((MONITOR,), by, f"{state.primary} is primary, no longer {held.site}")
    now = health.get(held.site)
    if now is not None and now.is_back(rules) and not now.flaps(rules):
        return SynchronisingResumed((MONITOR,), by, f"{held.site} is back")
    return None


def alarms_due(
    primary: str,
    alarms: Alarms,
    health: Mapping[str, SiteHealth],
    late: Mapping[str, str | None] | None,
    rules: HealthRules,
    by: str,
) -> list[AlarmSaid]:
    """Says which alarms begin and which are over, that of the primary first.

    Args:
        primary: The primary as the ledger says; empty where it says nothing.
        alarms: What stands already.
        late: Why each service is late, empty where it is not, None where that is not known; None before anybody looked.
    """
    due = []
    sites = sorted(health, key=lambda site: site != primary)
    for n, site in enumerate(sites):
        stood, now = _stands(alarms, site), health[site]
        if now.failed and not stood:
            due.append(AlarmSaid(SITE_FAILED, site, _site_text(site, primary, health, second=n > 0), by))
        elif stood and now.is_back(rules):
            due.append(AlarmSaid(SITE_FAILED, site, _back_text(site, now, rules), by, stands=False))
    if late is not None:
        due += [AlarmSaid(LATE, s, why, by) for s, why in sorted(late.items()) if why and not _stands(alarms, s, LATE)]
        over = (a for a in standing(alarms) if a.what == LATE and late.get(a.subject, "") == "")
        due += [AlarmSaid(LATE, a.subject, f"service {a.subject} is not late any more", by, stands=False) for a in over]
    return due


def standing(alarms: Alarms) -> list[AlarmSaid]:
    """Gives the alarms that stand, by name."""
    return [alarm for _, alarm in sorted(alarms.items()) if alarm.stands]


def untold(alarms: Alarms) -> list[AlarmSaid]:
    """Gives the alarms of which not everybody was told, by name."""
    return [alarm for _, alarm in sorted(alarms.items()) if not alarm.told]


def is_settled(alarms: Alarms, health: Mapping[str, SiteHealth], rules: HealthRules, held: Iterable[str]) -> bool:
    """Whether nothing is being timed that may begin or end an alarm or a hold.

    Args:
        held: Sites that the monitor holds back new points for.
    """
    waits_for = {site for site in health if _stands(alarms, site)}.union(held)
    return all(now.is_settled and (site not in waits_for or now.failed or now.is_back(rules))
               for site, now in health.items())  # fmt: skip


def _stands(alarms: Alarms, subject: str, what: str = SITE_FAILED) -> bool:
    alarm = alarms.get(f"{what}: {subject}")
    return alarm is not None and alarm.stands


def _site_text(site: str, primary: str, health: Mapping[str, SiteHealth], *, second: bool) -> str:
    if not primary:
        return f"{site} has failed: {health[site].why}"
    if not second:
        return f"first alarm: the primary {site} has failed: {health[site].why}; new points are held back"
    first = "second alarm: " if health[primary].failed else ""
    both = ", as the primary has: no site can take over" if first else ": no point can be made"
    return f"{first}the secondary {site} has failed{both}; {health[site].why}"


def _back_text(site: str, now: SiteHealth, rules: HealthRules) -> str:
    if not now.flaps(rules):
        return f"{site} is back"
    return f"{site} is back, and failed {len(now.failures)} times lately: the monitor lifts no hold of its own for now"
