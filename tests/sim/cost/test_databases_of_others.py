"""A metastore has the databases of a whole company: however many there are, a run asks only for those that changed."""

from __future__ import annotations

import pytest

from hadoop_dr.domain.config.quantities import DAY_MS
from hadoop_dr.services.backup.stages import BackupStages
from hadoop_dr.services.datasets.hive.component import HiveTables
from sim.asked import Asked
from sim.bill import Bill
from sim.world import TABLES, TableWorld
from support.catalogs import database

EVENTS = 50


def with_others(number: int) -> TableWorld:
    """Two points of a service beside so many databases of others; afterwards something else happens in the log."""
    world = TableWorld(TABLES)
    world.create("t ü")
    for site, store in world.metastores.items():
        store.create([database(f"other{n}", f"hdfs://{site}/data/o %{n}.db") for n in range(number)])
    world.backup("first")
    world.backup("second")
    happens_elsewhere(world)
    return world


def happens_elsewhere(world: TableWorld) -> None:
    for store in world.metastores.values():
        for _ in range(EVENTS):
            store.log.write("OPEN_TXN", "")


def in_processes_of_their_own(world: TableWorld) -> int:
    """Requests of a run whose stages are processes of their own, while something happens in the log all the time."""
    world.host.name = "apart"
    found = 0
    for name in ("preflight", "moment", "plan", "place", "verify", "seal", "prune"):
        happens_elsewhere(world)
        context = world.context()
        stages = BackupStages(context, "apart")
        getattr(stages, name)()
        found += sum(context.tools.asked.by_operation().values())
    return found


def lake() -> Bill:
    """A first point; each run's log has something of others, and a table ``t`` is soon to lie at ``/la ke``."""
    world = Bill()
    world.east.create("bill", "m")
    world.backup("first")
    return world


def left_out(world: Bill, run: str) -> dict[str, str]:
    """What a run leaves out, with its reason; it asks the primary for no list of databases."""
    asked = Asked(world, run)
    assert not asked.of("every_database") + asked.of("databases")
    return {one["object"]: one["reason"] for one in asked.document["incomplete"]["objects"]}


def test_an_unchanged_run_asks_no_more_for_databases_of_others() -> None:
    one, many = (sum(Asked(with_others(number), "unchanged").operations.values()) for number in (0, 500))
    assert many == one


def test_an_unchanged_run_whose_stages_are_processes_asks_no_more_for_databases_of_others() -> None:
    one, many = (in_processes_of_their_own(with_others(number)) for number in (0, 500))
    assert many == one


def test_where_databases_of_others_came_moved_and_went_is_known_without_asking_for_all() -> None:
    world = lake()
    world.east.create_database("other", "/la ke/o %.db")
    world.east.create("bill", "t", "/la ke")
    assert "holds database other" in left_out(world, "came")["table bill.t"]
    assert "holds database other" in left_out(world, "stayed")["table bill.t"]
    world.east.set_location("other", "/else where")
    assert left_out(world, "moved") == {}
    world.east.create("bill", "u", "/else where")
    assert list(left_out(world, "in the way")) == ["table bill.u"]
    world.east.drop_database("other")
    world.clusters["east"].make_directory("/else where", 0o755, parents=True)
    assert left_out(world, "gone") == {}


def test_a_database_that_somebody_makes_at_the_moment_is_known_to_the_next_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read ahead does not have it, and the next run follows the log from the moment on."""
    world = lake()
    real = HiveTables.mark

    def mark(self: HiveTables) -> None:
        if "other" not in world.metastores["east"].databases():
            world.east.create_database("other", "/la ke/o %.db")
        real(self)

    monkeypatch.setattr(HiveTables, "mark", mark)
    assert left_out(world, "second") == {}
    world.east.create("bill", "t", "/la ke")
    assert "holds database other" in left_out(world, "third")["table bill.t"]


@pytest.mark.parametrize("why", ["lost", "too many came", "a day passed", "the log was restored"])
def test_all_databases_are_asked_for_where_that_is_needed_or_quicker(why: str) -> None:
    world = lake()
    if why == "lost":
        west = world.clusters["west"]
        [path] = [node.path() for node in west.root.walk() if "/databases-" in node.path()]
        west.delete(path, recursive=False)
    elif why == "too many came":
        for number in range(30):
            world.east.create_database(f"o{number}", f"/o %/{number}.db")
    elif why == "a day passed":
        world.clock.sleep_until(world.clock.monotonic_s() + DAY_MS / 1000)
    else:
        world.metastores["east"].log.events.clear()
        happens_elsewhere(world)
    assert Asked(world, "second").of("every_database") == 1 + len(world.metastores["east"].databases())
