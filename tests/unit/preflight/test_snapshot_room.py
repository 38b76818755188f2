"""Bounds of HDFS on snapshots, and what ours keep on a primary that runs full: told before anybody meets them."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.config.retention import (
    KeptByRule,
    most_points,
    most_snapshots,
    rule,
    to_prune,
    usual_period_ms,
)
from hadoop_dr.domain.preflight.free_space import runs_full
from hadoop_dr.domain.preflight.snapshot_room import (
    DIRECTORY,
    FILE_SYSTEM,
    LAST_ID,
    Foretold,
    Numbered,
    SnapshotLimits,
    kept_room,
    limits_of,
    numbers_left,
    room_for,
)

DAY_MS = 86_400_000
QUARTER_MS = 900_000


def test_a_namenode_that_does_not_say_its_bounds_has_the_default_ones() -> None:
    assert limits_of({}) == limits_of({FILE_SYSTEM: "many", DIRECTORY: ""}) == SnapshotLimits(65_536, 65_536)
    assert limits_of({FILE_SYSTEM: "900", DIRECTORY: "70"}) == SnapshotLimits(900, 70)


@pytest.mark.parametrize(("there", "marks"), [
    (10, []), (69, []), (70, []), (71, [Mark.WARN]), (90, [Mark.WARN]), (91, [Mark.FAIL]), (200, [Mark.FAIL]),
])
def test_a_run_is_refused_where_its_snapshots_are_too_many_and_warned_before(there: int, marks: list[Mark]) -> None:
    told = room_for("east", there, 10, SnapshotLimits(every=100))
    assert [result.mark for result in told] == marks
    assert all(FILE_SYSTEM in result.detail and FILE_SYSTEM in result.remedy for result in told)
    assert all(result.name == "snapshots" for result in told)


def test_what_retention_keeps_is_foretold_of_all_directories_and_of_each() -> None:
    small = SnapshotLimits(every=100, each=100)
    assert kept_room("west", Foretold(32, 32), 1500, SnapshotLimits()) == []
    assert kept_room("west", Foretold(80, 80), 1, small) == []
    [every] = kept_room("west", Foretold(36, 36, QUARTER_MS), 1500, SnapshotLimits())
    assert every.remedy.startswith("Keep fewer points")
    assert "36 points of 1500 roots, which are 54000 snapshots" in every.detail
    assert every.detail.endswith(f"together may have 65536 ({FILE_SYSTEM})")
    both = kept_room("west", Foretold(81, 81), 2, small)
    assert [(result.name, result.mark, bool(result.remedy)) for result in both] == [("snapshots", Mark.WARN, True)] * 2
    assert both[1].detail.endswith(f"up to 81 points, and a directory may have 100 snapshots ({DIRECTORY})")


def test_what_hdfs_keeps_beyond_the_rule_is_told_and_near_a_bound_with_the_span_that_fits() -> None:
    [told] = kept_room("west", Foretold(33, 674, QUARTER_MS), 2, SnapshotLimits())
    assert (told.name, told.mark) == ("snapshots", Mark.OK)
    assert "west: retention asks for up to 33 points, but HDFS lets only the oldest" in told.detail
    assert "keeps up to 674 snapshots of each root" in told.detail
    [near] = kept_room("west", Foretold(33, 674, QUARTER_MS), 100, SnapshotLimits())
    assert near.mark is Mark.WARN
    assert "67400 snapshots" in near.detail
    assert near.remedy.startswith("No span of retention longer than 5 d 10 h. ")   # 522 quarters of an hour
    [each] = kept_room("west", Foretold(9, 81, QUARTER_MS), 1, SnapshotLimits(each=100))
    assert each.remedy.startswith("No span of retention longer than 19 h 30 min. ")
    unknown = kept_room("west", Foretold(9, 81), 1, SnapshotLimits(each=100))
    assert unknown[0].remedy == "Keep fewer points (retention), or raise it."
    [full] = kept_room("west", Foretold(2, 3, QUARTER_MS), 10, SnapshotLimits(every=10))
    assert full.remedy.startswith("Keep fewer points")
    assert kept_room("west", Foretold(1, 1), 0, SnapshotLimits()) == []


@pytest.mark.parametrize(("text", "period_ms", "most"), [
    ("2", QUARTER_MS, 2), ("24h:1h, 7d:1d", QUARTER_MS, 32), ("5, 24h:1h", None, 29), ("24h:1h", 12 * 3_600_000, 3),
    ("25h:2h", QUARTER_MS, 14),
])
def test_a_rule_says_how_many_points_it_keeps_at_most(text: str, period_ms: int | None, most: int) -> None:
    assert most_points(rule(text), period_ms) == most


@pytest.mark.parametrize("text", ["3", "24h:1h", "2h:1h, 9h:3h", "30, 5h:1h", "7h:90m", "1h:1h"])
@pytest.mark.parametrize("period_ms", [QUARTER_MS, 1_700_000, 4 * 3_600_000])
@pytest.mark.parametrize("ordered", [True, False])
def test_the_forecast_is_what_the_rule_comes_to_on_a_namenode_that_lets_only_the_oldest_go(
    text: str, period_ms: int, ordered: bool
) -> None:
    """A long life under the rule that prunes; with ordered deletion HDFS keeps what is removed out of the order."""
    kept, points, there, most = rule(text), list[KeptByRule](), list[str](), 0
    for number in range(3 * 9 * 3_600_000 // min(period_ms, QUARTER_MS)):
        now_ms = number * period_ms
        points.append(KeptByRule(f"{number:09}", now_ms, kept))
        there.append(points[-1].point)
        gone = set(to_prune(points, now_ms + 20_000, thin_middle=ordered))
        points = [point for point in points if point.point not in gone]
        there = [name for name in there if name >= points[0].point]
        most = max(most, len(there))
    foretold = most_snapshots(kept, period_ms)
    assert most <= foretold <= most + 2


def test_what_is_held_besides_counts_and_without_a_period_the_points_are_all_that_is_known() -> None:
    assert most_snapshots(rule("2"), QUARTER_MS, DAY_MS) == 97
    assert most_snapshots(rule("24h:1h"), QUARTER_MS, DAY_MS) == 97
    assert most_snapshots(rule("200"), QUARTER_MS, DAY_MS) == 200
    assert most_snapshots(rule("24h:1h"), 28 * QUARTER_MS) == 4
    assert most_snapshots(rule("24h:1h"), None, DAY_MS) == most_points(rule("24h:1h"), None)


def test_the_usual_period_is_that_of_the_newest_points_and_no_single_run_by_hand_changes_it() -> None:
    assert usual_period_ms([]) is usual_period_ms([7]) is None
    assert usual_period_ms([30, 10]) == 20
    hourly = [hour * 3_600_000 for hour in range(40)]
    assert usual_period_ms([*hourly, hourly[-1] + 60_000]) == 3_600_000
    assert usual_period_ms([*range(100), *(1000 + 50 * n for n in range(21))]) == 50
    assert usual_period_ms([0, *(1 + 50 * n for n in range(11)), *range(502, 512)]) == 50, "of the newest 20 gaps"


def test_numbers_of_snapshots_that_end_within_two_years_are_told_with_the_rate() -> None:
    a_day = 96 * 1500
    fresh = Numbered(1000, 0), Numbered(1000 + a_day, DAY_MS)
    assert list(numbers_left("east", *fresh)) == []                                    # five years are left
    [told] = numbers_left("east", Numbered(LAST_ID - 2 * a_day, 0), Numbered(LAST_ID - a_day, DAY_MS))
    assert told.mark is Mark.WARN
    assert f"at {a_day} a day they last 1 days" in told.detail
    assert (told.name, bool(told.remedy)) == ("snapshots", True)


def test_the_rate_is_that_of_the_time_between_two_points_however_short_or_slow_it_is() -> None:
    [told] = numbers_left("east", Numbered(LAST_ID - 10, 7 * DAY_MS), Numbered(LAST_ID - 9, 8 * DAY_MS))
    assert "at 1 a day they last 9 days" in told.detail
    [hurried] = numbers_left("east", Numbered(0, 0), Numbered(1000, 1))
    assert "they last 0 days" in hurried.detail
    last = Numbered(LAST_ID - 73_000_000, DAY_MS)
    assert list(numbers_left("east", Numbered(last.number - 100_000, 0), last)) == []       # 730 days are left


def test_numbers_that_are_nearly_used_up_are_told_whatever_the_rate() -> None:
    point = Numbered(LAST_ID - 9, DAY_MS)
    [told] = numbers_left("east", point, point)
    assert told.mark is Mark.WARN
    assert "never uses one twice; after" in told.detail, "where there is no rate, no time is told"
    assert list(numbers_left("east", Numbered(7, 0), Numbered(7, 0))) == []
    four_fifths = Numbered(LAST_ID // 5 * 4, 0)
    assert list(numbers_left("east", four_fifths, four_fifths)) == []


def test_a_cluster_that_runs_full_is_told_with_what_keeps_its_blocks() -> None:
    assert runs_full("east", 5, 100) == runs_full("east", 0, 0) == []
    [told] = runs_full("east", 4, 100)
    assert (told.name, told.mark, bool(told.remedy)) == ("space", Mark.WARN, True)
    assert "east has 4 of 100 bytes left" in told.detail
    assert "snapshots frees no space" in told.detail
