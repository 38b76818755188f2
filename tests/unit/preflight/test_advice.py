"""Advice: what costs time on a site, and a skew that will be refused, said before anybody waits for it."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.preflight.advice import (
    CLOSES_EARLY,
    LastMoment,
    close_waits,
    is_large,
    no_block_ids,
    predicted_skew_ms,
    removal_holds,
    removed_together,
    skew_result,
)
from hadoop_dr.domain.runs.moment import SERIAL_MS


def test_a_namenode_that_tells_no_block_ids_is_told_with_what_follows_and_what_helps() -> None:
    told = no_block_ids("west", "403 Forbidden", 3)
    assert (told.name, told.mark) == ("fsck", Mark.WARN)
    assert told.detail.startswith("west: its NameNodes do not answer /fsck (403 Forbidden)")
    assert "up to 3 days longer" in told.detail
    assert "/fsck on the HTTP port of every NameNode of west" in told.remedy


@pytest.mark.parametrize(("settings", "mark"), [
    ({}, Mark.WARN), ({CLOSES_EARLY: "0"}, Mark.WARN), ({CLOSES_EARLY: "many"}, Mark.WARN),
    ({CLOSES_EARLY: "1"}, Mark.OK), ({CLOSES_EARLY: "2"}, Mark.OK),
])
def test_a_namenode_whose_closes_wait_is_named_with_the_setting(settings: dict[str, str], mark: Mark) -> None:
    told = close_waits("west", settings)
    assert (told.name, told.mark) == ("file closes", mark)
    assert told.detail.startswith("west: ")
    assert (f"Set {CLOSES_EARLY}=1" in told.remedy) is (mark is Mark.WARN)
    assert (f"{CLOSES_EARLY} is {settings.get(CLOSES_EARLY, '0')}," in told.detail) is (mark is Mark.WARN)


def test_one_root_has_no_skew() -> None:
    assert predicted_skew_ms(1, 40, 64) == predicted_skew_ms(0, 40, 64) == 0


@pytest.mark.parametrize(("roots", "trip_ms", "in_flight", "last", "wanted"), [
    (1500, 2, 1500, None, 2 + 1500 * SERIAL_MS),                 # one after the other, wherever they wait
    (1500, 100, 10, None, 15_000),                               # few leave together, and the way is long
    (10, 40, 64, None, 40 + 10 * SERIAL_MS),
    (2, 40, 64, None, 40 + 2 * SERIAL_MS),
    (1000, 2, 1000, LastMoment(2, 10), 2 + 1000 * 4),
    (1000, 2, 1000, LastMoment(100, 402), 2 + 1000 * 4),             # this NameNode needs 4 ms for each
    (1000, 50, 1000, LastMoment(100, 40), 50),                       # it was nearer then
    (1000, 2, 1000, LastMoment(1, 90), 2 + 1000 * SERIAL_MS),        # one root tells nothing of many
])
def test_the_skew_follows_the_roots_the_trip_and_the_newest_point(
    roots: int, trip_ms: float, in_flight: int, last: LastMoment | None, wanted: float
) -> None:
    assert predicted_skew_ms(roots, trip_ms, in_flight, last) == pytest.approx(wanted)


def test_files_that_are_open_anywhere_make_each_snapshot_longer_unless_the_newest_point_tells() -> None:
    assert predicted_skew_ms(60, 2, 64, open_files=20_000) == pytest.approx(2 + 60 * (SERIAL_MS + 40))
    assert predicted_skew_ms(60, 2, 64, LastMoment(60, 62), 20_000) == pytest.approx(62)
    [told] = skew_result("east", 60, 2480, 250, 20_000)
    assert "(20000 files are open on this cluster, and each snapshot looks at all of them)" in told.detail
    [told] = skew_result("east", 1500, 2480, 250, 20)
    assert told.detail.endswith("the limit is 250 ms")
    [told] = skew_result("east", 1500, 2480, 250)
    assert told.detail.endswith("the limit is 250 ms")


def test_a_skew_that_will_be_refused_is_told_with_a_limit_that_has_room() -> None:
    assert skew_result("east", 100, 250, 250) == []
    [told] = skew_result("east", 1500, 1952, 250)
    assert (told.name, told.mark) == ("skew", Mark.WARN)
    assert "1500 roots will lie about 1952 ms apart, the limit is 250 ms" in told.detail
    assert "max_skew: 2950ms" in told.remedy


def test_a_root_is_large_from_a_size_on_and_where_nobody_knows_it() -> None:
    assert [is_large(names) for names in (0, 19_999, 20_000, None)] == [False, False, True, True]


def test_roots_whose_snapshots_hold_up_the_namenode_when_they_go_are_named() -> None:
    assert removal_holds("east", {"/a": 499_999}) == []
    [one] = removal_holds("east", {"/a": 499_999, "/b ü%": 500_000})
    assert (one.mark, one.name) == (Mark.WARN, "prune")
    assert "east: removing a snapshot of /b ü% holds up" in one.detail
    [many] = removal_holds("east", {f"/{n}": 10**6 for n in range(5)})
    assert "east: removing a snapshot of /0, /1, /2 and 2 more holds up" in many.detail
    [four] = removal_holds("east", {f"/{n}": 10**6 for n in range(4)})
    assert "/0, /1, /2 and 1 more" in four.detail
    [three] = removal_holds("east", {f"/{n}": 10**6 for n in range(3)})
    assert "east: removing a snapshot of /0, /1, /2 holds up" in three.detail
    assert one.remedy


def test_snapshots_that_are_removed_side_by_side_have_no_more_names_together_than_one_large_root() -> None:
    sized = [("a", 12_000), ("b", 8_000), ("unknown", None), ("c", 2), ("large", 20_000), ("d", 19_999), ("e", 0)]
    assert removed_together(sized) == [["a", "b"], ["c"], ["d", "e"], ["unknown"], ["large"]]
    assert removed_together([(number, 10) for number in range(1500)]) == [list(range(1500))]
    assert removed_together([]) == []
