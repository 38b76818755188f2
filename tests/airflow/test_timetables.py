"""When runs start: a lead before their moment, once for each, and only the newest of missed ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pendulum
import pytest
from airflow.timetables.base import DataInterval, TimeRestriction

from hadoop_dr_airflow import timetables
from hadoop_dr_airflow.timetables import MomentTimetable
from support.cost import calls

NOW = datetime(2026, 11, 20, 2, 7, 30, tzinfo=UTC)
FIRST_MS = round(datetime(2026, 11, 20, 2, 0, tzinfo=UTC).timestamp() * 1000)
QUARTER = MomentTimetable(FIRST_MS, 900_000, None)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        @staticmethod
        def time_ns() -> int:
            return round(NOW.timestamp() * 1000) * 1_000_000

    monkeypatch.setattr(timetables, "time", Clock)


def at(text: str) -> pendulum.DateTime:
    return pendulum.instance(datetime.fromisoformat(f"2026-11-20T{text}+00:00"))


def following(timetable: MomentTimetable, last: str | None, latest: Any = None, catchup: bool = False) -> Any:
    interval = None if last is None else DataInterval(at(last) - timedelta(seconds=30), at(last))
    restriction = TimeRestriction(None, latest, catchup)
    return timetable.next_dagrun_info(last_automated_data_interval=interval, restriction=restriction)


def test_a_run_starts_half_a_minute_before_its_moment_and_carries_it_as_the_end_of_its_interval() -> None:
    info = following(QUARTER, "02:00")
    assert info.run_after == info.logical_date == at("02:14:30")
    assert info.data_interval.end == at("02:15")


def test_the_first_run_is_one_that_is_not_late() -> None:
    assert following(QUARTER, None).data_interval.end == at("02:15")
    soon = MomentTimetable(FIRST_MS + 7 * 60_000 + 35_000, 900_000, None)
    assert following(soon, None).data_interval.end == at("02:22:35")


def test_a_first_run_that_is_due_is_not_put_off_by_another_parse_before_it_is_made() -> None:
    due = MomentTimetable(FIRST_MS + 8 * 60_000 - 10_000, 900_000, None)
    info = following(due, None)
    assert (info.run_after, info.data_interval.end) == (at("02:07:20"), at("02:07:50"))


def test_moments_count_from_the_first_one_and_not_from_the_last_run() -> None:
    late = DataInterval(at("02:03:11"), at("02:03:11"))
    info = QUARTER.next_dagrun_info(last_automated_data_interval=late, restriction=TimeRestriction(None, None, False))
    assert info is not None
    assert info.data_interval.end == at("02:15")


@pytest.mark.parametrize(
    "timetable", [MomentTimetable(FIRST_MS, 60_000, None), MomentTimetable(None, None, "* * * * *")]
)
def test_of_missed_moments_only_the_newest_is_made_up_for(timetable: MomentTimetable) -> None:
    assert following(timetable, "02:01").data_interval.end == at("02:07")
    assert following(timetable, "02:07").data_interval.end == at("02:08")


YEAR, MINUTE = timedelta(days=366), timedelta(minutes=1)


@pytest.mark.parametrize(
    "timetable",
    [MomentTimetable(None, None, "* * * * *"), MomentTimetable(None, None, "*/7 3-5 * * 1-5"),
     MomentTimetable(0, None, "1 1 29 2 *"), MomentTimetable(FIRST_MS - 400 * 86_400_000, 1_000, None)],
    ids=["every minute", "some days", "leap days", "every second"],
)  # fmt: skip
def test_a_year_asleep_costs_what_a_minute_does(timetable: MomentTimetable) -> None:
    def woken_after(asleep: timedelta) -> int:
        last = pendulum.instance(NOW - asleep)
        return calls(lambda: timetable.next_dagrun_info(
            last_automated_data_interval=DataInterval(last, last), restriction=TimeRestriction(None, None, False)))

    awake = woken_after(MINUTE)
    for asleep in (timedelta(hours=6), timedelta(days=20), YEAR, 50 * YEAR):
        assert woken_after(asleep) <= awake * 1.5, asleep


def test_the_lead_is_half_the_period_at_most() -> None:
    assert following(MomentTimetable(FIRST_MS, 10_000, None), "02:07:30").run_after == at("02:07:35")


def test_a_cron_text_is_read_in_utc() -> None:
    info = following(MomentTimetable(None, None, "0 4 * * *"), "02:00")
    assert (info.run_after, info.data_interval.end) == (at("03:59:30"), at("04:00"))


def test_nothing_is_due_before_the_first_moment_or_after_the_end() -> None:
    later = MomentTimetable(FIRST_MS + 3_600_000, 900_000, None)
    assert following(later, None).data_interval.end == at("03:00")
    assert following(QUARTER, "02:00", latest=at("02:10")) is None


def test_it_comes_back_from_its_serialised_form_by_the_registered_class() -> None:
    from airflow.plugins_manager import get_timetables_plugins

    assert get_timetables_plugins()["hadoop_dr_airflow.timetables.MomentTimetable"] is MomentTimetable
    again = MomentTimetable.deserialize(QUARTER.serialize())
    assert following(again, "02:00") == following(QUARTER, "02:00")


def test_a_run_that_a_person_starts_has_no_moment_of_the_schedule() -> None:
    assert QUARTER.infer_manual_data_interval(run_after=at("02:07")) == DataInterval.exact(at("02:07"))
