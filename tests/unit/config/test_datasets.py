"""Which declarations overlap: no two services ever write the same thing (fault 72)."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.config.datasets import HDFS, HIVE, DataSet, hive_matches, overlap, overlaps
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


def test_kinds_do_not_overlap() -> None:
    assert not overlap(DataSet(HDFS, "/a"), DataSet(HIVE, "a"))


def test_names_of_tables_have_no_case() -> None:
    assert hive_matches("billing.inv*", "Billing", "INVOICES")
    assert not hive_matches("billing.inv*", "billing", "orders")
    assert not hive_matches("billing.inv.", "billing", "invx")


def test_what_is_declared_is_kept_by_kind_and_in_order() -> None:
    declared = (DataSet(HIVE, "b"), DataSet(HDFS, "/a b"), DataSet(HIVE, "a.t ü"))
    assert Policy("billing", "east-west", declared).protected() == {"hdfs": ("/a b",), "hive": ("a.t ü", "b")}
