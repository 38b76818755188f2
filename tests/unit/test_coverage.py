"""What a point leaves out is said by name, never passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.checks import Mark, fail, refuse_on_failure, warn
from hadoop_dr.domain.coverage import TableSeen, cover_directories, cover_files, cover_tables
from hadoop_dr.domain.datasets import DataSet, DataSetKind
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.facts import Facts, Kind

FILE = Facts(Kind.FILE, 1, "o", "g", 0o644, 1, 128 << 20, 0)
BILLING = DataSet(DataSetKind.HIVE, "billing")
LANDING = DataSet(DataSetKind.HDFS, "/data/a b")


def test_plain_files_are_covered() -> None:
    (result,) = cover_files("/data/a b", [("", replace(FILE, kind=Kind.DIRECTORY)), ("e%20", FILE)])
    assert result.mark is Mark.OK
    assert "2 entries" in result.detail


def test_links_zones_and_erasure_coding_are_named_with_paths_and_bounded_text() -> None:
    links = [(f"l#{n}", replace(FILE, kind=Kind.SYMLINK)) for n in range(1000)]
    others = [("", replace(FILE, encrypted=True)), ("ec ü", replace(FILE, erasure_coding="RS-6-3-1024k"))]
    symlinks, zones, coded = cover_files("/r", [*links, *others])
    assert (symlinks.mark, zones.mark, coded.mark) == (Mark.FAIL, Mark.FAIL, Mark.WARN)
    assert symlinks.detail.endswith("l#0, l#1, l#2 and 997 more")
    assert zones.detail.endswith(": .")
    assert coded.detail.endswith(": ec ü")


def test_a_declaration_that_takes_in_no_table_is_a_warning() -> None:
    (result,) = cover_tables([LANDING, BILLING], [], [])
    assert (result.mark, result.detail) == (Mark.WARN, "'hive: billing' takes in no table now")


def test_a_table_inside_the_roots_is_covered() -> None:
    table = TableSeen("billing", "invoices", ["/data/a b/t", "/data/a b/t/day=1"])
    (result,) = cover_tables([BILLING], [table], ["/data/a b"])
    assert (result.mark, result.detail) == (Mark.OK, "billing.invoices is protected")


def test_a_location_outside_the_roots_is_named() -> None:
    table = TableSeen("billing", "invoices", ["/data/a b", *(f"/data/a bc/{n}" for n in range(5))])
    (result,) = cover_tables([BILLING], [table], ["/data/a b"])
    assert result.mark is Mark.FAIL
    assert result.detail.endswith("/data/a bc/0, /data/a bc/1, /data/a bc/2 and 2 more")


def test_one_location_outside_is_named_without_more() -> None:
    (result,) = cover_tables([BILLING], [TableSeen("billing", "x", ["/tmp/x"])], ["/data"])
    assert result.detail.endswith("directories: /tmp/x")


def test_a_kind_that_cannot_be_protected_fails_unless_the_policy_skips_it() -> None:
    acid = TableSeen("billing", "ledger", ["/elsewhere"], left_out="its files carry write ids")
    (refused,) = cover_tables([BILLING], [acid], [])
    (skipped,) = cover_tables([BILLING], [replace(acid, skipped=True)], [])
    assert (refused.mark, skipped.mark) == (Mark.FAIL, Mark.WARN)
    assert "billing.ledger is not protected: its files carry write ids" in refused.detail


def test_a_missing_directory_fails() -> None:
    there, missing = cover_directories(["/a", "/a/b"], ["/a"])
    assert (there.mark, missing.mark) == (Mark.OK, Mark.FAIL)


def test_the_first_check_that_fails_is_the_error_and_a_warning_is_none() -> None:
    doubt, first, second = (make("na me", text, "mend it") for make, text in ((warn, "w"), (fail, "1"), (fail, "2")))
    refuse_on_failure("billing", [doubt])
    with pytest.raises(Refused, match=r"billing.*na me: 1.*mend it"):
        refuse_on_failure("billing", [doubt, first, second])
