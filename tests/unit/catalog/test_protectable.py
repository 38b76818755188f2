"""What of a catalog a point can hold, object by object, and what it says of the others (S2.11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from hadoop_dr.domain.catalog.protect.locations import locations
from hadoop_dr.domain.catalog.protect.protectable import Parted, ProtectRule, leave_out_gone
from hadoop_dr.domain.catalog.protect.protectable import part as part_rows
from hadoop_dr.domain.catalog.protect.uncovered import NotCovered, Uncovered
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import LIST, MAP, STRING, Items, Pairs, get_record, record, with_field
from hadoop_dr.domain.check_results import Mark
from hadoop_dr.domain.config.datasets import unfit_location
from hadoop_dr.domain.ledger.bodies.taken import Incomplete, LeftOut
from hadoop_dr.domain.points.incomplete import (
    KEPT,
    incomplete_document,
    incomplete_of,
    incomplete_results,
    incomplete_warnings,
)
from hadoop_dr.domain.roots.decision import Barred, RootDecision
from hadoop_dr.domain.roots.layout import Why
from support.catalogs import database, foreign_key, partition, primary_key, statistics, table

EVERY = frozenset(Uncovered)
RULE = ProtectRule(EVERY, False, ("hdfs://east", "hdfs://east:8020"))


def part(rows: Sequence[Row], rule: ProtectRule, decide: Callable[[Sequence[Row]], RootDecision]) -> Parted:
    return part_rows(rows, rule, decide, lambda one: one.by)


def own_directories(rows: Sequence[Row]) -> RootDecision:
    """Every table's own directory is a root."""
    first = {place.key: place.path for place in reversed(locations(rows)) if place.key.kind is Kind.TABLE}
    return RootDecision(tuple(sorted(first.values())))


def told(parted: Parted) -> dict[str, tuple[Uncovered, str]]:
    return {str(finding.key): (finding.why, finding.reason) for finding in parted.findings}


def test_what_can_be_protected_is_whole() -> None:
    rows = [database("bill"), table("bill", "t", location="hdfs://east:8020/a b/t"), table("bill", "u", location="/u")]
    parted = part(rows, RULE, own_directories)
    assert (parted.rows, parted.findings, parted.decision.roots) == (rows, [], ("/a b/t", "/u"))


def test_what_is_left_out_is_sorted_by_database_and_each_named_once() -> None:
    far = {"location": "hdfs://elsewhere/x"}
    twice = table("bill", "z", **far)
    skew = record({3: (MAP, Pairs(LIST, STRING, [(Items(STRING, [b"a"]), b"hdfs://elsewhere/y")]))})
    twice = row_of(twice.key, with_field(twice.tree, 7, record({**get_record(twice.tree, 7), 11: skew})))
    here = table("crm", "b", location="hdfs://east/b")
    parted = part([here, table("crm", "a", **far), twice], RULE, own_directories)
    assert [str(finding.key) for finding in parted.findings] == ["table bill.z", "table crm.a"]
    left = leave_out_gone(parted, locations([here]), RULE)
    assert [str(finding.key) for finding in left.findings] == ["table bill.z", "table crm.a", "table crm.b"]


def test_absolute_addresses_inside_files_hold_where_both_sites_have_one_address() -> None:
    rows = [table("bill", "i", location="hdfs://east/i", table_type="ICEBERG")]
    assert part(rows, RULE, own_directories).rows == []
    assert part(rows, replace(RULE, one_address=True), own_directories).rows == rows


def test_a_table_whose_directory_is_gone_is_left_out_with_the_keys_that_refer_to_it() -> None:
    gone, child = table("bill", "gone ü", location="hdfs://east/g %"), table("bill", "child", location="hdfs://east/c")
    key = primary_key("bill", "gone ü", "pk", "a")
    rows = [database("bill"), gone, key, child, foreign_key("bill", "child", "fk", key)]
    parted = part(rows, RULE, own_directories)
    places = [place for place in locations(rows) if place.path == "/g %"]
    left = leave_out_gone(parted, places, RULE)
    assert left.rows == [rows[0], child]
    assert told(left)["table bill.gone ü"] == (Uncovered.GONE, "its directory /g % does not exist")
    assert left.decision == parted.decision


