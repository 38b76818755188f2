"""Which declarations overlap: no two services ever write the same thing (fault 72)."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.datasets import (
    HDFS,
    HIVE,
    LONGEST_NAME_BYTES,
    DataSet,
    hive_matches,
    overlap,
    overlaps,
    unfit_location,
)
from hadoop_dr.domain.config.policy import Policy

NAMES = ["a", "a b", "e%20", "ab", "a="]
directories = st.lists(st.sampled_from(NAMES), min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
patterns = st.lists(st.text("ab*", min_size=1, max_size=4), min_size=1, max_size=2).map(".".join)
data_sets = st.one_of(
    st.builds(DataSet, st.just(HDFS), directories), st.builds(DataSet, st.just(HIVE), patterns)
)


@given(st.lists(data_sets, max_size=12))
def test_every_data_set_that_overlaps_is_found(declared: list[DataSet]) -> None:
    overlapping = {
        id(one) for pair in combinations(declared, 2) if pair[0] is not pair[1] and overlap(*pair) for one in pair
    }
    pairs = list(overlaps(declared))
    assert {id(one) for pair in pairs for one in pair} == overlapping
    assert all(overlap(*pair) for pair in pairs)


@given(patterns, patterns, st.text("ab", min_size=1, max_size=5), st.text("ab", min_size=1, max_size=5))
def test_two_patterns_that_take_in_one_table_overlap(one: str, other: str, database: str, table: str) -> None:
    if hive_matches(one, database, table) and hive_matches(other, database, table):
        assert overlap(DataSet(HIVE, one), DataSet(HIVE, other))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("/a", "/a/b", True),
        ("/a/b", "/a", True),
        ("/a", "/a b", False),
        ("/a", "/a", True),
        ("/a.b", "/a", False),
    ],
)
def test_directories_overlap_by_whole_components(one: str, other: str, expected: bool) -> None:
    assert overlap(DataSet(HDFS, one), DataSet(HDFS, other)) is expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a", "a.t", True),
        ("a", "a*", True),
        ("a.t*", "a.*x", True),
        ("a.tx*", "a.ty*", False),
        ("a*", "*b", True),
        ("a*c", "ab*d", False),
        ("a.t", "b.t", False),
        ("a**b", "ab", True),
    ],
)
def test_table_patterns_overlap_when_one_name_fits_both(one: str, other: str, expected: bool) -> None:
    assert overlap(DataSet(HIVE, one), DataSet(HIVE, other)) is expected


def test_patterns_full_of_stars_are_compared_at_once() -> None:
    assert not overlap(DataSet(HIVE, "*a" * 40 + "b"), DataSet(HIVE, "*a" * 40 + "c"))


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/", "holds more than one service"),
        ("/tmp", None),
        ("/a/../b", "has a component '..'"),
        ("/a/.hadoop-dr", "lies in '.hadoop-dr', which is not user data"),
        *((f"/a/b{odd}c", "has a character that HDFS or a line of a log cannot carry")
          for odd in (":", "\t", "\u2028", "\u2029", "\ud800")),
        ("/" + "ü" * 127 + "aa", f"has a component of more than {LONGEST_NAME_BYTES} bytes"),
        ("/" + "ü" * 127 + "a", None),
        ("/a b/e%20=#{*}", None),
    ],
)  # fmt: skip
def test_a_location_that_no_path_can_carry_says_why(path: str, problem: str | None) -> None:
    assert unfit_location(path) == problem


def test_a_root_may_not_be_what_every_service_uses() -> None:
    assert unfit_location("/tmp", root=True) == "holds more than one service"
    assert unfit_location("/tmp/a b", root=True) is None


def test_kinds_do_not_overlap() -> None:
    assert not overlap(DataSet(HDFS, "/a"), DataSet(HIVE, "a"))


def test_names_of_tables_have_no_case() -> None:
    assert hive_matches("billing.inv*", "Billing", "INVOICES")
    assert hive_matches("billing", "billing", "invoices")
    assert not hive_matches("billing.inv*", "billing", "orders")
    assert not hive_matches("billing.inv.", "billing", "invx")


def test_what_is_declared_is_kept_by_kind_and_in_order() -> None:
    declared = (DataSet(HIVE, "b"), DataSet(HDFS, "/a b"), DataSet(HIVE, "a.t ü"))
    assert Policy("billing", "east-west", declared).protected() == {"hdfs": ("/a b",), "hive": ("a.t ü", "b")}
