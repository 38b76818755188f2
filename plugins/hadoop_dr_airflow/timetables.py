"""When backup runs start: a lead before each moment of the policy (S2.1, S2.2).

A run's logical date is the time it starts, because Airflow begins nothing whose logical date lies ahead; the end of its
data interval is the moment itself. Both follow from the policy alone, so a restart or a late run never shifts them.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pendulum

from hadoop_dr import settings
from hadoop_dr.domain.config.policy import Policy
from hadoop_dr.domain.config.quantities import duration_text
from hadoop_dr.domain.runs.schedule import LONGEST_LEAD_MS, start_ms
from hadoop_dr_airflow.compat import DagRunInfo, DataInterval, TimeRestriction, Timetable

_GRACE_MS = 20_000
"""So long a first run stays due. Airflow asks anew with every parse of the file, so one that has become due, and that a
busy scheduler has not made yet, would else be put off by a whole period, and then perhaps again."""


class MomentTimetable(Timetable):
    """Starts one run for each moment; of moments missed while nothing ran, only the newest is made up for.

    Args:
        first_moment_ms: Origin of the period and earliest moment; None counts periods from the epoch.
        period_ms: Distance of two moments; None when ``cron`` says when.
        cron: Five fields in UTC; None when ``period_ms`` says when.
    """

    def __init__(self, first_moment_ms: int | None, period_ms: int | None, cron: str | None) -> None:
        self._times = Policy("", "", (), first_moment_ms=first_moment_ms, period_ms=period_ms, cron=cron)
        every = f"cron {cron} (UTC)" if cron else f"every {duration_text(period_ms or 0)}"
        self.description = f"Moments {every}; a run starts up to {LONGEST_LEAD_MS // 1000} s before its moment"

    @property
    def summary(self) -> str:
        """Returns what the list of DAGs shows."""
        return self._times.cron or duration_text(self._times.period_ms or 0)

    def serialize(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        times = self._times
        return {"first_moment_ms": times.first_moment_ms, "period_ms": times.period_ms, "cron": times.cron}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> MomentTimetable:
        """Makes the timetable that was serialised."""
        return cls(**data)

    def infer_manual_data_interval(self, *, run_after: pendulum.DateTime) -> DataInterval:
        """A run that a person starts has no moment of the schedule."""
        return DataInterval.exact(run_after)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """Returns the next run after the last one, or after now for the first."""
        now_ms = time.time_ns() // 1_000_000
        if last_automated_data_interval is None:
            moment_ms = self._after(now_ms + LONGEST_LEAD_MS - _GRACE_MS)
        else:
            moment_ms = self._after(_ms(last_automated_data_interval.end))
            if not restriction.catchup:
                moment_ms = self._newest_due(moment_ms, now_ms)
        start = self._starts(moment_ms)
        if restriction.latest is not None and start > restriction.latest:
            return None
        return DagRunInfo(run_after=start, data_interval=DataInterval(start, _at(moment_ms)))

    def _newest_due(self, moment_ms: int, now_ms: int) -> int:
        """The last moment from this one on that has passed, or this one when it is still ahead."""
        newest_ms = settings.newest_moment(self._times, now_ms)
        return moment_ms if newest_ms is None else max(moment_ms, newest_ms)

    def _starts(self, moment_ms: int) -> pendulum.DateTime:
        """The lead is half the time to the next moment at most, and the same whenever it is asked for."""
        return _at(start_ms(moment_ms, 2 * moment_ms - self._after(moment_ms)))

    def _after(self, moment_ms: int) -> int:
        return settings.next_moment(self._times, moment_ms)


def _at(moment_ms: int) -> pendulum.DateTime:
    return pendulum.instance(datetime.fromtimestamp(moment_ms / 1000, tz=UTC))


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
