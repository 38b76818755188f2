"""Tables of a world that has moved on since its sealed point."""

from __future__ import annotations

from typing import Any

from hadoop_dr.adapters.memory.hdfs.faults import Faults
from hadoop_dr.adapters.memory.metastore_faults import faulty_metastore
from hadoop_dr.domain.catalog import fields as f
from hadoop_dr.domain.catalog.address_rewrite import Rewrite, rewrite_rows
from hadoop_dr.domain.catalog.selection import selection_of
from hadoop_dr.ports.mover import Mover
from hadoop_dr.services.context import SiteConnections
from hadoop_dr.services.datasets.hive import CatalogVerify
from hadoop_dr.services.datasets.hive.read.selected_objects import read_all
from sim.world import TableWorld, protecting
from support.catalogs import function, not_null, partition, statistics, table, with_parameters

POLICY = protecting("hdfs: /wh", "hive: bill") + "drift: restore\n"


class Tables(TableWorld):
    """A world in which nothing but the secondary's metastore is faulty."""

    def sides(self, faults: Faults) -> dict[str, SiteConnections]:
        """Both sites."""
        sides = super().sides(Faults())
        target = faulty_metastore(self.metastores["west"], faults)
        return {name: SiteConnections(**{**fields(side), "metastore": target if name == "west" else side.metastore})
                for name, side in sides.items()}  # fmt: skip

    def movers(self, faults: Faults, origin: str) -> tuple[Mover, Mover, Mover]:
        """None of them fails."""
        return super().movers(Faults(), origin)


def fields(side: SiteConnections) -> dict[str, Any]:
    return {name: getattr(side, name) for name in SiteConnections.__slots__}


def directory(world: TableWorld, path: str) -> str:
    world.clusters["east"].make_directory(path, 0o755, parents=True)
    return f"hdfs://east{path}"


def add(world: TableWorld, day: str, **parameters: str) -> None:
    location = directory(world, f"/wh/kept/d={day} %")
    row = partition("bill", "kept", ("d",), (f"{day} ü",), location=location, **parameters)
    world.metastores["east"].create([row])


def lived_in() -> Tables:
    """One point, and a catalog that has moved on since in every way."""
    world = Tables(POLICY)
    east = world.metastores["east"]
    east.create([table("bill", "kept", keys=("d",), location=directory(world, "/wh/kept"))])
    for day in ("1", "2", "3"):
        add(world, day)
    for name in ("gone", "again"):
        world.create(name)
    east.create([not_null("bill", "kept", "nn")])
    east.create([statistics("bill", "gone", a=1)])
    east.create([function("bill", "f", "hdfs://east/wh/a b+c.jar")])
    world.backup("first")
    east.drop(east.constraints("bill", "kept"))
    east.drop(east.tables("bill", ["gone"]))
    east.drop(east.tables("bill", ["again"]))
    east.create([table("bill", "again", location="hdfs://east/wh/again ü", names=("other",))])
    east.create([table("bill", "made", kind=f.MANAGED, location=directory(world, "/wh/made %"))])
    east.alter([with_parameters(east.tables("bill", ["kept"])[0], note="ü %")])
    east.drop(east.partitions("bill", "kept", ["d=1 ü"]))
    east.alter([with_parameters(east.partitions("bill", "kept", ["d=2 ü"])[0], note="=")])
    add(world, "4")
    east.create([statistics("bill", "kept", "d=3 ü", a=7)])
    return world


LIVED_IN = lived_in()


def requests_of_a_run() -> int:
    world, faults = LIVED_IN.clone(), Faults()
    world.backup("counted", faults)
    assert_equal(world)
    return faults.count


def assert_equal(world: TableWorld) -> None:
    """The secondary's catalog is the primary's, object by object."""
    selection = selection_of(["bill"])
    rows = read_all(world.metastores["east"], selection).values()
    wanted = rewrite_rows(rows, Rewrite(("hdfs://east",), "hdfs://west"))
    verdict = CatalogVerify(world.metastores["west"]).run(wanted, selection)
    assert (verdict.mismatch, verdict.cannot_tell, verdict.match) == ((), (), len(wanted))


COUNT = requests_of_a_run()
