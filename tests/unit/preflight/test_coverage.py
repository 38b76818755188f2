"""What a point leaves out is said by name, never passed over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.catalog.protect.uncovered import NotCovered, Uncovered
from hadoop_dr.domain.catalog.rows import CatalogKey
from hadoop_dr.domain.catalog.rows import Kind as Catalog
from hadoop_dr.domain.check_results import Mark, Result, fail, ok, refuse_on_failure, warn
from hadoop_dr.domain.config.datasets import HDFS, HIVE, DataSet
from hadoop_dr.domain.errors import Refused
from hadoop_dr.domain.preflight.coverage import cover_directories, cover_files, cover_tables, selection_results
from hadoop_dr.domain.tree.file_attributes import FileAttributes, FileKind

FILE = FileAttributes(FileKind.FILE, 1, "o", "g", 0o644, 1, 128 << 20, 0)
BILLING = DataSet(HIVE, "billing")
INVOICES = CatalogKey(Catalog.TABLE, "billing", "invoices")
LANDING = DataSet(HDFS, "/data/a b")


def test_plain_files_are_covered() -> None:
    (result,) = cover_files("/data/a b", [("", replace(FILE, kind=FileKind.DIRECTORY)), ("e%20", FILE)])
    assert result == ok("files", "/data/a b: 2 entries, all of supported kinds")


def test_links_zones_and_erasure_coding_are_named_with_paths_and_bounded_text() -> None:
    links = [(f"l#{n}", replace(FILE, kind=FileKind.SYMLINK)) for n in range(1000)]
    others = [("", replace(FILE, encrypted=True)), ("ec ü", replace(FILE, erasure_coding="RS-6-3-1024k"))]
    symlinks, zones, coded = cover_files("/r", [*links, *others])
    assert (symlinks.mark, zones.mark, coded.mark) == (Mark.FAIL, Mark.FAIL, Mark.WARN)
    assert symlinks.detail.endswith("l#0, l#1, l#2 and 997 more")
    assert zones.detail.endswith(": .")
    assert coded.detail.endswith(": ec ü")
    assert [one.name for one in (symlinks, zones, coded)] == ["symlinks", "encryption", "erasure coding"]
    assert all(one.remedy for one in (symlinks, zones, coded))


def test_a_declaration_that_takes_in_no_table_is_a_warning() -> None:
    (result,) = cover_tables([LANDING, BILLING], [], [])
    assert (result.mark, result.detail) == (Mark.WARN, "'hive: billing' matches no table now")


def test_a_table_of_which_nothing_is_left_out_is_covered() -> None:
    other = NotCovered(CatalogKey(Catalog.TABLE, "billing", "x"), Uncovered.DELTA, True)
    (result,) = cover_tables([BILLING], [INVOICES], [other])
    assert (result.mark, result.detail) == (Mark.OK, "billing.invoices is protected")


def test_a_table_that_is_left_out_fails_unless_the_policy_skips_it() -> None:
    (refused,) = cover_tables([BILLING], [INVOICES], [NotCovered(INVOICES, Uncovered.ACID, False)])
    (skipped,) = cover_tables([BILLING], [INVOICES], [NotCovered(INVOICES, Uncovered.ACID, True)])
    assert (refused.mark, skipped.mark) == (Mark.FAIL, Mark.WARN)
    assert "billing.invoices is not protected: acid: its files carry write ids" in refused.detail


def test_partitions_that_are_left_out_are_named_with_their_table_and_bounded_text() -> None:
    found = [
        NotCovered(
            CatalogKey(Catalog.PARTITION, *INVOICES[1:3], f"day=e%20{n}"), Uncovered.OUTSIDE, True, f"lies at /{n}"
        )
        for n in range(9)
    ]
    (result,) = cover_tables([BILLING], [INVOICES], found)
    assert result.mark is Mark.WARN
    assert result.detail.startswith("billing.invoices is protected without partition day=e%200 (lies at /0), partition")
    assert result.detail.endswith(" and 6 more")


def test_tables_of_a_database_that_is_left_out_are_not_protected() -> None:
    far = NotCovered(CatalogKey(Catalog.DATABASE, "billing"), Uncovered.REMOTE, True)
    first, second = cover_tables([BILLING], [INVOICES, CatalogKey(Catalog.TABLE, "billing", "x")], [far])
    assert [first.mark, second.mark] == [Mark.WARN, Mark.WARN]
    assert "billing.x is not protected: remote-database" in second.detail


def test_a_missing_directory_fails() -> None:
    there, missing = cover_directories(["/a", "/a/b"], ["/a"])
    assert there == ok("directories", "/a is protected")
    assert missing == fail(
        "directories", "/a/b does not exist on the primary", "Create it, or remove it from the policy")


def test_the_first_check_that_fails_is_the_error_and_a_warning_is_none() -> None:
    doubt, first, second = (make("na me", text, "mend it") for make, text in ((warn, "w"), (fail, "1"), (fail, "2")))
    refuse_on_failure("billing", [doubt])
    with pytest.raises(Refused, match=r"billing.*na me: 1.*mend it"):
        refuse_on_failure("billing", [doubt, first, second])


def test_a_service_that_selects_nothing_at_all_is_refused_unless_its_newest_point_holds_something() -> None:
    def marks(*protect: DataSet, tables: list[CatalogKey], empty: bool = True, held: bool = False) -> list[Mark]:
        return [one.mark for one in selection_results(protect, tables, empty=empty, held=held)]

    (refused,) = selection_results([BILLING], [], empty=True, held=False)
    assert (refused.mark, refused.detail) == (
        Mark.FAIL,
        "nothing is protected: 'hive: billing' matches no table now",
    )
    assert marks(BILLING, tables=[], held=True) == [Mark.WARN]  # dropped since: the limit of deletions judges that
    assert marks(BILLING, tables=[], empty=False) == [Mark.WARN]  # the database is there and has no table yet
    assert marks(BILLING, LANDING, tables=[]) == [Mark.WARN]
    assert marks(LANDING, tables=[]) == []
    assert marks(BILLING, tables=[INVOICES], empty=False) == []


def test_whatever_is_said_of_tables_bears_the_name_that_alarms_go_by_and_what_helps() -> None:
    """The name of a check is the same for ever."""
    partition = CatalogKey(Catalog.PARTITION, *INVOICES[1:3], "day=ü %")
    told: list[Result] = [
        *cover_tables([BILLING], [], []),
        *cover_tables([BILLING], [INVOICES], [NotCovered(INVOICES, Uncovered.ACID, False)]),
        *cover_tables([BILLING], [INVOICES], [NotCovered(partition, Uncovered.OUTSIDE, True)]),
        *selection_results([BILLING], [], empty=True, held=False),
        *selection_results([BILLING], [], empty=True, held=True),
    ]
    assert [(one.name, bool(one.remedy)) for one in told] == [("tables", True)] * 5
    assert cover_tables([BILLING], [INVOICES], []) == [ok("tables", "billing.invoices is protected")]


def test_each_declaration_that_nothing_answers_to_is_named_and_is_no_reason_to_refuse_the_others() -> None:
    crm = DataSet(HIVE, "crm ü")
    [one, other] = selection_results([BILLING, crm], [], empty=False, held=False)
    assert [one.detail, other.detail] == [
        "'hive: billing' matches no table now", "'hive: crm ü' matches no table now"]  # fmt: skip
    [both] = selection_results([BILLING, crm], [], empty=True, held=False)
    assert both.detail == (
        "nothing is protected: 'hive: billing' matches no table now; 'hive: crm ü' matches no table now")  # fmt: skip


def test_one_part_of_a_table_that_may_not_be_left_out_fails_beside_others_that_may() -> None:
    parts = [CatalogKey(Catalog.PARTITION, *INVOICES[1:3], f"day={n}") for n in range(2)]
    [result] = cover_tables([BILLING], [INVOICES], [
        NotCovered(parts[0], Uncovered.OUTSIDE, True), NotCovered(parts[1], Uncovered.GONE, False)])  # fmt: skip
    assert result.mark is Mark.FAIL
    whole = NotCovered(INVOICES, Uncovered.ACID, True)
    [result] = cover_tables([BILLING], [INVOICES], [NotCovered(parts[0], Uncovered.OUTSIDE, True), whole])
    assert result.detail.startswith("billing.invoices is not protected: acid: "), "the whole says more than a part"
