"""Applying a catalog makes the target equal, from any state, after any interruption, and touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, references, rewrite_rows
from hadoop_dr.domain.catalog.changes.difference import catalog_of, replaced_tables
from hadoop_dr.domain.catalog.changes.losses import named_drops
from hadoop_dr.domain.catalog.rows import CatalogKey, Kind, Row, row_of
from hadoop_dr.domain.catalog.selection import Selection, selection_of
from hadoop_dr.domain.catalog.thrift_struct import text, with_field
from hadoop_dr.domain.errors import Mismatch, Refused, Superseded, Unknown
from hadoop_dr.services.datasets.hive import CatalogApply, CatalogVerify
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from support.catalogs import (
    Ddl,
    database,
    foreign_key,
    function,
    hashes,
    not_null,
    partition,
    primary_key,
    statistics,
    table,
    view,
    with_parameters,
)
from support.clock import StepClock

BILL = selection_of(["bill"])
BASE = "hdfs://east/data/a b"
TO_WEST = Rewrite(("hdfs://east",), "hdfs://west")


class Stopped(Exception):
    """The process ends here."""


class Frail(MemoryMetastore):
    """A twin whose changing calls can stop the caller before or after their effect, or lose their answer."""

    def __init__(self, site: str) -> None:
        super().__init__(site)
        self.calls, self.plan = 0, {}

    def _around(self, call: Callable[[Sequence[Row]], None], rows: Sequence[Row]) -> None:
        self.calls += 1
        what = self.plan.get(self.calls, "")
        if what == "stop before":
            raise Stopped
        if what != "lost request":
            call(rows)
        if what == "stop after":
            raise Stopped
        if what in ("lost answer", "lost request"):
            raise Unknown("metastore", "no answer")

    plan: dict[int, str]

    def create(self, rows: Sequence[Row]) -> None:
        self._around(super().create, rows)

    def alter(self, rows: Sequence[Row]) -> None:
        self._around(super().alter, rows)

    def drop(self, rows: Sequence[Row]) -> None:
        self._around(super().drop, rows)


def apply_all(target: MemoryMetastore, wanted: list[Row], selection: Selection = BILL,
              replaced: Sequence[CatalogKey] = ()) -> None:
    """Both halves of an apply, as a backup run does them."""
    service = CatalogApply(target, StepClock())
    named = named_drops(service.plan(wanted, selection, replaced).changes)
    service.drop(wanted, selection, named, replaced)
    service.build(wanted, selection, named)


def assert_equal(target: MemoryMetastore, wanted: list[Row], selection: Selection = BILL) -> None:
    verdict = CatalogVerify(target).run(wanted, selection)
    assert (verdict.mismatch, verdict.cannot_tell) == ((), ())
    assert verdict.match == len(wanted)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 6))
def test_after_every_round_of_random_changes_the_target_is_equal(seed: int, rounds: int) -> None:
    source, target = MemoryMetastore("east"), MemoryMetastore("west")
    ddl = Ddl(source, seed, BASE)
    before: dict[CatalogKey, Row] = {}
    for _ in range(rounds):
        ddl.run(12)
        rows = read_all(source, BILL)
        wanted = rewrite_rows(rows.values(), TO_WEST)
        apply_all(target, wanted, replaced=replaced_tables(before, rows))
        assert_equal(target, wanted)
        assert references(read_all(target, BILL).values(), ["hdfs://east"]) == []
        assert "hdfs://east" not in str([row.raw for row in read_all(target, BILL).values()])
        before = rows


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**9))
def test_an_apply_that_is_interrupted_anywhere_converges_when_run_again(seed: int) -> None:
    """Before and after each of its requests."""
    source, states = MemoryMetastore("east"), list[list[Row]]()
    ddl = Ddl(source, seed, BASE)
    for _ in range(2):
        ddl.run(15)
        states.append(rewrite_rows(read_all(source, BILL).values(), TO_WEST))
    earlier, wanted = states

    def begun(plan: dict[int, str]) -> Frail:
        target = Frail("west")
        apply_all(target, earlier)
        target.calls, target.plan = 0, plan
        return target

    undisturbed = begun({})
    apply_all(undisturbed, wanted)
    for place in range(1, undisturbed.calls + 1):
        for how in ("stop before", "stop after"):
            target = begun({place: how})
            with pytest.raises(Stopped):
                apply_all(target, wanted)
            apply_all(target, wanted)
            assert_equal(target, wanted)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9), st.integers(1, 12))
def test_a_lost_answer_is_read_back_and_the_change_not_sent_again(seed: int, place: int) -> None:
    source, target = MemoryMetastore("east"), Frail("west")
    Ddl(source, seed, BASE).run(20)
    wanted = rewrite_rows(read_all(source, BILL).values(), TO_WEST)
    undisturbed = Frail("west")
    apply_all(undisturbed, wanted)
    target.plan = {place: "lost answer"}
    apply_all(target, wanted)
    assert_equal(target, wanted)
    assert target.calls == undisturbed.calls


def test_a_lost_request_ends_in_unknown_and_a_later_run_goes_on() -> None:
    target = Frail("west")
    target.plan = {2: "lost request"}
    wanted = [database("bill"), table("bill", "t"), table("bill", "u")]
    clock = StepClock()
    with pytest.raises(Unknown):
        CatalogApply(target, clock, settle_s=30).build(wanted, BILL)
    assert clock.now_s >= 30
    assert target.calls == 2
    target.plan = {}
    CatalogApply(target, clock).build(wanted, BILL)
    assert CatalogVerify(target).run(wanted, BILL).match == 3


def test_a_superseded_try_stops_before_its_next_batch() -> None:
    target = Frail("west")

    def lost_claim() -> None:
        if target.calls == 1:
            raise Superseded("bill", "another run owns the service")

    with pytest.raises(Superseded):
        CatalogApply(target, StepClock(), between=lost_claim).build([database("bill"), table("bill", "t")], BILL)
    assert target.table_names("bill") == []


def test_an_empty_catalog_drops_nothing_that_no_plan_named() -> None:
    target = MemoryMetastore("west")
    target.create([database("bill")])
    service = CatalogApply(target, StepClock())
    for step in (service.drop, service.build):
        with pytest.raises(Refused, match=r"1 objects would be dropped that the plan did not count.*database bill"):
            step([], BILL, ())
    assert target.databases() == ["bill"]
    service.build([], selection_of(["other"]))
    service.drop([], BILL, [CatalogKey(Kind.DATABASE, "bill")])
    assert target.databases() == []


def at_west(*names: str) -> list[Row]:
    """The database and some tables, as they are wanted."""
    return [database("bill", "hdfs://west/b"), *(table("bill", name, location=f"hdfs://west/{name}") for name in names)]


def test_what_came_to_be_there_since_the_plan_is_not_dropped_with_what_it_named() -> None:
    """Neither a table nor a partition; of our own tables what cannot be altered goes and comes back all the same."""
    target, service = MemoryMetastore("west"), CatalogApply(MemoryMetastore("west"), StepClock())
    first = [*at_west("stays", "goes"), table("bill", "p", keys=("p",), location="hdfs://west/p"),
             partition("bill", "p", ("p",), ("a b",), location="hdfs://west/p/1"), not_null("bill", "stays", "nn")]
    apply_all(target, first)
    wanted = [row for row in first if row.key.table != "goes" and row.key.kind is not Kind.CONSTRAINT]
    service = CatalogApply(target, StepClock())
    named = named_drops(service.plan(wanted, BILL).changes)
    assert [str(key) for key in named] == ["table bill.goes"]
    foreign = [table("bill", "foreign", location="hdfs://west/f")]
    target.create(foreign)
    for step in (service.drop, service.build):
        with pytest.raises(Refused, match=r"table bill\.foreign"):
            step(wanted, BILL, named)
    target.drop(foreign)
    target.create([partition("bill", "p", ("p",), ("foreign",), location="hdfs://west/f")])
    with pytest.raises(Refused, match=r"partition bill\.p p=foreign"):
        service.drop(wanted, BILL, named)
    assert target.table_names("bill") == ["goes", "p", "stays"]
    target.drop(target.partitions("bill", "p", ["p=foreign"]))
    service.drop(wanted, BILL, named)
    service.build(wanted, BILL, named)
    assert_equal(target, wanted)


def test_what_is_not_selected_stays_as_it_is() -> None:
    target = MemoryMetastore("west")
    target.create([database("bill", k="ours")])
    target.create([table("bill", "foreign"), table("bill", "inv_old")])
    selection = selection_of(["bill.inv*"])
    wanted = [database("bill", k="theirs"), table("bill", "inv_1", location="hdfs://west/x")]
    apply_all(target, wanted, selection)
    assert target.table_names("bill") == ["foreign", "inv_1"]
    assert target.database("bill").tree[4] == database("bill", k="ours").tree[4]
    verdict = CatalogVerify(target).run(wanted, selection)
    assert (verdict.match, verdict.mismatch) == (2, ())


def test_a_table_dropped_and_made_again_is_another_table() -> None:
    source, target = MemoryMetastore("east"), MemoryMetastore("west")
    source.create([database("bill")])
    source.create([table("bill", "t", note="1")])
    before = read_all(source, BILL)
    apply_all(target, rewrite_rows(before.values(), TO_WEST))
    key = CatalogKey(Kind.TABLE, "bill", "t")
    number = target.tables("bill", ["t"])[0].identity
    source.drop(source.tables("bill", ["t"]))
    source.create([table("bill", "t", note="2")])
    after = read_all(source, BILL)
    assert replaced_tables(before, after) == [key]
    apply_all(target, rewrite_rows(after.values(), TO_WEST), replaced=[key])
    assert target.tables("bill", ["t"])[0].identity != number
    done = [event.type for event in target.events(0)]
    assert done == ["CREATE_DATABASE", "CREATE_TABLE", "DROP_TABLE", "CREATE_TABLE"]


def test_foreign_keys_that_fall_with_a_table_come_back() -> None:
    target = MemoryMetastore("west")
    target.create([database("bill")])
    location = {"location": "hdfs://west/x"}
    target.create([table("bill", "parent", **location), table("bill", "child", **location)])
    key = primary_key("bill", "parent", "pk", "a")
    link = foreign_key("bill", "child", "fk", key)
    target.create([key])
    target.create([link])
    rows = read_all(target, BILL)
    parent = CatalogKey(Kind.TABLE, "bill", "parent")
    rows[parent] = row_of(parent, with_field(rows[parent].tree, f.TABLE_TYPE, text(f.MANAGED)))
    rows[parent] = with_parameters(rows[parent], transactional="true")
    apply_all(target, list(rows.values()))
    assert {row.key.name for row in target.constraints("bill", "child")} == {"fk"}
    assert_equal(target, list(rows.values()))


def test_each_kind_of_object_is_created_altered_and_dropped() -> None:
    target = MemoryMetastore("west")
    at = {"location": "hdfs://west/x"}
    first = [database("bill", k="1"), table("bill", "t", keys=("p",), **at),
             partition("bill", "t", ("p",), ("a b",), location="hdfs://west/x/1", numRows="1"),
             statistics("bill", "t", "", a=1, b=2), statistics("bill", "t", "p=a b", a=1, b=1),
             not_null("bill", "t", "nn"), function("bill", "fn", "hdfs://west/a.jar"), view("bill", "v1", "select 1"),
             view("bill", "v0", "select * from bill.v1")]
    apply_all(target, first)
    tables = [event.table for event in target.events(0) if event.type == "CREATE_TABLE"]
    assert tables == ["t", "v1", "v0"]
    second = [database("bill", k="2"), table("bill", "t", keys=("p",), new="x", **at),
              partition("bill", "t", ("p",), ("a b",), location="hdfs://west/x/1", numRows="2"),
              statistics("bill", "t", "", a=1), statistics("bill", "t", "p=a b", a=1, b=7),
              not_null("bill", "t", "nn", "a"), function("bill", "fn", "hdfs://west/a.jar", "org.example.G"),
              view("bill", "v1", "select 2")]
    apply_all(target, second)
    verdict = CatalogVerify(target).run(second, BILL)
    assert {str(one.key) for one in verdict.mismatch} <= {"database bill"}
    fields = {field.field for one in verdict.mismatch for field in one.fields}
    assert fields <= {"catalogName", "locationUri", "type"}
    apply_all(target, second[:2])
    assert {key.kind for key in read_all(target, BILL)} == {Kind.DATABASE, Kind.TABLE}


def test_a_metastore_that_keeps_something_else_is_reported_and_not_hammered() -> None:
    class Stubborn(MemoryMetastore):
        def tables(self, database: str, names: Sequence[str]) -> list[Row]:
            return [with_parameters(row, imposed="yes") for row in super().tables(database, names)]

    target = Stubborn("west")
    with pytest.raises(Mismatch, match=r"table bill.t: differs in parameters\[imposed\] \("):
        CatalogApply(target, StepClock()).build([database("bill"), table("bill", "t", location="hdfs://west/x")], BILL)
    assert len(target.events(0)) < 8


def test_a_database_with_foreign_tables_is_not_dropped_with_them() -> None:
    target = MemoryMetastore("west")
    target.create([database("bill"), database("other")])
    apply_all(target, [database("other", "hdfs://west/o")], selection_of(["bill", "other"]))
    assert target.databases() == ["other"]


def test_a_field_this_version_does_not_know_is_sent_once_and_then_cannot_be_told() -> None:
    class Older(MemoryMetastore):
        sent = 0

        def create(self, rows: Sequence[Row]) -> None:
            self.sent += sum(99 in row.tree for row in rows)
            super().create([row_of(row.key, {k: v for k, v in row.tree.items() if k != 99}) for row in rows])

        alter = MemoryMetastore.alter

    target = Older("west")
    new = table("bill", "t", location="hdfs://west/x")
    wanted = [database("bill"), row_of(new.key, {**new.tree, 99: text("novel")})]
    wanted[0] = row_of(wanted[0].key, {**wanted[0].tree, 3: text("hdfs://west/b"), 8: text("hive"), 11: (8, 1)})
    CatalogApply(target, StepClock()).build(wanted, BILL)
    assert target.sent == 1
    target.objects[new.key] = {k: v for k, v in target.objects[new.key].items() if k != 99}
    verdict = CatalogVerify(target).run(wanted, BILL)
    assert verdict.mismatch == ()
    assert list(map(str, verdict.cannot_tell)) == [
        "table bill.t: the metastore did not keep fields this version does not know: 99 (none instead of 'novel')"]


def test_a_plan_changes_nothing() -> None:
    target = Frail("west")
    found = CatalogApply(target, StepClock()).plan([database("bill"), table("bill", "t")], BILL).changes
    assert (len(found.drops), len(found.builds), target.calls) == (0, 2, 0)
    assert hashes(catalog_of([])) == {}


class Shared(MemoryMetastore):
    """A target whose log loses an event of somebody else each time it is read from."""

    def partitions(self, database_name: str, table_name: str, names: Sequence[str]) -> list[Row]:
        found = super().partitions(database_name, table_name, names)
        self.create([database(f"theirs{self.current_event()}")])
        del self.log.events[-1]
        return found


def test_a_target_whose_log_has_a_gap_while_it_is_read_is_changed_all_the_same() -> None:
    target = Shared("west")
    wanted = [database("bill"), table("bill", "t", keys=("p",)), partition("bill", "t", ("p",), ("ü %",))]
    apply_all(target, wanted)
    apply_all(target, [*wanted, partition("bill", "t", ("p",), ("b",))])
    assert target.partition_names("bill", "t") == ["p=b", "p=ü %25"]


class Paced(MemoryMetastore):
    """A target that takes its time for each partition, and remembers what came at once."""

    def __init__(self, clock: StepClock, rate: float) -> None:
        super().__init__("west")
        self.clock, self.rate, self.batches = clock, rate, list[tuple[str, int, float]]()
        self.after_batch: Callable[[], None] = lambda: None

    def _take(self, verb: str, call: Callable[[Sequence[Row]], None], rows: Sequence[Row]) -> None:
        partitions = sum(row.key.kind is Kind.PARTITION for row in rows)
        self.clock.now_s += partitions / self.rate
        call(rows)
        if partitions:
            self.batches.append((verb, partitions, partitions / self.rate))
            self.after_batch()

    def create(self, rows: Sequence[Row]) -> None:
        self._take("create", super().create, rows)

    def drop(self, rows: Sequence[Row]) -> None:
        self._take("drop", super().drop, rows)


PARTITIONED = [database("bill"), table("bill", "t", keys=("p",))]
MANY = [*PARTITIONED, *(partition("bill", "t", ("p",), (f"{number} ü",)) for number in range(1200))]


@pytest.mark.parametrize("rate", [140.0, 5000.0], ids=["the slowest measured", "the fastest measured"])
def test_batches_fit_into_two_seconds_also_when_a_table_goes_with_all_its_partitions(rate: float) -> None:
    clock = StepClock()
    target = Paced(clock, rate)
    apply_all_with(target, clock, MANY)
    apply_all_with(target, clock, PARTITIONED[:1])
    assert target.table_names("bill") == []
    for verb in ("create", "drop"):
        batches = [(count, seconds) for name, count, seconds in target.batches if name == verb]
        assert sum(count for count, _ in batches) == 1200
        assert max(seconds for _, seconds in batches) <= 2.0
        assert len(batches) <= 8


def apply_all_with(target: MemoryMetastore, clock: StepClock, wanted: list[Row]) -> None:
    service = CatalogApply(target, clock)
    there = frozenset(read_all(target, BILL))
    service.drop(wanted, BILL, there)
    service.build(wanted, BILL, there)


def test_a_worker_that_was_overtaken_in_a_batch_sends_no_further_one() -> None:
    clock, taken = StepClock(), list[bool]()
    target = Paced(clock, 140.0)
    target.after_batch = lambda: taken.append(True) if len(target.batches) == 3 else None

    def check_claim() -> None:
        if taken:
            raise Superseded("ledger", "superseded")

    with pytest.raises(Superseded):
        CatalogApply(target, clock, between=check_claim).build(MANY, BILL)
    assert len(target.batches) == 3


class Counted(MemoryMetastore):
    """A target that remembers how many objects came at once."""

    def __init__(self) -> None:
        super().__init__("west")
        self.together = list[int]()

    def create(self, rows: Sequence[Row]) -> None:
        self.together.append(len(rows))
        super().create(rows)

    def alter(self, rows: Sequence[Row]) -> None:
        self.together.append(len(rows))
        super().alter(rows)

    def drop(self, rows: Sequence[Row]) -> None:
        self.together.append(len(rows))
        super().drop(rows)


def test_of_everything_but_partitions_a_batch_is_one_object() -> None:
    """How long one of these takes nobody has measured, so an overtaken worker may not send a second one."""
    target = Counted()
    tables = [database("bill"), table("bill", "t"), table("bill", "u")]
    keys = [not_null("bill", "t", f"n{number}") for number in range(3)]
    for jar in ("a", "b"):
        functions = [function("bill", f"f{number}", f"hdfs://west/{jar}.jar") for number in range(3)]
        apply_all(target, [*tables, *keys, *functions])
    apply_all(target, tables[:1])
    assert len(target.together) >= 3 + 3 + 3 + 3 + 2 + 3
    assert set(target.together) == {1}
