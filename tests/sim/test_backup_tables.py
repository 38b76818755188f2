"""Tables that come and go between the points, and while a moment is armed: the roots are those of now (I1, S2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from hadoop_dr.adapters.memory.metastore import MemoryMetastore
from hadoop_dr.domain.errors import DrError, Unreachable
from hadoop_dr.services.datasets.hive.component import HiveTables
from sim.world import TABLES, TableWorld
from support.catalogs import table
from support.thinned import thinned


def roots(document: dict[str, Any]) -> set[str]:
    return set(document["snapshots"]["west"])


def test_tables_made_and_dropped_since_the_last_point_decide_the_roots_of_the_next_one() -> None:
    world = TableWorld(TABLES)
    world.create("t1")
    assert roots(world.backup("first")) == {"/wh/t1 ü"}
    world.create("t2")
    assert roots(world.backup("second")) == {"/wh/t1 ü", "/wh/t2 ü"}
    assert world.clusters["west"].find("/wh/t2 ü/part 0").content == b"t2"
    world.metastores["east"].drop([table("bill", "t1", location="hdfs://east/wh/t1 ü")])
    assert roots(world.backup("third")) == {"/wh/t2 ü"}
    assert world.metastores["west"].table_names("bill") == ["t2"]


def test_a_table_made_while_the_moment_was_armed_arms_it_again_with_that_root(monkeypatch: pytest.MonkeyPatch) -> None:
    world = TableWorld(TABLES)
    world.create("t1")
    world.backup("first")
    real, made = HiveTables.mark, list[str]()

    def late(self: HiveTables) -> None:
        if not made:
            made.append("t2")
            world.create("t2")
        real(self)

    monkeypatch.setattr(HiveTables, "mark", late)
    document = world.backup("second")
    assert roots(document) == {"/wh/t1 ü", "/wh/t2 ü"}
    ledger = world.context().ledger
    assert "rearmed" in [entry.kind for entry in ledger.chain.entries()]


class Failing:
    """A metastore that answers so many requests, and then none until it is mended."""

    def __init__(self, inner: MemoryMetastore, answers: int) -> None:
        self._inner, self.left, self.asked = inner, answers, 0

    def __getattr__(self, name: str) -> Any:
        ask = getattr(self._inner, name)

        def answer(*arguments: Any) -> Any:
            self.asked += 1
            if self.asked > self.left:
                raise Unreachable("east: metastore", "does not answer", "Start it")
            return ask(*arguments)

        return answer if callable(ask) else ask


def grown_tables(answers: int) -> tuple[TableWorld, Failing]:
    """A point of one table, another one since, and a metastore of the primary that is about to go."""
    world = TableWorld(TABLES)
    world.create("t1")
    world.backup("first")
    world.create("t2")
    failing = Failing(world.metastores["east"], answers)
    world.metastores["east"] = failing  # type: ignore[assignment]
    return world, failing


def requests_of_a_run() -> int:
    world, failing = grown_tables(1_000_000)
    world.backup("counted")
    return failing.asked


@pytest.mark.parametrize("answers", thinned(range(requests_of_a_run()), 2))
def test_a_metastore_that_goes_down_at_any_request_of_a_run_costs_the_run_and_no_more(answers: int) -> None:
    """Also between the snapshots and the export (fault 40): nothing half is visible, and the next run has it all."""
    world, failing = grown_tables(answers)
    with pytest.raises(DrError, match="does not answer"):
        world.backup("fails")
    assert len(world.context().ledger.read().sealed()) == 1
    failing.left = 1_000_000
    document = world.backup("next")
    assert roots(document) == {"/wh/t1 ü", "/wh/t2 ü"}
    assert world.metastores["west"].table_names("bill") == ["t1", "t2"]
    assert world.clusters["west"].find("/wh/t2 ü/part 0").content == b"t2"
    context = world.context()
    for root in roots(document):
        names = [shot.name for shot in context.origin.namenode.snapshots(root)]
        assert len(names) == sum(point.sealed.snapshots.keys() >= {root} for point in context.ledger.read().sealed())
