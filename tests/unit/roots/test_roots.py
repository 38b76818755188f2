"""Which directories become roots: databases whose tables come and go, sticky, never over other people's data."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoop_dr.domain.roots.decision import Barred, OwnRoot, decide_roots, inside
from hadoop_dr.domain.roots.layout import Layout, TablePlace, Why, joined

WH = "/wh ü%20"
BILL, MANAGED = f"{WH}/ext/bill+.db", f"{WH}/man/bill=.db"
CRM = f"{WH}/ext/crm#.db"
BESIDE = {"default": (f"{WH}/ext", f"{WH}/man"), "crm": (CRM,)}
WHOLE = Layout(databases={"bill": (BILL, MANAGED)}, beside=BESIDE)


def table(path: str, name: str = "bill.t", *others: str) -> TablePlace:
    return TablePlace(name.partition(".")[0], name, path, others)


def test_a_database_protected_whole_has_its_directories_as_roots() -> None:
    tables = [table(f"{BILL}/t", "bill.t", f"{BILL}/t/p=a b"), table(f"{MANAGED}/m")]
    found = decide_roots(replace(WHOLE, tables=tables))
    assert found.roots == (BILL, MANAGED)
    assert found.databases == {BILL: ("bill",), MANAGED: ("bill",)}
    assert (found.tables, found.barred, found.left_out, found.guests) == ((), (), (), ())


def test_a_managed_directory_is_a_root_only_while_a_protected_table_lies_in_it() -> None:
    """Hive refuses to make a database whose managed directory is there, and HDFS keeps a root after DROP DATABASE."""
    layout = replace(WHOLE, managed={MANAGED}, tables=[table(f"{BILL}/t")])
    found = decide_roots(layout)
    assert (found.roots, found.managed) == ((BILL,), frozenset())
    assert found.barred == (Barred(MANAGED, "bill", Why.EMPTY),)
    filled = replace(layout, tables=[table(f"{BILL}/t"), table(f"{MANAGED}/m", "bill.m")])
    found = decide_roots(filled)
    assert (found.roots, found.managed, found.tables) == ((BILL, MANAGED), {MANAGED}, ())
    assert decide_roots(filled, [BILL, MANAGED]).roots == (BILL, MANAGED)
    assert decide_roots(layout, [BILL, MANAGED]).released == (MANAGED,)
    partition = replace(layout, tables=[table(f"{BILL}/t", "bill.t", f"{MANAGED}/t/p=1")])
    assert decide_roots(partition).roots == (BILL, MANAGED)


def test_two_databases_in_one_directory_share_the_root_when_both_are_protected_whole() -> None:
    found = decide_roots(Layout(databases={"bill": (BILL,), "sub": (f"{BILL}/sub", BILL)}, beside=BESIDE))
    assert found.roots == (BILL,)
    assert found.databases == {BILL: ("bill", "sub")}


def test_a_directory_that_does_not_exist_is_no_root_until_it_does() -> None:
    found = decide_roots(replace(WHOLE, absent={MANAGED}))
    assert found.roots == (BILL,)
    assert found.barred == (Barred(MANAGED, "bill", Why.ABSENT),)


def test_the_default_database_is_never_a_root_and_its_tables_are() -> None:
    layout = Layout(
        databases={"default": BESIDE["default"]},
        beside={"crm": (CRM,)},
        tables=[table(f"{WH}/ext/t", "default.t"), table("/else/where", "default.u")],
    )
    found = decide_roots(layout)
    assert found.roots == ("/else/where", f"{WH}/ext/t")
    assert list(found.barred) == [Barred(path, "default", Why.DEFAULT) for path in BESIDE["default"]]
    assert [(own.table, own.why, own.line) for own in found.tables] == [
        ("default.t", Why.DEFAULT, ""),
        ("default.u", Why.ELSEWHERE, "/else"),
    ]


def test_a_directory_that_holds_another_database_is_no_root_and_its_tables_are() -> None:
    layout = replace(WHOLE, beside={**BESIDE, "guest": (f"{BILL}/guest",)}, tables=[table(f"{BILL}/t")])
    found = decide_roots(layout)
    assert found.roots == (f"{BILL}/t", MANAGED)
    assert found.barred == (Barred(BILL, "bill", Why.DATABASE, "guest"),)
    assert found.tables == (OwnRoot("bill.t", f"{BILL}/t", Why.DATABASE, "guest"),)
    same = decide_roots(replace(layout, beside={"guest": (BILL,)}))
    assert same.barred == (Barred(BILL, "bill", Why.DATABASE, "guest"),)


def test_a_directory_that_holds_data_of_another_service_or_lies_in_them_is_no_root() -> None:
    layout = replace(WHOLE, tables=[table(f"{BILL}/t"), table(f"{MANAGED}/m", "bill.m")])
    found = decide_roots(replace(layout, services={"ledger": (f"{BILL}/land ing", f"{WH}/man")}))
    assert found.roots == (f"{BILL}/t",)
    assert found.barred == (
        Barred(BILL, "bill", Why.SERVICE, "ledger"),
        Barred(MANAGED, "bill", Why.SERVICE, "ledger"),
    )
    assert found.left_out == (Barred(f"{MANAGED}/m", "bill.m", Why.SERVICE, "ledger"),)
    assert found.tables == (OwnRoot("bill.t", f"{BILL}/t", Why.SERVICE, "ledger"),)


def test_a_table_whose_own_directory_holds_another_database_is_left_out_by_name() -> None:
    found = decide_roots(replace(WHOLE, tables=[table(f"{WH}/ext"), table("/", "bill.all")]))
    assert found.roots == (BILL, MANAGED)
    assert [(one.owner, one.why, one.by) for one in found.left_out] == [
        ("bill.t", Why.DATABASE, "crm"),
        ("bill.all", Why.UNFIT, "holds more than one service"),
    ]


def test_a_database_whose_directory_may_be_no_root_whoever_asks_has_none() -> None:
    found = decide_roots(Layout(databases={"bill": ("/tmp",), "up": ("/wh/../x",)}, tables=[table("/tmp/t ü")]))
    assert found.roots == ("/tmp/t ü",)
    assert [(one.path, one.why) for one in found.barred] == [("/tmp", Why.UNFIT), ("/wh/../x", Why.UNFIT)]


def test_a_table_whose_directory_does_not_exist_is_no_root() -> None:
    found = decide_roots(replace(WHOLE, tables=[table("/gone ü")], absent={"/gone ü"}))
    assert found.roots == (BILL, MANAGED)
    assert found.left_out == (Barred("/gone ü", "bill.t", Why.ABSENT),)


def test_a_table_chosen_singly_is_a_root_of_its_own_also_where_its_database_lies() -> None:
    layout = Layout(beside={**BESIDE, "bill": (BILL,)}, tables=[table(f"{BILL}/t"), table(BILL, "bill.top")])
    found = decide_roots(layout)
    assert found.roots == (BILL,)
    assert found.guests == ((BILL, "database bill"),)
    alone = decide_roots(replace(layout, tables=layout.tables[:1]))
    assert alone.tables == (OwnRoot("bill.t", f"{BILL}/t", Why.SINGLE, "bill", BILL),)


def test_the_line_that_would_help_a_table_elsewhere_is_a_directory_that_may_be_declared() -> None:
    places = {"/lake/in/t": "/lake/in", "/tmp/t": "", "/t": "", f"{WH}/man/t": "", "/lake/a*b/t": ""}
    for path, line in places.items():
        (own,) = decide_roots(replace(WHOLE, tables=[table(path)])).tables
        assert (own.why, own.line, own.change) == (Why.ELSEWHERE, line, False), path


def test_a_table_whose_directory_is_declared_or_its_databases_own_says_so() -> None:
    layout = replace(WHOLE, declared=("/data/a b",), tables=[table("/data/a b"), table(BILL, "bill.top")])
    assert [(own.table, own.why, own.by) for own in decide_roots(layout).tables] == [
        ("bill.t", Why.ITSELF, ""),
        ("bill.top", Why.ITSELF, ""),
    ]


def test_a_declared_directory_takes_in_the_databases_and_tables_below_it() -> None:
    found = decide_roots(replace(WHOLE, declared=(WH,), tables=[table(f"{WH}/ext/t")]))
    assert (found.roots, found.databases, found.tables, found.guests) == ((WH,), {}, (), ())


def test_of_what_lies_in_a_declared_directory_nothing_is_said_to_be_no_root() -> None:
    gone = table(f"{WH}/ext/gone")
    found = decide_roots(replace(WHOLE, declared=(WH,), tables=[gone], absent={MANAGED, gone.path}))
    assert (found.roots, found.barred, found.left_out) == ((WH,), (), ())


# ------------------------------------------------------------------ sticky


def test_a_database_that_would_contain_a_sticky_root_is_none_and_every_table_is_a_root_of_its_own() -> None:
    """HDFS refuses nesting; deciding with no sticky root is what a change of roots would do."""
    layout = replace(WHOLE, tables=[table(f"{BILL}/old", "bill.old"), table(f"{BILL}/new", "bill.new")])
    found = decide_roots(layout, [f"{BILL}/old"])
    assert found.roots == (f"{BILL}/new", f"{BILL}/old", MANAGED)
    assert found.barred == (Barred(BILL, "bill", Why.ROOT, f"{BILL}/old"),)
    assert [(own.table, own.why, own.by, own.line, own.change) for own in found.tables] == [
        ("bill.old", Why.ROOT, f"{BILL}/old", BILL, True),
        ("bill.new", Why.ROOT, f"{BILL}/old", BILL, True),
    ]
    assert decide_roots(layout).roots == (BILL, MANAGED)


def test_a_root_stays_while_anything_protected_lies_in_it_and_is_released_after_that() -> None:
    elsewhere = replace(WHOLE, databases={"bill": ("/new/bill.db",)})
    with_partition = replace(elsewhere, tables=[table("/new/bill.db/t", "bill.t", f"{BILL}/t/p=1")])
    assert decide_roots(with_partition, [BILL]).roots == ("/new/bill.db", BILL)
    found = decide_roots(elsewhere, [BILL])
    assert (found.roots, found.released) == (("/new/bill.db",), (BILL,))
    for still in (replace(elsewhere, declared=(f"{BILL}/d",)), replace(elsewhere, tables=[table(f"{BILL}/t")])):
        found = decide_roots(still, [BILL])
        assert (found.roots, found.released) == (("/new/bill.db", BILL), ())


def test_a_root_that_is_released_still_keeps_a_directory_above_it_from_being_one() -> None:
    found = decide_roots(WHOLE, [f"{BILL}/dropped"])
    assert found.roots == (MANAGED,)
    assert (found.released, found.barred[0].by) == ((f"{BILL}/dropped",), f"{BILL}/dropped")


def test_a_database_made_inside_anothers_directory_after_the_first_point_changes_no_root_and_is_named() -> None:
    layout = replace(WHOLE, beside={**BESIDE, "guest": (f"{BILL}/guest",)}, tables=[table(f"{BILL}/t")])
    found = decide_roots(layout, [BILL, MANAGED])
    assert found.roots == (BILL, MANAGED)
    assert found.guests == ((BILL, "database guest"),)
    landing = decide_roots(replace(WHOLE, services={"ledger": (f"{BILL}/in",)}), [BILL])
    assert landing.guests == ((BILL, "service ledger"),)


def test_a_declared_directory_above_a_sticky_root_is_still_wanted_and_the_nesting_is_named() -> None:
    """HDFS will refuse it, and the run with it; what is declared is never left out in silence."""
    found = decide_roots(Layout(declared=("/data", "/other")), ["/data/a b"])
    assert (found.roots, found.widened, found.released) == (("/data", "/other"), (("/data", "/data/a b"),), ())


def test_a_table_above_a_sticky_root_is_left_out_by_name() -> None:
    found = decide_roots(Layout(tables=[table("/lake", "bill.all"), table("/lake/t")]), ["/lake/t"])
    assert found.roots == ("/lake/t",)
    assert found.left_out == (Barred("/lake", "bill.all", Why.ROOT, "/lake/t"),)


# ------------------------------------------------------------------ whatever the layout

PATHS = st.lists(st.sampled_from(["a", "b c", "ü%"]), min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
SOME = st.lists(PATHS, max_size=2).map(tuple)
TABLES = st.lists(
    st.builds(lambda d, n, p, o: TablePlace(d, f"{d}.{n}", p, o), st.sampled_from("xyz"), st.integers(0, 9),
              PATHS, SOME),
    max_size=4,
)
LAYOUTS = st.builds(
    Layout,
    declared=SOME,
    databases=st.dictionaries(st.sampled_from(["x", "y", "default"]), SOME, max_size=3),
    managed=SOME.map(frozenset),
    tables=TABLES,
    beside=st.dictionaries(st.sampled_from(["v", "w", "z"]), SOME, max_size=2),
    services=st.dictionaries(st.sampled_from(["s", "t"]), SOME, max_size=2),
    absent=SOME.map(frozenset),
)
STICKY = st.lists(PATHS, max_size=3).map(
    lambda paths: [path for path in paths if not any(other != path and inside(path, other) for other in paths)]
)


@given(LAYOUTS, STICKY)
def test_no_root_lies_in_another_and_all_that_is_protected_lies_in_a_root_or_is_named(
    layout: Layout, sticky: list[str]
) -> None:
    found = decide_roots(layout, sticky)
    assert list(found.roots) == sorted(found.roots)
    for root in found.roots:
        assert not any(inside(root, other) for other in found.roots if other != root)

    def lies(path: str) -> bool:
        return any(inside(path, root) for root in found.roots)

    assert all(map(lies, layout.declared))
    named = {(one.owner, one.path) for one in (*found.barred, *found.left_out)}
    for name, path in ((name, path) for name, paths in layout.databases.items() for path in paths):
        assert lies(path) or (name, path) in named
    for table in layout.tables:
        assert lies(table.path) or (table.name, table.path) in named
        own = {(one.table, one.path) for one in found.tables}
        assert (table.path in found.roots) == ((table.name, table.path) in own)
    for root in sticky:
        assert lies(root) or root in found.released


@given(LAYOUTS, STICKY)
def test_no_undeclared_root_is_made_over_other_peoples_data_or_over_a_root_with_snapshots(
    layout: Layout, sticky: list[str]
) -> None:
    for root in set(decide_roots(layout, sticky).roots) - set(layout.declared) - set(sticky):
        owned = {table.database for table in layout.tables if table.path == root} | set(layout.databases)
        for name, paths in layout.beside.items():
            assert name in owned or not any(inside(path, root) for path in paths)
        for path in (path for paths in layout.services.values() for path in paths):
            assert not inside(path, root)
            assert not inside(root, path)
        assert not any(inside(one, root) for one in sticky)


@given(LAYOUTS, LAYOUTS)
def test_roots_that_were_taken_stay_whatever_is_made_beside_them(layout: Layout, later: Layout) -> None:
    """Nobody's CREATE TABLE or CREATE DATABASE takes a root away; only what is declared above one does."""
    roots = decide_roots(layout).roots
    assert decide_roots(layout, roots).roots == roots
    grown = replace(layout, tables=[*layout.tables, *later.tables], beside={**later.beside, **layout.beside})
    assert set(decide_roots(grown, roots).roots) >= set(roots)


