"""When a service's moments are, when a run starts for one, and when a service is late (DESIGN.md section 4, I4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum

from hadoop_dr.domain.policy import Policy

LONGEST_LEAD_MS = 30_000

CronMoments = Callable[[str, int], Iterator[int]]
"""Gives the moments of a cron text after a time, in order; what ``adapters.config.cron_moments`` does."""


def next_moment(policy: Policy, after_ms: int, cron_moments: CronMoments) -> int:
    """Gives the first moment of a policy that is later than a time.

    Periods are counted from the first moment, so a restart, a late run or a changed clock never shifts them.
    """
    earliest_ms = policy.first_moment_ms if policy.first_moment_ms is not None else 0
    if policy.cron is not None:
        return next(cron_moments(policy.cron, max(after_ms, earliest_ms - 1)))
    period_ms = policy.period_ms or 1
    if after_ms < earliest_ms:
        return earliest_ms
    return earliest_ms + ((after_ms - earliest_ms) // period_ms + 1) * period_ms


def lead_ms(moment_ms: int, now_ms: int) -> int:
    """Gives how long before its moment a run starts: half a minute, or the time that is left."""
    return max(0, min(LONGEST_LEAD_MS, moment_ms - now_ms))


def start_ms(moment_ms: int, earlier_moment_ms: int) -> int:
    """Gives when the run for a moment starts; never before the middle of the time since the moment before it."""
    return moment_ms - min(LONGEST_LEAD_MS, (moment_ms - earlier_moment_ms) // 2)


def moment_for(policy: Policy, now_ms: int, wanted_ms: int | None, cron_moments: CronMoments) -> int | None:
    """Gives the moment of a scheduled run that starts now; None when it is to be taken at once.

    The run was started for ``wanted_ms``. A moment that has passed is taken at once and recorded as late, unless the
    next one is so near that its own run is due: then the late run takes that one, and none is taken twice.
    """
    if wanted_ms is None or wanted_ms > now_ms:
        return wanted_ms
    following_ms = next_moment(policy, now_ms, cron_moments)
    return following_ms if now_ms >= start_ms(following_ms, wanted_ms) else None


class Freshness(StrEnum):
    """How a service stands against its wanted bound of loss."""

    CURRENT = "current"
    LATE = "late"
    EMPTY = "empty"


def freshness(newest_moment_ms: int | None, now_ms: int, rpo_ms: int) -> Freshness:
    """Says whether the newest sealed point is recent enough; a service without a point is empty, not current."""
    if newest_moment_ms is None:
        return Freshness.EMPTY
    return Freshness.LATE if now_ms - newest_moment_ms > rpo_ms else Freshness.CURRENT