def test_a_table_at_another_address_is_left_out_with_all_that_hangs_on_it_and_is_no_root() -> None:
    far = [
        table("bill", "far", keys=("p",), location="hdfs://localhost:1/a"),
        partition("bill", "far", ["p"], ["1"], location="hdfs://east/a/p=1"),
        statistics("bill", "far", "", a=1),
        primary_key("bill", "far", "pk", "a"),
    ]
    child = table("bill", "child", location="hdfs://east/c")
    rows = [database("bill"), *far, child, foreign_key("bill", "child", "fk", far[3])]
    parted = part(rows, RULE, own_directories)
    assert parted.rows == [rows[0], child]
    assert parted.decision.roots == ("/c",)
    why, reason = told(parted)["table bill.far"]
    assert why is Uncovered.ADDRESS
    assert "'hdfs://localhost:1', path /a;" in reason
    assert "hdfs://east, hdfs://east:8020" in reason
    assert told(parted)["constraint bill.child fk"][0] is Uncovered.PARENT


def test_of_a_table_whose_partitions_lie_outside_only_those_are_left_out() -> None:
    whole = table("bill", "t", keys=("p",), location="hdfs://east/t")
    inside, outside, bucket = (
        partition("bill", "t", ["p"], [value], location=place)
        for value, place in (("e%20", "hdfs://east/t/p=1"), ("2", "hdfs://east/t2/p=2"), ("3", "s3a://bucket/x"))
    )
    rows = [whole, inside, outside, bucket, *(statistics("bill", "t", f"p={n}", a=1) for n in ("e%2520", "2", "3"))]
    parted = part(rows, RULE, own_directories)
    assert parted.rows == [whole, inside, rows[4]]
    assert told(parted) == {
        "partition bill.t p=2": (Uncovered.OUTSIDE, "its data lies at /t2/p=2, outside the protected directories"),
        "partition bill.t p=3": (
            Uncovered.ADDRESS,
            "its data lies at 's3a://bucket', path /x; this site is hdfs://east, hdfs://east:8020",
        ),
    }


def test_a_table_whose_directory_may_not_be_a_root_is_left_out_for_that_reason_alone() -> None:
    rows = [
        table("bill", "t", keys=("p",), location="hdfs://east/theirs/t"),
        partition("bill", "t", ["p"], ["1"], location="hdfs://east/theirs/t/p=1"),
        table("bill", "u", location="hdfs://east/u"),
    ]

    def decide(left: Sequence[Row]) -> RootDecision:
        barred = [Barred("/theirs/t", "bill.t", Why.SERVICE, "it lies in /theirs")] if rows[0] in left else []
        return RootDecision(("/u",), left_out=barred)

    parted = part(rows, RULE, decide)
    assert parted.rows == [rows[2]]
    assert told(parted) == {"table bill.t": (Uncovered.ROOT, "it lies in /theirs")}


@pytest.mark.parametrize(
    "path", ["/a/../b", "/a//b", "/a/.snapshot/s/b", "/a/.hadoop-dr/x", "/.reserved/raw/a", "/a/.", "/a/b:c", "/a\nb"]
)
def test_a_location_that_is_no_place_of_its_own_is_left_out_also_inside_a_root(path: str) -> None:
    rows = [
        table("bill", "t", location=f"hdfs://east{path}"),
        table("bill", "u", keys=("p",), location="hdfs://east/a"),
        partition("bill", "u", ["p"], ["1"], location=f"hdfs://east{path}"),
    ]
    parted = part(rows, RULE, lambda left: RootDecision(("/a", "/.reserved")))
    assert parted.rows == [rows[1]]
    assert set(told(parted)) == {"table bill.t", "partition bill.u p=1"}
    assert all(reason.startswith("its location '/") for _, reason in told(parted).values())


@pytest.mark.parametrize("path", ["/", "/tmp", "/user", "/system"])
def test_a_directory_of_many_services_is_no_root_and_a_pattern_is_a_name_like_any_other(path: str) -> None:
    assert unfit_location(path, root=True) == "holds more than one service"
    assert (unfit_location(path) is None) == (path != "/")
    assert unfit_location(f"{path.rstrip('/')}/a[1]*{{b}}?", root=True) is None


