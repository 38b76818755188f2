"""What somebody did to the secondary's catalog is kept before our change reaches it, whatever the log says (I10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.thrift_struct import get_record, record, with_field
from hadoop_dr.domain.errors import ForeignFound, Refused
from sim.world import TABLES, TableWorld
from support.catalogs import columns, foreign_key, partition, primary_key, table, with_parameters

AT = "hdfs://east/wh/days %"
Act = Callable[[MemoryMetastore], object]


def made() -> TableWorld:
    """A partitioned table, another one, and one with a key, as two points have them."""
    world = TableWorld(TABLES)
    for name in ("t1", "t2", "parent", "child"):
        world.create(name)
    world.clusters["east"].make_directory("/wh/days %/d=1", 0o755, parents=True)
    world.clusters["east"].make_directory("/wh/days %/d=2", 0o755, parents=True)
    east = world.metastores["east"]
    east.create([table("bill", "days", keys=("d",), location=AT), primary_key("bill", "parent", "pk", "a")])
    east.create([partition("bill", "days", ("d",), ("1",), location=f"{AT}/d=1")])
    world.backup("first")
    world.backup("second")
    return world


MADE = made()


@pytest.fixture(params=["refuse", "restore"])
def world(request: pytest.FixtureRequest) -> TableWorld:
    one = MADE.clone()
    one.policy = TABLES + f"drift: {request.param}\n"
    assert isinstance(one, TableWorld)
    return one


def day(metastore: MemoryMetastore) -> Sequence[Row]:
    return metastore.partitions("bill", "days", ["d=1"])


def replace_days(metastore: MemoryMetastore) -> None:
    metastore.drop(metastore.tables("bill", ["days"]))
    metastore.create([table("bill", "days", keys=("d",), location="hdfs://west/theirs", names=("a", "theirs"))])


def add_column(metastore: MemoryMetastore) -> None:
    [row] = metastore.tables("bill", ["days"])
    descriptor = get_record(row.tree, f.TABLE_SD)
    wider = record(with_field(descriptor, f.SD_COLUMNS, columns("a", "b", "c")))
    metastore.alter([row_of(row.key, with_field(row.tree, f.TABLE_SD, wider))])


def add_day(metastore: MemoryMetastore) -> None:
    metastore.create([partition("bill", "days", ("d",), ("2",), location=f"{AT}/d=2")])


def drop_parent(metastore: MemoryMetastore) -> None:
    metastore.drop(metastore.tables("bill", ["parent"]))


THEIRS: dict[str, tuple[Act, Act, str]] = {
    "a partition is altered, the table gets a column":
        (lambda m: m.alter([with_parameters(day(m)[0], theirs="x %")]), add_column, "d=1 was changed"),
    "a partition is made, the table gets a column":
        (lambda m: m.create([partition("bill", "days", ("d",), ("9",), location="hdfs://west/theirs/d=9")]), add_column,
         "d=9 was created"),
    "a partition is dropped, the table gets a column":
        (lambda m: m.drop(day(m)), add_column, "d=1 was dropped"),
    "a table is replaced, it gets a partition": (replace_days, add_day, "bill.days was changed"),
    "a table is dropped, it gets a partition":
        (lambda m: m.drop(m.tables("bill", ["days"])), add_day, "bill.days was dropped"),
    "a table gets a key to another, which goes":
        (lambda m: m.create([foreign_key("bill", "child", "theirs", primary_key("bill", "parent", "pk", "a"))]),
         drop_parent, "bill.child theirs was created"),
}  # fmt: skip


def in_silence(metastore: MemoryMetastore, act: Act) -> None:
    events, newest = list(metastore.log.events), metastore.log.newest
    act(metastore)
    metastore.log.events[:], metastore.log.newest = events, newest


def is_named(world: TableWorld, what: str) -> None:
    """The next run names it: it refuses, or keeps it and seals."""
    if "refuse" in world.policy:
        with pytest.raises((ForeignFound, Refused), match=what):
            world.backup("next")
        return
    assert world.backup("next")["state"] == "sealed"
    assert any(what in line for kept in world.context().ledger.read().kept for line in kept.found)


def meets_another(metastore: MemoryMetastore, ask: Callable[..., Any], *arguments: Any) -> Any:
    """Somebody else writes an event right before a question."""
    metastore.log.write("OPEN_TXN", "")
    return ask(*arguments)


@pytest.mark.parametrize("busy", [False, True], ids=["quiet metastore", "others at work"])
@pytest.mark.parametrize(("theirs", "ours", "what"), THEIRS.values(), ids=THEIRS)
def test_what_the_log_does_not_tell_is_named_before_our_change_reaches_it(
    world: TableWorld, theirs: Act, ours: Act, what: str, busy: bool
) -> None:
    west = world.metastores["west"]
    in_silence(west, theirs)
    ours(world.metastores["east"])
    if busy:
        for name in ("current_event", "events"):
            setattr(west, name, partial(meets_another, west, getattr(west, name)))
    is_named(world, what)


def test_what_somebody_alters_between_two_requests_of_ours_is_named_before_it_is_put_right(world: TableWorld) -> None:
    west, east = world.metastores["west"], world.metastores["east"]
    for name in ("t1", "parent"):
        east.alter([with_parameters(east.tables("bill", [name])[0], ours="new ü")])
    alter, done = west.alter, list[bool]()

    def then_theirs(rows: Sequence[Row]) -> None:
        alter(rows)
        if not done:
            done.append(True)
            alter([with_parameters(west.tables("bill", ["t2"])[0], theirs="x %")])

    west.alter = then_theirs  # type: ignore[method-assign]
    is_named(world, r"bill.t2 was changed")
