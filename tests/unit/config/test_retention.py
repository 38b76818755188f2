"""Laws of retention (I7, fault 67): what may never go, and in which order the rest does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.document import Wrong
from hadoop_dr.domain.config.retention import Grid, KeptByRule, Rule, rule, to_prune

HOUR, DAY = 3_600_000, 86_400_000
NOW = 1_795_140_000_000


def at(*hours_ago: float, of: str = "1") -> list[KeptByRule]:
    return [KeptByRule(f"-{ago:g}h", NOW - int(ago * HOUR), rule(of)) for ago in hours_ago]


rules = st.builds(
    Rule,
    newest=st.integers(1, 5),
    grids=st.lists(
        st.builds(
            lambda span, step: Grid(max(span, step), min(span, step)), st.integers(1, 40 * DAY), st.integers(1, 9 * DAY)
        ),
        max_size=3,
    ).map(tuple),
)
histories = st.lists(
    st.tuples(st.integers(0, 60 * DAY), rules), min_size=1, max_size=40, unique_by=lambda pair: pair[0]
).map(lambda pairs: [KeptByRule(str(ago), NOW - ago, kept_rule) for ago, kept_rule in pairs])


@given(histories, st.sets(st.integers(0, 39)), st.booleans())
def test_what_is_pinned_the_newest_and_the_baseline_never_go(
    points: list[KeptByRule], picks: set[int], thin: bool
) -> None:
    held = [points[index].point for index in picks if index < len(points)]
    gone = to_prune(points, NOW, pinned=held[::2], baseline=held[1::2], thin_middle=thin)
    newest = max(points, key=lambda kept: kept.moment_ms).point
    assert not {*held, newest} & set(gone)


@given(histories, st.booleans())
def test_points_go_oldest_first_and_once(points: list[KeptByRule], thin: bool) -> None:
    moment = {kept.point: kept.moment_ms for kept in points}
    gone = to_prune(points, NOW, thin_middle=thin)
    assert gone == sorted(gone, key=moment.__getitem__)
    assert len(set(gone)) == len(gone)


@given(histories)
def test_where_the_middle_is_not_safe_only_the_oldest_row_goes(points: list[KeptByRule]) -> None:
    ordered = [kept.point for kept in sorted(points, key=lambda kept: kept.moment_ms)]
    cautious = to_prune(points, NOW, thin_middle=False)
    assert cautious == ordered[: len(cautious)]
    assert set(cautious) <= set(to_prune(points, NOW))


@given(histories)
def test_the_newest_point_of_each_slot_of_a_grid_stays(points: list[KeptByRule]) -> None:
    gone = set(to_prune(points, NOW))
    for kept in points:
        for grid in kept.rule.grids:
            if NOW - kept.moment_ms <= grid.span_ms:
                same_slot = [
                    other for other in points
                    if grid in other.rule.grids and grid.slot(other.moment_ms) == grid.slot(kept.moment_ms)
                ]  # fmt: skip
                assert max(same_slot, key=lambda other: other.moment_ms).point not in gone


@given(histories)
def test_pruning_again_at_once_finds_nothing(points: list[KeptByRule]) -> None:
    gone = set(to_prune(points, NOW))
    assert to_prune([kept for kept in points if kept.point not in gone], NOW) == []


@given(histories, st.integers(0, 90 * DAY))
def test_a_point_that_went_would_not_be_wanted_later(points: list[KeptByRule], later_ms: int) -> None:
    assert set(to_prune(points, NOW)) <= set(to_prune(points, NOW + later_ms))


def test_a_number_keeps_the_newest() -> None:
    assert to_prune(at(5, 4, 3, 2, 1, of="2"), NOW) == ["-5h", "-4h", "-3h"]


def test_a_grid_keeps_the_newest_of_each_slot_and_ends_with_its_span() -> None:
    points = at(30, 2.75, 2.5, 2.25, 1.5, 0.5, of="24h:1h")
    assert to_prune(points, NOW - NOW % HOUR) == ["-30h", "-2.75h", "-2.5h"]


def test_grids_add_up() -> None:
    """Of one calendar day in UTC the daily grid keeps one point after the hourly grid has let the others go."""
    midnight = NOW - NOW % DAY
    points = [KeptByRule(f"{hour:02}", midnight - 2 * DAY + hour * HOUR, rule("24h:1h, 7d:1d")) for hour in range(24)]
    points.append(KeptByRule("now", midnight, rule("24h:1h, 7d:1d")))
    assert to_prune(points, midnight) == [f"{hour:02}" for hour in range(23)]


def test_a_point_lives_by_the_rule_it_was_sealed_under() -> None:
    generous, strict = at(3, of="24h:1h"), at(2, 1, of="1")
    assert to_prune(generous + strict, NOW) == ["-2h"]


def test_a_stricter_rule_does_not_take_a_slot_from_another() -> None:
    one_slot = NOW - NOW % HOUR
    kept, newer = KeptByRule("kept", one_slot, rule("24h:1h")), KeptByRule("newer", one_slot + 1, rule("1"))
    newest = KeptByRule("newest", one_slot + HOUR, rule("1"))
    assert to_prune([kept, newer, newest], NOW) == ["newer"]


def test_the_newest_stays_even_under_a_rule_that_keeps_nothing() -> None:
    assert to_prune([KeptByRule("old", NOW - 1, Rule(0)), KeptByRule("new", NOW, Rule(0))], NOW) == ["old"]


def test_one_grid_in_two_rules_is_one_grid() -> None:
    one_slot = NOW - NOW % HOUR
    points = [KeptByRule("first", one_slot, rule("24h:1h")), KeptByRule("second", one_slot + 1, rule("24h:1h, 7d:1h"))]
    assert to_prune([*points, KeptByRule("newest", one_slot + HOUR, rule("1"))], NOW) == ["first"]


def test_without_points_nothing_goes() -> None:
    assert to_prune([], NOW) == []


@pytest.mark.parametrize("text", ["2", "24h:1h, 7d:1d", "5, 24h:1h", "30m:1m", "1", "1h:1h"])
def test_a_rule_is_written_as_it_was_read(text: str) -> None:
    assert rule(str(rule(text))) == rule(text)
    assert str(rule(text)) == text.replace("24h", "1d")


@given(rules)
def test_every_rule_survives_the_ledger(kept_rule: Rule) -> None:
    assert rule(str(kept_rule)) == kept_rule


@pytest.mark.parametrize("text", ["", "0", "-1", "24h", "1h:24h", "24h:0h", "2, 3", "24h:1h,", "1.5", "24h:1h:1m"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(Wrong):
        rule(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2, 24h:1h, 3", "'2, 24h:1h, 3' says twice how many of the newest points stay. Leave one number"),
        ("5, 24h", "'5, 24h' is not a retention rule: cannot read '24h'. Write how many of the newest stay"),
        ("2, 1h : 24h", "'1h : 24h' has slots longer than its span. Write 1d:1h, or a longer span"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_with_what_helps(text: str, said: str) -> None:
    with pytest.raises(Wrong) as refused:
        rule(text)
    assert f"{refused.value.problem}. {refused.value.remedy}".startswith(said)


def test_a_point_as_old_as_the_span_of_its_grid_stays_and_a_millisecond_older_goes() -> None:
    newest = at(0)
    for older_ms, gone in ((0, []), (1, ["old"])):
        old = KeptByRule("old", NOW - 24 * HOUR - older_ms, rule("24h:1h"))
        assert to_prune([old, *newest], NOW) == gone


def damaged(points: list[KeptByRule]) -> list[KeptByRule]:
    return [replace(kept, damaged=True) for kept in points]


def test_a_damaged_point_takes_no_place_among_the_newest_from_one_that_is_sound() -> None:
    points = [*at(4, 3, of="2"), *damaged(at(2, 1, of="2"))]
    assert to_prune(points, NOW) == []
    assert to_prune([*points, *at(0.5, of="2")], NOW) == ["-4h"]


def test_a_damaged_point_takes_no_slot_of_a_grid_from_one_that_is_sound() -> None:
    sound, bad = at(30.4, of="7d:1d"), damaged(at(30.2, of="7d:1d"))
    assert to_prune([*sound, *bad, *at(0, of="7d:1d")], NOW) == ["-30.2h"]
    assert to_prune([*bad, *at(0, of="7d:1d")], NOW) == []


def test_the_newest_sound_point_stays_however_many_damaged_ones_follow() -> None:
    assert to_prune([*at(9), *damaged(at(3, 2, 1))], NOW) == []
    assert to_prune([*damaged(at(9)), *at(8), *damaged(at(1))], NOW) == ["-9h"]