def test_what_the_policy_does_not_let_be_left_out_is_said_to_be_refused() -> None:
    rows = [
        table("bill", "acid", location="hdfs://east/a", transactional="true"),
        table("bill", "far", location="hdfs://other/f"),
        table("bill", "root", location="hdfs://east/r"),
        table("bill", "s", keys=("p",), location="hdfs://east/s"),
        partition("bill", "s", ["p"], ["1"], location="hdfs://east/elsewhere"),
    ]
    strict = ProtectRule(frozenset(), False, RULE.addresses)
    barred = [Barred("/r", "bill.root", Why.SERVICE, "no")]
    parted = part(rows, strict, lambda left: RootDecision(("/s",), left_out=barred if rows[2] in left else []))
    assert parted.refused == parted.findings
    assert [(finding.key.table, finding.skipped) for finding in parted.findings] == [
        ("acid", False), ("far", False), ("root", False), ("s", False)]  # fmt: skip
    [result] = incomplete_results(parted.findings, parted.refused)
    assert result.mark is Mark.FAIL
    assert result.detail.startswith("4 objects cannot be protected: table bill.acid (acid): ")
    assert "acid: skip" in result.remedy
    assert "unprotectable: leave_out" in result.remedy
    [only_acid] = incomplete_results(parted.findings[:1], parted.findings[:1])
    assert "unprotectable" not in only_acid.remedy
    [no_acid] = incomplete_results(parted.findings[1:2], parted.findings[1:2])
    assert no_acid.detail.startswith("1 object cannot be protected")
    assert "acid" not in no_acid.remedy


def test_a_service_of_which_nothing_would_be_left_is_refused_whatever_may_be_left_out() -> None:
    parted = part([database("bill"), table("bill", "far", location="hdfs://other/f")], RULE, own_directories)
    assert parted.refused == parted.findings
    [result] = incomplete_results(parted.findings, parted.refused)
    assert result.mark is Mark.FAIL
    assert result.detail.startswith("nothing is left to protect, 1 object cannot be protected: table bill.far")
    assert "unprotectable" not in result.remedy
    assert part([database("bill")], RULE, own_directories).refused == []


def test_a_check_warns_of_what_is_left_out_and_is_silent_where_nothing_is() -> None:
    found = [NotCovered(CatalogKey(Kind.TABLE, "bill", f"t{n}"), Uncovered.DELTA, True) for n in range(9)]
    [result] = incomplete_results(found, [])
    assert result.mark is Mark.WARN
    assert result.detail.startswith("9 objects are left out of every point: table bill.t0 (delta): ")
    assert result.detail.endswith("; and 4 more")
    assert (result.name, bool(result.remedy)) == ("incomplete", True)
    assert incomplete_results([], []) == []
    [few] = incomplete_results(found[:5], [])
    assert few.detail.endswith("; ".join(f"table bill.t{n} (delta): {found[n].reason}" for n in range(5)))
    [refused] = incomplete_results(found[:1], found[:1])
    assert (refused.name, refused.mark) == ("incomplete", Mark.FAIL)


def test_a_point_keeps_the_first_names_and_the_count_of_all() -> None:
    found = [
        NotCovered(CatalogKey(Kind.TABLE, "bill", f"t{n:03}"), Uncovered.ROOT, True, "because") for n in range(KEPT + 5)
    ]
    kept = incomplete_of(found)
    told = incomplete_document(kept)
    assert (told["count"], len(told["objects"])) == (kept.count, len(kept.objects))
    assert told["objects"][0].keys() == {"object", "why", "reason"}
    assert kept.count == KEPT + 5
    assert len(kept.objects) == KEPT
    assert kept.objects[0] == LeftOut("table bill.t000", "no-root", "because")
    warnings = incomplete_warnings(kept)
    assert warnings[0] == "not protected: table bill.t000 (no-root): because"
    assert warnings[-1].startswith("not protected: 100 more; ")
    assert incomplete_warnings(incomplete_of(found[:6]))[-1].startswith("not protected: 1 more; ")
    assert len(incomplete_warnings(incomplete_of(found[:5]))) == 5
    assert incomplete_warnings(Incomplete()) == []


def test_thousands_of_partitions_beside_a_thousand_roots_are_looked_at_at_once() -> None:
    rows = [table("bill", "t", keys=("p",), location="hdfs://east/wh/t")]
    rows += [partition("bill", "t", ["p"], [str(n)], location=f"hdfs://east/wh/t/p={n}") for n in range(3_000)]
    roots = tuple(f"/wh/r{n}" for n in range(1_000))
    assert part(rows, RULE, lambda _: RootDecision((*roots, "/wh/t"))).findings == []
