"""Cron texts, read in UTC. Five fields: no seconds, no years, no names like ``@daily``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise

from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.quantities import DAY_MS

# croniter is imported where it is used: it takes a tenth of each command's start, and few policies have cron texts.
_MEND = 'Write five fields in UTC: minute hour day month weekday, such as "0 * * * *"'
_BY_CHANCE = re.compile(r"(?<![A-Za-z])[HhRr](?![A-Za-z])")  # croniter draws such fields anew each time
_MINUTE_MS = 60_000
_SAMPLE_FROM_MS = 1_767_225_600_000  # 2026-01-01: any start will do, but a fixed one, so that loading is deterministic


def cron_moments(cron: str, after_ms: int) -> Iterator[int]:
    """Returns the moments of a cron text after a time, without end, in milliseconds since the epoch.

    Raises:
        Wrong: It is no cron text, or there is never such a moment.
    """
    _checked(cron)
    return _moments(cron, after_ms)


def _checked(cron: str) -> None:
    from croniter import croniter

    if len(cron.split()) != 5 or _BY_CHANCE.search(cron) or not croniter.is_valid(cron):
        raise Wrong(f"'{cron}' is not a cron expression", _MEND)


def _moments(cron: str, after_ms: int) -> Iterator[int]:
    from croniter.croniter import CroniterError, croniter

    # A start within a second would lose the moment at its end: croniter counts whole seconds.
    moments = croniter(cron, datetime.fromtimestamp(after_ms // 1000, tz=UTC))
    try:
        while True:
            moment_ms = int(moments.get_next(datetime).timestamp()) * 1000
            if moment_ms > after_ms:
                yield moment_ms
    except CroniterError:
        raise Wrong(f"'{cron}' matches no date", _MEND) from None


def cron_moment_until(cron: str, until_ms: int) -> int | None:
    """Returns the last moment of a cron text at or before a time; None when it never came.

    One step of the library, however long ago the moment was: nothing goes through what lies between.

    Raises:
        Wrong: It is no cron text.
    """
    from croniter.croniter import CroniterError, croniter

    _checked(cron)
    # The step goes to before its start, and moments are whole minutes: the second after the wanted time misses none.
    start = datetime.fromtimestamp(until_ms // 1000 + 1, tz=UTC)
    try:
        return int(croniter(cron, start).get_prev(datetime).timestamp()) * 1000
    except CroniterError:
        return None


@lru_cache(maxsize=4096)
def longest_gap_ms(cron: str) -> int:
    """Returns the longest time between two moments of a cron text, looking over one year.

    Raises:
        Wrong: It is no cron text, or there is never such a moment.
    """
    next(cron_moments(cron, _SAMPLE_FROM_MS))
    minute, hour, *day_fields = cron.split()
    times = sorted(hours * 60 + minutes for hours in _values(hour, 1, 24) for minutes in _values(minute, 0, 60))
    within_a_day = max((later - earlier for earlier, later in pairwise(times)), default=0) * _MINUTE_MS
    between_days = _longest_day_gap_ms(" ".join(day_fields)) - (times[-1] - times[0]) * _MINUTE_MS
    return max(within_a_day, between_days)


def _values(text: str, position: int, everything: int) -> list[int]:
    from croniter import croniter

    field = croniter.expand(" ".join(text if index == position else "*" for index in range(5)))[0][position]
    return list(range(everything)) if field == ["*"] else [int(value) for value in field]


@lru_cache(maxsize=4096)  # many texts differ in their hours alone
def _longest_day_gap_ms(day_fields: str) -> int:
    if day_fields == "* * *":
        return DAY_MS
    midnights = _moments(f"0 0 {day_fields}", _SAMPLE_FROM_MS)
    longest, earlier = 0, next(midnights)
    while not longest or earlier - _SAMPLE_FROM_MS < 366 * DAY_MS:
        later = next(midnights)
        longest, earlier = max(longest, later - earlier), later
    return longest