def test_roots_of_many_tables_and_partitions_are_decided_at_once() -> None:
    """Climbing costs the depth of a path, not the number of roots: a hundred million comparisons would take minutes."""
    layout = replace(
        WHOLE, tables=[table(f"/lake/{n}", f"bill.t{n}", *(f"/lake/{n}/p={p}" for p in range(50))) for n in range(2000)]
    )
    first = decide_roots(layout)
    assert len(first.roots) == 2002
    assert decide_roots(layout, first.roots).roots == first.roots


@pytest.mark.parametrize(
    ("path", "directory", "lies"),
    [("/", "/", True), ("/a", "/a", True), ("/a", "/", True), ("/aX/b", "/aX", True), ("/a b", "/a", False)],
)
def test_inside_takes_in_the_directory_itself_and_no_longer_name(path: str, directory: str, lies: bool) -> None:
    assert inside(path, directory) is lies


def test_layouts_of_several_kinds_are_one_and_what_one_protects_lies_beside_no_other() -> None:
    first = Layout(declared=("/d ü",), databases={"bill": (MANAGED,)}, managed={MANAGED}, tables=[table(f"{BILL}/t")])
    second = Layout(
        declared=("/d ü", "/e%"), databases={"bill": (BILL, CRM)}, beside={"bill": ("/x",), "crm": (CRM,)},
        services={"other": ["/o"]}, absent=["/gone"],
    )  # fmt: skip
    assert joined((first, second)) == Layout(
        ("/d ü", "/e%"), {"bill": (MANAGED, BILL, CRM)}, frozenset({MANAGED}), (table(f"{BILL}/t"),), {"crm": (CRM,)},
        {"other": ("/o",)}, frozenset({"/gone"}),
    )  # fmt: skip
    assert joined(()) == joined((Layout(),))
