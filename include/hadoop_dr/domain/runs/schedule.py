"""When a service's moments are, and when a run starts for one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hadoop_dr.domain.config.policy import Policy

LONGEST_LEAD_MS = 30_000
"""A run starts at most so long before its moment."""

CronMoments = Callable[[str, int], Iterator[int]]
"""Gives the moments of a cron text after a time, in order; what ``adapters.config.cron_moments`` does."""

CronMoment = Callable[[str, int], int | None]
"""Gives the last moment of a cron text at or before a time; what ``adapters.config.cron_moment_until`` does."""


def next_moment(policy: Policy, after_ms: int, cron_moments: CronMoments) -> int:
    """Returns the first moment of a policy that is later than a time.

    Periods are counted from the first moment, so a restart, a late run or a changed clock never shifts them.
    """
    earliest_ms = policy.first_moment_ms if policy.first_moment_ms is not None else 0
    if policy.cron is not None:
        return next(cron_moments(policy.cron, max(after_ms, earliest_ms - 1)))
    period_ms = policy.period_ms or 1
    if after_ms < earliest_ms:
        return earliest_ms
    return earliest_ms + ((after_ms - earliest_ms) // period_ms + 1) * period_ms


def newest_moment(policy: Policy, until_ms: int, cron_moment_until: CronMoment) -> int | None:
    """Returns the last moment of a policy at or before a time; None when there was none yet.

    It is found from the end, not by going through what was missed: a year asleep costs what a minute does.
    """
    earliest_ms = policy.first_moment_ms if policy.first_moment_ms is not None else 0
    if until_ms < earliest_ms:
        return None
    if policy.cron is not None:
        moment_ms = cron_moment_until(policy.cron, until_ms)
        return moment_ms if moment_ms is not None and moment_ms >= earliest_ms else None
    period_ms = policy.period_ms or 1
    return until_ms - (until_ms - earliest_ms) % period_ms


def start_ms(moment_ms: int, earlier_moment_ms: int) -> int:
    """Returns when the run for a moment starts; never before the middle of the time since the moment before it."""
    return moment_ms - min(LONGEST_LEAD_MS, (moment_ms - earlier_moment_ms) // 2)
