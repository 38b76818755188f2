"""What a person is told of roots before the first point, and of directories that stay, with what helps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hadoop_dr.domain.check_results import Mark, Result, fail, ok, warn
from hadoop_dr.domain.roots.decision import RootDecision, decide_roots
from hadoop_dr.domain.roots.layout import Layout, TablePlace
from hadoop_dr.domain.roots.root_results import kept_directories, root_results, rootless, unless_missing

BILL = "/wh ü/bill%.db"
BESIDE = {"default": ("/wh ü",)}
WHOLE = Layout(declared=("/data/a b",), databases={"bill": (BILL,)}, beside=BESIDE)


def told(layout: Layout, *sticky: str) -> list[Result]:
    found = root_results(decide_roots(layout, sticky), decide_roots(layout))
    assert {one.name for one in found} <= {"roots"}
    return found


def tables(*paths: str, database: str = "bill") -> list[TablePlace]:
    return [TablePlace(database, f"{database}.t{n}", path) for n, path in enumerate(paths)]


def test_before_the_first_point_every_root_is_named_with_what_hdfs_will_refuse() -> None:
    declared, database = told(WHOLE)
    assert (declared.mark, database.mark) == (Mark.OK, Mark.OK)
    refusal = "from the first snapshot on HDFS neither deletes nor renames it or a directory above it"
    assert declared.detail == f"/data/a b is a root: {refusal}"
    assert database.detail.startswith(f"{BILL}, the directory of database bill, is a root: {refusal}; tables in it can")
    assert database.detail.endswith("DROP DATABASE answers OK and leaves the directory")


def test_databases_that_share_a_root_are_all_named() -> None:
    (one,) = told(Layout(databases={"bill": (BILL,), "crm": (BILL,)}))
    assert "the directory of databases bill, crm, is a root" in one.detail


def test_tables_elsewhere_are_told_together_with_the_line_that_helps() -> None:
    layout = replace(WHOLE, tables=tables(*(f"/lake/in/t{n}" for n in range(7)), "/tmp/x"))
    together, alone = told(layout)[2:]
    assert (together.mark, alone.mark) == (Mark.WARN, Mark.WARN)
    assert together.detail.startswith("bill.t0 at /lake/in/t0, bill.t1 at /lake/in/t1, ")
    assert "t4 at /lake/in/t4 and 2 more: a root of its own, because it lies outside the directories" in together.detail
    assert "DROP TABLE answers OK and leaves directory and rows" in together.detail
    assert together.remedy == "Add '- hdfs: /lake/in' to 'protect': then it can be dropped and created there"
    assert alone.remedy.startswith("No directory above can be declared for it")
    assert "t4 at /lake/in/t4: a root" in told(replace(layout, tables=layout.tables[:5]))[2].detail


def test_a_line_above_a_directory_with_snapshots_asks_for_a_change_of_roots() -> None:
    layout = replace(WHOLE, tables=tables("/lake/in/t"))
    found = told(layout, "/data/a b", BILL, "/lake/in/t")
    assert found[2].remedy.startswith("Add '- hdfs: /lake/in' to 'protect', and back up with --change-roots")
    assert len(found) == 3


REASONS = {
    "holds database crm, which the policy does not protect whole": (
        replace(WHOLE, beside={"crm": (f"{BILL}/crm",)}),
        "Protect database crm whole with the same policy, or move it"),
    "shares data with service other": (
        replace(WHOLE, services={"other": (f"{BILL}/in",)}),
        "Move the tables to a directory that nobody else protects"),
}  # fmt: skip


@pytest.mark.parametrize("reason", REASONS)
def test_a_database_that_cannot_be_a_root_says_why_and_what_helps_and_so_do_its_tables(reason: str) -> None:
    layout, remedy = REASONS[reason]
    _, database, own = told(replace(layout, tables=tables(f"{BILL}/t")))
    assert database.detail == f"{BILL}, the directory of database bill, is no root: it {reason}"
    assert (database.mark, database.remedy) == (Mark.WARN, remedy)
    assert f"a root of its own, because its database's directory {reason}" in own.detail
    assert own.remedy == f"No directory above can be declared for it. {remedy}"


def test_the_default_database_says_that_it_holds_all_others() -> None:
    layout = Layout(databases={"default": ("/wh ü",)}, tables=tables("/wh ü/t", database="default"))
    database, own = told(layout)
    assert database.detail.endswith("is no root: it is that of the default database, which holds all others")
    assert own.remedy.endswith("Keep tables that are often dropped in a database of their own")


def test_a_table_chosen_singly_and_one_in_a_directory_that_is_declared_say_so() -> None:
    (single,) = told(Layout(tables=tables(f"{BILL}/t"), beside={"bill": (BILL,)}))
    assert "because database bill is not protected whole" in single.detail
    assert f"- hdfs: {BILL}'" in single.remedy
    (itself,) = told(Layout(declared=("/data/a b",), tables=tables("/data/a b")))
    assert "because its directory is a declared one or its database's own" in itself.detail
    assert itself.remedy == "Keep the table in a directory of its own below it"


def test_where_points_hold_snapshots_the_change_of_roots_is_told_with_what_it_would_do() -> None:
    layout = Layout(databases={"bill": (BILL,)}, tables=tables(f"{BILL}/t"), beside=BESIDE)
    database, own, change = told(layout, f"{BILL}/t")
    assert database.remedy == own.remedy == "A backup with --change-roots makes the database's directory the root"
    assert database.detail.endswith(f"is no root: it holds {BILL}/t, which has snapshots already")
    assert change.detail == f"with --change-roots {BILL} would be a root instead of {BILL}/t"
    assert change.remedy.startswith("Points hold snapshots of the present roots")
    released = told(Layout(), f"{BILL}/t")
    assert released == []
    moved = TablePlace("crm", "crm.t", "/crm", (f"{BILL}/p",))
    only_held = told(Layout(tables=[moved], beside={"crm": ("/else",)}), BILL)
    assert only_held[-1].detail == f"with --change-roots nothing would be a root instead of {BILL}"
    narrowed = told(Layout(declared=("/data/a b/c",)), "/data/a b")
    assert narrowed[-1].detail == "with --change-roots /data/a b/c would be a root instead of /data/a b"


def test_a_directory_that_does_not_exist_or_is_managed_and_empty_is_no_news() -> None:
    assert told(replace(WHOLE, declared=(), absent={BILL})) == []
    assert told(replace(WHOLE, declared=(), managed={BILL})) == []
    (own,) = told(replace(WHOLE, declared=(), absent={BILL}, tables=tables(f"{BILL}/t")))
    assert "a root of its own, because its database's directory does not exist" in own.detail


def test_a_managed_directory_says_that_its_database_cannot_be_made_again_while_it_stays() -> None:
    (managed,) = told(Layout(databases={"bill": (BILL,)}, managed={BILL}, tables=tables(f"{BILL}/t")))
    assert managed.detail.endswith("and Hive then refuses to make the database again, until it is gone")


def test_a_table_that_no_root_can_hold_says_why() -> None:
    def reason(path: str, layout: Layout = WHOLE) -> str:
        (one,) = decide_roots(replace(layout, tables=tables(path))).left_out
        return rootless(one)

    assert reason("/wh ü") == (
        "it lies at /wh ü, which cannot be a root: it holds database default, which the policy does not protect whole")
    assert reason("/tmp") == "it lies at /tmp, which cannot be a root: it holds more than one service"
    assert reason("/a/../b").endswith("it has a component '..'")
    assert reason("/gone", replace(WHOLE, absent={"/gone"})).endswith("it does not exist")


def test_a_directory_that_only_points_still_hold_is_named_while_the_primary_has_snapshots_of_it() -> None:
    gone = decide_roots(Layout(), [BILL])
    (stays,) = kept_directories(gone, "billing", [BILL])
    assert (stays.name, stays.mark) == ("roots", Mark.WARN)
    assert stays.detail.startswith(f"nothing protected lies in {BILL} any more, but points hold its snapshots, so HDFS")
    assert stays.remedy.endswith("or after: hadoop-dr unprotect billing --reason TEXT")
    assert kept_directories(gone, "billing", []) == []


def test_data_of_others_in_a_root_are_named() -> None:
    (guest,) = kept_directories(RootDecision(("/a",), guests=(("/a", "database crm"),)), "billing", [])
    assert "/a holds data of database crm, which the policy does not protect" in guest.detail
    assert (guest.name, guest.remedy) == ("roots", "Protect them with the same policy, or move them")


def test_nothing_is_well_with_the_roots_where_one_of_them_is_missing() -> None:
    notes = [ok("roots", "/a is a root"), warn("roots", "table t at /b: a root of its own", "Add it")]
    for name in ("roots", "directories"):
        assert unless_missing(notes, [fail(name, "east:/a does not exist", "Create it")]) == notes[1:]
    assert unless_missing(notes, [fail("clock", "off", "Set it"), ok("roots", "there")]) == notes
