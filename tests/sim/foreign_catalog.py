"""What somebody else does to the secondary's catalog."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.rows import Row, row_of
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.domain.catalog.thrift_struct import text, text_map
from hadoop_dr.domain.check_results import Result
from hadoop_dr.services.backup.check.run_checks import RunChecks
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.world import TABLES, TableWorld
from support.catalogs import function, hashes, not_null, partition, statistics, table, view, with_parameters

AT = "hdfs://east/wh/days %"


def settled(policy: str = TABLES) -> TableWorld:
    """One sealed point of tables, partitions, a view and a function."""
    world = TableWorld(policy)
    for name in ("t1", "t2", "goes"):
        world.create(name)
    east = world.metastores["east"]
    world.clusters["east"].make_directory("/wh/days %/d=1 ü", 0o755, parents=True)
    east.create([table("bill", "days", keys=("d",), location=AT)])
    east.create([partition("bill", "days", ("d",), ("1 ü",), location=f"{AT}/d=1 ü")])
    east.create([view("bill", "v ü", "select 1"), function("bill", "f", "hdfs://east/wh/a b+c.jar")])
    east.create([statistics("bill", "t1", a=1), not_null("bill", "t1", "nn %")])
    world.create("other", "crm")
    world.backup("first")
    return world


SETTLED = settled()


def west(world: TableWorld) -> MemoryMetastore:
    return world.metastores["west"]


def check(world: TableWorld) -> list[Result]:
    return RunChecks(world.context()).look()


def drift(world: TableWorld) -> Result:
    [found] = [result for result in check(world) if result.name == "drift"]
    return found


def on_west(world: TableWorld) -> dict[str, str]:
    return hashes(read_all(west(world), selection_of(["*"])))


def made(world: TableWorld, *rows: Any) -> None:
    west(world).create(list(rows))


def dropped(world: TableWorld, name: str) -> None:
    west(world).drop(west(world).tables("bill", [name]))


def altered(world: TableWorld, name: str, **parameters: str) -> None:
    west(world).alter([with_parameters(west(world).tables("bill", [name])[0], **parameters)])


def made_again(world: TableWorld) -> None:
    dropped(world, "t1")
    made(world, table("bill", "t1", location="hdfs://west/wh/t1 ü", names=("a", "theirs")))


def their_database(world: TableWorld) -> Row:
    row = west(world).database("bill")
    changed = {f.DB_LOCATION: text("hdfs://west/else"), f.DB_PARAMETERS: text_map({"k": "v"})}
    return row_of(row.key, {**row.tree, **changed})


def day(world: TableWorld) -> Any:
    return west(world).partitions("bill", "days", west(world).partition_names("bill", "days"))


# What somebody does, and how it is named.
FOREIGN: dict[str, tuple[Callable[[TableWorld], Any], str]] = {
    "a table": (
        lambda w: made(w, table("bill", "for %eign ü", location="hdfs://west/else +")),
        "table bill.for %eign ü was created"),
    "a view": (lambda w: made(w, view("bill", "theirs", "select 2")), "view bill.theirs was created"),
    "a function": (
        lambda w: made(w, function("bill", "g", "hdfs://west/g.jar")), "function bill g was created"),
    "a partition": (
        lambda w: made(w, partition("bill", "days", ("d",), ("2 %",), location="hdfs://west/wh/days %/d=2 %25")),
        "partition bill.days d=2 %25 was created"),
    "a table dropped": (lambda w: dropped(w, "t1"), "table bill.t1 was dropped"),
    "a view dropped": (lambda w: dropped(w, "v ü"), "view bill.v ü was dropped"),
    "a function dropped": (lambda w: west(w).drop(west(w).functions()), "function bill f was dropped"),
    "a partition dropped": (lambda w: west(w).drop(day(w)), "partition bill.days d=1 ü was dropped"),
    "a table altered": (
        lambda w: altered(w, "t1", **{"k %": "ü"}), "table bill.t1 was changed: differs in parameters[k %]"),
    "a table made again": (made_again, "table bill.t1 was changed: differs in sd.cols"),
    "a partition altered": (
        lambda w: west(w).alter([with_parameters(day(w)[0], note="+")]),
        "partition bill.days d=1 ü was changed: differs in parameters"),
    "the database altered": (
        lambda w: west(w).alter([their_database(w)]),
        "database bill was changed: differs in locationUri ('hdfs://west/else' instead of 'hdfs://west/wh/db'), "
        "parameters"),
    "statistics": (
        lambda w: made(w, statistics("bill", "t2", a=7)), "table stats bill.t2 was created"),
    "a constraint dropped": (
        lambda w: west(w).drop(west(w).constraints("bill", "t1")), "constraint bill.t1 nn % was dropped"),
}  # fmt: skip
